"""WebDataset: what is in the tar files, byte for byte; by `datasets` here, by `webdataset` itself in tests/consumers."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import get_dataset_config_names, load_dataset

from tests.export.making import exported, make, photo, record, text_only
from tests.quality.making import write
from vlit_hub.dataset.reading import Dataset
from vlit_hub.plugins.exporters import webdataset


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


def mixed(folder: Path) -> Dataset:
    jpg, png = photo(folder / "a" / "tram.jpg"), photo(folder / "b" / "tram.png", 1)
    odd = photo(folder / "c" / "tram.jpeg", 2)
    return make(
        folder / "set",
        record(1, [jpg]),
        record(2, [png]),
        record(
            3, [jpg, png], instruction="Compare <image> to <image>.", granularity="interleaved", image_ids=["1", "2"]
        ),
        text_only(4),
        record(5, [odd], history=[{"instruction": "What is it?", "response": "A tram."}]),
        record(6, [jpg, odd], image_ids=["1", "5"]),
    )


def test_a_sample_is_photos_and_json_of_one_key(tmp_path: Path) -> None:
    exported(mixed(tmp_path), "webdataset", tmp_path / "out")
    train = tmp_path / "out" / "train"
    assert sorted(file.name.removesuffix("-00000-of-00001.tar") for file in train.iterdir()) == [
        "train-jpg",
        "train-jpg2",
        "train-jpg_png",
        "train-png",
        "train-text",
    ]
    single = members(train / "train-jpg-00000-of-00001.tar")
    assert list(single) == ["caption-1.jpg", "caption-1.json", "caption-5.jpg", "caption-5.json"]
    assert single["caption-1.jpg"] == (tmp_path / "a" / "tram.jpg").read_bytes()
    assert single["caption-5.jpg"] == (tmp_path / "c" / "tram.jpeg").read_bytes()
    told = json.loads(single["caption-5.json"])
    assert list(told) == ["id", "images", "messages"] and told["images"] == ["jpg"]
    assert told["messages"][0] == {"role": "user", "content": "<image>\nWhat is it?"}
    assert [one["role"] for one in told["messages"]] == ["user", "assistant"] * 2
    both = members(train / "train-jpg_png-00000-of-00001.tar")
    assert list(both) == ["caption-3.0.jpg", "caption-3.1.png", "caption-3.json"]
    assert both["caption-3.1.png"] == (tmp_path / "b" / "tram.png").read_bytes()
    told = json.loads(both["caption-3.json"])
    assert told["images"] == ["0.jpg", "1.png"] and told["messages"][0]["content"] == "Compare <image> to <image>."
    assert list(members(train / "train-text-00000-of-00001.tar")) == ["caption-4.json"]


def test_datasets_reads_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    exported(mixed(tmp_path), "webdataset", tmp_path / "out")
    kinds = get_dataset_config_names(str(tmp_path / "out"))
    assert sorted(kinds) == ["jpg", "jpg2", "jpg_png", "png", "text"]
    found: dict[str, list[tuple[int, int]]] = {}
    for kind in kinds:
        for row in load_dataset(str(tmp_path / "out"), kind, split="train"):
            found[row["json"]["id"]] = [row[name].size for name in row["json"]["images"]]
    pair = [(24, 20)] * 2
    assert found == {f"caption-{n}": {3: pair, 6: pair, 4: []}.get(n, pair[:1]) for n in range(1, 7)}


def test_the_readme_s_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    exported(mixed(tmp_path), "webdataset", tmp_path / "out")
    [_, code] = re.findall(r"```python\n(.*?)```", (tmp_path / "out" / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert [row["__key__"] for row in names["samples"]] == ["caption-1", "caption-5"]


def test_no_id_breaks_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    picture = photo(tmp_path / "tram.v2.jpg")
    ids = ["v1.2", "a/b", "__hidden", ".dot", "café 🚋", "50%2E", "x" * 300, "A", "a"]
    first = [{**record(1, [picture]), "id": name} for name in ids]
    again = [{**record(2, [picture]), "id": name} for name in ("A", "a/b")]  # ids may repeat between files
    exported(write(tmp_path / "set", {"train": [first, again]}), "webdataset", tmp_path / "out")
    [file] = (tmp_path / "out" / "train").iterdir()
    names = list(members(file))
    assert all(re.fullmatch(r"(?!__)[A-Za-z0-9_%-]+\.(jpg|json)", name) for name in names)
    assert len(set(names)) == len(names) == 2 * 11
    assert names[:2] == ["v1%2E2.jpg", "v1%2E2.json"] and "50%252E.jpg" in names
    rows = load_dataset(str(tmp_path / "out"), split="train")
    assert [row["json"]["id"] for row in rows] == [*ids, "A", "a/b"]
    assert len(set(rows["__key__"])) == len(rows)


def test_headers_say_nothing_of_when_and_by_whom(tmp_path: Path) -> None:
    dataset = mixed(tmp_path)
    exported(dataset, "webdataset", tmp_path / "out")
    before = {file: file.read_bytes() for file in (tmp_path / "out").rglob("*.tar")}
    with tarfile.open(min(before)) as tar:
        for one in tar:
            assert (one.mtime, one.uid, one.gid, one.uname, one.gname, one.mode) == (0, 0, 0, "", "", 0o644)
    shutil.rmtree(tmp_path / "out")
    for picture in tmp_path.glob("?/tram.*"):
        picture.touch()
    exported(dataset, "webdataset", tmp_path / "out")
    assert {file: file.read_bytes() for file in (tmp_path / "out").rglob("*.tar")} == before


def test_shards(tmp_path: Path) -> None:
    picture = photo(tmp_path / "tram.jpg")
    rows = [record(n, [picture]) if n % 3 else text_only(n) for n in range(7)]
    done = exported(make(tmp_path / "set", *rows), "webdataset", tmp_path / "out", shard_size=3)
    assert done.samples == 7 and done.splits[0].files == (
        "train/train-jpg-00000-of-00002.tar",
        "train/train-jpg-00001-of-00002.tar",
        "train/train-text-00000-of-00003.tar",
        "train/train-text-00001-of-00003.tar",
        "train/train-text-00002-of-00003.tar",
    )
    keys = [name for file in done.splits[0].files for name in members(tmp_path / "out" / file) if name.endswith("json")]
    assert keys == [f"caption-{n}.json" for n in (1, 2, 4, 5, 0, 3, 6)]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["README.md", "export.json", "train"]


def test_a_literal_mark_is_rejected_or_escaped(tmp_path: Path) -> None:
    dataset = make(tmp_path / "set", record(1, [photo(tmp_path / "tram.jpg")], response="Write <image>."), text_only(2))
    assert exported(dataset, "webdataset", tmp_path / "out").samples == 1
    done = exported(dataset, "webdataset", tmp_path / "escaped", options={"literal": "escape"})
    assert done.samples == 2
    told = members(tmp_path / "escaped" / "train" / "train-jpg-00000-of-00001.tar")["caption-1.json"]
    assert json.loads(told)["messages"][1]["content"] == "Write &lt;image&gt;."


@pytest.mark.parametrize("where", ["in a shard", "between renames", "at the README"])
def test_a_run_that_was_stopped_goes_on(tmp_path: Path, where: str) -> None:
    dataset = mixed(tmp_path)
    exported(dataset, "webdataset", tmp_path / "whole", shard_size=2)
    calls = 0

    def stopping(real: Callable[..., Any], after: int) -> Callable[..., Any]:
        def stop(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > after:
                raise KeyboardInterrupt
            return real(*given, **named)

        return stop

    with pytest.MonkeyPatch.context() as patch:
        if where == "in a shard":
            patch.setattr(webdataset._Shard, "add", stopping(webdataset._Shard.add, 3))
        elif where == "between renames":
            wanted = stopping(lambda: None, 2)
            real = Path.replace
            patch.setattr(Path, "replace", lambda own, to: (own.suffix == ".tar" and wanted(), real(own, to))[1])
        else:
            patch.setattr("vlit_hub.export.engine.write_readme", stopping(lambda: None, 0))
        with pytest.raises(KeyboardInterrupt):
            exported(dataset, "webdataset", tmp_path / "out", shard_size=2)
    assert calls and not (tmp_path / "out").exists()
    exported(dataset, "webdataset", tmp_path / "out", shard_size=2)
    tars = {file.relative_to(tmp_path / "whole"): file.read_bytes() for file in (tmp_path / "whole").rglob("*.tar")}
    assert {file.relative_to(tmp_path / "out"): file.read_bytes() for file in (tmp_path / "out").rglob("*.tar")} == tars
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]
