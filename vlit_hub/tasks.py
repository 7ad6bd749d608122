"""The task vocabulary: names for what a record asks, after the review's Table 10."""

from __future__ import annotations

__all__ = ["TASKS"]

TASKS: dict[str, str] = {
    "attribute_recognition": "name the attributes of an object in a region",
    "complex_reasoning": "answer a question that takes steps of reasoning or outside knowledge",
    "conversation": "talk about the image over several turns",
    "detailed_description": "describe the image in detail",
    "image_captioning": "describe the image in a sentence",
    "object_counting": "count the objects of a category",
    "object_detection": "locate the objects of a category, or all objects, by boxes",
    "object_presence": "say whether an object of a category is in the image",
    "referring_expression_comprehension": "locate by a box what a phrase refers to",
    "region_captioning": "describe a region in a phrase",
    "region_classification": "name the category of the object in a region",
    "text_recognition": "read the text in the image or in a region (OCR)",
    "visual_question_answering": "answer a question about the image",
    "visual_relationship": "say how two objects relate",
}
