from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from vlit_hub.dataset.hashing import contains, distinct, hash_lists, hash_texts, pairs


def test_the_hash_is_the_same_on_every_machine() -> None:
    assert hash_texts(pa.array(["", "a", "12345678", "123456789"])).tolist() == [
        16294208416658607535,
        4169194286642680502,
        6068320632426404265,
        17951589885714034597,
    ]


def test_texts_that_differ_have_different_hashes() -> None:
    texts = [f"{'x' * (number % 40)}-{number}" for number in range(20_000)]
    texts += ["a", "a\0", "a\0\0", "\0", "12345678", "12345678\0", "größe", "größe\u0301", "x" * 5000, "x" * 5001]
    assert len(np.unique(hash_texts(pa.array(texts)))) == len(texts)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_hash_depends_on_the_text_alone(kind: pa.DataType) -> None:
    texts = pa.array([f"image_captioning-{number}-{number * 37}" for number in range(1000)], kind)
    whole = hash_texts(texts)
    assert (hash_texts(texts.slice(100, 50)) == whole[100:150]).all()
    assert (hash_texts(pa.chunked_array([texts.slice(0, 7), texts.slice(7)])) == whole).all()
    assert (hash_texts(pa.array(texts.to_pylist()[::-1], kind)) == whole[::-1]).all()
    assert len(hash_texts(pa.array([], kind))) == 0 and len(hash_texts(pa.chunked_array([], kind))) == 0


def test_lists_are_hashed_whatever_their_order() -> None:
    lists = pa.array([["1"], [], None, ["1", "2"], ["2", "1"], ["2"], ["1", "1"]])
    one, none, null, both, turned, two, twice = hash_lists(lists).tolist()
    assert none == null == 0 and both == turned and len({one, both, two, twice, 0}) == 5
    assert hash_lists(lists.slice(3)).tolist() == [both, turned, two, twice]
    assert hash_lists(pa.array([["1"], ["2"]])).tolist() == [one, two]


def test_sets_of_hashes() -> None:
    hashes = np.array([7, 3, 2**64 - 1, 3, 7, 3, 0], np.uint64)
    assert distinct(hashes).tolist() == [0, 3, 7, 2**64 - 1]
    earlier, later = pairs(hashes)
    assert sorted(zip(earlier.tolist(), later.tolist(), strict=True)) == [(0, 4), (1, 3), (3, 5)]
    assert contains(distinct(hashes), np.array([0, 1, 7, 2**64 - 1, 2**63], np.uint64)).tolist() == [
        True,
        False,
        True,
        True,
        False,
    ]
    nothing = np.zeros(0, np.uint64)
    assert len(distinct(nothing)) == len(pairs(nothing)[0]) == 0
    assert contains(nothing, hashes).tolist() == [False] * 7 and len(contains(hashes, nothing)) == 0
