"""VQA version 1 and 2 (https://visualqa.org): questions in one file, ten answers to each in another.

    {"data_subtype": "train2014", "data_type": "mscoco",
     "questions": [{"question_id": 458752000, "image_id": 458752, "question": "What is this photo taken looking through?"}]}

    {"annotations": [{"question_id": 458752000, "image_id": 458752, "multiple_choice_answer": "net", "answer_type": "other",
                      "question_type": "what is this", "answers": [{"answer": "net", "answer_confidence": "maybe",
                                                                    "answer_id": 1}, ...]}]}

Files are paired by question id, however many there are of either. Test sets have no answers. Open-ended and multiple-choice
files ask the same questions, which are used once. `abstract_v002` are drawings with ids of their own, not COCO's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from msgspec import Struct

from vlit_hub.discovery import split_of
from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import conform, empty
from vlit_hub.image_ids import image_id
from vlit_hub.json_slices import Reader
from vlit_hub.source import OnError, Source
from vlit_hub.sources.checks import put_aside
from vlit_hub.sources.growing import GrowingFrame
from vlit_hub.sources.numbers import Id
from vlit_hub.sources.repeats import once
from vlit_hub.sources.texts import tidy
from vlit_hub.sources.votes import count_votes

__all__ = ["VQA"]

_NAME = "vqa"
_PHOTOS = "mscoco"

_QUESTION = {"question_id": pl.Int64(), "image_id": pl.Int64(), "question": pl.String()}
_ANSWER = {
    "question_id": pl.Int64(),
    "image_id": pl.Int64(),
    "chosen": pl.String(),
    "answer_type": pl.String(),
    "question_type": pl.String(),
    "answers": pl.List(pl.String()),
}


class _Question(Struct, gc=False):
    question_id: Id
    image_id: Id
    question: str


class _Answer(Struct, gc=False):
    answer: str


class _Annotation(Struct, gc=False):
    question_id: Id
    image_id: Id
    answers: list[_Answer]
    multiple_choice_answer: str | None = None
    answer_type: str | None = None
    question_type: str | None = None


@dataclass(frozen=True)
class _File:
    """What one file holds: questions, annotations, or (never seen, but fine) both."""

    questions: pl.DataFrame
    annotations: pl.DataFrame


def _read(files: Sequence[AnnotationFile], on_error: OnError) -> Mapping[str, pl.DataFrame]:
    parts = [_read_file(file) for file in sorted(files)]
    asked = pl.concat(part.questions for part in parts)
    answered = pl.concat(part.annotations for part in parts)
    if asked.is_empty() and len(answered):
        raise InputError(answered["file"][0], "has answers, but the questions are missing", "Put their file beside it.")
    what = pl.format("question {}", "question_id")
    repeated = (~pl.struct("file", "question_id").is_first_distinct(), "is listed twice")
    asked, twice = put_aside(asked, what, [(pl.col("question") == "", "is empty"), repeated], on_error)
    asked, differing = once(asked, ["question_id"], ["image_id", "question"], what, on_error)
    answered, loose = _answers(answered, asked, on_error)
    # most files have their answers in the order of their questions
    joined = asked.join(answered, on="question_id", how="left", maintain_order="left")
    answers = joined["answers"].fill_null([])
    questions = joined.with_columns(count_votes(answers, joined["chosen"]).get_columns()).with_columns(answers)
    return {
        "images": _drawings(asked),
        "questions": conform("questions", questions),
        "rejected": pl.concat([twice, differing, loose]),
    }


def _read_file(file: AnnotationFile) -> _File:
    questions, annotations = GrowingFrame(_QUESTION, file), GrowingFrame(_ANSWER, file)
    known = False
    subtype, kind = "", _PHOTOS
    reader = Reader(file)
    for key in reader.members():
        if key == "questions":
            known = True
            for asked in reader.array(_Question, "$.questions"):
                questions.add(
                    {
                        "question_id": [one.question_id for one in asked],
                        "image_id": [one.image_id for one in asked],
                        "question": [one.question for one in asked],
                    }
                )
        elif key == "annotations":
            known = True
            for part in reader.array(_Annotation, "$.annotations"):
                annotations.add(
                    {
                        "question_id": [one.question_id for one in part],
                        "image_id": [one.image_id for one in part],
                        "chosen": [one.multiple_choice_answer for one in part],
                        "answer_type": [one.answer_type for one in part],
                        "question_type": [one.question_type for one in part],
                        "answers": [[answer.answer for answer in one.answers] for one in part],
                    }
                )
        elif key == "data_subtype":
            subtype = reader.value(str, "$.data_subtype")
        elif key == "data_type":
            kind = reader.value(str, "$.data_type")
        else:
            reader.skip()
    reader.finish()
    if not known:
        raise InputError(file.name, "has neither `questions` nor `annotations`", "Give a file in VQA's format.")
    origin = {
        "file": pl.lit(file.name),
        "source": pl.lit(_NAME),
        "split": pl.lit(file.split or split_of(subtype) or None, dtype=pl.String()),
        "drawn": pl.lit(kind if kind != _PHOTOS else None, dtype=pl.String()),
    }
    found = questions.frame()
    return _File(
        _own_ids(found.with_columns(tidy(found["question"]), **origin)),
        _own_ids(annotations.frame().with_columns(**origin)),
    )


def _answers(answered: pl.DataFrame, asked: pl.DataFrame, on_error: OnError) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Annotations whose question is there, once each; and the others."""
    what = pl.format("annotation of question {}", "question_id")
    pictured = asked.select("question_id", asked_of="image_id")
    paired = answered.join(pictured, on="question_id", how="left", maintain_order="left")
    faults = [
        (~pl.struct("file", "question_id").is_first_distinct(), "is listed twice"),
        (pl.col("asked_of").is_null(), "has no question of that id in any file"),
        (
            pl.col("asked_of") != pl.col("image_id"),
            pl.format("is of image {}, its question of {}", "image_id", "asked_of"),
        ),
    ]
    kept, put = put_aside(paired, what, faults, on_error)
    kept, differing = once(kept, ["question_id"], ["image_id", "answers"], what, on_error)
    columns = [name for name in _ANSWER if name != "image_id"]
    return kept.select(columns), pl.concat([put, differing])


