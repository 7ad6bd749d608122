"""`coco_prog`: conversations about COCO's images by rule, without a language model."""

from vlit_hub.builder import VlitBuilder
from vlit_hub.builders.coco_aa import CocoAa

__all__ = ["CocoProg"]


class CocoProg(VlitBuilder):
    """Conversations about COCO images by rule: every statement follows from the annotations."""

    name = "coco_prog"
    sources = CocoAa.sources
    strategy = "rule_conversations"
    urls = CocoAa.urls
    photo_urls = CocoAa.photo_urls
