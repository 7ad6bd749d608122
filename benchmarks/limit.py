"""The limit of a build: typed parsing of the fields that are needed, and writing the same table to Parquet; nothing between."""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

import msgspec
import pyarrow.parquet as pq


class Image(msgspec.Struct, gc=False):
    id: int
    file_name: str
    height: int
    width: int
    license: int | None = None


class Caption(msgspec.Struct, gc=False):
    id: int
    image_id: int
    caption: str


class Captions(msgspec.Struct):
    images: list[Image]
    annotations: list[Caption]


class Thing(msgspec.Struct, gc=False):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    iscrowd: int


class Instances(msgspec.Struct):
    images: list[Image]
    annotations: list[Thing]


class Question(msgspec.Struct, gc=False):
    question_id: int
    image_id: int
    question: str


class Questions(msgspec.Struct):
    questions: list[Question]


class Answer(msgspec.Struct, gc=False):
    answer: str


class Answered(msgspec.Struct, gc=False):
    question_id: int
    image_id: int
    multiple_choice_answer: str
    answer_type: str
    question_type: str
    answers: list[Answer]


class Answers(msgspec.Struct):
    annotations: list[Answered]


class Text(msgspec.Struct, gc=False):
    id: int
    image_id: int
    bbox: tuple[float, float, float, float]
    legibility: str
    utf8_string: str = ""


class Texts(msgspec.Struct):
    anns: dict[str, Text]


FILES = {
    "captions_train2014.json": Captions,
    "captions_val2014.json": Captions,
    "instances_train2014.json": Instances,
    "instances_val2014.json": Instances,
    "v2_OpenEnded_mscoco_train2014_questions.json": Questions,
    "v2_OpenEnded_mscoco_val2014_questions.json": Questions,
    "v2_mscoco_train2014_annotations.json": Answers,
    "v2_mscoco_val2014_annotations.json": Answers,
    "cocotext.v2.json": Texts,
}

if __name__ == "__main__":
    data, built, out = map(Path, sys.argv[1:4])
    gc.disable()
    start = time.process_time()
    for name, kind in FILES.items():
        file = next(data.rglob(name), None)
        if file is not None:
            msgspec.json.decode(file.read_bytes(), type=kind)
    parse = time.process_time() - start
    write = 0.0
    for shard in sorted(built.glob("data/*.parquet")):
        whole = pq.read_table(shard)
        start = time.process_time()
        pq.write_table(whole, out, compression="zstd")
        write += time.process_time() - start
    print(json.dumps({"parse": parse, "write": write}))
