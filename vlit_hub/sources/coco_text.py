"""Text in photos: COCO-Text (the official file, and the files of one image each that it was first released as) and TextOCR.

    COCO-Text   {"imgs": {"9": {"id": 9, "set": "train", "width": 640, "height": 480, "file_name": "..."}},
                 "anns": {"5": {"id": 5, "image_id": 9, "bbox": [x, y, width, height], "mask": [x, y, x, y, ...],
                                "utf8_string": "STOP", "legibility": "legible", "language": "english", "class": "..."}},
                 "imgToAnns": {"9": [5]}, "cats": {}, "info": {}}
    first files `9.json`: {"annotations": [{"instance_id": 5, "mask": [x, y, ...], "text": "STOP", "legibility": 0, ...}]}
    TextOCR     as COCO-Text, with text for ids, `points` for `mask`, `img2Anns`, and "." for text that nobody could read

What real files contain: legible text that is empty, illegible text with a transcription, white space around it, no text
at all for some, boxes that reach beyond the photo, photos without text. Transcriptions lose outer white space, and empty
ones become null, whether the text is legible or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial

import polars as pl
from msgspec import Raw, Struct, field

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import SCHEMAS, conform, empty
from vlit_hub.image_ids import image_id_series
from vlit_hub.json_reading.files import decode
from vlit_hub.json_reading.records import decode_records
from vlit_hub.source import OnError, Source
from vlit_hub.sources.boxes import LARGEST, enclosing, in_image, quads
from vlit_hub.sources.checks import put_aside, rejected
from vlit_hub.sources.numbers import Pixels
from vlit_hub.sources.repeats import once

__all__ = ["COCO_TEXT", "TEXTOCR"]

# The codes of the first files, as the viewer that was released with them names them (github.com/bgshih/cocotext).
_LEGIBILITIES: dict[int | None, str] = {0: "legible", 1: "illegible"}
_TYPES: dict[int | None, str] = {0: "machine printed", 1: "handwritten"}
_LANGUAGES: dict[int | None, str] = {0: "english", 1: "not english"}

_SPLITS = {"train": "train", "val": "validation", "test": "test"}
_ILLEGIBLE = "."  # TextOCR's transcription of text that can't be read
_UNCERTAIN = "na"  # COCO-Text's language of text that can't be read

_Polygon = list[float]


class _Image(Struct, gc=False):
    id: int | str
    set: str | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    file_name: str | None = None


class _Text(Struct, gc=False):
    id: int | str
    image_id: int | str
    bbox: tuple[float, float, float, float] | None = None
    mask: _Polygon | None = None  # COCO-Text v2
    polygon: _Polygon | None = None  # COCO-Text v1
    points: _Polygon | None = None  # TextOCR
    utf8_string: str | None = None
    legibility: str | None = None
    language: str | None = None
    text_type: str | None = field(name="class", default=None)


class _FirstText(Struct, gc=False):
    instance_id: int
    mask: _Polygon | None = None
    text: str | None = None
    legibility: int | None = None
    type: int | None = None
    language: int | None = None


class _File(Struct):
    imgs: dict[str, Raw] | None = None
    anns: dict[str, Raw] | None = None
    annotations: list[Raw] | None = None


@dataclass
class _Found:
    """What a file says, slice by slice, and its records of a wrong shape."""

    images: list[pl.DataFrame] = dataclass_field(default_factory=list)
    texts: list[pl.DataFrame] = dataclass_field(default_factory=list)
    faults: list[tuple[str, str]] = dataclass_field(default_factory=list)


def _read(source: str, files: Sequence[AnnotationFile], on_error: OnError) -> Mapping[str, pl.DataFrame]:
    everything = _Found([_image_rows([], "")], [_text_rows([], "")])
    misshapen = [empty("rejected")]
    for file in sorted(files):
        found = _read_file(file, on_error)
        everything.images += found.images
        everything.texts += found.texts
        if found.faults:
            misshapen.append(rejected(found.faults, source, file.split or None))
    images = _finish_images(pl.concat(everything.images), source)
    texts, put = _finish_texts(pl.concat(everything.texts), images, source, on_error)
    return {"images": conform("images", images), "texts": texts, "rejected": pl.concat([*misshapen, put])}


def _read_file(file: AnnotationFile, on_error: OnError) -> _Found:
    content = decode(file, _File)
    found = _Found()
    if content.imgs is not None and content.anns is not None:
        for images, faults in decode_records(file, content.imgs, _Image, noun="image", on_error=on_error):
            found.images.append(_image_rows(images.values(), file.split))
            found.faults += faults
        for texts, faults in decode_records(file, content.anns, _Text, noun="annotation", on_error=on_error):
            found.texts.append(_text_rows(texts.values(), file.name))
            found.faults += faults
    elif content.annotations is not None:
        key = file.base_name.removesuffix(".json")
        found.images.append(_image_rows([_Image(key)], file.split))
        numbered = {str(number): record for number, record in enumerate(content.annotations, start=1)}
        for firsts, faults in decode_records(file, numbered, _FirstText, noun="annotation no.", on_error=on_error):
            found.texts.append(_text_rows([_spelled_out(text, key) for text in firsts.values()], file.name))
            found.faults += faults
    else:
        raise InputError(
            file.name,
            "isn't in COCO-Text's format: it has neither `imgs` and `anns` nor `annotations`",
            "Give the file as published.",
        )
    return found


def _spelled_out(text: _FirstText, image_key: str) -> _Text:
    """An annotation of the first files as the official file spells it."""
    return _Text(
        id=text.instance_id,
        image_id=image_key,
        mask=text.mask,
        utf8_string=text.text,
        legibility=_LEGIBILITIES.get(text.legibility),
        language=_LANGUAGES.get(text.language),
        text_type=_TYPES.get(text.type),
    )


def _image_rows(images: Iterable[_Image], split: str) -> pl.DataFrame:
    """Images as columns; their own `set` beats `split`, which is their file's."""
    rows = [
        (str(one.id), one.file_name, one.width, one.height, _SPLITS.get(one.set or "", split or None)) for one in images
    ]
    schema = {name: SCHEMAS["images"][name] for name in ("image_key", "file_name", "width", "height", "split")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _text_rows(texts: Collection[_Text], file: str) -> pl.DataFrame:
    """Texts as columns, with their boxes: `x1, y1, x2, y2` by the polygon; `left, top, wide, high` as given."""
    polygons = [text.points or text.mask or text.polygon for text in texts]
    given = quads((text.bbox for text in texts), ("left", "top", "wide", "high"))
    columns = {
        "key": [str(text.id) for text in texts],
        "image_key": [str(text.image_id) for text in texts],
        "text": [text.utf8_string for text in texts],
        "legibility": [text.legibility for text in texts],
        "language": [text.language for text in texts],
        "text_type": [text.text_type for text in texts],
        "file": [file] * len(texts),
    }
    odd = pl.Series("odd", [polygon is not None and len(polygon) % 2 == 1 for polygon in polygons], dtype=pl.Boolean())
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))
    return pl.concat([frame, enclosing(polygons), given, odd.to_frame()], how="horizontal")


