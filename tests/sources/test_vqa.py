"""VQA, versions 1 and 2, as frames."""

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import SCHEMAS
from vlit_hub.image_ids import image_id
from vlit_hub.sources.vqa import VQA

ANSWERS = ["net"] * 6 + ["mesh"] * 3 + ["racket"]


def question(number: int = 9000, image: int = 9, text: str = "What is this?") -> dict[str, Any]:
    return {"question_id": number, "image_id": image, "question": text}


def annotation(
    number: int = 9000, image: int = 9, answers: Any = ANSWERS, choice: str | None = "net"
) -> dict[str, Any]:
    return {
        "question_id": number,
        "image_id": image,
        "question_type": "what is this",
        "answer_type": "other",
        "multiple_choice_answer": choice,
        "answers": [
            {"answer": answer, "answer_confidence": "maybe", "answer_id": place}
            for place, answer in enumerate(answers, 1)
        ],
    }


def write(
    folder: Path, name: str, rows: list[dict[str, Any]], key: str = "", split: str = "train", **more: Any
) -> AnnotationFile:
    key = key or ("questions" if "questions" in name else "annotations")
    content = {"info": {"version": "2.0"}, "data_type": "mscoco", "data_subtype": "train2014", "license": {}, **more}
    content = {name: value for name, value in content.items() if value is not None} | {key: rows}
    data = json.dumps(content).encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return AnnotationFile(folder / name, split=split)


def read(
    folder: Path, asked: list[dict[str, Any]], answered: list[dict[str, Any]], on_error: str = "fail", **more: Any
) -> dict[str, pl.DataFrame]:
    files = [write(folder, "questions.json", asked, **more), write(folder, "annotations.json", answered, **more)]
    return dict(VQA.read(files, on_error))


