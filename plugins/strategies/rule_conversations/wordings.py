"""The wordings of turns: a YAML file a pool.

    questions: ["How many {labels} are in the {picture}?"]
    follow_ups: ["And how many are there?"]             asked instead where the turn before leaves no doubt what is meant
    answers:
      one: ["There is one {one}."]                      by outcome
      several: ["There are {number} {labels}."]

`{picture}` becomes `picture` or `image`, the same throughout a conversation. A user's file of the same name replaces the
pool, or with `extend: true` adds to it. `docs/rule-conversations.md` lists what may stand in the wordings of every pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
import pydantic
import yaml

from vlit_hub.drafting.boxes import BoxFormat, box_format_wordings
from vlit_hub.drafting.columns import Ints
from vlit_hub.drafting.pool_files import YAML_LOADER, pool_files, text_of
from vlit_hub.drafting.templates import TemplateFault, Templates, parse
from vlit_hub.errors import InputError, UnknownName

__all__ = ["Wordings", "WordingsSpec", "load"]

_PACKAGE = "vlit_hub.plugins.strategies.rule_conversations"


@dataclass(frozen=True)
class WordingsSpec:
    """What the wordings of a pool may say.

    Attributes:
        name: The pool's.
        placeholders: What may stand in braces, besides `{picture}`.
        outcomes: Each has answers of its own.
        needed: One of these must be in every question; none if empty. Follow-ups need none.
        box: Every question says how boxes are written.
    """

    name: str
    placeholders: frozenset[str]
    outcomes: tuple[str, ...] = ("known",)
    needed: frozenset[str] = frozenset()
    box: bool = False

    def fault(self, template: str, question: bool) -> str | None:
        """Why a wording can't be used."""
        if not template.strip():
            return "is empty"
        try:
            names = set(parse(template)[1])
        except TemplateFault as error:
            return str(error)
        known = self.placeholders | {"picture"} | ({"box_format"} if self.box and question else set())
        if unknown := sorted(names - known):
            return f"has {{{unknown[0]}}}; known here are {', '.join(f'{{{name}}}' for name in sorted(known))}"
        needed = [self.needed, *([frozenset({"box"}), frozenset({"box_format"})] if self.box else [])]
        if question and (missing := [some for some in needed if some and not names & some]):
            return f"lacks {' or '.join(f'{{{name}}}' for name in sorted(missing[0]))}"
        return None


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    extend: bool = False
    questions: list[str] = []
    follow_ups: list[str] = []
    answers: dict[str, list[str]] = {}

    @pydantic.field_validator("answers", mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        """YAML reads `yes` and `no` as truth values."""
        names = {True: "yes", False: "no"}
        return {names.get(key, key): texts for key, texts in given.items()} if isinstance(given, dict) else given

    def and_also(self, more: _File) -> _File:
        outcomes = dict.fromkeys([*self.answers, *more.answers])
        return _File(
            questions=self.questions + more.questions,
            follow_ups=self.follow_ups + more.follow_ups,
            answers={name: self.answers.get(name, []) + more.answers.get(name, []) for name in outcomes},
        )


class Wordings:
    """A pool ready to draw from.

    Attributes:
        questions: All of them, with the way of writing boxes filled in.
        follow_ups: What is asked instead, where the turn before leaves no doubt what is meant.
        answers: By outcome.
    """

    def __init__(self, spec: WordingsSpec, file: _File, box_format: BoxFormat) -> None:
        formats = box_format_wordings(box_format) if spec.box else ("",)
        self.spec = spec
        self.questions = _expanded(file.questions, formats)
        self.follow_ups = file.follow_ups
        self.answers = {name: file.answers[name] for name in spec.outcomes}
        self._questions = Templates(self.questions)
        self._follow_ups = Templates(self.follow_ups) if self.follow_ups else None
        answers = list(self.answers.values())
        self._answers = Templates([text for texts in answers for text in texts])
        self._count = np.array([len(texts) for texts in answers])
        self._first = np.cumsum(self._count) - self._count

    @property
    def follows(self) -> bool:
        """Whether there are wordings for a turn that follows one about the same thing."""
        return self._follow_ups is not None

    def ask(self, numbers: Ints, following: Ints, values: Mapping[str, pl.Series]) -> pl.Series:
        """Each row's question: that of its number, counted round; a follow-up where `following`."""
        if self._follow_ups is None:
            return self._questions.fill(numbers % len(self._questions), values)
        return _mixed(
            following.astype(np.bool_),
            (self._questions, numbers % len(self._questions)),
            (self._follow_ups, numbers % len(self._follow_ups)),
            values,
        )

    def answer(self, numbers: Ints, outcome: pl.Series, values: Mapping[str, pl.Series]) -> pl.Series:
        """Each row's answer, of its outcome."""
        places = outcome.replace_strict(
            list(self.spec.outcomes), range(len(self.spec.outcomes)), return_dtype=pl.Int64()
        ).to_numpy()
        return self._answers.fill(self._first[places] + numbers % self._count[places], values)


def load(specs: Iterable[WordingsSpec], box_format: BoxFormat, folders: Sequence[str] = ()) -> dict[str, Wordings]:
    """The pools by name, with the user's files worked in.

    Raises:
        InputError: A file is broken; names file, key and reason.
    """
    known = {spec.name: spec for spec in specs}
    contents = {}
    for name, spec in known.items():
        path = files(_PACKAGE) / "pools" / f"{name}.yaml"
        contents[name] = _read(path.read_text(encoding="utf-8"), path, spec)
    for path in pool_files(folders):
        if path.stem not in known:
            raise InputError(path, str(UnknownName("pool of wordings", path.stem, known)))
        file = _read(text_of(path), path, known[path.stem])
        contents[path.stem] = contents[path.stem].and_also(file) if file.extend else file
        _check_filled(contents[path.stem], path, known[path.stem])
    return {name: Wordings(known[name], file, box_format) for name, file in contents.items()}


def _read(text: str, path: object, spec: WordingsSpec) -> _File:
    try:
        file = _File.model_validate(yaml.load(text, YAML_LOADER) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InputError(path, f"{place}is no YAML ({getattr(error, 'problem', None) or error})") from None
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise InputError(path, f"{key}: {first['msg']}") from None
    for outcome in file.answers:
        if outcome not in spec.outcomes:
            raise InputError(path, f"answers: {UnknownName('outcome', outcome, spec.outcomes)}")
    checks = [("questions", file.questions, True)]
    checks += [(f"answers.{name}", texts, False) for name, texts in file.answers.items()]
    checks += [("follow_ups", file.follow_ups, False)]
    for key, texts, question in checks:
        for template in texts:
            if fault := spec.fault(template, question):
                raise InputError(path, f"{key}: {template!r} {fault}")
    return file


def _check_filled(file: _File, path: Path, spec: WordingsSpec) -> None:
    mend = "Add some, or say `extend: true` to keep the built-in ones too."
    if not file.questions:
        raise InputError(path, "questions: there are none", mend)
    for outcome in spec.outcomes:
        if not file.answers.get(outcome):
            raise InputError(path, f"answers.{outcome}: there are none", mend)


def _expanded(texts: Sequence[str], formats: Sequence[str]) -> list[str]:
    """Wordings once for each way of saying how boxes are written; neighbours differ in more than that."""
    return [text.replace("{box_format}", written) for written in formats for text in texts]


def _mixed(
    second: np.ndarray[tuple[int], np.dtype[np.bool_]],
    if_not: tuple[Templates, Ints],
    if_so: tuple[Templates, Ints],
    values: Mapping[str, pl.Series],
) -> pl.Series:
    """Rows filled from one of two sets of templates each."""
    parts, places = [], []
    for which, (templates, chosen) in ((~second, if_not), (second, if_so)):
        rows = np.flatnonzero(which)
        if len(rows):
            parts.append(templates.fill(chosen[rows], {name: column[rows] for name, column in values.items()}))
            places.append(rows)
    if not parts:
        return pl.Series([], dtype=pl.String())
    order = np.empty(len(second), np.int64)
    order[np.concatenate(places)] = np.arange(len(second))
    return pl.concat(parts)[order]