def _own_ids(frame: pl.DataFrame) -> pl.DataFrame:
    """Drawings get ids that no photo of COCO has."""
    if frame["drawn"].null_count() == len(frame):
        return frame.with_columns(image_key=pl.col("image_id").cast(pl.String()))
    keyed = frame.with_columns(image_key=pl.format("{}-{}", "drawn", "image_id"))
    return keyed.with_columns(image_id=pl.Series([image_id(key) for key in keyed["image_key"]], dtype=pl.Int64()))


def _drawings(asked: pl.DataFrame) -> pl.DataFrame:
    """The images that must be listed, because their id doesn't say their key; photos of COCO are known by their id."""
    drawn = asked.filter(pl.col("drawn").is_not_null()).unique("image_id", keep="first", maintain_order=True)
    return conform("images", drawn) if len(drawn) else empty("images")


def _is_vqa(head: FileHead) -> bool:
    asked, answered = head.first.get("questions", frozenset()), head.first.get("annotations", frozenset())
    return {"question_id", "image_id", "question"} <= asked or {"question_id", "image_id", "answers"} <= answered


VQA = Source(
    name=_NAME,
    read=_read,
    patterns=(
        "*OpenEnded_*_questions.json",
        "*MultipleChoice_*_questions.json",
        "*mscoco_*_annotations.json",
        "*abstract_v002_*_annotations.json",
    ),
    sniff=_is_vqa,
    license="CC-BY-4.0",
    url="https://visualqa.org",
    citation="""\
@inproceedings{goyal2017making,
  title={Making the {V} in {VQA} Matter: Elevating the Role of Image Understanding in Visual Question Answering},
  author={Goyal, Yash and Khot, Tejas and Summers-Stay, Douglas and Batra, Dhruv and Parikh, Devi},
  booktitle={Conference on Computer Vision and Pattern Recognition (CVPR)},
  year={2017}
}""",
)
