"""What a killed run loses, what only a sample needs, and what is removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pyarrow as pa
import pytest

from tests.quality.making import record, save, scene, write
from vlit_hub import hookimpl, plugin_manager
from vlit_hub.dataset.reading import Dataset
from vlit_hub.quality import partial
from vlit_hub.quality.engine import score
from vlit_hub.quality.indicator import Indicator, Individual, Overall, PhotoIndicator, SampleOptions
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.photo import Photo


class Slow(Individual):
    """Letters; is killed when it has seen enough."""

    name = "toy_slow"
    measures = "Letters."
    backend = "Polars"
    reads = ("id", "response")
    columns = {"toy_slow": pa.int32()}
    at_a_time = 4
    seen: ClassVar[list[str]] = []
    killed_after: ClassVar[int] = 1000

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        if len(self.seen) >= self.killed_after:
            raise KeyboardInterrupt
        self.seen.extend(records["id"])
        return records.select(toy_slow=pl.col("response").str.len_chars())


class Width(PhotoIndicator):
    """Width; is killed when it has seen enough."""

    name = "toy_width"
    measures = "Pixels."
    backend = "Pillow"
    columns = {"toy_width": pa.float32()}
    seen: ClassVar[list[int]] = []
    killed_after: ClassVar[int] = 1000

    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        if len(self.seen) >= self.killed_after:
            raise KeyboardInterrupt
        self.seen.extend(photo.image.width for photo in photos)
        return pl.DataFrame({"toy_width": [photo.image.width for photo in photos]})


class Vector(Individual):
    """A feature."""

    name = "toy_vector"
    measures = "Letters."
    backend = "Polars"
    reads = ("id", "response")
    columns = {"toy_vector": pa.list_(pa.float32())}
    feature = True
    seen: ClassVar[list[str]] = []

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        self.seen.extend(records["id"])
        return records.select(toy_vector=pl.concat_list(pl.col("response").str.len_chars().cast(pl.Float32)))


class Of(Overall):
    """Looks at the vectors of a sample."""

    name = "toy_of"
    measures = "Vectors."
    backend = "Polars"
    reads = ("toy_vector",)
    columns = {"toy_vectors": pa.int64()}
    Options = SampleOptions

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        return {"toy_vectors": int(records["toy_vector"].is_not_null().sum())}


class OfEach(Individual):
    """Looks at the vector of each record."""

    name = "toy_of_each"
    measures = "Letters."
    backend = "Polars"
    reads = ("toy_vector",)
    columns = {"toy_of_each": pa.float32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        return records.select(toy_of_each=pl.col("toy_vector").list.first())


class Toys:
    @hookimpl
    def register_indicators(self) -> list[Indicator]:
        return [Slow(), Width(), Vector(), Of(), OfEach()]


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> Any:
    plugin_manager.reset()
    plugin_manager.register(Toys(), "toys")
    for seen in (Slow.seen, Width.seen, Vector.seen):
        seen.clear()  # type: ignore[attr-defined]
    yield
    plugin_manager.reset()


def captions(first: int, last: int, **more: Any) -> list[dict[str, Any]]:
    return [record(number, **more) for number in range(first, last)]


def column(dataset: Dataset, name: str) -> list[Any]:
    return Measured(dataset).read([name])[name].to_list()


def test_a_killed_run_goes_on_within_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = write(tmp_path / "trams", {"train": [captions(0, 30)]})
    monkeypatch.setattr(partial, "_SECONDS", -1.0)
    monkeypatch.setattr(Slow, "killed_after", 20)
    with pytest.raises(KeyboardInterrupt):
        score(dataset, ["toy_slow"])
    assert len(Slow.seen) == 20 and len(list(dataset.path.rglob("*.partial/*.parquet"))) == 5
    damaged = sorted(dataset.path.rglob("*.partial/*.parquet"))[0]
    damaged.write_bytes(damaged.read_bytes()[:50])  # the machine went down
    monkeypatch.setattr(Slow, "killed_after", 1000)
    score(dataset, ["toy_slow"])
    assert len(Slow.seen) == 34 and set(Slow.seen) == {f"caption-{n}" for n in range(30)}
    assert column(dataset, "toy_slow") == [len(text) for text in dataset.read(["response"])["response"]]
    assert not list(dataset.path.rglob("*.partial"))


def test_a_killed_run_goes_on_among_the_photos_of_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = [save(scene(n, 60 + n, 50), tmp_path / f"{n}.png") for n in range(12)]
    dataset = write(tmp_path / "trams", {"train": [[record(n, [photos[n // 2]]) for n in range(24)]]})
    monkeypatch.setattr(partial, "_SECONDS", -1.0)
    monkeypatch.setattr("vlit_hub.quality.photos_pass._CHUNK", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(Width, "killed_after", 6)
    with pytest.raises(KeyboardInterrupt):
        score(dataset, ["toy_width"])
    assert len(Width.seen) == 6
    monkeypatch.setattr(Width, "killed_after", 1000)
    score(dataset, ["toy_width"])
    assert sorted(Width.seen) == list(range(60, 72))
    assert column(dataset, "toy_width") == [60 + n // 2 for n in range(24)]
    assert not list(dataset.path.rglob("*.partial"))


def test_a_feature_that_only_a_sample_needs_is_measured_of_the_sample(tmp_path: Path) -> None:
    dataset = write(tmp_path / "trams", {"train": [captions(0, 20), captions(20, 40)]})
    entry = score(dataset, ["toy_of"], {"toy_of": {"sample": 7}})["indicators"]["toy_of"]
    assert entry["numbers"] == {"toy_vectors": 7} and len(Vector.seen) == 7
    score(dataset, ["toy_of"], {"toy_of": {"sample": 9}})  # draws the same, and two more
    assert len(Vector.seen) == 9
    score(dataset, ["toy_of", "toy_of_each"], {"toy_of": {"sample": 7}})
    assert len(Vector.seen) == 40 == len(set(Vector.seen))
    assert column(dataset, "toy_of_each") == [float(len(text)) for text in dataset.read(["response"])["response"]]


def test_pruning_removes_what_is_of_no_use_any_more_and_nothing_else(tmp_path: Path) -> None:
    dataset = write(tmp_path / "trams", {"train": [captions(0, 5), captions(5, 9)]})
    score(dataset, ["toy_slow", "toy_of", "toy_of_each", "lengths", "text_copies", "image_copies"])
    score(dataset, ["toy_of"], {"toy_of": {"sample": 3}})
    changed = write(dataset.path, {"train": [captions(0, 5), captions(20, 22)]})
    mine = [dataset.path / "quality" / name for name in ("notes.txt", "lengths/notes.parquet", "mine/a.parquet")]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    names = ["toy_slow", "toy_of", "toy_of_each", "lengths", "text_copies", "image_copies"]
    before = score(changed, names)
    kept = {path for path in (dataset.path / "quality").rglob("*") if path.is_file()}
    assert before["pruned"] is None
    after = score(changed, names, prune=True)
    left = {path for path in (dataset.path / "quality").rglob("*") if path.is_file()}
    # a shard of five indicators and three features, two of the two that compare; two numbers of the dataset that was
    of_shards = {"toy_slow": 1, "toy_of_each": 1, "lengths": 1, "toy_vector": 1, "image_hash": 1}
    of_datasets = {"text_copies": 2, "image_copies": 2, "toy_of": 2}
    assert len(kept - left) == after["pruned"]["files"] == sum(of_shards.values()) + sum(of_datasets.values())
    assert set(mine) <= left
    seen = len(Slow.seen), len(Vector.seen)
    assert score(changed, names)["indicators"] == after["indicators"]
    assert (len(Slow.seen), len(Vector.seen)) == seen  # nothing that is current went
