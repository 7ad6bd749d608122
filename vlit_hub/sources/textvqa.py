"""TextVQA: questions about the text in photos of Open Images, with ten answers each (version 0.5.1).

    {"dataset_version": "0.5.1",
     "data": [{"question_id": 0, "question": "what is the brand?", "image_id": "0054c91397f2fe05", "set_name": "train",
               "answers": ["nous les gosses", "dakota", ...], "image_width": 1024, "image_height": 730,
               "flickr_300k_url": "https://..."}]}

Some releases lack `question_id`: it is made then from image, question and answers, as a negative number. The test set has
no answers. `ocr_tokens`, where there are some, were read by a machine: they aren't taken for text that somebody transcribed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl
from msgspec import Raw, Struct

from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import conform, empty
from vlit_hub.image_ids import image_id, image_id_series
from vlit_hub.json_reading.files import decode
from vlit_hub.json_reading.records import decode_records
from vlit_hub.source import OnError, Source
from vlit_hub.sources.checks import put_aside, rejected
from vlit_hub.sources.numbers import Id, Pixels
from vlit_hub.sources.repeats import once
from vlit_hub.sources.texts import tidy
from vlit_hub.sources.votes import count_votes

__all__ = ["TEXTVQA"]

_NAME = "textvqa"
_SPLITS = {"train": "train", "val": "validation", "test": "test"}


class _Question(Struct, gc=False):
    question: str
    image_id: str | int
    question_id: Id | None = None
    answers: list[str] = []
    set_name: str | None = None
    image_width: Pixels | None = None
    image_height: Pixels | None = None
    flickr_300k_url: str | None = None
    flickr_original_url: str | None = None


class _File(Struct):
    data: list[Raw]


def _read(files: Sequence[AnnotationFile], on_error: OnError) -> Mapping[str, pl.DataFrame]:
    parts, aside = [_columns([], "", "")], [empty("rejected")]
    for file in sorted(files):
        records = {str(number): record for number, record in enumerate(decode(file, _File).data, start=1)}
        for found, faults in decode_records(file, records, _Question, noun="question no.", on_error=on_error):
            parts.append(_columns(found.values(), file.name, file.split))
            aside.append(rejected(faults, _NAME, file.split or None))
    rows = pl.concat(parts)
    rows = rows.with_columns(image_id_series(rows["image_key"], _NAME), source=pl.lit(_NAME))
    what = pl.format("question {}", "question_id")
    kept, put = put_aside(
        rows,
        what,
        [
            (pl.col("question") == "", "is empty"),
            (~pl.struct("file", "question_id").is_first_distinct(), "is listed twice"),
        ],
        on_error,
    )
    questions, differing = once(kept, ["question_id"], ["image_id", "question", "answers"], what, on_error)
    votes = count_votes(questions["answers"]).get_columns()
    # A photo stands with every question about it.
    images = rows.unique("image_id", keep="first", maintain_order=True)
    return {
        "images": conform("images", images),
        "questions": conform("questions", questions.with_columns(votes)),
        "rejected": pl.concat([*aside, put, differing]),
    }


def _columns(questions: Collection[_Question], file: str, split: str) -> pl.DataFrame:
    """Questions as columns, with what each says of its image; their own `set_name` beats `split`, which is their file's."""
    return pl.DataFrame(
        {
            "image_key": [str(one.image_id) for one in questions],
            "question_id": [_made_id(one) if one.question_id is None else one.question_id for one in questions],
            "question": tidy(pl.Series([one.question for one in questions], dtype=pl.String())),
            "answers": [one.answers for one in questions],
            "width": [one.image_width or None for one in questions],
            "height": [one.image_height or None for one in questions],
            "file_name": [f"{one.image_id}.jpg" for one in questions],
            "url": [one.flickr_300k_url or one.flickr_original_url for one in questions],
            "split": [_SPLITS.get(one.set_name or "", split or None) for one in questions],
            "file": [file] * len(questions),
        },
        schema={
            "image_key": pl.String(),
            "question_id": pl.Int64(),
            "question": pl.String(),
            "answers": pl.List(pl.String()),
            "width": pl.Int32(),
            "height": pl.Int32(),
            "file_name": pl.String(),
            "url": pl.String(),
            "split": pl.String(),
            "file": pl.String(),
        },
    )


def _made_id(question: _Question) -> int:
    """A negative number that depends on what is asked and answered of which image, and on nothing else."""
    return image_id("\x1f".join((str(question.image_id), question.question, *question.answers)))


def _is_textvqa(head: FileHead) -> bool:
    return {"question", "image_id"} <= head.first.get("data", frozenset())


TEXTVQA = Source(
    name=_NAME,
    read=_read,
    patterns=("TextVQA_[0-9]*.json",),  # TextVQA_Rosetta_OCR_*.json has no questions
    sniff=_is_textvqa,
    license="CC-BY-4.0",
    url="https://textvqa.org",
    citation="""\
@inproceedings{singh2019towards,
  title={Towards {VQA} Models That Can Read},
  author={Singh, Amanpreet and Natarajan, Vivek and Shah, Meet and Jiang, Yu and Chen, Xinlei and Batra, Dhruv and
    Parikh, Devi and Rohrbach, Marcus},
  booktitle={Proceedings of the IEEE/CVF Conference on Computer Vision and Pattern Recognition},
  pages={8317--8326},
  year={2019}
}""",
)
