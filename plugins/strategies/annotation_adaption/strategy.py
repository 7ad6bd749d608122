"""The strategy `annotation_adaption`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import polars as pl

from vlit_hub.drafts import DRAFT, complete
from vlit_hub.errors import UsageError
from vlit_hub.frames import Annotations
from vlit_hub.generation.preview import Preview
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
from vlit_hub.plugins.strategies.annotation_adaption.expansion import answers
from vlit_hub.plugins.strategies.annotation_adaption.options import AnnotationAdaptionOptions
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec, load
from vlit_hub.strategy import Options, Strategy

__all__ = ["POOLS", "AnnotationAdaption"]

_Maker = Callable[[Batch], pl.DataFrame]

# Of each pool: the kind of annotations that its drafts are made of, and who makes them.
_MAKERS: tuple[tuple[PoolSpec, str, _Maker], ...] = (
    (captioning.POOL, "captions", captioning.captioning),
    (answering.POOL, "questions", answering.answering),
    (reading.IMAGE_POOL, "texts", reading.read_images),
    (reading.REGION_POOL, "texts", reading.read_regions),
    (detection.CATEGORY_POOL, "objects", detection.detect_category),
    (detection.ALL_POOL, "objects", detection.detect_all),
    (detection.COUNT_POOL, "objects", detection.count),
    (presence.POOL, "objects", presence.presence),
    (regions.CLASS_POOL, "objects", regions.classify),
    (regions.ATTRIBUTE_POOL, "attributes", regions.attribute),
    (detection.REFER_POOL, "objects", detection.refer_to_category),
    (regions.PHRASE_POOL, "regions", regions.refer_by_phrase),
    (regions.CAPTION_POOL, "regions", regions.caption_region),
    (relationships.POOL, "relationships", relationships.relate),
)

POOLS: Mapping[str, PoolSpec] = {spec.name: spec for spec, _, _ in _MAKERS}
"""All pools by name."""


class AnnotationAdaption(Strategy):
    """Each annotation becomes a record, by an instruction and a form of response drawn from its task's pool."""

    name: ClassVar[str] = "annotation_adaption"
    version: ClassVar[int] = 1
    tasks: ClassVar[tuple[str, ...]] = tuple(dict.fromkeys(spec.task for spec in POOLS.values()))
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **{spec.task: (kind,) for spec, kind, _ in _MAKERS},
        # what is mentioned anywhere isn't called absent
        presence.POOL.task: ("objects", "absent", "captions", "questions"),
        regions.PHRASE_POOL.task: ("objects", "regions"),
    }
    Options: ClassVar[type[Options]] = AnnotationAdaptionOptions

    def generate(self, annotations: Annotations, options: AnnotationAdaptionOptions) -> None:
        """With `expand_answers`, have the model write answers as sentences."""
        if _expands(options):
            answers.ask(answering.to_write_out(annotations.questions, options), options)

    def preview(self, annotations: Annotations, options: AnnotationAdaptionOptions) -> Preview | None:
        """What `generate` would ask and cost; None without `expand_answers`."""
        if not _expands(options):
            return None
        from vlit_hub.generation.estimating import estimate_run

        requests = answers.Requests(answering.to_write_out(annotations.questions, options), options)
        return estimate_run(requests, options.settings(), answers.EXPECTED_TOKENS)

    def prepare(self, annotations: Annotations, options: AnnotationAdaptionOptions) -> Prepared:
        """Read the pools; count which categories go together.

        Raises:
            InputError: A pool file is broken.
            UsageError: A model is named, and there is nothing for it to do.
        """
        if options.model is not None and not options.expand_answers:
            raise UsageError(
                "a model is named, but nothing is asked of it. Add -o expand_answers=true, or leave --model out."
            )
        wanted = [spec.name for spec, _, _ in _MAKERS if options.tasks is None or spec.task in options.tasks]
        pools = load(POOLS.values(), wanted, options.styles, options.box_format, options.pools or ())
        return Prepared(pools, count_cooccurrence(annotations) if presence.POOL.name in pools else None)

    def drafts(self, annotations: Annotations, options: AnnotationAdaptionOptions, prepared: Prepared) -> pl.DataFrame:
        """Drafts of these images, task by task."""
        batch = Batch(annotations, options, prepared)
        frames = annotations.frames()
        made = [
            complete(maker(batch).with_columns(task=pl.lit(spec.task)))
            for spec, kind, maker in _MAKERS
            if spec.name in prepared.pools and len(frames[kind])
        ]
        return pl.concat(made, rechunk=False) if made else pl.DataFrame(schema=DRAFT)


def _expands(options: AnnotationAdaptionOptions) -> bool:
    return options.expand_answers and (options.tasks is None or answering.POOL.task in options.tasks)
