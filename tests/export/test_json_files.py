"""Columns as JSON."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from vlit_hub.export.json_files import encode

TEXTS = [
    "",
    '"',
    '","text":null,"',
    '"text":null',
    "\\",
    '\\"text\\":null,',
    "a\nb\r\t\0\x07\x7f",
    "é 日本 😀 \u2028",
    "</s><image>",
    ":null",
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_whole(text: str) -> None:
    block: dict[str, Any] = {"type": "text", "text": text, "image_url": None}
    frame = pl.DataFrame({"id": [text], "image": [None], "blocks": [[block, {**block, "text": None}]], "last": [None]})
    frame = frame.cast({"image": pl.String, "last": pl.Int64})
    [line] = encode(frame)
    assert "\n" not in line
    assert json.loads(line) == {"id": text, "blocks": [{"type": "text", "text": text}, {"type": "text"}]}


def test_numbers_and_lists() -> None:
    boxes = pl.Series([[[0.1, 2.0, 1e7]], []], dtype=pl.List(pl.List(pl.Float32)))
    lines = encode(pl.DataFrame({"boxes": boxes, "number": [1, -2], "whole": [True, False]}))
    assert [json.loads(line) for line in lines] == [
        {"boxes": [[0.1, 2.0, 1e7]], "number": 1, "whole": True},
        {"boxes": [], "number": -2, "whole": False},
    ]
