"""`vqa_aa`: questions and answers about images, by annotation adaption."""

from vlit_hub.builder import VlitBuilder
from vlit_hub.builders.urls import COCO_PHOTOS, VQA

__all__ = ["VqaAa"]


class VqaAa(VlitBuilder):
    """Questions about images and the answers most annotators gave, as instruction data, by annotation adaption."""

    name = "vqa_aa"
    sources = ("vqa", "textvqa")
    strategy = "annotation_adaption"
    defaults = {"tasks": ("visual_question_answering",)}
    urls = VQA
    photo_urls = COCO_PHOTOS
