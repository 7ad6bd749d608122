"""Visual Genome: objects, their attributes and relationships, and phrases for regions (versions 1.0 to 1.4).

    image_data.json           [{"image_id": 1, "width": 800, "height": 600, "url": "...", "coco_id": null}]
    objects.json              [{"image_id": 1, "objects": [{"object_id": 5, "x", "y", "w", "h", "names": ["tree"]}]}]
    attributes.json           [{"image_id": 1, "attributes": [{..., "names": ["tree"], "attributes": ["green"]}]}]
    relationships.json        [{"image_id": 1, "relationships": [{"relationship_id": 7, "predicate": "ON",
                                "subject": {"object_id", "x", "y", "w", "h", "name": "man"}, "object": {...}}]}]
    region_descriptions.json  [{"id": 1, "regions": [{"region_id": 3, "x", "y", "width", "height", "phrase": "..."}]}]

The versions differ in names: `id` for `image_id`, `object_id` or `relationship_id`; `name`, `names` or `object_names`, of which
the first is taken. Names, attributes and predicates are free text ("Tree ", "ON"): they lose outer white space and capitals.

**Images.** About half are copies of COCO's photos in another size. Where image_data.json gives a `coco_id`, the image is known
by that id, so that everything joins with COCO's annotations and photos, and its boxes become shares of width and height
(`normalised`, see `vlit_hub.frames`). The others are known as `vg-<id>`, with the photo `<id>.jpg`; without image_data.json
all are.

Not every object of an image is annotated. What has no name, or no words, is put aside. A value of a wrong type stops the
reading whatever `on_error` says, as the longest of these files (0.7 GB) are never in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl
from msgspec import Struct, field

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import conform
from vlit_hub.image_ids import image_id_series
from vlit_hub.json_reading.slices import items
from vlit_hub.source import OnError, Source
from vlit_hub.sources.boxes import LARGEST, in_image
from vlit_hub.sources.checks import put_aside
from vlit_hub.sources.numbers import Id, Pixels
from vlit_hub.sources.texts import tidy

__all__ = ["VISUAL_GENOME"]

_NAME = "visual_genome"
_SIDES = {"left": "x", "top": "y", "wide": "w", "high": "h"}
_EDGES = (pl.col("width"), pl.col("height"), pl.col("width"), pl.col("height"))
_IMAGE = pl.Schema(
    {"number": pl.Int64(), "width": pl.Int32(), "height": pl.Int32(), "coco_id": pl.Int64(), "url": pl.String()}
)


@dataclass(frozen=True)
class _Kind:
    """What a file of annotations becomes: the frame's column of ids, what a row is called, its texts, its boxes."""

    id: str
    noun: str
    texts: tuple[str, ...]
    boxes: tuple[str, ...] = ("",)


_KINDS = {
    "objects": _Kind("object_id", "object", ("category",)),
    "attributes": _Kind("object_id", "object", ("category", "attribute")),
    "relationships": _Kind(
        "relationship_id", "relationship", ("subject", "predicate", "object"), ("subject_", "object_")
    ),
    "regions": _Kind("region_id", "region", ("phrase",)),
}


class _Thing(Struct, gc=False):
    """An object, as objects, attributes and relationships describe one."""

    x: float
    y: float
    w: float
    h: float
    object_id: Id | None = None
    id: Id | None = None
    name: str = ""
    names: list[str] = []
    object_names: list[str] = []
    attributes: list[str] | None = None


class _Relationship(Struct, gc=False):
    predicate: str
    subject: _Thing
    object: _Thing
    relationship_id: Id | None = None
    id: Id | None = None


class _Region(Struct, gc=False):
    phrase: str
    x: float
    y: float
    w: float = field(name="width")
    h: float = field(name="height")
    region_id: Id | None = None
    id: Id | None = None


