"""The annotations of a dataset's images, beside its records: what a name like `annotations.categories` among an indicator's
`reads` is.

Files are found and read as a build finds and reads them, by all sources that know one, through the same cache of columns. Records
meet their images by `source.image_ids`. Of a record of several images each column is null where one of them isn't known, else
what holds for any of them; `looked_for` and `absent` are what holds for all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import polars as pl
import xxhash

from vlit_hub import columns, plugin_manager
from vlit_hub.building.joining import join
from vlit_hub.discovery import discover
from vlit_hub.files import AnnotationFile
from vlit_hub.frames import Annotations, gather
from vlit_hub.image_ids import image_id_series
from vlit_hub.progress import progress
from vlit_hub.source import Source
from vlit_hub.wording.mentions import find_mentions, match_terms, terms

__all__ = ["COLUMNS", "ImagesKnown", "find_annotations", "of_annotations", "unknown_images"]

COLUMNS: Mapping[str, str] = {
    "annotations.categories": "the categories of the annotated objects, crowds included",
    "annotations.looked_for": "the categories of which every object is annotated: what isn't annotated isn't there",
    "annotations.absent": "the categories that annotators verified to be absent",
    "annotations.supported": "those of the latter two that are annotated, or that any text about the image may mention",
    "annotations.captions": "captions",
    "annotations.texts": "text seen in the image",
    "annotations.attributes": "attributes of objects",
}
"""What an indicator can read. All are lists, each thing in them once; categories are an Enum, in small letters."""

_LOOKED_FOR = "annotations.looked_for"
_HOLD_FOR_ALL = (_LOOKED_FOR, "annotations.absent")
_SEPARATOR = "\x1f"


def of_annotations(reads: Iterable[str]) -> list[str]:
    """The columns of annotations among what an indicator reads."""
    return [name for name in reads if name.partition(".")[0] == "annotations"]


def unknown_images(records: pl.DataFrame) -> dict[str, int]:
    """Why columns of annotations say nothing of some records, and of how many."""
    names = of_annotations(records.columns)
    reasons = {}
    if names:
        reasons["records_of_images_that_no_annotation_knows"] = records[names[0]].null_count()
    if _LOOKED_FOR in names:
        nowhere = records.filter(pl.col(_LOOKED_FOR).list.len() == 0)
        reasons["records_of_images_that_are_not_annotated_exhaustively"] = len(nowhere)
    return reasons


def find_annotations(folder: Path) -> ImagesKnown:
    """The annotations of a folder.

    Raises:
        InputError: It isn't there, or nothing in it is known.
    """
    sources = list(plugin_manager.sources().values())
    found = discover(folder, sources, {})
    return ImagesKnown([source for source in sources if source.name in found.files], found.files)


class ImagesKnown:
    """Images whose annotations are known. Nothing is read before it is asked for.

    Args:
        sources: The sources that read the files; where two differ about an image, the earlier one is believed.
        files: Their files.

    Attributes:
        about: Names and digests of the files, by source.
        digest: Of the files' content and what reads them.
    """

    def __init__(self, sources: Sequence[Source], files: Mapping[str, Sequence[AnnotationFile]]) -> None:
        self._sources = list(sources)
        self._files = {source.name: tuple(files[source.name]) for source in sources}
        self._digests = columns.digests([file for group in self._files.values() for file in group])
        self.about: dict[str, dict[str, str]] = {
            name: {file.name: self._digests[file] for file in sorted(group, key=lambda file: file.name)}
            for name, group in self._files.items()
        }
        versions = [
            [
                source.name,
                source.version,
                sorted([file.split, self._digests[file]] for file in self._files[source.name]),
            ]
            for source in self._sources
        ]
        self.digest: str = xxhash.xxh3_64_hexdigest(json.dumps(versions).encode())
        self._made: dict[str, pl.DataFrame] = {}

    def beside(self, image_ids: pl.Series, names: Sequence[str]) -> pl.DataFrame:
        """A row a record with these of `COLUMNS`.

        Args:
            image_ids: Of each record the list of its images' ids.
            names: The columns.

        Raises:
            InputError: Annotations can't be read.
        """
        rows = pl.DataFrame({"ids": image_ids}).select("ids", key=pl.col("ids").list.join(_SEPARATOR))
        distinct = rows.filter(pl.col("ids").list.len() > 0).unique("key", maintain_order=True)
        each = distinct.with_columns(pl.col("ids").list.unique(maintain_order=True)).explode("ids")
        each = each.select("key", image_id=image_id_series(each["ids"], "the records"))
        alone = pl.len().over("key") == 1
        one, several = each.filter(alone), each.filter(~alone)
        found = pl.concat([self._of_one(one, names), self._of_several(several, names)])
        return rows.join(found, on="key", how="left", maintain_order="left").select(names)

    def _of_one(self, each: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
        """The columns of records of one image: `key`, `image_id`."""
        for name in names:
            each = each.join(self._column(name), on="image_id", how="left", maintain_order="left")
        return each.select("key", *names)

    def _of_several(self, each: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
        """The columns of records of several images, a row each in `each`."""
        found = each.group_by("key", maintain_order=True).agg(images=pl.len())
        for name in names:
            own = each.join(self._column(name), on="image_id", how="left", maintain_order="left")
            values = own.explode(name, empty_as_null=False, keep_nulls=False).group_by("key", name, maintain_order=True)
            held = values.agg(times=pl.len()).join(found.select("key", "images"), on="key")
            if name in _HOLD_FOR_ALL:
                held = held.filter(pl.col("times") == pl.col("images"))
            lists = held.group_by("key", maintain_order=True).agg(name)
            known = own.group_by("key").agg(known=pl.col(name).is_not_null().all())
            found = (
                found.join(known, on="key", how="left", maintain_order="left")
                .join(lists, on="key", how="left", maintain_order="left")
                .with_columns(pl.when("known").then(pl.col(name).fill_null([])).alias(name))
                .drop("known")
            )
        return found.select("key", *names)

    def _column(self, name: str) -> pl.DataFrame:
        """A row an image that any source knows: `image_id`, and the column."""
        if name not in self._made:
            pairs = _MAKERS[name](self)
            values = pairs.columns[1]
            lists = pairs.drop_nulls().group_by("image_id", maintain_order=True).agg(pl.col(values).alias(name))
            images = self._annotations.images.select("image_id")
            self._made[name] = images.join(lists, on="image_id", how="left", maintain_order="left").with_columns(
                pl.col(name).fill_null([])
            )
        return self._made[name]

    @cached_property
    def _read(self) -> tuple[Annotations, pl.DataFrame]:
        """The joined annotations, and pairs of `image_id` and `category` that was looked for."""
        parts = []
        with progress("reading annotations", len(self._sources)) as advance:
            for source in self._sources:
                parts.append(columns.read(source, self._files[source.name], "skip", self._digests))
                advance(1)
        looked_for = _looked_for(parts)
        joined = join(gather(parts), [source.name for source in self._sources])
        return joined.annotations, looked_for

    @property
    def _annotations(self) -> Annotations:
        return self._read[0]

    @cached_property
    def _names(self) -> pl.Enum:
        """All categories."""
        of = [self._annotations.objects["category"], self._annotations.absent["category"]]
        return pl.Enum(
            pl.concat(of).unique().drop_nulls().to_frame("c").select(_plain("c")).to_series().unique().sort()
        )

    def _categories(self) -> pl.DataFrame:
        return self._pairs(self._annotations.objects)

    def _absent(self) -> pl.DataFrame:
        return self._pairs(self._annotations.absent)

    def _looked(self) -> pl.DataFrame:
        return self._pairs(self._read[1])

    def _supported(self) -> pl.DataFrame:
        """Read broadly: what objects are called, captions, answers, questions unless the answer is no, text seen, phrases,
        relationships and attributes; any word for a category counts, and in any part of a word."""
        own = self._annotations
        wanted = pl.concat([self._looked()["category"], self._absent()["category"]]).unique().sort()
        words = terms(wanted.to_list())
        denied = (pl.col("answer").str.strip_chars(" .").str.to_lowercase() == "no") & ~pl.col("tied").fill_null(False)
        asked = own.questions.filter(~denied.fill_null(False))
        texts = [
            own.texts.select("image_id", "text"),
            own.relationships.select("image_id", text=pl.format("{} {} {}", "subject", "predicate", "object")),
            own.attributes.select(
                "image_id", text=pl.concat_str("category", "attribute", separator=" ", ignore_nulls=True)
            ),
        ]
        nobody = pl.Series("category", [], dtype=pl.String())  # so that all objects' names are looked into
        found = pl.concat(
            [
                find_mentions(_with_questions(own, asked), nobody, words),
                match_terms(pl.concat(texts).drop_nulls(), words).select("image_id", "code"),
            ]
        ).unique()
        return found.select("image_id", category=wanted.gather(found["code"])).sort("image_id", "category")

    def _pairs(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Distinct pairs of `image_id` and `category`, in order."""
        pairs = frame.select("image_id", "category").unique().with_columns(_plain("category").cast(self._names))
        return pairs.unique().sort("image_id", "category")


