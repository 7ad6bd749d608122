"""TextVQA, as frames."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import SCHEMAS
from vlit_hub.image_ids import image_id
from vlit_hub.sources.textvqa import TEXTVQA

KEY = "0054c91397f2fe05"
ANSWERS = ["dakota"] * 6 + ["nokia"] * 3 + ["dakota digital"]
QUESTION = {
    "question": "what is the brand of this camera?",
    "image_id": KEY,
    "image_classes": ["Cassette deck"],
    "flickr_original_url": "https://farm2.example.org/original.jpg",
    "flickr_300k_url": "https://c4.example.org/300k.jpg",
    "image_width": 1024,
    "image_height": 730,
    "answers": ANSWERS,
    "question_tokens": ["what", "is"],
    "question_id": 34602,
    "ocr_tokens": ["DAKOTA"],
    "set_name": "train",
}


def write(folder: Path, *questions: dict[str, Any], name: str = "TextVQA_0.5.1_train.json") -> AnnotationFile:
    given = [{key: value for key, value in question.items() if value is not None} for question in questions]
    (folder / name).write_text(json.dumps({"dataset_version": "0.5.1", "data": given}))
    return AnnotationFile(folder / name)


def read(folder: Path, *questions: dict[str, Any], on_error: str = "fail") -> Any:
    return TEXTVQA.read([write(folder, *questions)], on_error)


def test_questions_and_images(tmp_path: Path) -> None:
    frames = read(tmp_path, QUESTION)
    assert {kind: frame.schema for kind, frame in frames.items()} == {kind: SCHEMAS[kind] for kind in frames}
    (image,) = frames["images"].to_dicts()
    assert (image["image_id"], image["image_key"], image["file_name"]) == (image_id(KEY), KEY, f"{KEY}.jpg")
    assert (image["width"], image["height"], image["split"]) == (1024, 730, "train")
    assert image["url"] == "https://c4.example.org/300k.jpg"
    (question,) = frames["questions"].to_dicts()
    assert (question["image_id"], question["question_id"]) == (image_id(KEY), 34602)
    assert question["question"] == "what is the brand of this camera?"
    assert (question["answer"], question["votes"], question["tied"]) == ("dakota", 6, False)
    assert question["answers"] == ANSWERS
    assert (question["source"], question["split"]) == ("textvqa", "train")


@pytest.mark.parametrize(
    ("given", "answer", "votes", "tied"),
    [
        # two answers of equally many: the first in the file
        (["nokia", "dakota"] * 5, "nokia", 5, True),
        # ten different ones
        (list("jihgfedcba"), "j", 1, True),
        # real answers, although they sound like none
        (["unanswerable"] * 10, "unanswerable", 10, False),
        # the test set has none
        ([], None, 0, False),
        (None, None, 0, False),
    ],
)
def test_answers(tmp_path: Path, given: Any, answer: str | None, votes: int, tied: bool) -> None:
    row = read(tmp_path, {**QUESTION, "answers": given})["questions"].row(0, named=True)
    assert (row["answer"], row["votes"], row["tied"]) == (answer, votes, tied)
    assert row["answers"] == (given or [])


@pytest.mark.parametrize(
    ("given", "images"),
    [
        # a release with questions and answers alone
        (
            {"image_width": None, "image_height": None, "flickr_300k_url": None, "set_name": None},
            (None, None, "https://farm2.example.org/original.jpg", None),
        ),
        # sizes that nobody looked for
        ({"image_width": 0, "image_height": 0}, (None, None, "https://c4.example.org/300k.jpg", "train")),
        # the set beats the file's name
        ({"set_name": "val"}, (1024, 730, "https://c4.example.org/300k.jpg", "validation")),
    ],
)
def test_images_of_other_releases(tmp_path: Path, given: dict[str, Any], images: tuple[Any, ...]) -> None:
    frames = read(tmp_path, {**QUESTION, **given})
    assert frames["images"].select("width", "height", "url", "split").row(0) == images
    assert frames["questions"]["split"].to_list() == [images[-1]]


def test_questions_without_ids_get_stable_ones(tmp_path: Path) -> None:
    bare = {**QUESTION, "question_id": None}
    given = [
        bare,
        # another question about the image
        {**bare, "question": "what colour is it?"},
        # the same question, answered by other people
        {**bare, "answers": ["nokia"] * 10},
        # the same question about another image
        {**bare, "image_id": "ffff000011112222"},
    ]
    ids = read(tmp_path, *given)["questions"]["question_id"].to_list()
    assert len(set(ids)) == 4
    assert max(ids) < 0
    assert read(tmp_path, *given[::-1])["questions"]["question_id"].to_list() == ids[::-1]


def test_images_are_listed_once(tmp_path: Path) -> None:
    frames = read(tmp_path, QUESTION, {**QUESTION, "question_id": 1, "question": "which colour?"})
    assert frames["images"]["image_key"].to_list() == [KEY]


def test_the_same_question_in_two_files_is_one(tmp_path: Path) -> None:
    files = [write(tmp_path, QUESTION, name=f"TextVQA_0.5.{n}_train.json") for n in (0, 1)]
    assert TEXTVQA.read(files, "fail")["questions"]["question_id"].to_list() == [34602]


FAULTS = [
    # an id twice
    (QUESTION, "question 34602", "is listed twice"),
    # no words
    ({**QUESTION, "question_id": 2, "question": "  "}, "question 2", "is empty"),
    # answers that are no list
    ({**QUESTION, "answers": "dakota"}, "question no. 2", "`$.answers` is text, where a list was expected"),
    # no image
    ({**QUESTION, "image_id": None}, "question no. 2", "`$` lacks `image_id`"),
]


@pytest.mark.parametrize(("bad", "what", "reason"), FAULTS)
def test_a_fault_stops_the_reading(tmp_path: Path, bad: dict[str, Any], what: str, reason: str) -> None:
    with pytest.raises(InputError) as raised:
        read(tmp_path, QUESTION, bad)
    said = str(raised.value).replace(f"{what}: ", f"{what} ")
    assert said == f"TextVQA_0.5.1_train.json: {what} {reason}. Fix the file, or pass --on-error=skip."


@pytest.mark.parametrize(("bad", "what", "reason"), FAULTS)
def test_a_fault_can_be_put_aside(tmp_path: Path, bad: dict[str, Any], what: str, reason: str) -> None:
    frames = read(tmp_path, QUESTION, bad, on_error="skip")
    assert frames["questions"]["question_id"].to_list() == [34602]
    assert frames["rejected"].select("what", "reason", "source").rows() == [(what, reason, "textvqa")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        # machine-read text, without questions
        ({"data": [{"image_id": KEY, "ocr_tokens": ["DAKOTA"]}]}, "question no. 1: `$` lacks `question`"),
        # another format
        ({"images": []}, "`$` lacks `data`"),
        # no object
        ([QUESTION], "`$` is a list, where an object was expected"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, content: Any, message: str) -> None:
    (tmp_path / "TextVQA_0.5.1_train.json").write_text(json.dumps(content))
    with pytest.raises(InputError) as raised:
        TEXTVQA.read([AnnotationFile(tmp_path / "TextVQA_0.5.1_train.json")], "fail")
    assert str(raised.value).startswith(f"TextVQA_0.5.1_train.json: {message}")


def test_order_does_not_matter(tmp_path: Path) -> None:
    questions = [{**QUESTION, "question_id": n, "image_id": f"a{n}"} for n in range(8)]
    expected = read(tmp_path, *questions)
    random.Random(0).shuffle(questions)
    shuffled = read(tmp_path, *questions)
    assert shuffled["questions"].sort("question_id").equals(expected["questions"])
    assert shuffled["images"].sort("image_key").equals(expected["images"])


@pytest.mark.parametrize(
    ("first", "ours"),
    [
        ({"question", "image_id", "answers"}, True),
        # ST-VQA names photos by `file_name`
        ({"question", "file_name", "answers"}, False),
        # machine-read text
        ({"image_id", "ocr_tokens"}, False),
    ],
)
def test_sniffing(first: set[str], ours: bool) -> None:
    assert TEXTVQA.sniff(FileHead(frozenset({"data"}), {"data": frozenset(first)}, "object")) is ours


def test_no_files_give_empty_frames() -> None:
    frames = TEXTVQA.read([], "fail")
    assert all(frame.is_empty() and frame.schema == SCHEMAS[kind] for kind, frame in frames.items())
