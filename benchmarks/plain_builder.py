"""The plain way to the same records, as most repositories have it: `json.load`, a loop, and a `GeneratorBasedBuilder`."""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets

from vlit_hub.records import features


class Plain(datasets.GeneratorBasedBuilder):
    """Captions, VQA, text and detection of COCO's training images."""

    VERSION = datasets.Version("1.0.0")

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(features=features())

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        return [datasets.SplitGenerator(name="train", gen_kwargs={"folder": self.config.data_dir})]

    def _generate_examples(self, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
        annotations = Path(folder) / "annotations"
        captions = json.loads((annotations / "captions_train2014.json").read_text())
        images = {image["id"]: image for image in captions["images"]}
        for caption in captions["annotations"]:
            yield self.record(
                images, caption["image_id"], "image_captioning", caption["id"], caption["caption"].strip()
            )
        questions = json.loads((annotations / "v2_OpenEnded_mscoco_train2014_questions.json").read_text())
        asked = {question["question_id"]: question["question"] for question in questions["questions"]}
        answers = json.loads((annotations / "v2_mscoco_train2014_annotations.json").read_text())
        for answer in answers["annotations"]:
            agreed = sum(one["answer"] == answer["multiple_choice_answer"] for one in answer["answers"]) / 10
            key = answer["question_id"]
            made = answer["multiple_choice_answer"]
            yield self.record(images, answer["image_id"], "visual_question_answering", key, made, asked[key], agreed)
        texts = json.loads((annotations / "cocotext.v2.json").read_text())
        for text in texts["anns"].values():
            if text["legibility"] == "legible" and text["utf8_string"] and text["image_id"] in images:
                yield self.record(images, text["image_id"], "text_recognition", text["id"], text["utf8_string"])
        instances = json.loads((annotations / "instances_train2014.json").read_text())
        names = {category["id"]: category["name"] for category in instances["categories"]}
        boxes: dict[tuple[int, str], list[list[int]]] = defaultdict(list)
        for thing in instances["annotations"]:
            x, y, width, height = thing["bbox"]
            boxes[thing["image_id"], names[thing["category_id"]]].append(
                [round(x), round(y), round(x + width), round(y + height)]
            )
        for (number, name), found in boxes.items():
            yield self.record(images, number, "object_detection", name, ", ".join(map(str, found)), name, None, found)

    def record(
        self,
        images: dict[int, Any],
        number: int,
        task: str,
        key: object,
        response: str,
        text: str = "",
        agreement: float | None = None,
        boxes: list[list[int]] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        name = f"{task}-{number}-{key}"
        return name, {
            "id": name,
            "instruction": random.choice(["Describe the picture.", "Answer the question.", "Do what is asked."]),
            "input": {"images": [], "text": text},
            "response": response,
            "history": [],
            "regions": [{"image": 0, "bbox": box, "label": text} for box in boxes or []],
            "task": task,
            "granularity": "global",
            "strategy": "annotation_adaption",
            "source": {
                "datasets": ["coco"],
                "image_ids": [str(number)],
                "file_names": [images[number]["file_name"]],
                "license": "CC-BY-4.0",
                "image_license": None,
            },
            "generation": None,
            "quality": {"annotator_agreement": agreement},
        }


if __name__ == "__main__":
    builder = Plain(data_dir=sys.argv[1], cache_dir=sys.argv[2])
    builder.download_and_prepare()
    dataset = builder.as_dataset(split="train")
    dataset.to_parquet(str(Path(sys.argv[2]) / "plain.parquet"))
    print(len(dataset))