class _Entry(Struct, gc=False):
    """An image in any of the files."""

    image_id: Id | None = None
    id: Id | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    coco_id: Id | None = None
    url: str | None = None
    objects: list[_Thing] | None = None
    attributes: list[_Thing] | None = None
    relationships: list[_Relationship] | None = None
    regions: list[_Region] | None = None


def _read(files: Sequence[AnnotationFile], on_error: OnError) -> Mapping[str, pl.DataFrame]:
    parts: dict[str, list[pl.DataFrame]] = {}
    for file in sorted(files):
        # Categories, because the longest of these files has millions of rows.
        split = pl.lit(file.split or None, dtype=pl.String()).cast(pl.Categorical())
        origin = {"file": pl.lit(file.name).cast(pl.Categorical()), "split": split}
        for entries in items(file, _Entry):
            for kind, rows in _columns(entries, file).items():
                parts.setdefault(kind, []).append(rows.with_columns(**origin))
    frames = {kind: pl.concat(parts.pop(kind)) for kind in list(parts)}
    images, put = _images(frames.pop("images", None), list(frames.values()), on_error)
    found, aside = {}, [put]
    for kind in list(frames):
        found[kind], put = _finish(kind, frames.pop(kind), images, on_error)
        aside.append(put)
    return {"images": _listed(images), **found, "rejected": pl.concat(aside)}


def _columns(entries: Sequence[_Entry], file: AnnotationFile) -> dict[str, pl.DataFrame]:
    """What a slice of a file says, by kind."""
    found = {}
    if any(entry.width is not None for entry in entries):
        found["images"] = _image_columns(entries)
    if any(entry.objects is not None for entry in entries):
        found["objects"] = _object_columns("objects", entries, [entry.objects or [] for entry in entries])
    if any(entry.attributes is not None for entry in entries):
        listed = [entry.attributes or [] for entry in entries]
        words = [thing.attributes or [] for things in listed for thing in things]
        rows = np.arange(len(words)).repeat([len(some) for some in words])
        attribute = pl.Series("attribute", list(chain.from_iterable(words)), dtype=pl.String())
        found["attributes"] = _object_columns("attributes", entries, listed)[rows].with_columns(_clean(attribute))
    if any(entry.relationships is not None for entry in entries):
        found["relationships"] = _relationship_columns(entries, [entry.relationships or [] for entry in entries])
    if any(entry.regions is not None for entry in entries):
        found["regions"] = _region_columns(entries, [entry.regions or [] for entry in entries])
    if entries and not found:
        raise InputError(
            file.name,
            f"is no file of Visual Genome: its images have none of width, {', '.join(_KINDS)}",
            "Give the files as published.",
        )
    return found


def _image_columns(entries: Sequence[_Entry]) -> pl.DataFrame:
    rows = [(_number(one), one.width, one.height, one.coco_id, one.url) for one in entries]
    return pl.DataFrame(rows, schema=_IMAGE, orient="row")


def _object_columns(kind: str, entries: Sequence[_Entry], listed: Sequence[Sequence[_Thing]]) -> pl.DataFrame:
    things = list(chain.from_iterable(listed))
    ids = _either([thing.object_id for thing in things], [thing.id for thing in things])
    return _frame(entries, listed, ids.alias(_KINDS[kind].id), {"category": _names(things)}, {"": things})


def _relationship_columns(entries: Sequence[_Entry], listed: Sequence[Sequence[_Relationship]]) -> pl.DataFrame:
    found = list(chain.from_iterable(listed))
    subjects, objects = [one.subject for one in found], [one.object for one in found]
    ids = _either([one.relationship_id for one in found], [one.id for one in found]).alias("relationship_id")
    predicates = [one.predicate for one in found]
    texts = {"subject": _names(subjects), "predicate": predicates, "object": _names(objects)}
    return _frame(entries, listed, ids, texts, {"subject_": subjects, "object_": objects})


