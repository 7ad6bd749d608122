"""A batch of images on its way to drafts: what every task has to hand, and the writing of drafts from pools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.boxes import Boxes, region_structs, write_boxes
from vlit_hub.drafting.columns import Ints, lists
from vlit_hub.drafting.groups import ObjectGroups, group_objects
from vlit_hub.draws import draw, salt
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.annotation_adaption.cooccurrence import Cooccurrence
from vlit_hub.plugins.strategies.annotation_adaption.options import AnnotationAdaptionOptions
from vlit_hub.plugins.strategies.annotation_adaption.pools import STYLES, Pool, PoolSpec
from vlit_hub.wording.nouns import Labels
from vlit_hub.wording.tidying import tidy_spaces

__all__ = ["Batch", "Prepared", "sentence_style"]

# The bits of one 64-bit draw that decide each choice: first bit and number of bits.
_STYLE, _INSTRUCTION, _RESPONSE = (0, 1), (1, 31), (32, 32)


@dataclass(frozen=True)
class Prepared:
    """What is worked out once for all images of a split.

    Attributes:
        pools: The instruction pools by name.
        cooccurrence: Which categories go together; none where no task asks.
    """

    pools: Mapping[str, Pool]
    cooccurrence: Cooccurrence | None


@dataclass(frozen=True)
class Batch:
    """Some images' annotations, the options, and what was prepared."""

    annotations: Annotations
    options: AnnotationAdaptionOptions
    prepared: Prepared

    @cached_property
    def object_boxes(self) -> Boxes:
        """The boxes of `annotations.objects`, written."""
        return self.boxes(self.annotations.objects)

    @cached_property
    def object_regions(self) -> pl.Series:
        """`annotations.objects` as regions of drafts."""
        return region_structs(self.annotations.objects, self.annotations.objects["category"])

    @cached_property
    def legible_texts(self) -> pl.DataFrame:
        """The legible rows of `annotations.texts`, with tidy `text`; empty where nobody transcribed it."""
        texts = self.annotations.texts.filter("legible")
        return texts.with_columns(text=tidy_spaces(texts["text"]))

    @cached_property
    def object_labels(self) -> Labels:
        """The categories of `annotations.objects`."""
        return Labels(self.annotations.objects["category"])

    @cached_property
    def complete_groups(self) -> ObjectGroups:
        """`annotations.objects` by image and category, where all objects of the category are known."""
        return group_objects(self.annotations.objects, self.object_labels, self.annotations.rejected)

    @cached_property
    def complete_boxes(self) -> pl.Series:
        """The boxes of each of `complete_groups`, from left to right, joined by commas."""
        groups = self.complete_groups
        return lists(self.object_boxes.text[groups.rows], groups.starts).list.join(", ")

    def between(self, first: int, last: int) -> Batch:
        """The part of it with these image ids."""
        return Batch(self.annotations.between(first, last), self.options, self.prepared)

    def image_rows(self, frame: pl.DataFrame) -> Ints:
        """The row in `annotations.images` of each row's image."""
        return self.annotations.images["image_id"].search_sorted(frame["image_id"]).cast(pl.Int64()).to_numpy()

    def placeholders(self, spec: PoolSpec) -> frozenset[str]:
        """What the templates of a pool ask for."""
        return self.prepared.pools[spec.name].placeholders

    def boxes(self, frame: pl.DataFrame, prefix: str = "") -> Boxes:
        """The boxes of a frame, written in the chosen format."""
        return write_boxes(frame, self.annotations.images, self.options.box_format, prefix)

    def write(
        self,
        spec: PoolSpec,
        image_id: pl.Series,
        key: pl.Series,
        columns: Mapping[str, pl.Series],
        subject: pl.Series | None = None,
        outcome: Ints | None = None,
    ) -> dict[str, pl.Series]:
        """Instruction, text and response of each row, from templates drawn by the hash of seed, image and key.

        Args:
            spec: The pool's.
            image_id: Of each row; with `key` it makes the row its own.
            key: Integer ids or names; the same for the same annotation always.
            columns: The placeholders' values.
            subject: What the instruction is about, as `input.text` has it when the instruction doesn't.
            outcome: Index into the pool's outcomes.
        """
        pool = self.prepared.pools[spec.name]
        numbers = draw(salt(self.options.seed, spec.name), image_id, key)
        style = _style(self.options.style, numbers)
        instruction = _choose(numbers, _INSTRUCTION, pool.instruction_first[style], pool.instruction_count[style])
        row = np.zeros(len(style), np.int64) if outcome is None else outcome
        response = _choose(numbers, _RESPONSE, pool.response_first[row, style], pool.response_count[row, style])
        written = {
            "instruction": pool.instructions.fill(instruction, columns),
            "response": pool.responses.fill(response, columns),
        }
        if subject is not None:
            written["text"] = _where_left_out(subject, pool.names_subject[instruction])
        return written


def sentence_style(
    spec: PoolSpec, options: AnnotationAdaptionOptions, image_id: pl.Series, key: pl.Series
) -> npt.NDArray[np.bool_]:
    """Which rows `Batch.write` gives a sentence's instruction and response."""
    style = _style(options.style, draw(salt(options.seed, spec.name), image_id, key))
    return np.asarray(style == STYLES.index("sentence"))


def _style(style: str, numbers: npt.NDArray[np.uint64]) -> Ints:
    if style == "both":
        return _bits(numbers, _STYLE)
    return np.full(len(numbers), 0 if style == "short" else 1, np.int64)


def _bits(numbers: npt.NDArray[np.uint64], bits: tuple[int, int]) -> Ints:
    first, count = bits
    return ((numbers >> np.uint64(first)) & np.uint64((1 << count) - 1)).astype(np.int64)


def _choose(numbers: npt.NDArray[np.uint64], bits: tuple[int, int], first: Ints, count: Ints) -> Ints:
    return first + _bits(numbers, bits) % count


def _where_left_out(subject: pl.Series, named: npt.NDArray[np.bool_]) -> pl.Series:
    places = np.where(named, len(subject), np.arange(len(subject)))
    return pl.concat([subject, pl.Series([""])])[places]
