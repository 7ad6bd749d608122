"""VQA, versions 1 and 2: questions about COCO's photos and about abstract scenes, each with ten people's answers.

    questions    {"data_type": "mscoco", "data_subtype": "train2014",
                  "questions": [{"question_id": 9000, "image_id": 9, "question": "How many ...?"}]}
    annotations  {"data_type": "mscoco", "data_subtype": "train2014",
                  "annotations": [{"question_id": 9000, "image_id": 9, "question_type": "how many", "answer_type": "number",
                                   "multiple_choice_answer": "2", "answers": [{"answer": "2", ...}, ...]}]}

Questions find their answers across all files. Test splits have questions alone. Version 1 lists the same questions twice, as
`OpenEnded` and as `MultipleChoice`: they are used once.

**Abstract scenes** have numbers that photos of COCO have too, so they get ids of their own, by their names
(`abstract_v002_train2015_000000011779.png`). So does every `data_type` but `mscoco`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from msgspec import Struct

from vlit_hub.discovery import split_of
from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import conform, empty
from vlit_hub.image_ids import image_id_series
from vlit_hub.json_reading.slices import Reader
from vlit_hub.source import OnError, Source
from vlit_hub.sources.checks import put_aside, repeated
from vlit_hub.sources.growing import GrowingFrame
from vlit_hub.sources.repeats import once
from vlit_hub.sources.texts import tidy
from vlit_hub.sources.votes import count_votes

__all__ = ["VQA"]

_NAME = "vqa"
_KEYS = ["image_id", "question_id"]
_PHOTOS = "mscoco"  # the `data_type` of COCO's photos
_ABSTRACT = "abstract"  # begins that of abstract scenes

_QUESTION: dict[str, pl.DataType] = {"question_id": pl.Int64(), "image_id": pl.Int64(), "question": pl.String()}
_ANNOTATION: dict[str, pl.DataType] = {
    "question_id": pl.Int64(),
    "image_id": pl.Int64(),
    "choice": pl.String(),
    "answer_type": pl.String(),
    "question_type": pl.String(),
    "count": pl.Int64(),
}


class _Question(Struct, gc=False):
    question_id: int
    image_id: int
    question: str


class _Answer(Struct, gc=False):
    answer: str


class _Annotation(Struct, gc=False):
    question_id: int
    image_id: int
    answers: list[_Answer] = []
    multiple_choice_answer: str | None = None
    answer_type: str | None = None
    question_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Content:
    """What a file has: questions, annotations or both, and images where they are abstract scenes."""

    questions: pl.DataFrame
    annotations: pl.DataFrame
    images: pl.DataFrame


def _read(files: Sequence[AnnotationFile], on_error: OnError) -> Mapping[str, pl.DataFrame]:
    contents = [_read_file(file) for file in sorted(files)]
    images = pl.concat([content.images for content in contents]).unique("image_id", keep="first", maintain_order=True)
    asked = [content.questions for content in contents]
    answered = [content.annotations for content in contents]
    del contents
    questions, put = _together(asked, "question {}", "is listed twice", ["question"], on_error)
    annotations, put_too = _together(
        answered, "answers to question {}", "are listed twice", ["answer", "votes"], on_error
    )
    del asked, answered
    if len(annotations) and not len(questions):
        raise InputError(annotations["file"][0], "has answers, but no file has the questions", "Give their file too.")
    both, strays = _answer(questions, annotations, on_error)
    return {"images": images, "questions": both, "rejected": pl.concat([put, put_too, strays])}


def _read_file(file: AnnotationFile) -> _Content:
    questions, annotations = GrowingFrame(_QUESTION, file), GrowingFrame(_ANNOTATION, file)
    answers = GrowingFrame({"answer": pl.String()}, file)
    told = dict.fromkeys(("data_type", "data_subtype"), "")
    found = False
    reader = Reader(file)
    for key in reader.members():
        found |= key in ("questions", "annotations")
        if key == "questions":
            for asked in reader.array(_Question, "$.questions"):
                questions.add(_question_columns(asked))
        elif key == "annotations":
            for part in reader.array(_Annotation, "$.annotations"):
                annotations.add(_annotation_columns(part))
                answers.add({"answer": [answer.answer for one in part for answer in one.answers]})
        elif key in told:
            told[key] = str(reader.value(object, f"$.{key}") or "")
        else:
            reader.skip()
    reader.finish()
    if not found:
        raise InputError(file.name, "has neither `questions` nor `annotations`", "Give a file in VQA's format.")
    asked_of = questions.frame()
    frames = [
        asked_of.with_columns(tidy(asked_of["question"])),
        _with_answers(annotations.frame(), answers.frame()["answer"]),
    ]
    split = file.split or split_of(told["data_subtype"]) or None
    images = empty("images")
    if told["data_type"] and not told["data_type"].startswith(_PHOTOS):
        images = _other_images(pl.concat([frame["image_id"] for frame in frames]), told, file)
        frames = [
            frame.with_columns(pl.col("image_id").replace_strict(images["number"], images["image_id"]))
            for frame in frames
        ]
    origin = {"source": pl.lit(_NAME), "split": pl.lit(split, dtype=pl.String())}
    frames = [frame.with_columns(file=pl.lit(file.name).cast(pl.Categorical()), **origin) for frame in frames]
    return _Content(questions=frames[0], annotations=frames[1], images=conform("images", images.with_columns(**origin)))


def _question_columns(questions: Sequence[_Question]) -> dict[str, list[Any]]:
    return {
        "question_id": [one.question_id for one in questions],
        "image_id": [one.image_id for one in questions],
        "question": [one.question for one in questions],
    }


def _annotation_columns(annotations: Sequence[_Annotation]) -> dict[str, list[Any]]:
    return {
        "question_id": [one.question_id for one in annotations],
        "image_id": [one.image_id for one in annotations],
        "choice": [one.multiple_choice_answer for one in annotations],
        "answer_type": [one.answer_type for one in annotations],
        "question_type": [one.question_type for one in annotations],
        "count": [len(one.answers) for one in annotations],
    }


def _with_answers(annotations: pl.DataFrame, answers: pl.Series) -> pl.DataFrame:
    """Annotations with their answers as lists, and the most frequent one."""
    ends = annotations["count"].cum_sum().to_numpy()
    lists = pa.LargeListArray.from_arrays(
        np.concatenate(([0], ends)), answers.to_arrow(compat_level=pl.CompatLevel.newest())
    )
    column = pl.Series("answers", lists, dtype=pl.List(pl.String()))
    votes = count_votes(column, annotations["choice"])
    return annotations.drop("choice", "count").hstack([column, *votes.get_columns()])


def _other_images(numbers: pl.Series, told: Mapping[str, str], file: AnnotationFile) -> pl.DataFrame:
    """Images that aren't COCO's photos, with ids of their own by the `number` that the file has for them."""
    distinct = numbers.unique().sort()
    scenes = pl.lit("_".join(text for text in told.values() if text))
    names = pl.select(pl.format("{}_{}", scenes, distinct.cast(pl.String()).str.zfill(12))).to_series()
    files = names + ".png" if told["data_type"].startswith(_ABSTRACT) else pl.Series([None], dtype=pl.String())
    return pl.DataFrame({"number": distinct, "image_key": names}).with_columns(
        image_id_series(names, file.name), file_name=files, exhaustive=pl.lit(False)
    )


def _together(
    frames: Sequence[pl.DataFrame], name: str, twice: str, same: Sequence[str], on_error: OnError
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of all files, each question once."""
    what = pl.format(name, "question_id")
    parts = [put_aside(frame, what, _faults(frame, twice), on_error) for frame in frames]
    whole, put = once(pl.concat([kept for kept, _ in parts]), _KEYS, same, what, on_error)
    return whole, pl.concat([*(aside for _, aside in parts), put])


