"""Whole words in many texts."""

from __future__ import annotations

import polars as pl
import pytest

from vlit_hub.wording.word_search import find_words, mark_words

WORDS = pl.DataFrame({"word": ["dog", "Hot Dog", "cat", "car"], "code": [0, 1, 2, 3]})


@pytest.mark.parametrize(
    ("text", "longest", "every"),
    [
        ("A hot-dog, a Dog cat!", [1, 0, 2], [1, 0, 0, 2]),
        ("dog", [0], [0]),
        ("dog dog.dog", [0, 0, 0], [0, 0, 0]),
        ("the dog's scarf", [0], [0]),
        ("dogs, hotdogs and scarves", [], []),  # not within words
        ("", [], []),
        (None, [], []),
    ],
)
def test_words_are_found(text: str | None, longest: list[int], every: list[int]) -> None:
    texts = pl.DataFrame({"row": [7], "text": pl.Series([text], dtype=pl.String)})
    for wanted, expected in ((True, longest), (False, every)):
        found = find_words(texts, WORDS, longest=wanted)
        assert found.columns == ["row", "code"] and sorted(found["code"]) == sorted(expected)


def test_words_are_marked() -> None:
    texts = pl.DataFrame({"text": ["A hot dog or a dog?", "no scarf"]})
    marked = texts.select(mark_words(pl.col("text"), WORDS["word"]))["text"].to_list()
    assert [text.split() for text in marked] == [["a", "@", "or", "a", "@"], ["no", "scarf"]]
