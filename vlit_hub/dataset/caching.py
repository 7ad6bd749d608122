"""Puts a dataset's folder into the Hugging Face cache under a Hub name.

The plain `datasets.load_dataset` opens it by that name in any later process, without network and without this package.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
from datasets.builder import Key

from vlit_hub.dataset.reading import Dataset, Shard
from vlit_hub.records import BASE_INDICATORS, features

__all__ = ["cache_dataset", "prepare_aside"]


class _FolderBuilder(datasets.ArrowBasedBuilder):  # type: ignore[misc]
    """The records of a folder, as they are."""

    VERSION = datasets.Version("1.0.0")

    def __init__(self, dataset: Dataset, repo_id: str, state: str, cache_dir: str | None) -> None:
        self._dataset = dataset
        super().__init__(
            cache_dir=cache_dir,
            dataset_name=repo_id.rpartition("/")[2],
            config_name="default",
            config_id="default",
            hash=state,
            repo_id=repo_id,
        )

    def _info(self) -> datasets.DatasetInfo:
        quality = pq.read_schema(self._dataset.shards[0].path).field("quality").type
        extra = {field.name: field.type for field in quality if field.name not in BASE_INDICATORS}
        return datasets.DatasetInfo(features=features(extra))

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        splits: dict[str, list[Shard]] = {}
        for shard in self._dataset.shards:
            splits.setdefault(shard.split, []).append(shard)
        return [datasets.SplitGenerator(name=name, gen_kwargs={"shards": own}) for name, own in splits.items()]

    def _generate_tables(self, shards: Sequence[Shard]) -> Iterator[tuple[Key, Any]]:
        for number, shard in enumerate(shards):
            with pq.ParquetFile(shard.path) as file:
                for group in range(file.num_row_groups):
                    yield Key(number, group), file.read_row_group(group)


def cache_dataset(dataset: Dataset, repo_id: str, state: str, cache_dir: str | None = None) -> Path:
    """Prepare a dataset's records in the cache of `datasets`.

    Args:
        dataset: A folder of records; photos that it has embedded are copied once a record.
        repo_id: The Hub name that it is cached under.
        state: 16 hex digits that change with its content.
        cache_dir: Of `datasets`; its own default if none.

    Returns:
        The folder in the cache. What is there already is left as it is.
    """
    builder = _FolderBuilder(dataset, repo_id, state, cache_dir)
    if not Path(builder.cache_dir).exists():
        prepare_aside(builder)
    return Path(builder.cache_dir)


def prepare_aside(builder: Any, num_proc: int = 1) -> None:
    """Prepare a builder's dataset aside, where `load_dataset` doesn't look, and rename it when it is complete: `datasets` itself
    leaves a killed run's folder where later calls stumble over it.

    A builder without any record leaves nothing.
    """
    target = Path(builder.cache_dir)
    aside = target.parents[2].with_name(f".{target.parents[2].name}-{target.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    quiet = not sys.stderr.isatty() and datasets.is_progress_bar_enabled()
    if quiet:
        datasets.disable_progress_bars()
    try:
        # no checks: datasets would compare with what the same plan gave before, by a strategy that has changed since, say
        builder.download_and_prepare(str(aside), num_proc=num_proc, verification_mode="no_checks")
    finally:
        if quiet:
            datasets.enable_progress_bars()
        if not (aside / "dataset_info.json").exists() or not builder.info.splits:
            shutil.rmtree(aside, ignore_errors=True)
    if aside.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        aside.replace(target)
