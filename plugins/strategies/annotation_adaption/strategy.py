"""The strategy `annotation_adaption`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import polars as pl

from vlit_hub.drafts import complete
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.annotation_adaption import (
    answering,
    captioning,
    detection,
    presence,
    reading,
    regions,
    relationships,
)
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch, Prepared
from vlit_hub.plugins.strategies.annotation_adaption.cooccurrence import count_cooccurrence
from vlit_hub.plugins.strategies.annotation_adaption.options import AnnotationAdaptionOptions
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec, load
from vlit_hub.strategy import Options, Strategy

__all__ = ["POOLS", "AnnotationAdaption"]

_Maker = Callable[[Batch], pl.DataFrame]

# Who makes the drafts of each pool.
_MAKERS: tuple[tuple[PoolSpec, _Maker], ...] = (
    (captioning.POOL, captioning.captioning),
    (answering.POOL, answering.answering),
    (reading.IMAGE_POOL, reading.read_images),
    (reading.REGION_POOL, reading.read_regions),
    (detection.CATEGORY_POOL, detection.detect_category),
    (detection.ALL_POOL, detection.detect_all),
    (detection.COUNT_POOL, detection.count),
    (presence.POOL, presence.presence),
    (regions.CLASS_POOL, regions.classify),
    (regions.ATTRIBUTE_POOL, regions.attribute),
    (detection.REFER_POOL, detection.refer_to_category),
    (regions.PHRASE_POOL, regions.refer_by_phrase),
    (regions.CAPTION_POOL, regions.caption_region),
    (relationships.POOL, relationships.relate),
)

POOLS: Mapping[str, PoolSpec] = {spec.name: spec for spec, _ in _MAKERS}
"""All pools by name."""


class AnnotationAdaption(Strategy):
    """Each annotation becomes a record, by an instruction and a form of response drawn from its task's pool."""

    name: ClassVar[str] = "annotation_adaption"
    version: ClassVar[int] = 1
    tasks: ClassVar[tuple[str, ...]] = tuple(dict.fromkeys(spec.task for spec in POOLS.values()))
    Options: ClassVar[type[Options]] = AnnotationAdaptionOptions

    def prepare(self, annotations: Annotations, options: AnnotationAdaptionOptions) -> Prepared:
        """Read the pools; count which categories go together.

        Raises:
            InputError: A pool file is broken.
        """
        wanted = [spec.name for spec, _ in _makers(options)]
        pools = load(POOLS.values(), wanted, options.styles, options.box_format, options.pools or ())
        asked = presence.POOL.name in wanted
        return Prepared(pools, count_cooccurrence(annotations) if asked else None)

    def drafts(self, annotations: Annotations, options: AnnotationAdaptionOptions, prepared: Prepared) -> pl.DataFrame:
        """Drafts of these images, task by task."""
        batch = Batch(annotations, options, prepared)
        made = [complete(maker(batch).with_columns(task=pl.lit(spec.task))) for spec, maker in _makers(options)]
        return pl.concat(made, rechunk=False)


def _makers(options: AnnotationAdaptionOptions) -> list[tuple[PoolSpec, _Maker]]:
    return [(spec, maker) for spec, maker in _MAKERS if options.tasks is None or spec.task in options.tasks]
