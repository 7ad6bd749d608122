"""`coco_aa`: everything that COCO's images are annotated with, by annotation adaption."""

from vlit_hub.builder import VlitBuilder
from vlit_hub.builders.urls import COCO_ANNOTATIONS, COCO_PHOTOS, COCO_TEXT, VQA

__all__ = ["CocoAa"]


class CocoAa(VlitBuilder):
    """Captions, objects, questions, text and attributes of COCO images as instruction data, by annotation adaption."""

    name = "coco_aa"
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
    strategy = "annotation_adaption"
    urls = {**COCO_ANNOTATIONS, **VQA, **COCO_TEXT}
    photo_urls = COCO_PHOTOS