_MAKERS: Mapping[str, Callable[[ImagesKnown], pl.DataFrame]] = {
    "annotations.categories": ImagesKnown._categories,
    "annotations.looked_for": ImagesKnown._looked,
    "annotations.absent": ImagesKnown._absent,
    "annotations.supported": ImagesKnown._supported,
    "annotations.captions": lambda images: images._annotations.captions.select("image_id", "caption"),
    "annotations.texts": lambda images: images._annotations.texts.select("image_id", "text"),
    "annotations.attributes": lambda images: images._annotations.attributes.select("image_id", "attribute"),
}


def _plain(name: str) -> pl.Expr:
    """A category as it is compared: `TV` and `tv`, `traffic_light` and `traffic light` are one."""
    return pl.col(name).str.to_lowercase().str.replace_all("_", " ", literal=True)


def _with_questions(annotations: Annotations, questions: pl.DataFrame) -> Annotations:
    return Annotations(**{**annotations.frames(), "questions": questions})


def _looked_for(parts: Iterable[Mapping[str, pl.DataFrame]]) -> pl.DataFrame:
    """What the sources that annotate all objects of their categories looked for: pairs of `image_id` and `category`.

    A source looked for those categories that it found in any image of the files; whether it looked for one that it never found,
    the files' columns don't say. A source that says of any object that others like it may lack isn't one of these.
    """
    pairs = [pl.DataFrame(schema={"image_id": pl.Int64(), "category": pl.String()})]
    for frames in parts:
        images, objects = frames.get("images"), frames.get("objects")
        if images is None or objects is None or not objects["exhaustive"].fill_null(False).all():
            continue
        ids = images.filter(pl.col("exhaustive").fill_null(False)).select("image_id").unique()
        found = objects.join(ids, on="image_id", how="semi").select("category").unique().drop_nulls()
        pairs.append(ids.join(found, how="cross"))
    return pl.concat(pairs)
