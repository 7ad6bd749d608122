"""Typed decoding of whole files, and what is said of those that can't be decoded."""

import gc
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.json_reading.files import decode, decode_lines, without_gc

BOM = b"\xef\xbb\xbf"


class Box(msgspec.Struct):
    id: int
    bbox: tuple[float, float, float, float] = (0, 0, 0, 0)
    label: str | None = None


class Boxes(msgspec.Struct):
    annotations: list[Box]


def written(folder: Path, data: bytes) -> AnnotationFile:
    (folder / "boxes.json").write_bytes(data)
    return AnnotationFile(folder / "boxes.json")


def test_decode(tmp_path: Path) -> None:
    text = b'{"annotations": [{"id": 1, "bbox": [1, 2, 3.5, 4], "other": [{"deep": null}]}], "info": {}}'
    for data in (text, BOM + text, b"\n " + text + b"\r\n"):
        assert decode(written(tmp_path, data), Boxes) == Boxes([Box(1, (1, 2, 3.5, 4))])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        # a comma too many
        (b'{"annotations": [\n  {"id": 1},\n]}', "is broken JSON: trailing comma in array at line 3, column 1."),
        # the place is counted after a byte order mark as before
        (BOM + b'{"annotations": [1 2]}', "`$.annotations[0]` is a whole number, where an object was expected."),
        (BOM + b'\n{"x": 1 2}', "is broken JSON: expected ',' or '}' at line 2, column 9."),
        # what Python writes for a number that isn't one
        (
            b'{"annotations": [{"id": 1, "bbox": [0, NaN, 1, 1]}]}',
            "broken JSON: NaN is no JSON number at line 1, column 40.",
        ),
        (b'{"annotations": [{"id": 1, "bbox": [-Infinity]}]}', "broken JSON: Infinity is no JSON number"),
        # a download that was broken off
        (
            b'{"annotations": [{"id": 1},\n {"id"',
            "broken JSON: it ends too early, at line 2, column 7. Fetch it again.",
        ),
        # nothing in it
        (b"", "is empty. Fetch it again."),
        (b" \n\n", "is empty. Fetch it again."),
        # something after the end
        (b'{"annotations": []}\nx', "is broken JSON: trailing characters at line 2, column 1."),
        # files of other kinds under this name
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "isn't JSON but looks like a JPEG image. Give the annotation file itself."),
        (b"\x89PNG\r\n\x1a\n", "looks like a PNG image"),
        (b"PK\x03\x04\x14\0", "looks like a zip archive"),
        (b"\n <!DOCTYPE html><title>404</title>", "looks like a web page"),
        (b"<?xml version='1.0'?><a/>", "looks like XML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "looks like a Git LFS pointer"),
        (b"\x80\x04\x95", "looks like a Python pickle"),
        (b"\xff\xfe{\0}\0", "looks like text in UTF-16"),
        (b"\x01\x00\x02\x00", "looks like a binary file"),
        (b"id,caption\n1,hello", "is broken JSON: invalid character at line 1, column 1."),
        # text in another encoding, where it is wanted
        (
            b'{"annotations": [{"id": 1,\n"label": "caf\xe9"}]}',
            "isn't UTF-8 text: line 2, column 14. Save it as UTF-8.",
        ),
        # JSON Lines
        (b'{"id": 1}\n{"id": 2}\n', "is JSON Lines (one object a line), where one JSON object was expected."),
        (b'{"annotations": []}\r\n\r\n{"annotations": []}\r\n', "is JSON Lines"),
        # other shapes
        (b"[]", "`$` is a list, where an object was expected."),
        (b'{"annotation": []}', "`$` lacks `annotations`."),
        (b'{"annotations": [{"id": 1}, {}]}', "`$.annotations[1]` lacks `id`."),
        (b'{"annotations": [{"id": "1"}]}', "`$.annotations[0].id` is text, where a whole number was expected."),
        (b'{"annotations": [{"id": 1, "bbox": [1, 2, 3]}]}', "`$.annotations[0].bbox` isn't a list of 4."),
        (
            b'{"annotations": [{"id": 1, "label": []}]}',
            "`$.annotations[0].label` is a list, where text or null was expected.",
        ),
        (
            b'{"annotations": [{"id": 1, "bbox": [1, 2, 3, 1e999]}]}',
            "`$.annotations[0].bbox[3]` is wrong: Number out of range.",
        ),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(InputError) as error:
        decode(written(tmp_path, data), Boxes)
    assert said in str(error.value)
    assert str(error.value).startswith("boxes.json: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"id": 1}\n{"id": 2}',
        # with an end of line at the end
        b'{"id": 1}\n{"id": 2}\n',
        # as Windows writes it, with blank lines and a byte order mark
        BOM + b'{"id": 1}\r\n\r\n   \r\n{"id": 2}\r\n',
        # one array
        b'[{"id": 1}, {"id": 2}]',
        BOM + b' [\n{"id": 1},\n{"id": 2}\n]\n',
    ],
)
def test_decode_lines(tmp_path: Path, data: bytes) -> None:
    assert decode_lines(written(tmp_path, data), Box) == [Box(1), Box(2)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"id": 1}\n\n{"id": 2, }\n', "is broken JSON: trailing comma in object at line 3, column 11."),
        (b'{"id": 1}\r\n{"id": true}\r\n', "line 2: `$.id` is true or false, where a whole number was expected."),
        (b'{"id": 1}\n{"id": 2', "is broken JSON: it ends too early, at line 2, column 9. Fetch it again."),
        (b'{"id": 1} {"id": 2}', "is broken JSON: trailing characters at line 1, column 11."),
        (b'{"id": 1}\n{"id": 2, "label": "\xe9"}', "isn't UTF-8 text: line 2, column 21."),
        # one object, as editors lay it out
        (b'{\n  "id": 1\n}\n', "isn't JSON Lines: line 1 holds no whole object. Write one object a line."),
        (b"[1]", "`$[0]` is a whole number, where an object was expected."),
        (b"", "is empty."),
        (b"GIF89a", "looks like a GIF image"),
    ],
)
def test_what_is_wrong_with_lines(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(InputError) as error:
        decode_lines(written(tmp_path, data), Box)
    assert said in str(error.value)


@pytest.mark.parametrize("was_on", [True, False])
def test_the_garbage_collector_is_off_for_a_while(was_on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with without_gc():
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
        with pytest.raises(KeyError), without_gc():
            raise KeyError
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_files_are_decoded_without_it(tmp_path: Path) -> None:
    seen: list[bool] = []

    class Watched(msgspec.Struct):
        id: int

        def __post_init__(self) -> None:
            seen.append(gc.isenabled())

    file: Any = written(tmp_path, b'{"id": 1}')
    decode(file, Watched)
    decode_lines(file, Watched)
    assert seen == [False, False]
