"""The short way to write a strategy: a function from one image's annotations to drafts (example in `strategy.py`).

It is a Python loop over images: fine for hundreds of thousands of records, slow for many millions. The fast way is a subclass
of `Strategy` that works on frames; `docs/plugins.md` has the numbers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Literal, TypeVar

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub import plugin_manager
from vlit_hub.drafts import DRAFT, complete
from vlit_hub.draws import salt
from vlit_hub.errors import PluginError
from vlit_hub.frames import Annotations
from vlit_hub.image_by_image.annotations import Box, ImageAnnotations
from vlit_hub.image_by_image.objects import images_of, sources_looked_at
from vlit_hub.strategy import Options, Strategy

__all__ = ["Draft", "Draw", "PerImageStrategy", "Region", "per_image"]

_Choice = TypeVar("_Choice")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


_Text = Annotated[str, pydantic.AfterValidator(_not_blank)]


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Region(_Frozen):
    """A part of the image that a draft talks about.

    Attributes:
        box: x1, y1, x2, y2 in pixels of the upright image, inside it.
        label: What is there.
    """

    box: Box
    label: str


class Draft(_Frozen):
    """One instruction with its response, before the builder completes it to a record. All arguments go by keyword.

    Attributes:
        task: One of the strategy's tasks.
        key: Tells apart the drafts of one image and task, and stays the same from build to build: an annotation's id
            or a category's name, never a running number. The record's id is made of it.
        instruction: What the model is asked.
        response: What it should answer.
        text: Text that goes with the instruction (OCR tokens, a passage).
        history: Earlier turns as (instruction, response), oldest first.
        regions: Parts of the image that the draft talks about.
        granularity: What it is about: the whole image (`global`), a `region`, or several images among text
            (`interleaved`).
        sources: Names of the annotation sources used; left out, those of every kind of annotation that the strategy
            looked at in this image.
        annotator_agreement: The share of annotators who gave the response, in (0, 1]; none where it was one annotator.
        reject_reason: Puts the draft aside, among the rejected, with this reason.
    """

    task: str
    key: str | int
    instruction: _Text
    response: _Text
    text: str = ""
    history: Sequence[tuple[_Text, _Text]] = ()
    regions: Sequence[Region] = ()
    granularity: Literal["global", "region", "interleaved"] = "global"
    sources: Sequence[str] | None = None
    annotator_agreement: Annotated[float, pydantic.Field(gt=0, le=1)] | None = None
    reject_reason: str | None = None


class Draw:
    """Draws by hash for one image: the same seed, image and keys give the same draw, in every process.

    The keys make a draw its own: two draws of one image with the same keys are the same number.
    """

    def __init__(self, seed: int, *names: str) -> None:
        self._seed = seed
        self._names = names

    def integer(self, stop: int, *keys: object) -> int:
        """An integer, `0 <= integer < stop`."""
        return salt(self._seed, *self._names, *map(str, keys)) % stop

    def choice(self, choices: Sequence[_Choice], *keys: object) -> _Choice:
        """One of the choices."""
        return choices[self.integer(len(choices), *keys)]


PerImage = Callable[[ImageAnnotations], Iterable[Draft]] | Callable[[ImageAnnotations, Draw], Iterable[Draft]]


class PerImageStrategy(Strategy):
    """What `@per_image` makes of a function."""

    def __init__(self, function: Callable[..., Iterable[Draft]]) -> None:
        self._function = function
        self._takes_draw = len(inspect.signature(function).parameters) > 1

    def __call__(self, image: ImageAnnotations, *, seed: int = 0) -> list[Draft]:
        """The drafts of one image, as a build gets them.

        Raises:
            PluginError: The function failed, or gave something that no draft can be; names plugin, strategy and image.
        """
        key = image.image_key or str(image.image_id)
        arguments = [image, Draw(seed, self.name, key)] if self._takes_draw else [image]
        try:
            drafts = list(self._function(*arguments))
        except Exception as error:
            raise self._error(key, _reason(error)) from error
        seen = set()
        for draft in drafts:
            if not isinstance(draft, Draft):
                raise self._error(key, f"it gave {draft!r}, not a Draft")
            if draft.task not in self.tasks:
                raise self._error(key, f"Draft.task: {draft.task!r} is none of its tasks ({', '.join(self.tasks)})")
            if (draft.task, str(draft.key)) in seen:
                raise self._error(key, f"Draft.key: two drafts of task {draft.task!r} have the key {draft.key!r}")
            seen.add((draft.task, str(draft.key)))
        return drafts

    def drafts(self, annotations: Annotations, options: Options, prepared: None) -> pl.DataFrame:
        """See `Strategy.drafts`."""
        rows: list[tuple[object, ...]] = []
        for image in images_of(annotations):
            if drafts := self(image, seed=options.seed):
                looked_at = sources_looked_at(image) or [image.source]
                rows += [_row(image.image_id, draft, looked_at) for draft in drafts]
        # Arrow makes nested columns of Python objects; Polars takes many times longer for it
        columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(_COLUMNS, ())
        table = pa.Table.from_pydict(columns, schema=pl.DataFrame(schema=_COLUMNS).to_arrow().schema)
        return complete(pl.DataFrame(table, schema=_COLUMNS))

    def _error(self, image: str, reason: str) -> PluginError:
        plugin = plugin_manager.giver("strategy", self.name)
        who = f"strategy {self.name!r}" + (f" of plugin {plugin}" if plugin else "")
        return PluginError(f"{who}, image {image}: {reason}")


def per_image(*, name: str, tasks: Iterable[str], version: int = 1) -> Callable[[PerImage], PerImageStrategy]:
    """Make a strategy of a function from one image's annotations to drafts.

    The function may have a second parameter, a `Draw`, to choose by hash: `draw.choice(POOL, caption.caption_id)`. The
    strategy can be called like the function, for trying it out: it gives the checked drafts as a list.

    Args:
        name: The strategy's name, which stands in its records.
        tasks: All tasks that the function can make: of `vlit_hub.tasks.TASKS`, or its own.
        version: Count it up when the same annotations give other drafts, so that datasets are built anew.
    """
    strategy_name, strategy_tasks, strategy_version = name, tuple(tasks), version

    def make(function: PerImage) -> PerImageStrategy:
        class Made(PerImageStrategy):
            name = strategy_name
            tasks = strategy_tasks
            version = strategy_version

        Made.__doc__ = function.__doc__
        return Made(function)

    return make


_MODELS_OWN = ("unsupported_mentions", "photo", "generation")  # for strategies that ask language models
_COLUMNS = pl.Schema({name: dtype for name, dtype in DRAFT.items() if name not in _MODELS_OWN})


def _row(image_id: int, draft: Draft, looked_at: list[str]) -> tuple[object, ...]:
    """The columns of `_COLUMNS`, in its order."""
    return (
        image_id,
        str(draft.key),
        draft.task,
        draft.instruction,
        draft.text,
        draft.response,
        [{"instruction": instruction, "response": response} for instruction, response in draft.history],
        [{"image": 0, "bbox": region.box, "label": region.label} for region in draft.regions],
        draft.granularity,
        looked_at if draft.sources is None else draft.sources,
        draft.annotator_agreement,
        draft.reject_reason,
    )


def _reason(error: Exception) -> str:
    """The error in one line; of a wrong draft, the field and what is wrong with it."""
    if isinstance(error, pydantic.ValidationError):
        first = error.errors(include_url=False)[0]
        field = ".".join([error.title, *map(str, first["loc"])])
        return f"{field}: {first['msg']} (given: {first['input']!r})"
    return f"{type(error).__name__}: {error}"
