"""Large arrays, slice by slice: the same as decoding the whole, wherever the slices end."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.json_reading import slices
from vlit_hub.json_reading.slices import Reader, items


class Item(msgspec.Struct, gc=False):
    id: int
    text: str = ""
    parts: list[Any] = []


def written(folder: Path, text: str | bytes, name: str = "items.json") -> AnnotationFile:
    data = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return AnnotationFile(folder / name)


def read(file: AnnotationFile, wanted: str = "annotations") -> list[Item]:
    return [item for part in parts_of(file, wanted) for item in part]


def parts_of(file: AnnotationFile, wanted: str = "annotations") -> Iterator[list[Item]]:
    reader = Reader(file)
    for key in reader.members():
        if key == wanted:
            yield from reader.array(Item, f"$.{wanted}")
        else:
            reader.skip()
    reader.finish()


TEXTS = (
    "plain",
    "",
    # looks like the border of two items
    '}, {"id": 7',
    "}, {",
    '"',
    "\\",
    '\\"}, {"id"',
    "]}",
    # more than one byte a character
    "caf\u00e9 \u732b \U0001f642",
    "line\nbreak",
)


def some_items(draw: random.Random, count: int) -> list[dict[str, Any]]:
    """Items with nested ones that begin like they do themselves."""
    return [
        {
            "id": draw.randrange(10**9),
            "text": draw.choice(TEXTS),
            "parts": [
                {
                    "id": draw.randrange(9),
                    "text": draw.choice(TEXTS),
                    "parts": draw.choice([[], [{"id": 0}, {"id": 1}]]),
                }
                for _ in range(draw.randrange(4))
            ],
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("slice_size", [1, 40, 300, 1 << 18])
def test_slices_are_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, slice_size: int) -> None:
    monkeypatch.setattr(slices, "_SLICE", slice_size)
    draw = random.Random(seed)
    content = {
        "info": {"annotations": [{"id": 1}]},
        "number": -1.5e3,
        "nothing": None,
        "images": some_items(draw, draw.randrange(20)),
        "annotations": some_items(draw, draw.randrange(40)),
        "name": "}, {",
        "more": [[1, 2], [], ["a"]],
    }
    keys = draw.sample(sorted(content), len(content))
    text = json.dumps(
        {key: content[key] for key in keys},
        indent=draw.choice([None, None, 1, 4]),
        separators=draw.choice([None, (",", ":"), (" , ", " : ")]),
        ensure_ascii=draw.choice([True, False]),
    )
    file = written(tmp_path, text, draw.choice(["items.json", "items.json.gz"]))
    assert read(file) == msgspec.convert(content["annotations"], list[Item])


@pytest.mark.parametrize("seed", range(10))
def test_files_that_are_one_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(slices, "_SLICE", 100)
    content = some_items(random.Random(seed), 30)
    file = written(tmp_path, b"\xef\xbb\xbf" + json.dumps(content).encode())
    assert [item for part in items(file, Item) for item in part] == msgspec.convert(content, list[Item])


def test_large_arrays_come_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_SLICE", 1000)
    content = [{"id": number, "text": "some text", "parts": [{"x": 1}, {"x": 2}]} for number in range(500)]
    sizes = [len(part) for part in parts_of(written(tmp_path, json.dumps({"annotations": content})))]
    assert sum(sizes) == 500
    assert len(sizes) > 20
    assert max(sizes) < 50


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # no items
        ('{"annotations": []}', []),
        ('{"annotations": [ \n ], "images": []}', []),
        # no such key
        ("{}", []),
        ('{"images": [{"id": 1}]}', []),
        # white space everywhere
        (' {\n"annotations" :\t[ {"id":1} ,\r\n{ "id" : 2 } ] } \n', [1, 2]),
        # the keys of an item in another order than the first one's
        ('{"annotations": [{"id": 1, "text": "a"}, {"text": "b", "id": 2}, {"text": "c", "id": 3}]}', [1, 2, 3]),
        # a key with a quote in it
        ('{"annotations": [{"a\\"b": 0, "id": 1}, {"a\\"b": 0, "id": 2}]}', [1, 2]),
    ],
)
def test_odd_but_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, ids: list[int]) -> None:
    for size in (1, 30, 1 << 18):
        monkeypatch.setattr(slices, "_SLICE", size)
        assert [item.id for item in read(written(tmp_path, text))] == ids


GOOD = ", ".join(json.dumps({"id": number, "text": "some text"}) for number in range(50))
END = len('{"annotations": [') + len(GOOD)  # the column of its last byte


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # the place counts in the whole file, wherever a slice began
        (f'{{"annotations": [{GOOD},\n {{"id": 50}} {{"id": 51}}]}}', "expected ',' or ']' at line 2, column 13."),
        (f'{{"annotations": [{GOOD},\n {{"id": 50}},]}}', "trailing comma in array at line 2, column 13."),
        (f'{{"annotations": [{GOOD}, {{"id": NaN}}]}}', f"NaN is no JSON number at line 1, column {END + 10}."),
        # and so does the path
        (
            f'{{"annotations": [{GOOD}, {{"id": "x"}}]}}',
            "`$.annotations[50].id` is text, where a whole number was expected.",
        ),
        (f'{{"annotations": [{GOOD}, {{}}, {GOOD}]}}', "`$.annotations[50]` lacks `id`."),
        # cut off: within an item, between items, after the array, in what is skipped
        (f'{{"annotations": [{GOOD}, {{"id"', f"it ends too early, at line 1, column {END + 8}."),
        (f'{{"annotations": [{GOOD},', "it ends too early"),
        (f'{{"annotations": [{GOOD}]', "it ends too early"),
        (f'{{"annotations": [{GOOD}], "images": [1, 2', "it ends too early"),
        (f'{{"annotations": [{GOOD}], "images', "it ends too early"),
        # outside of the arrays
        ('{"annotations": [] "images": []}', "expected ',' or '}' at line 1, column 20."),
        ('{"annotations" []}', "expected ':' at line 1, column 16."),
        ("{annotations: []}", "object keys must be strings at line 1, column 2."),
        ('{"annotations": [],}', "object keys must be strings at line 1, column 20."),
        ('{"annotations": []}\n]', "text after its end at line 2, column 1."),
        # other shapes
        ('{"annotations": {"1": {"id": 1}}}', "`$.annotations` is an object, where a list was expected."),
        ('{"annotations": null}', "`$.annotations` is null, where a list was expected."),
        ('{"annotations": [1]}', "`$.annotations[0]` is a whole number, where an object was expected."),
        ('[{"id": 1}]', "`$` is a list, where an object was expected."),
        ('{"id": 1}\n{"id": 2}\n', "is JSON Lines"),
        ("", "is empty."),
        ("\n\n", "is empty."),
        ("\x00\x01\x02", "looks like a binary file"),
        ("<html></html>", "looks like a web page"),
    ],
)
@pytest.mark.parametrize("slice_size", [1, 100, 1 << 18])
def test_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str, slice_size: int) -> None:
    monkeypatch.setattr(slices, "_SLICE", slice_size)
    with pytest.raises(InputError) as error:
        read(written(tmp_path, text))
    assert said in str(error.value)


def test_text_that_isnt_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_SLICE", 100)
    text = f'{{"annotations": [{GOOD},\n {{"id": 5, "text": "caf'.encode() + b'\xe9"}]}'
    with pytest.raises(InputError, match="isn't UTF-8 text: line 2, column 24"):
        read(written(tmp_path, text))


def test_an_array_of_no_array(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`\\$` is an object, where a list was expected"):
        list(items(written(tmp_path, '{"id": 1}'), Item))