def _finish_images(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    """One row an image that any file lists; where several do, one that knows its size."""
    images = rows.sort(pl.col("width").is_null(), maintain_order=True)
    images = images.unique("image_key", keep="first", maintain_order=True)
    sizes = (pl.when(pl.col(name) > 0).then(pl.col(name)) for name in ("width", "height"))
    return images.with_columns(*sizes, image_id_series(images["image_key"], source), source=pl.lit(source))


def _finish_texts(
    rows: pl.DataFrame, images: pl.DataFrame, source: str, on_error: OnError
) -> tuple[pl.DataFrame, pl.DataFrame]:
    text = pl.col("text").str.strip_chars()
    unread = pl.col("legibility").is_null() & (text == _ILLEGIBLE)
    right, bottom = pl.col("left") + pl.col("wide"), pl.col("top") + pl.col("high")
    sides = [pl.coalesce("x1", "left"), pl.coalesce("y1", "top"), pl.coalesce("x2", right), pl.coalesce("y2", bottom)]
    texts = rows.join(
        images.select("image_key", "image_id", "width", "height", "split", "source"),
        on="image_key",
        how="left",
        maintain_order="left",
    ).with_columns(
        image_id_series(rows["key"], source).alias("text_id"),
        text=pl.when((text != "") & ~unread).then(text),
        legible=pl.when(pl.col("legibility").is_null()).then(~unread).otherwise(pl.col("legibility") == "legible"),
        language=pl.when(pl.col("language") != _UNCERTAIN).then(pl.col("language")),
    )
    what = pl.format("annotation {}", "key")
    kept, put = put_aside(
        texts.with_columns(source=pl.lit(source)),
        what,
        [
            (pl.col("image_id").is_null(), pl.format("names image {}, which the file doesn't list", "image_key")),
            (~pl.struct("file", "text_id").is_first_distinct(), "is listed twice"),
            (pl.col("odd"), "has a polygon with a number left over"),
            ((pl.col("wide") < 0) | (pl.col("high") < 0), "has a box of negative size"),
            (pl.any_horizontal(side.abs() > LARGEST for side in sides), "has a box that is out of all range"),
        ],
        on_error,
    )
    used, differing = once(kept, ["text_id"], ["image_id", "text", "legible"], what, on_error)
    boxed = used.with_columns(in_image(sides, pl.col("width"), pl.col("height")))
    return conform("texts", boxed), pl.concat([put, differing])


def _is_textocr(head: FileHead) -> bool:
    return {"imgs", "anns"} <= head.keys and ("img2Anns" in head.keys or "points" in head.first.get("anns", ()))


def _is_coco_text(head: FileHead) -> bool:
    official = {"imgs", "anns"} <= head.keys and not _is_textocr(head)
    return official or {"legibility", "instance_id"} <= head.first.get("annotations", frozenset())


COCO_TEXT = Source(
    name="coco_text",
    read=partial(_read, "coco_text"),
    # The first files are named by the image's id alone.
    patterns=("cocotext*.json", "COCO_Text*.json", *("[0-9]" * digits + ".json" for digits in range(1, 7))),
    sniff=_is_coco_text,
    license="CC-BY-4.0",
    url="https://bgshih.github.io/cocotext/",
    citation="""\
@article{veit2016coco,
  title={{COCO-Text}: Dataset and Benchmark for Text Detection and Recognition in Natural Images},
  author={Veit, Andreas and Matera, Tomas and Neumann, Lukas and Matas, Jiri and Belongie, Serge},
  journal={arXiv preprint arXiv:1601.07140},
  year={2016}
}""",
)

TEXTOCR = Source(
    name="textocr",
    read=partial(_read, "textocr"),
    patterns=("TextOCR_*.json",),
    sniff=_is_textocr,
    license="CC-BY-4.0",
    url="https://textvqa.org/textocr/",
    citation="""\
@inproceedings{singh2021textocr,
  title={{TextOCR}: Towards large-scale end-to-end reasoning for arbitrary-shaped scene text},
  author={Singh, Amanpreet and Pang, Guan and Toh, Mandy and Huang, Jing and Galuba, Wojciech and Hassner, Tal},
  booktitle={Proceedings of the IEEE/CVF Conference on Computer Vision and Pattern Recognition},
  year={2021}
}""",
)
