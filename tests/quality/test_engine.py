"""The engine: what is kept, what is measured again and what isn't, and what a broken photo does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pyarrow as pa
import pydantic
import pytest

from tests.quality.making import data_of, record, save, scene, write
from vlit_hub import hookimpl, plugin_manager
from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.errors import InputError, PluginError, UnknownName, UsageError
from vlit_hub.quality import kept, photo
from vlit_hub.quality.engine import score
from vlit_hub.quality.indicator import (
    Collective,
    Indicator,
    IndicatorOptions,
    Individual,
    Overall,
    PhotoIndicator,
    SampleOptions,
)
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.photo import Photo


class LengthOptions(IndicatorOptions):
    add: int = pydantic.Field(0, description="Added.")
    threads: int = pydantic.Field(1, exclude=True, description="How, not what.")


class Length(Individual):
    """Characters of the response."""

    name = "toy_length"
    measures = "Characters."
    backend = "Polars"
    reads = ("response",)
    columns = {"toy_length": pa.int32()}
    Options = LengthOptions
    calls: ClassVar[list[int]] = []

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        self.calls.append(len(records))
        return records.select(toy_length=pl.col("response").str.len_chars() + options.add)


class Width(PhotoIndicator):
    """Width, as a feature."""

    name = "toy_width"
    measures = "Pixels."
    backend = "Pillow"
    columns = {"toy_width": pa.list_(pa.int32())}
    feature = True
    across = "list"
    seen: ClassVar[list[tuple[int, int]]] = []

    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        self.seen.extend(photo.image.size for photo in photos)
        return pl.DataFrame({"toy_width": [photo.image.width for photo in photos]})


class Height(PhotoIndicator):
    """Height; -1 of a broken photo."""

    name = "toy_height"
    measures = "Pixels."
    backend = "Pillow"
    columns = {"toy_height": pa.float32()}
    broken = {"toy_height": -1}
    seen: ClassVar[list[int]] = []

    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        self.seen.extend(photo.image.height for photo in photos)
        return pl.DataFrame({"toy_height": [photo.image.height for photo in photos]})


class Widest(Individual):
    """Needs the feature."""

    name = "toy_widest"
    measures = "Pixels."
    backend = "Polars"
    reads = ("id", "toy_width")
    columns = {"toy_widest": pa.int32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        return records.select(toy_widest=pl.col("toy_width").list.max())


class Same(Collective):
    """How many records have the response."""

    name = "toy_same"
    measures = "Records."
    backend = "Polars"
    reads = ("response",)
    columns = {"toy_same": pa.int32()}

    def compare(self, records: pl.DataFrame, options: Any) -> pl.DataFrame:
        return records.select(toy_same=pl.len().over("response"))


class Count(Overall):
    """How many records it was given, and NaN."""

    name = "toy_count"
    measures = "Records."
    backend = "Polars"
    reads = ("id",)
    columns = {"toy_records": pa.int64(), "toy_nan": pa.float64()}
    Options = SampleOptions
    given: ClassVar[list[list[str]]] = []

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        self.given.append(records["id"].sort().to_list())
        return {"toy_records": len(records), "toy_nan": float("nan")}


class Absent(Individual):
    """Can't run."""

    name = "toy_absent"
    measures = "Nothing."
    backend = "a model"
    reads = ("response",)
    columns = {"toy_absent": pa.float32()}

    def cannot_run(self, options: Any) -> str | None:
        return "no model is named: pass -o toy_absent.model=NAME"

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        raise AssertionError("it can't run")


