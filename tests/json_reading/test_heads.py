"""The first keys of JSON files."""

import json
from pathlib import Path

import pytest

from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.json_reading.heads import head


def of(folder: Path, data: str | bytes) -> FileHead | None:
    (folder / "x.json").write_bytes(data.encode() if isinstance(data, str) else data)
    return head(AnnotationFile(folder / "x.json"))


def expected(keys: str, shape: str, **first: str) -> FileHead:
    every = {key: frozenset(first.get(key, "").split()) for key in keys.split()}
    return FileHead(frozenset(every), every, shape)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # lists and objects of objects, and what is neither
        (
            '{"info": {"year": 2014}, "images": [{"id": 1, "file_name": "a"}, {"x": 2}], "anns": {"5": {"id": 5, "mask": []}}, '
            '"sizes": [1, 2], "none": [], "nothing": null}',
            expected("info images anns sizes none nothing", "object", images="id file_name", anns="id mask"),
        ),
        # laid out by an editor, after a byte order mark
        ('\ufeff{\n  "images": [\n    {\n      "id": 1\n    }\n  ]\n}\n', expected("images", "object", images="id")),
        # a list: the keys of its first object, and of the first object in each
        ('[{"id": 1, "regions": [{"phrase": "a"}]}, {"other": 1}]', expected("id regions", "list", regions="phrase")),
        # JSON Lines
        (
            '{"id": 1, "instances": [{"bbox": []}]}\r\n{"id": 2}\r\n',
            expected("id instances", "lines", instances="bbox"),
        ),
        # the same with its second line broken: only the start is looked at
        ('{"id": 1}\n{"id": ', expected("id", "lines")),
        ("{}", expected("", "object")),
        # no objects
        ("[]", None),
        ("[1, 2]", None),
        ("3", None),
        ('"text"', None),
        # no JSON
        ("", None),
        ('{"id": 1', None),
        ('{"id": 1]', None),
        ('{"id": 1} x', None),
        ("<html>", None),
        (b"\xff\xd8\xff\xe0", None),
    ],
)
def test_heads(tmp_path: Path, text: str | bytes, found: FileHead | None) -> None:
    assert of(tmp_path, text) == found


def test_keys_after_a_long_array(tmp_path: Path) -> None:
    rows = [{"id": number, "text": "x" * 50} for number in range(30_000)]
    found = of(tmp_path, json.dumps({"images": rows, "annotations": [{"caption": "a"}], "images_too": rows}))
    assert found == expected(
        "images annotations images_too", "object", images="id text", annotations="caption", images_too="id text"
    )


def test_of_a_list_only_the_start_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": number, "text": "x" * 500} for number in range(20_000)]
    (tmp_path / "x.json").write_text(json.dumps(rows))
    read = 0
    blocks = AnnotationFile.blocks

    def counted(self: AnnotationFile, size: int = 1 << 20):  # type: ignore[no-untyped-def]
        nonlocal read
        for block in blocks(self, size):
            read += len(block)
            yield block

    monkeypatch.setattr(AnnotationFile, "blocks", counted)
    assert head(AnnotationFile(tmp_path / "x.json")) == expected("id text", "list")
    assert read < 3 << 20


def test_a_file_that_cant_be_read(tmp_path: Path) -> None:
    assert head(AnnotationFile(tmp_path / "gone.json")) is None
