"""Photos that are a benchmark's: found under other names, sizes and encodings; other photos aren't."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.quality.making import record, save, scene, write
from vlit_hub.dataset.reading import Dataset
from vlit_hub.errors import InputError, UsageError
from vlit_hub.plugins.quality.benchmark_images import _nearest
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured


def bits(dataset: Dataset, folder: Path) -> list[int | None]:
    score(dataset, ["benchmark_images"], {"benchmark_images": {"folder": str(folder)}})
    return Measured(dataset).read(["benchmark_image_bits"])["benchmark_image_bits"].to_list()


def test_copies_under_other_names_sizes_and_encodings_are_found(tmp_path: Path) -> None:
    benchmark = tmp_path / "benchmark"
    for n in range(6):
        save(scene(n), benchmark / "deep" / f"q{n}.png")
    (benchmark / "readme.txt").write_text("No image.")
    photos = [
        save(scene(0), tmp_path / "same.png"),
        save(scene(1).resize((160, 120)), tmp_path / "small.png"),
        save(scene(2), tmp_path / "worse.jpg", quality=30),
        save(scene(50), tmp_path / "other.png"),
    ]
    (tmp_path / "bad.png").write_text("bad")
    rows = [record(n, [photo]) for n, photo in enumerate(photos)]
    rows += [record(4), record(5, [tmp_path / "bad.png"]), record(6, [photos[3], photos[0]])]
    found = bits(write(tmp_path / "d", {"train": [rows]}), benchmark)
    same, small, worse, other = found[:4]
    assert same == 0 and small is not None and small <= 3 and worse is not None and worse <= 3
    assert other is not None and other > 10
    assert found[4:] == [None, None, 0]


def test_another_benchmark_is_measured_anew(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0, [save(scene(0), tmp_path / "a.png")])]]})
    save(scene(1), tmp_path / "benchmark" / "1.png")
    first = bits(dataset, tmp_path / "benchmark")
    save(scene(0), tmp_path / "benchmark" / "2.png")
    assert bits(dataset, tmp_path / "benchmark") == [0] != first


@pytest.mark.parametrize(("name", "words"), [("none", "is no folder"), ("empty", "has no images"), ("bad", "bad.png")])
def test_a_folder_that_cannot_be_used(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.png").write_text("bad")
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(InputError, match=re.escape(words)) as raised:
        bits(dataset, tmp_path / name)
    assert "\n" not in str(raised.value)


def test_without_a_benchmark_it_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"-o benchmark_images\.folder"):
        score(write(tmp_path / "d", {"train": [[record(0)]]}), ["benchmark_images"])


def test_the_nearest_is_that_of_a_direct_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vlit_hub.plugins.quality.benchmark_images._PAIRS", 100)
    draws = np.random.default_rng(0)
    some, known = (draws.integers(0, 2**64, size, np.uint64) for size in (50, 30))
    direct = [min((int(one) ^ int(other)).bit_count() for other in known) for one in some]
    assert _nearest(some, known).tolist() == direct