def fault(error: pytest.ExceptionInfo[InputError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_question_and_its_answers(tmp_path: Path) -> None:
    frames = read(tmp_path, [question(text=" What  is this?\n")], [annotation()])
    assert {kind: frame.schema for kind, frame in frames.items()} == {
        kind: SCHEMAS[kind] for kind in ("images", "questions", "rejected")
    }
    assert frames["questions"].row(0, named=True) == {
        "image_id": 9,
        "question_id": 9000,
        "question": "What is this?",
        "answer": "net",
        "votes": 6,
        "tied": False,
        "answers": ANSWERS,
        "answer_type": "other",
        "question_type": "what is this",
        "source": "vqa",
        "split": "train",
    }
    # photos of COCO are known by their ids
    assert frames["images"].is_empty()
    assert frames["rejected"].is_empty()


@pytest.mark.parametrize(
    ("answers", "choice", "found"),
    [
        # ties are the file's to settle
        (["yes"] * 5 + ["no"] * 5, "no", ("no", 5, True)),
        # a file without a choice, and one that chose what few said
        (["yes"] * 5 + ["no"] * 5, None, ("yes", 5, True)),
        (["yes"] * 9 + ["no"], "no", ("yes", 9, False)),
        # real answers, although they sound like none
        (["none"] * 7 + ["unknown"] * 3, "none", ("none", 7, False)),
        # another number of answers
        (["a", "b", "b"], "b", ("b", 2, False)),
        ([], None, (None, 0, False)),
    ],
)
def test_answers(tmp_path: Path, answers: list[str], choice: str | None, found: tuple[Any, ...]) -> None:
    rows = [annotation(1, answers=["x", "y", "y"], choice="y"), annotation(2, answers=answers, choice=choice)]
    frame = read(tmp_path, [question(1), question(2)], rows)["questions"]
    assert frame.select("answer", "votes", "tied").rows() == [("y", 2, False), found]
    assert frame["answers"].to_list() == [["x", "y", "y"], answers]


def test_answers_in_another_order_than_the_questions(tmp_path: Path) -> None:
    rows = [annotation(number, answers=[str(number)] * 10, choice=str(number)) for number in (3, 1, 5, 2)]
    frame = read(tmp_path, [question(number) for number in (1, 2, 3, 4, 5)], rows)["questions"]
    # question 4 has none
    assert frame.select("question_id", "answer", "votes").rows() == [
        (1, "1", 10),
        (2, "2", 10),
        (3, "3", 10),
        (4, None, 0),
        (5, "5", 10),
    ]
    assert frame["answers"].list.len().to_list() == [10, 10, 10, 0, 10]


def test_a_test_split_has_no_answers(tmp_path: Path) -> None:
    name = "v2_OpenEnded_mscoco_test2015_questions.json"
    frame = VQA.read([write(tmp_path, name, [question()], split="test")], "fail")["questions"]
    row = frame.row(0, named=True)
    assert (row["answer"], row["votes"], row["tied"], row["answers"]) == (None, 0, False, [])
    assert (row["answer_type"], row["split"]) == (None, "test")


def many(folder: Path) -> list[AnnotationFile]:
    """Questions in three files, answers in two."""
    return [
        write(folder, "train_questions.json", [question(1), question(2)]),
        write(folder, "val_questions.json.gz", [question(3, 25)], split="validation"),
        write(folder, "test_questions.json", [question(4, 26)], split="test"),
        write(folder, "a_annotations.json.gz", [annotation(3, 25, ["b"] * 10, "b"), annotation(1)]),
        write(folder, "b_annotations.json", [annotation(2, answers=["a"] * 10)]),
    ]


def test_several_files(tmp_path: Path) -> None:
    frame = VQA.read(many(tmp_path), "fail")["questions"].sort("question_id")
    assert frame.select("question_id", "answer", "split").rows() == [
        (1, "net", "train"),
        (2, "a", "train"),
        (3, "b", "validation"),
        (4, None, "test"),
    ]


def test_the_order_of_files_doesnt_matter(tmp_path: Path) -> None:
    files = many(tmp_path)
    there = VQA.read(files, "fail")
    for order in itertools.islice(itertools.permutations(files), 1, 120, 17):
        frames = VQA.read(order, "fail")
        assert all(frames[kind].equals(there[kind]) for kind in there)


def test_a_question_in_two_files_is_used_once(tmp_path: Path) -> None:
    files = [
        write(
            tmp_path, "MultipleChoice_questions.json", [{**question(1), "multiple_choices": ["a", "b"]}, question(2)]
        ),
        write(tmp_path, "OpenEnded_questions.json", [question(1), question(3)]),
        write(tmp_path, "annotations.json", [annotation(1)]),
        write(tmp_path, "more_annotations.json", [annotation(1), annotation(3)]),
    ]
    frame = VQA.read(files, "fail")["questions"]
    assert frame.select("question_id", "votes").rows() == [(1, 6), (2, 0), (3, 6)]


@pytest.mark.parametrize(
    ("name", "split", "subtype", "found"),
    [
        ("questions.json", "train", "val2014", "train"),
        # what the file says inside, where its name says nothing
        ("questions.json", "", "val2014", "validation"),
        ("questions.json", "", "test-dev2015", "test"),
        ("questions.json", "", "balanced", None),
        ("questions.json", "", None, None),
    ],
)
def test_splits(tmp_path: Path, name: str, split: str, subtype: str | None, found: str | None) -> None:
    file = write(tmp_path, name, [question()], split=split, data_subtype=subtype)
    assert VQA.read([file], "fail")["questions"]["split"].to_list() == [found]


def test_abstract_scenes_have_ids_of_their_own(tmp_path: Path) -> None:
    abstract = {"data_type": "abstract_v002", "data_subtype": "train2015"}
    files = [
        write(tmp_path, "a_questions.json", [question(90, 9), question(91, 9)], **abstract),
        write(tmp_path, "a_annotations.json", [annotation(91, 9), annotation(90, 9, ["a"] * 10, "a")], **abstract),
        # the same ids, of a photo
        write(tmp_path, "questions.json", [question(90, 9)]),
        write(tmp_path, "annotations.json", [annotation(90, 9, ["b"] * 10, "b")]),
    ]
    frames = VQA.read(files, "fail")
    key = "abstract_v002_train2015_000000000009"
    assert frames["images"].select("image_id", "image_key", "file_name", "split").rows() == [
        (image_id(key), key, f"{key}.png", "train")
    ]
    assert sorted(frames["questions"].select("image_id", "question_id", "answer").rows()) == [
        (image_id(key), 90, "a"),
        (image_id(key), 91, "net"),
        (9, 90, "b"),
    ]


def test_a_kind_of_image_that_nobody_knows(tmp_path: Path) -> None:
    frames = read(tmp_path, [question()], [annotation()], data_type="ourphotos")
    assert frames["images"].select("image_key", "file_name").rows() == [("ourphotos_train2014_000000000009", None)]
    assert frames["questions"]["answer"].to_list() == ["net"]


def test_files_that_dont_say_what_they_ask_about(tmp_path: Path) -> None:
    frames = read(tmp_path, [question()], [annotation()], data_type=None, data_subtype=None)
    assert frames["questions"]["image_id"].to_list() == [9]


@pytest.mark.parametrize(
    ("asked", "answered", "said", "kept"),
    [
        # a question twice in one file
        ([question(1), question(2), question(1)], [], "questions.json: question 1 is listed twice", [1, 2]),
        (
            [question(1), question(1, 25), question(1, 26)],
            [],
            "questions.json: question 1 is listed twice (first of 2)",
            [1],
        ),
        # a question of nothing
        ([question(1, text="  "), question(2)], [], "questions.json: question 1 is empty", [2]),
        # answers twice
        (
            [question(1)],
            [annotation(1), annotation(1)],
            "annotations.json: answers to question 1 are listed twice",
            [1],
        ),
        # answers to a question that nobody asks, or that is of another image
        (
            [question(1)],
            [annotation(2), annotation(1), annotation(3)],
            "annotations.json: answers to question 2 belong to image 9, of which no file has such a question (first of 2)",
            [1],
        ),
        (
            [question(1), question(2)],
            [annotation(1), annotation(2, 25)],
            "annotations.json: answers to question 2 belong to image 25, of which no file has such a question",
            [1, 2],
        ),
    ],
)
def test_faults(tmp_path: Path, asked: list[Any], answered: list[Any], said: str, kept: list[int]) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, asked, answered)
    assert fault(error) == f"{said}. Fix the file, or pass --on-error=skip."
    frames = read(tmp_path, asked, answered, "skip")
    assert frames["questions"]["question_id"].to_list() == kept
    rejected = frames["rejected"].row(0, named=True)
    assert f"{rejected['what']} {rejected['reason']}" == said.partition(": ")[2].partition(" (first of ")[0]
    assert (rejected["source"], rejected["split"]) == ("vqa", "train")
    answered_here = frames["questions"].filter(pl.col("votes") > 0)["question_id"].to_list()
    assert answered_here == [number for number in kept if number == 1 and answered]


def test_a_question_that_two_files_word_differently(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "a_questions.json", [question(1)]),
        write(tmp_path, "b_questions.json", [question(1, text="Where is this?")]),
    ]
    with pytest.raises(InputError, match=r"b_questions\.json: question 1 isn't the same as in a_questions\.json"):
        VQA.read(files, "fail")
    frames = VQA.read(files, "skip")
    assert frames["questions"]["question"].to_list() == ["What is this?"]
    assert len(frames["rejected"]) == 1