def _region_columns(entries: Sequence[_Entry], listed: Sequence[Sequence[_Region]]) -> pl.DataFrame:
    regions = list(chain.from_iterable(listed))
    ids = _either([region.region_id for region in regions], [region.id for region in regions]).alias("region_id")
    return _frame(entries, listed, ids, {"phrase": [region.phrase for region in regions]}, {"": regions})


def _frame(
    entries: Sequence[_Entry],
    listed: Sequence[Sequence[object]],
    ids: pl.Series,
    texts: Mapping[str, Sequence[str]],
    boxes: Mapping[str, Sequence[_Thing] | Sequence[_Region]],
) -> pl.DataFrame:
    """Annotations as columns: `number` of the image, id, texts, and boxes `left, top, wide, high`.

    Args:
        entries: Images.
        listed: The annotations of each.
        ids: The id of each annotation.
        texts: Their texts by column.
        boxes: What has their boxes, by the prefix of its columns.
    """
    numbers = pl.Series("number", [_number(entry) for entry in entries], dtype=pl.Int64())
    owners = numbers.gather(np.arange(len(listed)).repeat([len(some) for some in listed]))
    cleaned = [_clean(pl.Series(name, text, dtype=pl.String())) for name, text in texts.items()]
    sides = [
        pl.Series(prefix + side, [getattr(thing, key) for thing in things], dtype=pl.Float64()).cast(pl.Float32())
        for prefix, things in boxes.items()
        for side, key in _SIDES.items()
    ]
    return pl.DataFrame([owners, ids, *cleaned, *sides])


def _clean(text: pl.Series) -> pl.Series:
    return tidy(text) if text.name == "phrase" else tidy(text).str.to_lowercase()


def _names(things: Sequence[_Thing]) -> list[str]:
    return [next(iter(thing.names or thing.object_names), thing.name) for thing in things]


def _either(ids: Sequence[int | None], others: Sequence[int | None]) -> pl.Series:
    return pl.Series(ids, dtype=pl.Int64()).fill_null(pl.Series(others, dtype=pl.Int64()))


def _number(entry: _Entry) -> int | None:
    return entry.id if entry.image_id is None else entry.image_id


