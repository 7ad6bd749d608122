"""What can't be a record: rejected with its reason and counted, or, under `fail`, one line that says where and what to do."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.importing.making import bring, llava, picture, save, talk, write
from vlit_hub import plugin_manager
from vlit_hub.errors import InputError, UsageError

GOOD = llava("<image>\nWhat is it?", "A bus.", id="good")

FAULTS: list[tuple[dict[str, Any], str]] = [
    (llava("A bus.", id="x") | {"conversations": [{"from": "gpt", "value": "A bus."}]}, "starts with the assistant"),
    (
        {"id": "x", "conversations": [{"from": "gpt", "value": "Hi."}, {"from": "human", "value": "What?"}]},
        "starts with the assistant",
    ),
    (llava("What?", "A bus.", "And?", image=None), "ends with the user (an odd number of turns)"),
    (llava("What?", image=None), "ends with the user (an odd number of turns)"),
    (
        {
            "id": "x",
            "conversations": [
                {"from": "human", "value": "What?"},
                {"from": "human", "value": "Well?"},
                {"from": "gpt", "value": "A bus."},
                {"from": "gpt", "value": "Yes."},
            ],
        },
        "has two turns of one side in a row",
    ),
    ({"id": "x", "conversations": []}, "has no messages"),
    (
        {"id": "x", "conversations": [{"from": "narrator", "value": "Once"}, {"from": "gpt", "value": "A bus."}]},
        "has a role that is neither the user nor the assistant",
    ),
    (
        {
            "id": "x",
            "conversations": [
                {"from": "human", "value": "What?"},
                {"from": "function_call", "value": "look()"},
                {"from": "observation", "value": "bus"},
                {"from": "gpt", "value": "A bus."},
            ],
        },
        "uses tools",
    ),
    (
        {
            "id": "x",
            "conversations": [
                {"from": "system", "value": "Be brief."},
                {"from": "human", "value": "What?"},
                {"from": "gpt", "value": "A bus."},
            ],
        },
        "has a system prompt (--system drop or prepend lets it through)",
    ),
    (llava("<image>\nWhat <image>?", "A bus."), "has more <image> than photos"),
    (llava("What?", "A bus."), "has more photos than <image>"),
    (llava("<image>\nWhat?", "A bus.", image=None), "has more <image> than photos"),
    (llava("<image>\nWhat?", "It is <image>.", image=["a.jpg", "b.jpg"]), "has <image> in a response"),
    (llava("<image>\n ", "A bus."), "has an empty instruction"),
    (llava("<image>\nWhat?", " \n"), "has an empty response"),
    (llava("<image>\nWhat?", "A bus.") | {"video": "a.mp4"}, "has video or audio"),
    (
        llava("<image>\nWhat?", "A bus.", image="../../secrets/a.jpg"),
        "photo: its file name leads outside the photo folder",
    ),
    ({"id": "x", "image": "a.jpg", "conversations": None}, "`$.conversations` is null, where a list was expected"),
    (
        {"id": "x", "image": "a.jpg", "conversations": [{"from": "human", "value": 7}]},
        "`$.conversations[].value` is a whole number, where text was expected",
    ),
    ({"id": "x", "image": "a.jpg"}, "lacks `conversations`"),
]


def test_every_reason_counted_and_kept(tmp_path: Path) -> None:
    items = [GOOD, *(item for item, _ in FAULTS)]
    found = bring(tmp_path, "llava", items)
    assert found.record["id"] == "good"
    told = {row["number"]: row["reason"] for row in found.rejected}
    expected = {number: reason for number, (_, reason) in enumerate(FAULTS, 1)}
    for number, reason in expected.items():
        assert told[number].removeprefix("`$` ") == reason, items[number]
    counted = found.build["splits"]["train"]["rejected"]["unspecified"]
    assert sum(counted.values()) == len(FAULTS) == found.build["counts"]["conversations"] - 1
    assert counted["starts with the assistant"] == 2
    kept = {row["number"]: row for row in found.rejected}
    assert json.loads(kept[20]["raw"]) == FAULTS[19][0]  # as it stands in the file
    assert json.loads(kept[3]["raw"])["turns"][2] == ["human", "And?"]


@pytest.mark.parametrize(("item", "reason"), FAULTS)
def test_under_fail_one_line_names_file_conversation_reason_and_mend(
    item: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        bring(tmp_path, "llava", [GOOD, GOOD, item], on_error="fail")
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("data.json: conversation 2") and reason in line
    assert line.endswith("Mend it, or pass --on-error skip, which keeps such conversations aside.")
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["data.json"]


def test_nothing_left(tmp_path: Path) -> None:
    bad = llava("What?", image=None)
    with pytest.raises(InputError, match=r"none of its 2 conversations can be a record; 2 of them: ends with the user"):
        bring(tmp_path, "llava", [bad, bad])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("said", "items", "looks", "other"),
    [
        (
            "llava",
            [{"messages": talk("<image>Who?", "He."), "images": ["a.jpg"]}],
            "sharegpt or swift or trl",
            "sharegpt",
        ),
        ("sharegpt", [llava("<image>\nWho?", "He.")], "llava or qwen", "llava"),
        ("sharegpt", [{"instruction": "Who?", "input": "", "output": "He."}], "alpaca", "alpaca"),
        (
            "llava",
            [{"instruction": "Who?", "inputs": "", "outputs": "He.", "image_base64_str": "AA=="}],
            "m3it",
            "m3it",
        ),
        ("trl", [{"query": "Who?", "response": "He."}], "swift", "swift"),
        (
            "llava",
            [{"messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Who?"}]}]}],
            "trl",
            "trl",
        ),
        ("llava", [{"annotations": [{"img_ids": 1, "conversations": [["Who?", "He."]]}]}], "coco_arc", "coco_arc"),
    ],
)
def test_a_file_of_another_format_says_which(
    said: str, items: list[Any], looks: str, other: str, tmp_path: Path
) -> None:
    file = write(tmp_path / "data.json", items)
    with pytest.raises(InputError) as caught:
        bring(tmp_path, said, file)
    assert str(caught.value) == (
        f"data.json: looks like {looks}, not {said}. Run: vlit-hub import {other} {file} and the same options."
    )


def test_a_file_of_no_known_format_says_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"doesn't look like llava .* its items have `answer`, `question`"):
        bring(tmp_path, "llava", [{"question": "Who?", "answer": "He."}])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("data.json", "", r"data\.json: is empty"),
        ("data.json", "[]", r"data\.json: holds no objects"),
        (
            "data.json",
            '[{"id": "a", "conversations": [',
            r"data\.json: is broken JSON: it ends too early, at line 1, column",
        ),
        ("data.json", picture(), r"data\.json: isn't JSON but looks like a JPEG image"),
        ("data.jsonl", json.dumps(GOOD) + "\n{broken\n", r"data\.jsonl: is broken JSON: .* at line 2, column 2"),
        ("data.jsonl", json.dumps(GOOD).encode() + b'\n"\xff"\n', r"data\.jsonl: isn't UTF-8 text: line 2"),
        ("data.parquet", b"PAR1 and nothing", r"data\.parquet: can't be read"),
        ("data.json", "{}", r"data\.json: doesn't look like llava .* its items have no keys"),
        ("data.json", "[" * 100_000, r"data\.json: its lists or objects are nested too deeply"),
        (
            "data.jsonl",
            json.dumps(GOOD) + '\n{"a": ' + "[" * 100_000,
            r"line 2: its lists or objects are nested too deeply",
        ),
        ("data.json.gz", gzip.compress(json.dumps([GOOD]).encode())[:-20], r"data\.json\.gz: the archive is damaged"),
    ],
)
def test_a_broken_file(name: str, content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as caught:
        bring(tmp_path, "llava", content, name)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_file_that_breaks_late_leaves_nothing_behind(tmp_path: Path) -> None:
    text = json.dumps([GOOD] * 20_000)
    with pytest.raises(InputError, match="ends too early"):
        bring(tmp_path, "llava", text[:-5])
    assert [path.name for path in tmp_path.iterdir()] == ["data.json"]


def test_a_file_that_isn_t_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        bring(tmp_path, "llava", tmp_path / "gone.json")


def test_photos_that_are_missing_or_broken(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    save(photos / "a.jpg")
    save(photos / "cut.jpg", picture(400, 300)[:-40])
    save(photos / "text.jpg", b"no picture")
    items = [
        llava("<image>\nWhat?", "A bus.", id=name, image=f"{name}.jpg") for name in ("a", "gone", "cut", "text")
    ] + [llava("<image> and <image>?", "Two.", id="two", image=["a.jpg", "gone.jpg"])]
    found = bring(tmp_path, "llava", items, images=(photos,))
    assert [one["id"] for one in found.records] == ["a", "gone", "two"]
    assert [len(one["input"]["images"]) for one in found.records] == [1, 0, 0]  # all photos of a record, or none
    assert found.reasons == ["photo: truncated", "photo: not an image"]
    assert (found.build["counts"]["photos_found"], found.build["counts"]["photos_missing"]) == (1, 1)
    strict = bring(tmp_path, "llava", items, images=(photos,), require_photos=True)
    assert [one["id"] for one in strict.records] == ["a"]
    assert sorted(strict.reasons) == ["photo: not an image", "photo: not found", "photo: not found", "photo: truncated"]
    with pytest.raises(InputError, match=r"conversation 1 \(id 'gone'\): photo: not found\. Mend it"):
        bring(tmp_path, "llava", items, images=(photos,), require_photos=True, on_error="fail")


def test_a_folder_that_must_not_be_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="it exists and isn't a dataset"):
        bring(tmp_path, "llava", [GOOD])
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("split", ["a/b", "../evil", "", "train[:10]", "."])
def test_a_split_that_is_no_name(split: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--split .*must be a name"):
        bring(tmp_path, "llava", [llava("What?", "A bus.", image=None)], split=split)
    assert [path.name for path in tmp_path.iterdir()] == ["data.json"]


@pytest.mark.parametrize("given", [{"columns": {"instruction": "a"}}, {"config": "small"}])
def test_options_of_hf_with_another_format(given: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="goes with hf:REPO and hf:FOLDER; llava has its own keys"):
        bring(tmp_path, "llava", [llava("What?", "A bus.", image=None)], **given)


def test_every_importer_says_what_it_takes() -> None:
    for one in plugin_manager.importers().values():
        assert one.about and not one.sniff({}) and not one.sniff({"conversations": "text", "messages": None})
