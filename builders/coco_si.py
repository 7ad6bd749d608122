"""`coco_si`: conversations about COCO's images, written by a language model from everything they are annotated with."""

from vlit_hub.builder import VlitBuilder
from vlit_hub.builders.coco_aa import CocoAa

__all__ = ["CocoSi"]


class CocoSi(VlitBuilder):
    """Conversations about COCO images that a language model wrote from their annotations, by self-instruct."""

    name = "coco_si"
    sources = CocoAa.sources
    strategy = "self_instruct"
    urls = CocoAa.urls
    photo_urls = CocoAa.photo_urls