@pytest.mark.parametrize("on_error", ["fail", "skip"])
@pytest.mark.parametrize(
    ("name", "rows", "key", "said"),
    [
        ("annotations.json", [annotation()], "", "has answers, but no file has the questions. Give their file too."),
        ("questions.json", [question()], "data", "has neither `questions` nor `annotations`"),
        ("questions.json", [annotation()], "", "`$.questions[0]` lacks `question`"),
        ("annotations.json", [{**annotation(), "question_id": "1"}], "", "`$.annotations[0].question_id` is text"),
        (
            "annotations.json",
            [{**annotation(), "answers": ["a"]}],
            "",
            "`$.annotations[0].answers[0]` is text, where an object",
        ),
        # captions
        ("annotations.json", [{"id": 1, "image_id": 9, "caption": "a"}], "", "`$.annotations[0]` lacks `question_id`"),
        ("questions.json", [question(2**64)], "", "has a number of over 64 bits: 18446744073709551616"),
    ],
)
def test_files_of_another_shape(
    tmp_path: Path, name: str, rows: list[dict[str, Any]], key: str, said: str, on_error: str
) -> None:
    with pytest.raises(InputError) as error:
        VQA.read([write(tmp_path, name, rows, key)], on_error)
    assert fault(error).startswith(f"{name}: ")
    assert said in fault(error)


@pytest.mark.parametrize(
    ("key", "first", "ours"),
    [
        ("questions", question(), True),
        ("annotations", annotation(), True),
        # Visual7W and others have questions without ids
        ("questions", {"question": "", "answer": ""}, False),
        ("annotations", {"id": 1, "image_id": 9, "caption": "a"}, False),
        ("data", question(), False),
    ],
)
def test_sniffing(key: str, first: dict[str, Any], ours: bool) -> None:
    assert VQA.sniff(FileHead(frozenset({key}), {key: frozenset(first)}, "object")) is ours
