"""The recipe of a mix, as YAML or from the command line.

description: Half captions and questions, half conversations.
sources:
  - dataset: coco_aa          # a build's name, or a dataset's folder
    proportion: 0.5
    tasks: [image_captioning, visual_question_answering]
    cap: {per_image: 2}
  - dataset: llava/
    proportion: 0.5
    upsample: true
size: 100000
seed: 7
near_duplicates: remove

docs/mixing.md tells each key.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pydantic
import yaml

from vlit_hub.errors import InputError, UsageError

__all__ = ["Cap", "Contamination", "Recipe", "SourceRecipe", "Temperature", "load_recipe", "make_recipe"]

_FOLDER = re.compile(r"[/\\]")
_ROUNDING = Fraction(5, 1000)  # that the proportions may differ from 1 by


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Cap(_Strict):
    """At most so many records of a source, drawn by hash: of each task, of a task by its name, of one image."""

    per_task: pydantic.PositiveInt | None = None
    tasks: dict[str, pydantic.NonNegativeInt] = {}
    per_image: pydantic.PositiveInt | None = None


class SourceRecipe(_Strict):
    """One source of the mix. Without `proportion` and `records`, all of it."""

    dataset: str
    name: str | None = None
    split: str | None = None
    proportion: float | None = pydantic.Field(None, gt=0, allow_inf_nan=False)
    records: pydantic.PositiveInt | None = None
    tasks: tuple[str, ...] | None = pydantic.Field(None, min_length=1)
    filter: str | None = None
    cap: Cap = Cap()
    upsample: bool | None = None

    @pydantic.model_validator(mode="after")
    def _one_amount(self) -> SourceRecipe:
        if self.proportion is not None and self.records is not None:
            raise ValueError(f"{self.dataset} has both proportion and records; give one of them")
        return self


class Temperature(_Strict):
    """Shares proportional to n^(1/value), n being the records of a source or of a task: 1 as they are, larger is more even."""

    value: float = pydantic.Field(ge=1, allow_inf_nan=False)
    over: Literal["sources", "tasks"] = "sources"


class Contamination(_Strict):
    """Benchmarks whose questions and images must not be in the mix.

    A record is in one where more than `overlap` of its runs of `words` words are in the questions, where an image has the name of
    one of theirs, or where a photo's hash differs from one of theirs in at most `bits` of 64.
    """

    questions: tuple[Path, ...] = ()
    images: tuple[Path, ...] = ()
    overlap: float = pydantic.Field(0.0, ge=0, lt=1)
    words: int = pydantic.Field(8, ge=2, le=50)
    bits: int = pydantic.Field(3, ge=0, le=20)

    @pydantic.field_validator("questions", "images", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return [given] if isinstance(given, str | Path) else given

    @pydantic.model_validator(mode="after")
    def _something(self) -> Contamination:
        if not self.questions and not self.images:
            raise ValueError("name a benchmark: questions, images, or both")
        return self


class Recipe(_Strict):
    """A mix."""

    description: str = ""
    sources: tuple[SourceRecipe, ...] = pydantic.Field(min_length=1)
    size: pydantic.PositiveInt | None = None
    seed: int = 0
    split: str = pydantic.Field("train", pattern=r"^\w+(\.\w+)*$")
    normalise: bool = False
    upsample: bool = False
    temperature: Temperature | None = None
    balance: Literal["task", "granularity"] | None = None
    text_only: Literal["keep", "drop"] = "keep"
    near_duplicates: Literal["keep", "remove"] = "keep"
    similarity: float = pydantic.Field(0.8, gt=0, le=1)
    contamination: Contamination | None = None
    order: Literal["interleave", "source"] = "interleave"

    @pydantic.field_validator("temperature", mode="before")
    @classmethod
    def _number_alone(cls, given: object) -> object:
        return {"value": given} if isinstance(given, int | float | str) else given

    @pydantic.model_validator(mode="after")
    def _amounts(self) -> Recipe:
        shares = [source.proportion is not None for source in self.sources]
        counts = [source.records is not None for source in self.sources]
        if any(shares) and not all(shares):
            lacking = self.sources[shares.index(False)].dataset
            raise ValueError(f"{lacking} has no proportion, and others have; give every source one, or none")
        over = self.temperature.over if self.temperature else None
        if over == "sources" and (any(shares) or any(counts)):
            raise ValueError("temperature over sources decides their shares: leave proportion and records out")
        if any(counts) and self.size is not None:
            raise ValueError("size goes with shares of sources; with records, leave it out")
        if over == "tasks" and self.balance:
            raise ValueError("temperature over tasks and balance both decide the shares of tasks: leave one out")
        free = not any(shares) and not any(counts)
        if free and self.balance and not over and self.size is None:
            raise ValueError("balance needs a size smaller than the sources; without one, all records are taken")
        if any(shares):
            self._check_proportions()
        return self

    def _check_proportions(self) -> None:
        whole = sum((Fraction(str(source.proportion)) for source in self.sources), Fraction(0))
        if not self.normalise and abs(whole - 1) > _ROUNDING:
            raise ValueError(
                f"the proportions add up to {float(whole):g}, not 1; mend them, or pass normalise (--normalise) "
                "to take them as weights"
            )

    @property
    def shares(self) -> list[Fraction] | None:
        """The proportions, made to add up to 1 exactly; None where there are none."""
        given = [Fraction(str(source.proportion)) for source in self.sources if source.proportion is not None]
        return [share / sum(given) for share in given] if given else None

    def repeats(self, source: SourceRecipe) -> bool:
        """Whether records of a source may be repeated."""
        return self.upsample if source.upsample is None else source.upsample


def load_recipe(path: Path, changes: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe of a YAML file.

    Args:
        path: The file.
        changes: Keys that take the place of the file's, from the command line.

    Raises:
        InputError: The file isn't a recipe; names the key.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(path, "there is no such file", "Give a recipe's file, or sources as NAME:SHARE.") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InputError(path, f"{line}{error.problem or 'is no YAML'}", "Mend it.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(path, f"can't be read ({str(error).splitlines()[0]})") from None
    if not isinstance(given, dict):
        raise InputError(path, "is no recipe", "A recipe has a key `sources`: see docs/mixing.md.")
    try:
        return Recipe.model_validate({**given, **(changes or {})})
    except pydantic.ValidationError as error:
        raise InputError(path, _first(error)) from None


def make_recipe(sources: Sequence[str], changes: Mapping[str, Any]) -> Recipe:
    """The recipe of sources on the command line: `NAME`, or `NAME:SHARE`.

    Raises:
        UsageError: They make no recipe.
    """
    given = []
    for text in sources:
        name, colon, share = text.rpartition(":")
        if colon and _is_number(share):
            given.append({"dataset": name, "proportion": float(share)})
        elif colon and name and not _FOLDER.search(share) and not Path(text).expanduser().exists():
            raise UsageError(f"{text}: {share!r} is no share. Give a number, as {name}:0.5.")
        else:
            given.append({"dataset": text})
    try:
        return Recipe.model_validate({"sources": given, **changes})
    except pydantic.ValidationError as error:
        said = _first(error)
        raise UsageError(said if said.endswith("?") else f"{said}.") from None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _first(error: pydantic.ValidationError) -> str:
    """The first fault, in a line: key, what is wrong, and the nearest key where there is none of that name."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _fields(first["loc"][:-1])
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        return f"{place}: there is no such key; {hint}"
    said = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "value_error":
        return said
    given = "" if first["type"] == "missing" else f" (given: {first['input']!r})"
    return f"{place}: {said}{given}"


def _fields(place: Sequence[int | str]) -> list[str]:
    """The keys that stand at a place of a recipe."""
    models: Mapping[str, type[_Strict]] = {"cap": Cap, "temperature": Temperature, "contamination": Contamination}
    last = next((part for part in reversed(place) if isinstance(part, str)), "")
    model = models.get(last, SourceRecipe if last == "sources" else Recipe)
    return list(model.model_fields)
