"""`coco_prog`: conversations about COCO's images by rule, without a language model."""

from vlit_hub.builder import VlitBuilder
from vlit_hub.builders.urls import COCO_ANNOTATIONS, COCO_PHOTOS, COCO_TEXT, VQA

__all__ = ["CocoProg"]


class CocoProg(VlitBuilder):
    """Conversations about COCO images by rule: every statement follows from the annotations."""

    name = "coco_prog"
    sources = (
        "coco_captions",
        "coco_instances",
        "vqa",
        "coco_text",
        "coco_attributes",
        "lvis_instances",
        "visual_genome",
        "llava_captions_boxes",
    )
    strategy = "rule_conversations"
    urls = {**COCO_ANNOTATIONS, **VQA, **COCO_TEXT}
    photo_urls = COCO_PHOTOS