def _faults(frame: pl.DataFrame, twice: str) -> list[tuple[pl.Expr, str]]:
    wordless = [(pl.col("question") == "", "is empty")] if "question" in frame.columns else []
    return [(repeated(frame["question_id"]), twice), *wordless]


def _answer(questions: pl.DataFrame, annotations: pl.DataFrame, on_error: OnError) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Questions with their answers, and answers without a question."""
    given = annotations.select("answer", "votes", "tied", "answers", "answer_type", "question_type")
    if questions.select(_KEYS).equals(annotations.select(_KEYS)):  # as the official files do
        return conform("questions", questions.hstack(given)), empty("rejected")
    places = annotations.select(_KEYS).with_row_index("place")
    place = questions.select(_KEYS).join(places, on=_KEYS, how="left", maintain_order="left")["place"]
    strays = empty("rejected")
    if place.count() < len(annotations):
        unknown = ~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(place.drop_nulls().implode())
        reason = pl.format("belong to image {}, of which no file has such a question", "image_id")
        _, strays = put_aside(
            annotations, pl.format("answers to question {}", "question_id"), [(unknown, reason)], on_error
        )
    whole = questions.hstack(given.select(pl.all().gather(place)))
    if whole["votes"].null_count():
        whole = whole.with_columns(
            pl.col("answers").fill_null([]), pl.col("votes").fill_null(0), pl.col("tied").fill_null(False)
        )
    return conform("questions", whole), strays


def _is_vqa(head: FileHead) -> bool:
    questions, annotations = (head.first.get(key, frozenset()) for key in ("questions", "annotations"))
    return head.shape == "object" and (
        {"question_id", "image_id", "question"} <= questions or {"question_id", "image_id", "answers"} <= annotations
    )


VQA = Source(
    name=_NAME,
    read=_read,
    gives=("questions", "rejected"),
    patterns=(
        "*OpenEnded_*_questions.json",
        "*MultipleChoice_*_questions.json",
        "*mscoco_*_annotations.json",
        "*abstract_v*_annotations.json",
    ),
    sniff=_is_vqa,
    license="CC-BY-4.0",
    url="https://visualqa.org",
    citation="""\
@inproceedings{goyal2017making,
  title={Making the {V} in {VQA} Matter: Elevating the Role of Image Understanding in Visual Question Answering},
  author={Goyal, Yash and Khot, Tejas and Summers-Stay, Douglas and Batra, Dhruv and Parikh, Devi},
  booktitle={IEEE Conference on Computer Vision and Pattern Recognition},
  pages={6904--6913},
  year={2017}
}""",
)
