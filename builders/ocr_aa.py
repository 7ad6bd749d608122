"""`ocr_aa`: text seen in images, by annotation adaption."""

from vlit_hub.builder import VlitBuilder
from vlit_hub.builders.urls import COCO_PHOTOS, COCO_TEXT

__all__ = ["OcrAa"]


class OcrAa(VlitBuilder):
    """Text seen in images, and questions about it, as instruction data, by annotation adaption."""

    name = "ocr_aa"
    sources = ("coco_text", "textocr", "textvqa")
    strategy = "annotation_adaption"
    defaults = {"tasks": ("text_recognition", "visual_question_answering")}
    urls = COCO_TEXT
    photo_urls = COCO_PHOTOS