def _images(
    listed: pl.DataFrame | None, frames: Sequence[pl.DataFrame], on_error: OnError
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The images that image_data.json lists, or where it wasn't given, those that anything is said of."""
    if listed is None:
        named = [frame.select("number", "file", "split") for frame in frames]
        everyone = pl.concat([pl.DataFrame(schema=_IMAGE), *named], how="diagonal")
        listed = everyone.drop_nulls("number").unique("number", keep="first", maintain_order=True)
    kept, put = put_aside(
        listed.with_columns(image_id=pl.lit(None, dtype=pl.Int64()), source=pl.lit(_NAME)),
        _name("image", "number"),
        [(pl.col("number").is_null(), "has no id"), (~pl.col("number").is_first_distinct(), "is listed twice")],
        on_error,
    )
    key = pl.coalesce(pl.col("coco_id").cast(pl.String()), pl.format("vg-{}", "number"))
    images = kept.with_columns(
        *(pl.when(pl.col(name) > 0).then(name) for name in ("width", "height")),
        image_key=key,
        file_name=pl.format("{}.jpg", "number"),
        normalised=pl.col("coco_id").is_not_null(),
    )
    return images.with_columns(image_id_series(images["image_key"], _NAME)), put


def _listed(images: pl.DataFrame) -> pl.DataFrame:
    """Rows of `images`; of COCO's photos the id alone, as size, name and address are those of the copies."""
    copied = [pl.when(~pl.col("normalised")).then(name) for name in ("width", "height", "file_name", "url")]
    # Two images may be copies of one photo.
    return conform("images", images.with_columns(copied).unique("image_id", keep="first", maintain_order=True))


def _finish(
    kind: str, frame: pl.DataFrame, images: pl.DataFrame, on_error: OnError
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Annotations with their images, clean texts and boxes, and those put aside."""
    spec = _KINDS[kind]
    if kind == "attributes":  # to say an attribute of an object twice says nothing more
        frame = frame.unique(["number", spec.id, *spec.texts], keep="first", maintain_order=True)
    # Joined by its one column, since a join copies all columns.
    owners = images.select("number", "image_id", "width", "height", "normalised")
    owned = frame.select("number").join(owners, on="number", how="left", maintain_order="left").drop("number")
    joined = pl.concat([frame, owned], how="horizontal").with_columns(source=pl.lit(_NAME))
    what = _name(spec.noun, spec.id)
    worded, wordless = put_aside(joined, what, [(pl.col(text) == "", f"has no {text}") for text in spec.texts], "skip")
    sides = [pl.col(prefix + side) for prefix in spec.boxes for side in _SIDES]
    sizes = [pl.col(prefix + side) for prefix in spec.boxes for side in ("wide", "high")]
    faults: list[tuple[pl.Expr, str | pl.Expr]] = [
        (pl.col("image_id").is_null(), pl.format("names image {}, which image_data.json doesn't list", "number")),
        (pl.col(spec.id).is_null(), "has no id"),
        (pl.any_horizontal(size < 0 for size in sizes), "has a box of negative size"),
        (pl.any_horizontal(side.abs() > LARGEST for side in sides), "has a box that is out of all range"),
    ]
    if kind != "attributes":
        faults.append((~pl.col(spec.id).is_first_distinct(), "is listed twice"))
    kept, put = put_aside(worded, what, faults, on_error)
    constants = {"crowd": pl.lit(False), "exhaustive": pl.lit(False)} if kind == "objects" else {}
    boxed = kept.with_columns(*(box for prefix in spec.boxes for box in _boxes(prefix)), **constants)
    return conform(kind, boxed), pl.concat([wordless, put])


def _boxes(prefix: str) -> Iterator[pl.Expr]:
    """The box within the image, in shares of it where the image is known by COCO's id."""
    left, top, wide, high = (pl.col(prefix + side) for side in _SIDES)
    width, height = pl.col("width"), pl.col("height")
    for box, edge in zip(in_image([left, top, left + wide, top + high], width, height, prefix), _EDGES, strict=True):
        yield box / pl.when("normalised").then(edge).otherwise(1).cast(pl.Float32())


def _name(noun: str, number: str) -> pl.Expr:
    return pl.format(noun + " {}", pl.col(number).cast(pl.String()).fill_null("(no id)"))


def _is_visual_genome(head: FileHead) -> bool:
    if head.shape != "list":
        return False
    things = {"objects": "names", "attributes": "names", "relationships": "predicate", "regions": "phrase"}
    return {"coco_id", "width", "height", "url"} <= head.keys or any(
        kind in head.keys and key in head.first.get(kind, ()) for kind, key in things.items()
    )


VISUAL_GENOME = Source(
    name=_NAME,
    read=_read,
    patterns=(
        "image_data.json",
        "objects.json",
        "attributes.json",
        "relationships.json",
        "region_descriptions.json",
        *(f"{kind}_v1*.json" for kind in ("objects", "attributes", "relationships")),
    ),
    sniff=_is_visual_genome,
    license="CC-BY-4.0",
    url="https://homes.cs.washington.edu/~ranjay/visualgenome/",
    citation="""\
@article{krishna2017visual,
  title={Visual Genome: Connecting Language and Vision Using Crowdsourced Dense Image Annotations},
  author={Krishna, Ranjay and Zhu, Yuke and Groth, Oliver and Johnson, Justin and Hata, Kenji and Kravitz, Joshua and
    Chen, Stephanie and Kalantidis, Yannis and Li, Li-Jia and Shamma, David A. and Bernstein, Michael S. and Fei-Fei, Li},
  journal={International Journal of Computer Vision},
  volume={123},
  pages={32--73},
  year={2017}
}""",
)