class Wrong(Individual):
    """Gives something else than it says."""

    name = "toy_wrong"
    measures = "Nothing."
    backend = "nobody"
    reads = ("response",)
    columns = {"toy_wrong": pa.int32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        return pl.DataFrame({"toy_wrong": ["x"] * len(records)})


class Toys:
    @hookimpl
    def register_indicators(self) -> list[Indicator]:
        return [Length(), Width(), Height(), Widest(), Same(), Count(), Absent(), Wrong()]


@pytest.fixture(autouse=True)
def toys() -> Any:
    plugin_manager.reset()
    plugin_manager.register(Toys(), "toys")
    for seen in (Length.calls, Width.seen, Height.seen, Count.given):
        seen.clear()  # type: ignore[attr-defined]
    yield
    plugin_manager.reset()


def captions(first: int, last: int) -> list[dict[str, Any]]:
    return [record(number) for number in range(first, last)]


@pytest.fixture
def trams(tmp_path: Path) -> Dataset:
    return write(tmp_path / "trams", {"train": [captions(0, 5), captions(5, 12)], "validation": [captions(12, 15)]})


def column(dataset: Dataset, name: str) -> list[Any]:
    return Measured(dataset).read([name])[name].to_list()


def test_adding_an_indicator_rewrites_nothing_and_a_second_run_measures_nothing(trams: Dataset) -> None:
    score(trams, ["toy_length"])
    kept = {path: path.stat().st_mtime_ns for path in trams.path.rglob("*.parquet")}
    assert Length.calls == [5, 7, 3]
    score(trams, ["toy_same", "toy_length"])
    assert Length.calls == [5, 7, 3]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert column(trams, "toy_length") == [len(text) for text in trams.read(["response"])["response"]]
    assert Measured(trams).indicators == ["toy_length", "toy_same"]


def test_a_killed_run_goes_on_where_it_was(trams: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    write_fragment, written = kept.write_fragment, []

    def killed(*given: Any) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(given[0])
        write_fragment(*given)

    monkeypatch.setattr(kept, "write_fragment", killed)
    with pytest.raises(KeyboardInterrupt):
        score(trams, ["toy_length"])
    monkeypatch.undo()
    assert Length.calls == [5, 7]
    score(trams, ["toy_length"])
    assert Length.calls == [5, 7, 7, 3]
    assert len(column(trams, "toy_length")) == 15


def test_what_the_numbers_depend_on_is_measured_again_and_only_that(
    trams: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(trams, ["toy_length"])
    score(trams, ["toy_length"], {"toy_length": {"threads": "4"}})  # how, not what
    assert len(Length.calls) == 3
    score(trams, ["toy_length"], {"toy_length": {"add": "100"}})
    assert len(Length.calls) == 6 and min(column(trams, "toy_length")) > 100
    score(trams, ["toy_length"])  # the first numbers are kept still
    assert len(Length.calls) == 6 and min(column(trams, "toy_length")) < 100
    monkeypatch.setattr(Length, "revision", lambda self, options: "2")
    score(trams, ["toy_length"])
    assert len(Length.calls) == 9
    monkeypatch.setattr(Length, "version", 2)
    score(trams, ["toy_length"])
    assert len(Length.calls) == 12


def test_a_changed_shard_is_measured_again_and_the_others_are_not(trams: Dataset) -> None:
    score(trams, ["toy_length", "toy_same"])
    changed = write(trams.path, {"train": [captions(0, 5), captions(20, 24)], "validation": [captions(12, 15)]})
    with pytest.raises(UsageError, match=r"isn't measured yet. Run: vlit-hub score .*trams --indicators toy_length"):
        Measured(changed).kind("toy_length")
    score(changed, ["toy_length"])
    assert Length.calls == [5, 7, 3, 4]
    assert Measured(changed).indicators == [
        "toy_length"
    ]  # what was compared with records that are gone isn't said any more


def test_the_order_of_shards_and_the_size_of_batches_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = write(tmp_path / "one", {"train": [captions(0, 12)]})
    many = write(tmp_path / "many", {"train": [captions(9, 12), captions(0, 4), captions(4, 9)]})
    monkeypatch.setattr("vlit_hub.dataset.reading._BATCH", 2)
    for dataset in (one, many):
        score(dataset, ["toy_length", "toy_same"])
    values = [
        dict(zip(dataset.read(["id"])["id"], Measured(dataset).read(["toy_length", "toy_same"]).rows(), strict=True))
        for dataset in (one, many)
    ]
    assert values[0] == values[1]


def test_photos_are_decoded_once_for_all_and_copies_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [save(scene(number, 100 + number), tmp_path / f"{number}.png") for number in range(3)]
    copy = tmp_path / "copy.png"
    copy.write_bytes(photos[0].read_bytes())
    rows = [record(n, [photos[n % 3]], id=f"r{n}") for n in range(9)] + [
        record(9, [copy]),
        record(10, [photos[0], photos[2]]),
    ]
    decoded = []
    decode = Photo.decode
    monkeypatch.setattr(photo.Photo, "decode", lambda data: decoded.append(data) or decode(data))
    dataset = write(tmp_path / "trams", {"train": [rows[:6], rows[6:]]})
    score(dataset, ["toy_height", "toy_widest"])
    assert len(decoded) == 3
    assert sorted(Width.seen) == [(100, 240), (101, 240), (102, 240)] and len(Height.seen) == 3
    assert column(dataset, "toy_widest") == [100, 101, 102] * 3 + [100, 102]
    assert "toy_width" not in Measured(dataset).names  # a feature is no column of quality


@pytest.mark.parametrize("embed", [False, True])
def test_a_broken_photo_is_null_and_counted(tmp_path: Path, embed: bool) -> None:
    whole = data_of(scene(1), "JPEG")
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_text("no photo")
    good = save(scene(2), tmp_path / "good.png")
    rows = [record(0, [good]), record(1, [tmp_path / "cut.jpg"]), record(2, [tmp_path / "text.jpg"]), record(3)]
    if not embed:
        rows += [record(4, [tmp_path / "gone.jpg"])]
    dataset = write(tmp_path / "trams", {"train": [rows]}, embed=embed)
    scores = score(dataset, ["toy_height", "toy_widest"])
    assert column(dataset, "toy_height") == [240, -1, -1, None] + [-1] * (not embed)
    assert column(dataset, "toy_widest")[0:2] == [320, None]
    assert scores["indicators"]["toy_height"]["why_null"] == {
        "photo_unreadable": 2 + (not embed),
        "without_photo": 1,
    }
    assert scores["indicators"]["toy_widest"]["columns"]["toy_widest"]["nulls"] == len(rows) - 1


def test_a_photo_that_comes_later_is_seen(tmp_path: Path) -> None:
    dataset = write(tmp_path / "trams", {"train": [[record(0, [tmp_path / "late.png"])]]})
    score(dataset, ["toy_height"])
    assert column(dataset, "toy_height") == [-1]
    save(scene(0), tmp_path / "late.png")
    score(dataset, ["toy_height"])
    assert column(dataset, "toy_height") == [240]


def test_photos_on_the_web_are_not_fetched(tmp_path: Path) -> None:
    rows = [record(0, [Path("x")])]
    rows[0]["input"]["images"][0]["path"] = "http://127.0.0.1:9/photo.jpg"
    dataset = write(tmp_path / "trams", {"train": [rows]})
    scores = score(dataset, ["toy_height"])
    assert column(dataset, "toy_height") == [None]
    assert scores["indicators"]["toy_height"]["why_null"] == {"photo_on_the_web": 1}


def test_overall_numbers_are_of_a_sample_that_no_order_changes(tmp_path: Path, trams: Dataset) -> None:
    entry = score(trams, ["toy_count"], {"toy_count": {"sample": 4, "seed": 3}})["indicators"]["toy_count"]
    assert entry["numbers"] == {"toy_records": 4, "toy_nan": None} and entry["records"] == 4
    assert entry["options"] == {"sample": 4, "seed": 3}
    score(trams, ["toy_count"], {"toy_count": {"sample": 4, "seed": 3}})
    assert len(Count.given) == 1  # kept
    other = write(tmp_path / "other", {"train": [captions(7, 15), captions(0, 7)]})
    score(other, ["toy_count"], {"toy_count": {"sample": 4, "seed": 3}})
    score(other, ["toy_count"], {"toy_count": {"sample": 4, "seed": 4}})
    assert Count.given[0] == Count.given[1] != Count.given[2]


def test_what_cannot_run_is_left_out_with_the_reason(trams: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wrong, "cannot_run", lambda self, options: "it is wrong")
    scores = score(trams)
    assert scores["left_out"]["toy_absent"] == "no model is named: pass -o toy_absent.model=NAME"
    assert "toy_length" in scores["indicators"] and "toy_absent" not in scores["indicators"]
    with pytest.raises(UsageError, match="toy_absent can't be measured here: no model is named"):
        score(trams, ["toy_absent"])


def test_what_needs_a_feature_that_cannot_run_says_so(trams: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Width, "cannot_run", lambda self, options: "torch isn't installed")
    with pytest.raises(
        UsageError, match="toy_widest can't be measured here: it needs toy_width: torch isn't installed"
    ):
        score(trams, ["toy_widest"])


def test_wrong_calls(trams: Dataset) -> None:
    with pytest.raises(UnknownName, match=r"no indicator 'toy_lenght'\. Did you mean 'toy_length'"):
        score(trams, ["toy_lenght"])
    with pytest.raises(UsageError, match=r"toy_length\.ad: .*Its options: add, threads"):
        score(trams, ["toy_length"], {"toy_length": {"ad": 1}})
    with pytest.raises(UsageError, match=r"toy_length\.add: "):
        score(trams, ["toy_length"], {"toy_length": {"add": "much"}})
    with pytest.raises(PluginError, match="indicator 'toy_wrong' gave a wrong type"):
        score(trams, ["toy_wrong"])


def test_any_folder_of_records_will_do(tmp_path: Path) -> None:
    made = write(tmp_path / "made", {"train": [captions(0, 3)]})
    bare = tmp_path / "bare"
    bare.mkdir()
    frame = pl.read_parquet(made.shards[0].path).select("id", "instruction", "response", "task")
    frame.write_parquet(bare / "some.parquet")
    dataset = open_dataset(bare)
    assert (dataset.name, dataset.shards[0].split, dataset.rows) == ("bare", "some", 3)
    score(dataset, ["toy_length", "toy_height", "lengths"])
    assert column(dataset, "toy_height") == [None] * 3  # no column of photos
    assert column(dataset, "turns") == [1] * 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "has no Parquet files of records"),
        (b"no parquet", "is no Parquet file"),
        (pl.DataFrame({"id": ["a"], "text": ["b"]}), "has no column `instruction`"),
        (pl.DataFrame(schema=dict.fromkeys(("id", "instruction", "response", "task"), pl.String)), "has no records"),
    ],
)
def test_a_folder_that_is_no_dataset(tmp_path: Path, content: Any, reason: str) -> None:
    if isinstance(content, bytes):
        (tmp_path / "train.parquet").write_bytes(content)
    elif content is not None:
        content.write_parquet(tmp_path / "train.parquet")
    with pytest.raises(InputError, match=reason):
        open_dataset(tmp_path)


def test_a_damaged_fragment_is_told(trams: Dataset) -> None:
    score(trams, ["toy_length"])
    file = (
        trams.path
        / "quality"
        / json.loads((trams.path / "quality" / "scores.json").read_text())["indicators"]["toy_length"]["files"][0]
    )
    file.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"can't be read .* Delete it, and score again"):
        Measured(trams).read(["toy_length"])


def test_how_photos_are_shared_out_among_threads_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [save(scene(n, 90 + n, 70), tmp_path / f"{n}.png") for n in range(9)]
    rows = [record(n, [photos[n % 9]]) for n in range(20)]
    names = ["image_sharpness", "visual_complexity_edges", "visual_complexity_jpeg", "readable_image"]
    found = []
    for chunk in (1, 4, 32):
        monkeypatch.setattr("vlit_hub.quality.photos_pass._CHUNK", chunk)
        dataset = write(tmp_path / str(chunk), {"train": [rows[:7], rows[7:]]})
        score(dataset, names)
        found.append(Measured(dataset).read(names).rows())
    assert found[0] == found[1] == found[2] and len(set(found[0])) == 9
