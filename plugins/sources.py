"""The plugin that brings in the first-party annotation sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from vlit_hub.source import Source

__all__ = ["register_sources"]


@hookimpl
def register_sources() -> list[Source]:
    """Every format of `vlit_hub.sources`."""
    from vlit_hub.sources.coco import COCO_CAPTIONS, COCO_INSTANCES, LVIS_INSTANCES
    from vlit_hub.sources.coco_attributes import COCO_ATTRIBUTES
    from vlit_hub.sources.coco_text import COCO_TEXT, TEXTOCR
    from vlit_hub.sources.llava import LLAVA_CAPTIONS_BOXES
    from vlit_hub.sources.textvqa import TEXTVQA
    from vlit_hub.sources.visual_genome import VISUAL_GENOME
    from vlit_hub.sources.vqa import VQA

    return [
        COCO_CAPTIONS,
        COCO_INSTANCES,
        LVIS_INSTANCES,
        COCO_ATTRIBUTES,
        COCO_TEXT,
        TEXTOCR,
        VISUAL_GENOME,
        VQA,
        TEXTVQA,
        LLAVA_CAPTIONS_BOXES,
    ]
