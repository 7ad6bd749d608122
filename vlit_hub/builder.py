"""The base class of all builders: a named dataset, prepared by `datasets` in the Hugging Face cache.

A builder says which sources it reads and which strategy makes its records:

    class CocoAa(VlitBuilder):
        '''Instruction data from COCO's annotations.'''

        name = "coco_aa"
        sources = ("coco_captions", "coco_instances", "vqa")
        strategy = "annotation_adaption"

The dataset is cached under its Hub name (`vlit_hub/coco_aa`), so that the plain `datasets.load_dataset("vlit_hub/coco_aa")`
finds it in any later process, without network and without this package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import datasets
import pyarrow as pa
from datasets.builder import Key

from vlit_hub.building.gathering import Gathered, gather_annotations
from vlit_hub.building.plan import Plan
from vlit_hub.building.shards import Shard, ShardMaker, Tally, cut
from vlit_hub.building.workers import make_in_processes
from vlit_hub.records import features

__all__ = ["NAMESPACE", "VlitBuilder"]

NAMESPACE = "vlit_hub"


class VlitBuilder(datasets.ArrowBasedBuilder):  # type: ignore[misc]
    """A named dataset.

    Attributes:
        name: Its name, also in `load_dataset("vlit_hub/<name>")`.
        sources: Names of the annotation sources it reads, where there are files for them. Where two differ about an image, the
            earlier one is believed. None for a strategy that works on datasets of records (`DatasetStrategy`); such a builder is
            a name and a version alone, and `vlit_hub.dataset.caching` prepares its dataset.
        strategy: Name of the strategy.
        defaults: Options of the strategy that differ from its own defaults.
        urls: Official archives of the annotations, by what they hold; `photo_urls` those of the photos.
        VERSION: Counts up when the same annotations give other records.
    """

    name: ClassVar[str]
    sources: ClassVar[tuple[str, ...]]
    strategy: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {}
    urls: ClassVar[Mapping[str, str]] = {}
    photo_urls: ClassVar[Mapping[str, str]] = {}
    VERSION = datasets.Version("1.0.0")

    # datasets writes its cache in batches of 1,000 rows, which takes four times the CPU
    DEFAULT_WRITER_BATCH_SIZE = 100_000

    def __init__(
        self,
        plan: Plan,
        *,
        namespace: str = NAMESPACE,
        work_folder: Path | None = None,
        cache_dir: str | None = None,
    ) -> None:
        """A builder for one plan.

        Args:
            plan: From `vlit_hub.building.plan.make_plan`.
            namespace: Of the Hub name.
            work_folder: Where shards are written as they are made; none to keep no Parquet.
            cache_dir: Of `datasets`; its own default if none.
        """
        self.plan = plan
        self.work_folder = work_folder
        self.gathered: Gathered | None = None
        self.shards: list[Shard] = []
        self._maker: ShardMaker | None = None
        self._ready: dict[Shard, pa.Table] = {}
        self._num_proc = 1
        name = type(self).name
        super().__init__(
            cache_dir=cache_dir,
            dataset_name=name,
            config_name="default",
            config_id="default",
            hash=plan.state,
            repo_id=f"{namespace}/{name}",
        )

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(description=type(self).__doc__ or "", features=features())

    def _download_and_prepare(
        self, dl_manager: Any, verification_mode: Any, num_proc: int | None = None, **kwargs: Any
    ) -> None:
        # datasets would fork its processes; ours make the shards (see `vlit_hub.building.workers`), and it only copies them
        self._num_proc = num_proc or 1
        super()._download_and_prepare(dl_manager, verification_mode, **kwargs)

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        self.gathered = gathered = gather_annotations(self.plan)
        embed = self.plan.options.embed_images
        self._maker = maker = ShardMaker(
            gathered.annotations,
            self.plan.strategy,
            self.plan.strategy_options,
            {source.name: source.license for source in self.plan.sources},
            self.work_folder,
            embed,
        )
        self.shards = cut(gathered.annotations.images, gathered.photo_bytes if embed else None)
        if not all(maker.finished(shard) for shard in self.shards):
            maker.generate()
        if self._num_proc > 1 and not dl_manager.is_streaming and self.work_folder is not None:
            make_in_processes(maker, self.shards, self._num_proc)
        generators = []
        for split in dict.fromkeys(shard.split for shard in self.shards):
            own = [shard for shard in self.shards if shard.split == split]
            if dl_manager.is_streaming or self._has_records(own):
                generators.append(datasets.SplitGenerator(name=split, gen_kwargs={"shards": own}))
        return generators

    def tallies(self) -> dict[Shard, Tally]:
        """What each shard came to, after the dataset was prepared with a work folder."""
        assert self._maker is not None
        return {shard: self._maker.tally(shard) for shard in self.shards}

    def _has_records(self, shards: Sequence[Shard]) -> bool:
        """Whether any of the shards has a record; `datasets` can't load an empty split. What had to be made to know is kept."""
        assert self._maker is not None
        for shard in shards:
            self._ready[shard] = self._maker.make(shard)
            if len(self._ready[shard]):
                return True
        return False

    def _generate_tables(self, shards: Sequence[Shard]) -> Iterator[tuple[Key, pa.Table]]:
        assert self._maker is not None
        for number, shard in enumerate(shards):
            table = self._ready.pop(shard, None)
            if table is None:
                table = self._maker.make(shard)
            if len(table):
                yield Key(number, 0), table
