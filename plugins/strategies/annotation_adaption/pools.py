"""Instruction pools: the YAML files that tasks draw their instructions and the form of their responses from.

A file is one pool:

    task: object_counting
    short:
      instructions: ["How many {labels} are in the image? Answer with a number."]
      responses: ["{count}"]
    sentence:
      instructions: ["How many {labels} are in the image? Answer with a full sentence."]
      responses: ["There {are} {count_labels} in the image."]

A task with several kinds of drafts has a pool a kind, named by `kind`. A user's file replaces the pool of its task and kind, or
with `extend: true` adds to it. `docs/instruction-pools.md` lists the placeholders of every pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pydantic
import yaml

from vlit_hub.drafting.boxes import BoxFormat, box_format_wordings
from vlit_hub.drafting.pool_files import YAML_LOADER, pool_files, text_of
from vlit_hub.drafting.templates import TemplateFault, Templates, parse
from vlit_hub.errors import InputError, UnknownName

__all__ = ["BOX_FORMAT", "STYLES", "Pool", "PoolSpec", "Style", "contents", "load"]

STYLES = ("short", "sentence")
BOX_FORMAT = "box_format"

_PACKAGE = "vlit_hub.plugins.strategies.annotation_adaption"


@dataclass(frozen=True, kw_only=True)
class PoolSpec:
    """What the templates of a pool may say.

    Attributes:
        task: The task that draws from it.
        kind: Tells the pools of one task apart; empty where it has one.
        subject: What the instruction is about (a question, a box). An instruction has at least one placeholder of every group,
            or none of any: then the subject goes to the record's `input.text`.
        needed: Placeholders that every instruction has.
        answer: A response has at least one placeholder of every group.
        allowed: Placeholders that any template may have beyond those.
        outcomes: What decides the form of the response (`yes`, `no`); `responses` is then a list for each.
    """

    task: str
    kind: str = ""
    subject: tuple[frozenset[str], ...] = ()
    needed: frozenset[str] = frozenset()
    answer: tuple[frozenset[str], ...] = ()
    allowed: frozenset[str] = frozenset()
    outcomes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`text_recognition/region`, `object_counting`."""
        return f"{self.task}/{self.kind}" if self.kind else self.task

    @property
    def about(self) -> frozenset[str]:
        """All placeholders that name the subject."""
        return frozenset[str]().union(*self.subject)

    def instruction_fault(self, template: str) -> str | None:
        """Why an instruction can't be used."""
        names = set(parse(template)[1])
        if fault := _unknown(names, self.about | self.needed | self.allowed):
            return fault
        if missing := sorted(self.needed - names):
            return f"lacks {{{missing[0]}}}"
        if names & self.about:
            for group in self.subject:
                if not names & group:
                    return f"lacks {_either(group)}; an instruction names all that it is about, or nothing of it"
        return None

    def response_fault(self, template: str) -> str | None:
        """Why a response can't be used."""
        names = set(parse(template)[1])
        if fault := _unknown(names, self.about.union(*self.answer) | self.allowed):
            return fault
        for group in self.answer:
            if not names & group:
                return f"lacks {_either(group)}"
        return None


