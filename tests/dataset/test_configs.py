"""What README.md tells `load_dataset` of a folder's files."""

from __future__ import annotations

from pathlib import Path

import datasets
import polars as pl
import yaml

from vlit_hub.dataset.configs import loading_configs


def test_a_folder_that_was_written_again_is_loaded_anew(tmp_path: Path) -> None:
    def load(texts: list[str]) -> list[str]:
        file = tmp_path / "made" / "data" / "train-00000-of-00001.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame({"text": texts}).write_parquet(file, statistics=False)
        front = yaml.safe_dump({"configs": loading_configs({"train": [file]})})
        (tmp_path / "made" / "README.md").write_text(f"---\n{front}---\n")
        found = datasets.load_dataset(str(tmp_path / "made"), cache_dir=str(tmp_path / "cache"), split="train")
        return list(found["text"])

    assert load(["one"]) == ["one"]
    assert load(["two", "three"]) == ["two", "three"]
    assert load(["six"]) == ["six"]  # as many records as at first, and of one size


def test_the_same_files_elsewhere_have_the_same_entry(tmp_path: Path) -> None:
    entries = []
    for name in ("a", "b"):
        file = tmp_path / name / "data" / "train-00000-of-00001.parquet"
        file.parent.mkdir(parents=True)
        pl.DataFrame({"text": ["one"]}).write_parquet(file)
        entries.append(loading_configs({"train": [file]}))
    assert entries[0] == entries[1]
