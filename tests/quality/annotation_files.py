"""Annotation files of a few images, written as COCO, VQA v2 and LVIS have them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["write_annotations"]

_CATEGORIES = ("bicycle", "bus", "car", "cat", "dog", "motorcycle", "person", "umbrella")


def write_annotations(
    folder: Path,
    *,
    objects: Mapping[int, Sequence[str]] | None = None,
    captions: Mapping[int, Sequence[str]] | None = None,
    questions: Iterable[tuple[int, str, str]] = (),
    lvis: Mapping[int, tuple[Sequence[str], Sequence[str]]] | None = None,
    crowds: Sequence[str] = (),
) -> Path:
    """Write the files.

    Args:
        folder: Where to.
        objects: Categories of objects by image; the images of `instances_train2017.json`.
        captions: By image.
        questions: Image, question, and the answer of all annotators.
        lvis: By image the categories of objects, and those verified to be absent.
        crowds: Categories whose objects are crowds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if objects is not None:
        _write(folder / "instances_train2017.json", _instances(objects, crowds))
    if captions is not None:
        rows = [(image, text) for image, texts in captions.items() for text in texts]
        annotations = [{"id": n, "image_id": image, "caption": text} for n, (image, text) in enumerate(rows, 1)]
        _write(
            folder / "captions_train2017.json", {"info": {}, "images": _images(captions), "annotations": annotations}
        )
    if asked := list(questions):
        _write_vqa(folder, asked)
    if lvis is not None:
        content = _instances({image: there for image, (there, _) in lvis.items()}, ())
        for image in content["images"]:
            gone = [_CATEGORIES.index(name) + 1 for name in lvis[image["id"]][1]]
            image |= {
                "neg_category_ids": gone,
                "not_exhaustive_category_ids": [],
                "coco_url": f"http://x/{image['id']}",
            }
        for annotation in content["annotations"]:
            del annotation["iscrowd"]
        _write(folder / "lvis_v1_train.json", content)
    return folder


def _instances(objects: Mapping[int, Sequence[str]], crowds: Sequence[str]) -> dict[str, Any]:
    rows = [(image, name) for image, names in objects.items() for name in names]
    annotations = [
        {
            "id": number,
            "image_id": image,
            "category_id": _CATEGORIES.index(name) + 1,
            "bbox": [10, 10, 50, 50],
            "area": 2500,
            "iscrowd": int(name in crowds),
        }
        for number, (image, name) in enumerate(rows, 1)
    ]
    categories = [{"id": number, "name": name, "supercategory": "thing"} for number, name in enumerate(_CATEGORIES, 1)]
    return {"info": {}, "images": _images(objects), "annotations": annotations, "categories": categories}


def _images(ids: Iterable[int]) -> list[dict[str, Any]]:
    return [{"id": one, "file_name": f"{one:012d}.jpg", "width": 640, "height": 480} for one in ids]


def _write_vqa(folder: Path, asked: Sequence[tuple[int, str, str]]) -> None:
    numbered = list(enumerate(asked, 1))
    questions = [{"question_id": n, "image_id": image, "question": text} for n, (image, text, _) in numbered]
    annotations = [
        {
            "question_id": n,
            "image_id": image,
            "question_type": "what",
            "answer_type": "other",
            "multiple_choice_answer": answer,
            "answers": [{"answer_id": k, "answer": answer, "answer_confidence": "yes"} for k in range(1, 11)],
        }
        for n, (image, _, answer) in numbered
    ]
    head = {"info": {}, "data_type": "mscoco", "data_subtype": "train2014", "license": {}}
    _write(
        folder / "v2_OpenEnded_mscoco_train2014_questions.json",
        {**head, "task_type": "Open-Ended", "questions": questions},
    )
    _write(folder / "v2_mscoco_train2014_annotations.json", {**head, "annotations": annotations})


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
