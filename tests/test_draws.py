import os
import subprocess
import sys

import numpy as np
import polars as pl

from vlit_hub.draws import draw, keys_to_uint64, salt


def test_draws_don_t_depend_on_order():
    ids = pl.Series(np.arange(1000))
    keys = pl.Series([f"k{number}" for number in range(1000)])
    shuffled = np.random.default_rng(0).permutation(1000)
    whole = draw(7, ids, keys)
    assert (whole[shuffled] == draw(7, ids.gather(shuffled), keys.gather(shuffled))).all()


def test_seeds_and_names_give_other_draws():
    ids = pl.Series(np.arange(1000))
    salts = [salt(0, "a"), salt(1, "a"), salt(0, "b"), salt(0, "a", "b")]
    numbers = [tuple(draw(one, ids)) for one in salts]
    assert len(set(numbers)) == len(salts)


def test_draws_are_uniform():
    numbers = draw(salt(0, "x"), pl.Series(np.arange(100_000)))
    counts = np.bincount((numbers % np.uint64(20)).astype(int), minlength=20)
    assert abs(counts - 5000).max() < 5 * np.sqrt(5000)


def test_splitmix64_is_the_published_one():
    # the first outputs of the reference implementation for the seed 1234567
    state, golden = np.uint64(1234567), np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        keys = pl.Series([0, 1, 2], dtype=pl.Int64).cast(pl.UInt64).to_numpy() * golden + state
    numbers = draw(0, pl.Series(keys.view(np.int64)))
    assert numbers.tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_text_keys_don_t_depend_on_the_hash_seed():
    code = "import polars as pl; from vlit_hub.draws import *; print(draw(salt(3, 'x'), pl.Series(['a', 'b', 'a'])).tolist())"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(seen) == 1


def test_integer_keys_are_themselves():
    assert keys_to_uint64(pl.Series([0, -1])).tolist() == [0, 2**64 - 1]


def test_no_keys_give_no_numbers():
    for dtype in (pl.String, pl.Int64):
        assert keys_to_uint64(pl.Series([], dtype=dtype)).dtype == np.uint64
        assert draw(1, pl.Series([], dtype=dtype)).tolist() == []