class Style(pydantic.BaseModel):
    """The templates of one style of a pool: its instructions, and by outcome ("" where it has none) its responses."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    instructions: list[str] = []
    responses: dict[str, list[str]] = {}

    @pydantic.field_validator("responses", mode="before")
    @classmethod
    def _by_outcome(cls, given: object) -> object:
        return {"": given} if isinstance(given, list) else given

    def and_also(self, more: Style) -> Style:
        """This style's templates and then the other's."""
        outcomes = dict.fromkeys([*self.responses, *more.responses])
        return Style(
            instructions=self.instructions + more.instructions,
            responses={name: self.responses.get(name, []) + more.responses.get(name, []) for name in outcomes},
        )


class _PoolFile(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    task: str
    kind: str = ""
    extend: bool = False
    short: Style = Style()
    sentence: Style = Style()

    def styles(self) -> dict[str, Style]:
        return {"short": self.short, "sentence": self.sentence}


class Pool:
    """A pool ready to draw from: both styles' templates one after the other, and where each begins.

    Attributes:
        instructions: All instructions, with the box format said.
        instruction_count: How many there are of each style.
        instruction_first: Index of the first of each style.
        names_subject: Of each instruction, whether it has the subject in it.
        responses: All forms of responses.
        response_count: How many there are of each outcome (row) and style (column).
        response_first: Index of the first of each.
        placeholders: All that occur in any template.
    """

    def __init__(self, spec: PoolSpec, styles: Mapping[str, Style], box_format: BoxFormat) -> None:
        wordings = box_format_wordings(box_format) if BOX_FORMAT in spec.needed else ("",)
        # Each instruction once for each way of saying the box format: so there is a column less to fill in.
        instructions = [
            [text.replace(f"{{{BOX_FORMAT}}}", wording) for text in styles[style].instructions for wording in wordings]
            for style in STYLES
        ]
        responses = [[styles[style].responses.get(name, []) for style in STYLES] for name in spec.outcomes or ("",)]
        self.instructions = Templates([text for texts in instructions for text in texts])
        self.instruction_count = np.array([len(texts) for texts in instructions])
        self.instruction_first = np.cumsum(self.instruction_count) - self.instruction_count
        self.names_subject = self.instructions.mention(spec.about)
        self.responses = Templates([text for outcome in responses for texts in outcome for text in texts])
        self.response_count = np.array([[len(texts) for texts in outcome] for outcome in responses])
        ends = np.cumsum(self.response_count.ravel()).reshape(self.response_count.shape)
        self.response_first = ends - self.response_count
        self.placeholders = self.instructions.placeholders | self.responses.placeholders


def load(
    known: Iterable[PoolSpec],
    wanted: Iterable[str],
    styles: Sequence[str],
    box_format: BoxFormat,
    folders: Sequence[str] = (),
) -> dict[str, Pool]:
    """Pools by name, with the user's files worked in.

    Args:
        known: All pools that there are.
        wanted: The names of those to load.
        styles: The styles that will be drawn from; the others may be empty.
        box_format: What instructions say of boxes.
        folders: Folders of the user's pools, or single files; the later wins.

    Raises:
        InputError: A file is broken; names file, key and reason.
    """
    specs = {spec.name: spec for spec in known}
    merged = contents(specs, wanted, folders, styles)
    return {name: Pool(specs[name], texts, box_format) for name, texts in merged.items()}


def contents(
    specs: Mapping[str, PoolSpec], wanted: Iterable[str], folders: Sequence[str], styles: Sequence[str]
) -> dict[str, dict[str, Style]]:
    """The templates of pools, by name and style, with the user's files worked in. Arguments and errors as for `load`."""
    merged: dict[str, dict[str, Style]] = {}
    origin: dict[str, object] = {}
    for name in wanted:
        path = files(_PACKAGE) / "pools" / f"{name.replace('/', '_')}.yaml"
        merged[name] = _read(path.read_text(encoding="utf-8"), path, specs)[1].styles()
        origin[name] = path
    for path in pool_files(folders):
        name, file = _read(text_of(path), path, specs)
        if name in merged:
            given = file.styles()
            merged[name] = (
                {style: merged[name][style].and_also(given[style]) for style in STYLES} if file.extend else given
            )
            origin[name] = path
    for name, texts in merged.items():
        _check_filled(specs[name], texts, styles, origin[name])
    return merged


def _read(text: str, path: object, specs: Mapping[str, PoolSpec]) -> tuple[str, _PoolFile]:
    """A pool file and the name of its pool, checked but for what it may lack."""
    try:
        file = _PoolFile.model_validate(yaml.load(text, YAML_LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InputError(path, f"{place}is no YAML ({getattr(error, 'problem', None) or error})") from None
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "") or "the whole file"
        raise InputError(path, f"{key}: {first['msg']}") from None
    name = f"{file.task}/{file.kind}" if file.kind else file.task
    if name not in specs:
        kinds = [other.kind for other in specs.values() if other.task == file.task]
        if not kinds:
            raise InputError(path, f"task: {UnknownName('task', file.task, {spec.task for spec in specs.values()})}")
        raise InputError(path, f"kind: {UnknownName(f'kind of {file.task}', file.kind, kinds)}")
    for style, templates in file.styles().items():
        _check_templates(specs[name], style, templates, path)
    return name, file


def _check_templates(spec: PoolSpec, style: str, templates: Style, path: object) -> None:
    outcomes = spec.outcomes or ("",)
    for outcome in templates.responses:
        if outcome not in outcomes:
            what = f"are lists named {' and '.join(spec.outcomes)}" if spec.outcomes else "are one list"
            raise InputError(path, f"{style}.responses.{outcome}: responses of {spec.name} {what}".replace(".:", ":"))
    checks = [(f"{style}.instructions", spec.instruction_fault, templates.instructions)]
    checks += [
        (f"{style}.responses.{outcome}".rstrip("."), spec.response_fault, texts)
        for outcome, texts in templates.responses.items()
    ]
    for key, fault_of, texts in checks:
        for text in texts:
            try:
                fault = fault_of(text) if text.strip() else "is empty"
            except TemplateFault as error:
                fault = str(error)
            if fault:
                raise InputError(path, f"{key}: {text!r} {fault}")


def _check_filled(spec: PoolSpec, texts: Mapping[str, Style], styles: Sequence[str], path: object) -> None:
    for style in styles:
        mend = f"Add some, draw from another style, or say `extend: true` to keep those of {spec.name} too."
        if not texts[style].instructions:
            raise InputError(path, f"{style}.instructions: there are none", mend)
        for outcome in spec.outcomes or ("",):
            if not texts[style].responses.get(outcome):
                raise InputError(path, f"{style}.responses.{outcome}".rstrip(".") + ": there are none", mend)


def _unknown(names: set[str], known: frozenset[str]) -> str | None:
    unknown = sorted(names - known)
    return f"has {{{unknown[0]}}}; known here are {_either(known)}" if unknown else None


def _either(names: frozenset[str]) -> str:
    return " or ".join(f"{{{name}}}" for name in sorted(names)) or "no placeholders"
