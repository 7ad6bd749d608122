"""Self-instruct against a real server: what is asked, and what becomes of the answers."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from tests.by_hand import annotations_of, question
from tests.llm.answers import TOO_LONG, completion
from tests.llm.batches import BatchApi
from tests.plugins.self_instruct.talker import answer, talk, turns_of, words_of
from vlit_hub.building.plan import check_options
from vlit_hub.drafts import DRAFT
from vlit_hub.errors import InputError, UsageError, VlitHubError
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.self_instruct.strategy import SelfInstruct


def street() -> dict[str, list[dict[str, object]]]:
    return {
        "images": [{"image_id": 1, "exhaustive": True}, {"image_id": 2, "exhaustive": True}],
        "captions": [
            {"image_id": 1, "caption": "A red bus on a street."},
            {"image_id": 2, "caption": "A dog on a couch."},
        ],
        "objects": [
            {"image_id": 1, "object_id": 11, "category": "bus", "box": [100, 100, 400, 300]},
            {"image_id": 1, "object_id": 12, "category": "car", "box": [450, 250, 560, 320]},
            {"image_id": 2, "object_id": 21, "category": "dog", "box": [200, 150, 350, 330]},
        ],
        "questions": [question(1, "What colour is the bus?", ["red"] * 10)],
    }


@pytest.fixture
def asking(llm, tmp_path, monkeypatch):
    """Generate and draft by the server's rule; the options are those of the command line."""
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path / "cache"))
    llm.rule = talk
    strategy = SelfInstruct()

    def ask(annotations: Annotations, **options: object) -> pl.DataFrame:
        given = {"model": "tiny", "base_url": llm.url, "store": tmp_path / "store.sqlite", **options}
        checked = check_options(strategy, given)
        strategy.generate(annotations, checked)
        return strategy.drafts(annotations, checked, strategy.prepare(annotations, checked))

    return ask


def photos(folder: Path, mode: str = "RGB", size: tuple[int, int] = (640, 480)) -> Annotations:
    """The street with a photo of each image."""
    paths = []
    for image in (1, 2):
        paths.append(folder / f"{image}.{'png' if mode in ('RGBA', 'P') else 'jpg'}")
        Image.new(mode, size, 120).save(paths[-1])
    found = annotations_of(**street())
    with_photos = found.images.with_columns(photo=pl.Series(list(map(str, paths))))
    return Annotations.of({**found.frames(), "images": with_photos})


def test_each_image_kind_and_repetition_is_one_conversation(asking, llm):
    drafts = asking(annotations_of(**street()), kinds="global,negative,region", n=2, regions=2)
    assert drafts.schema == DRAFT and drafts["reject_reason"].null_count() == len(drafts)
    assert drafts.select("image_id", "key").rows() == [
        *[(1, f"{kind}-{n}") for kind in ("global", "negative") for n in (0, 1)],
        *[(1, f"region-{thing}-{n}") for thing in sorted_regions(drafts, 1) for n in (0, 1)],
        *[(2, f"{kind}-{n}") for kind in ("global", "negative") for n in (0, 1)],
        *[(2, f"region-21-{n}") for n in (0, 1)],
    ]
    assert len(llm.asked) == len(drafts) == 14
    assert set(sorted_regions(drafts, 1)) == {11, 12}


def sorted_regions(drafts: pl.DataFrame, image: int) -> list[int]:
    """The regions of an image in the order in which they were drawn."""
    keys = drafts.filter((pl.col("image_id") == image) & pl.col("key").str.starts_with("region"))["key"]
    return list(dict.fromkeys(int(key.split("-")[1]) for key in keys))


def test_a_conversation_becomes_history_and_last_turn(asking, llm):
    draft = asking(annotations_of(**street()), kinds="global").row(0, named=True)
    *earlier, last = turns_of(llm.asked[0])
    assert [(turn["instruction"], turn["response"]) for turn in draft["history"]] == earlier
    assert (draft["instruction"], draft["response"]) == last
    assert (draft["task"], draft["granularity"], draft["text"]) == ("conversation", "global", "")
    assert draft["sources"] == ["coco_captions", "coco_instances", "vqa"]
    said = draft["generation"]
    assert (said["model"], said["prompt"]) == ("tiny-1", "self_instruct/global")
    assert said["prompt_version"].startswith("1-") and said["seed"] == llm.asked[0]["seed"]
    assert said["temperature"] == pytest.approx(0.8) == llm.asked[0]["temperature"]


def test_the_model_is_given_a_system_prompt_two_examples_and_the_clues(asking, llm):
    asking(annotations_of(**street()), kinds="global", n=5)
    requests = [body for body in llm.asked if "red bus" in words_of(body["messages"][-1])]
    assert len(requests) == 5
    for body in requests:
        roles = [message["role"] for message in body["messages"]]
        assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
        clues = words_of(body["messages"][-1])
        assert "One bus and one car." in clues and "red (10 of 10)" in clues
        for example in (2, 4):
            assert len(json.loads(body["messages"][example]["content"])["turns"]) >= 3
    assert len({body["seed"] for body in requests}) == 5
    assert len({words_of(body["messages"][1]) for body in requests}) > 1  # not always the same examples


def test_the_same_draws_whatever_else_is_asked(asking, llm):
    asking(annotations_of(**street()), kinds="global", n=2)
    before = llm.counts
    asking(annotations_of(**street()), kinds="global,description", n=3)
    assert all(count == 1 for count in llm.counts.values()) and before < llm.counts


def test_another_seed_asks_otherwise(asking, llm):
    asking(annotations_of(**street()), kinds="global")
    asking(annotations_of(**street()), kinds="global", seed=1)
    assert len(llm.asked) == 4


def test_a_slice_of_the_images_gives_the_same_drafts(asking, llm, tmp_path):
    annotations, strategy = annotations_of(**street()), SelfInstruct()
    whole = asking(annotations, n=2)
    options = check_options(strategy, {"model": "tiny", "store": tmp_path / "store.sqlite", "n": 2})
    prepared = strategy.prepare(annotations, options)
    parts = [strategy.drafts(annotations.between(image, image), options, prepared) for image in (1, 2)]
    assert pl.concat(parts).equals(whole)


def test_the_model_is_told_what_was_looked_for_in_vain(asking, llm):
    asking(annotations_of(**street()), kinds="negative")
    first, second = (words_of(body["messages"][-1]) for body in llm.asked)
    assert "Looked for, and not there: dogs." in first  # bus and dog are sought; cars are often missed
    assert "Looked for, and not there: buses." in second


def test_nothing_is_absent_where_annotations_are_not_exhaustive(asking, llm):
    rows = street() | {"images": [{"image_id": image, "exhaustive": False} for image in (1, 2)]}
    asking(annotations_of(**rows), kinds="negative")
    assert all("not there" not in words_of(body["messages"][-1]) for body in llm.asked)


def test_region_talk_has_a_marked_copy_a_box_and_words(asking, tmp_path):
    draft = asking(photos(tmp_path), kinds="region").row(0, named=True)
    object_id = draft["key"].split("-")[1]
    label, box = {"11": ("bus", [100, 100, 400, 300]), "12": ("car", [450, 250, 560, 320])}[object_id]
    assert draft["regions"] == [{"image": 0, "bbox": box, "label": label}] and draft["granularity"] == "region"
    mark = f"The red box marks the region [{', '.join(map(str, box))}]."
    assert draft["history"][0]["instruction"] == f"{mark} What is in the red box?" and draft["text"] == ""
    assert "red box marks" not in draft["instruction"]
    with Image.open(draft["photo"]) as copy, Image.open(tmp_path / "1.jpg") as photo:
        assert copy.size == photo.size
        assert copy.getpixel((box[0] - 2, box[1] + 20))[0] > 200 > photo.getpixel((box[0] - 2, box[1] + 20))[0]


def test_region_talk_without_a_photo_says_no_red_box(asking):
    draft = asking(annotations_of(**street()), kinds="region").row(0, named=True)
    assert draft["photo"] is None and draft["history"][0]["instruction"].startswith("This is about the region [")


@pytest.mark.parametrize(("sees", "clues"), [("both", True), ("photo", False)])
@pytest.mark.parametrize(("mode", "mime"), [("RGB", "image/jpeg"), ("RGBA", "image/jpeg"), ("P", "image/jpeg")])
def test_a_model_that_sees_is_sent_the_photo(asking, llm, tmp_path, sees, clues, mode, mime):
    asking(photos(tmp_path, mode), kinds="global,region", sees=sees, image_edge=320)
    for body in llm.asked:
        pictures = [part for part in body["messages"][-1]["content"] if part["type"] == "image_url"]
        kind, _, data = pictures[0]["image_url"]["url"].partition(";base64,")
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            assert len(pictures) == 1 and picture.size == (320, 240) and picture.mode == "RGB"
        said = words_of(body["messages"][-1])
        assert kind == f"data:{mime}" and ("A red bus" in said or "A dog" in said) == clues
        assert all(isinstance(message["content"], str) for message in body["messages"][:-1])


def test_a_photo_that_was_moved_is_not_paid_for_again(asking, llm, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    asking(photos(tmp_path / "a"), sees="both")
    asked = len(llm.asked)
    asking(photos(tmp_path / "b"), sees="both")
    assert len(llm.asked) == asked


def test_without_a_photo_a_model_that_sees_isnt_asked(asking, llm):
    drafts = asking(annotations_of(**street()), kinds="global", sees="both")
    assert drafts["reject_reason"].to_list() == ["no photo for the model to see"] * 2 and not llm.asked


def test_a_photo_that_cant_be_decoded_is_a_reason(asking, llm, tmp_path):
    annotations = photos(tmp_path)
    whole = (tmp_path / "1.jpg").read_bytes()
    (tmp_path / "1.jpg").write_bytes(whole[: len(whole) // 2])
    drafts = asking(annotations, kinds="global", sees="both", image_edge=320)
    assert drafts["reject_reason"].to_list() == ["model: photo unusable", None]
    assert "1.jpg" in drafts["response"][0] and len(llm.asked) == 1


def test_a_faulty_photo_costs_nothing_and_is_counted(asking, llm, tmp_path):
    found = photos(tmp_path)
    faulty = found.images.with_columns(photo_fault=pl.when(pl.col("image_id") == 1).then(pl.lit("cut short")))
    drafts = asking(Annotations.of({**found.frames(), "images": faulty}), kinds="global,negative")
    assert drafts.filter(pl.col("image_id") == 1)["reject_reason"].to_list() == ["photo: cut short"] * 2
    assert len(llm.asked) == 2


def test_an_image_without_annotations_isnt_asked_about(asking, llm):
    drafts = asking(annotations_of(images=[{"image_id": 5}]), kinds="global,region")
    assert drafts["reject_reason"].to_list() == ["no annotation to write clues from"] and not llm.asked


def test_what_does_not_validate_is_sent_back_once_with_the_fault(asking, llm):
    def rule(body):
        if "can't be used" in words_of(body["messages"][-1]):
            body = {**body, "messages": body["messages"][:-2]}
            return talk(body)
        return '{"turns": [{"user": "What is it?"}]}'

    llm.rule = rule
    drafts = asking(annotations_of(**street()), kinds="global")
    assert drafts["reject_reason"].null_count() == 2 and len(llm.asked) == 4
    again = [body for body in llm.asked if "can't be used" in words_of(body["messages"][-1])]
    assert all("assistant" in words_of(body["messages"][-1]) for body in again)
    assert all(body["messages"][-2]["content"] == '{"turns": [{"user": "What is it?"}]}' for body in again)
    asking(annotations_of(**street()), kinds="global")
    assert len(llm.asked) == 4


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("I would rather chat.", "answer isn't valid: "),
        ('{"turns": []}', "answer isn't valid: "),
        (answer(("Hello?", "Yes.")), "answer isn't valid: it has 1 turns instead of 3 to 8"),
        (
            answer(("What is it?", " "), ("And?", "A bus."), ("So?", "Red.")),
            "answer isn't valid: the assistant says nothing",
        ),
    ],
)
def test_what_never_validates_is_rejected_with_the_raw_text(asking, llm, said, reason):
    llm.rule = lambda body: said
    drafts = asking(annotations_of(**street()), kinds="global")
    again = [body for body in llm.asked if "can't be used" in words_of(body["messages"][-1])]
    assert len({json.dumps(body["messages"]) for body in again}) == 2
    for draft in drafts.iter_rows(named=True):
        assert draft["reject_reason"].startswith(reason) and draft["response"] == said


def test_an_empty_answer_is_a_reason(asking, llm):
    llm.rule = lambda body: ""
    drafts = asking(annotations_of(**street()), kinds="global")
    assert drafts["reject_reason"].to_list() == ["model: empty"] * 2 and len(llm.asked) == 2


def test_an_answer_cut_off_is_told_to_be_shorter(asking, llm):
    llm.rule = lambda body: completion('{"turns": [{"user": "Wh', finish="length")
    drafts = asking(annotations_of(**street()), kinds="global")
    assert "cut off" in drafts["reject_reason"][0] and "cut off" in words_of(llm.asked[-1]["messages"][-1])


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (("The description says what?", "It says bus."), "leaks the clues"),
        (("Who is there?", "I'm sorry, but I can't help with that."), "refus"),
        (("What can be seen here?", "Again."), "repeat"),
        (("Was ist das hier eigentlich?", "Das ist ein roter Bus auf einer Straße in der Stadt."), "language: de"),
    ],
)
def test_what_fails_a_check_is_rejected(asking, llm, turns, reason):
    good = turns_of({"messages": [{"content": "- A bus at the left, [1, 2, 3, 4]."}], "seed": 0})
    llm.rule = lambda body: answer(*good, turns)
    drafts = asking(annotations_of(**street()), kinds="global")
    assert reason in drafts["reject_reason"][0]
    assert json.loads(drafts["response"][0])["turns"][-1]["assistant"] == turns[1]


def test_claims_without_support_are_marked_or_rejected(asking, llm):
    claims = [("What else is there?", "An elephant stands beside a boat."), ("Fine?", "Yes."), ("Why?", "Because.")]
    llm.rule = lambda body: answer(*claims)
    marked = asking(annotations_of(**street()), kinds="global")
    assert marked["unsupported_mentions"].to_list() == [2, 2] and marked["reject_reason"].null_count() == 2
    rejected = asking(annotations_of(**street()), kinds="global", unsupported="reject")
    assert rejected["reject_reason"].to_list() == ["claims what no annotation supports: boat, elephant"] * 2


def test_nothing_is_said_to_be_unsupported_where_no_object_is_annotated(asking, llm):
    claims = [("What else is there?", "An elephant stands beside a boat."), ("Fine?", "Yes."), ("Why?", "Because.")]
    llm.rule = lambda body: answer(*claims)
    drafts = asking(annotations_of(captions=street()["captions"]), kinds="global")
    assert drafts["unsupported_mentions"].to_list() == [None, None]


def test_a_prompt_that_is_too_long_is_a_reason(asking, llm):
    llm.rule = lambda body: TOO_LONG["vllm"]
    drafts = asking(annotations_of(**street()), kinds="global")
    assert drafts["reject_reason"].to_list() == ["model: context too long"] * 2


def test_a_changed_prompt_asks_again_for_its_kind_only(asking, llm, tmp_path):
    built_in = Path(__file__).parents[3] / "plugins/strategies/self_instruct/prompts/negative.yaml"
    own = tmp_path / "prompts"
    own.mkdir()
    (own / "negative.yaml").write_text(built_in.read_text().replace("Requirements:", "What matters:"))
    before = asking(annotations_of(**street()), kinds="global,negative")
    asked = len(llm.asked)
    after = asking(annotations_of(**street()), kinds="global,negative", prompts=own)
    assert len(llm.asked) - asked == 2
    versions = [drafts["generation"].struct.field("prompt_version").to_list() for drafts in (before, after)]
    assert [old == new for old, new in zip(*versions, strict=True)] == [True, False, True, False]


def test_tasks_choose_among_the_kinds(asking):
    drafts = asking(annotations_of(**street()), kinds="global,description", tasks=("detailed_description",))
    assert {key.split("-")[0] for key in drafts["key"]} == {"description"}


def test_clues_keep_to_their_budget(asking, llm):
    asking(annotations_of(**street()), kinds="global", clue_tokens=40)
    asking(annotations_of(**street()), kinds="global", clue_tokens=400)
    short, long = (len(words_of(body["messages"][-1])) for body in (llm.asked[0], llm.asked[-1]))
    assert short < long


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": None}, "no model is named.*--model.*coco_prog"),
        ({"kinds": "globl"}, "kinds.*no kind 'globl'; there are global, negative"),
        ({"kinds": ""}, "no kind is named"),
        ({"kinds": "global", "tasks": ("complex_reasoning",)}, "none of --kinds global makes them"),
        ({"temperature": 3}, "temperature.*less than or equal to 2"),
        ({"n": 0}, "option n"),
        ({"sees": "everything"}, "sees.*clues"),
        ({"max_cost": 5.0}, "price"),
    ],
)
def test_wrong_options_are_named(asking, options, message):
    with pytest.raises(UsageError, match=message):
        asking(annotations_of(**street()), **options)


def test_without_a_server_and_a_name_openais_default_is_asked():
    strategy = SelfInstruct()
    assert check_options(strategy, {}).model == "gpt-4o-mini"
    assert check_options(strategy, {"model": "gpt-5"}).model == "gpt-5"
    assert check_options(strategy, {"backend": "transformers"}).model is None


def test_without_the_answers_there_are_no_drafts(asking, tmp_path):
    asking(annotations_of(**street()))
    (tmp_path / "store.sqlite").unlink()
    strategy = SelfInstruct()
    options = check_options(strategy, {"model": "tiny", "store": tmp_path / "store.sqlite"})
    with pytest.raises(VlitHubError, match="lacks an answer"):
        strategy.drafts(annotations_of(**street()), options, strategy.prepare(annotations_of(**street()), options))


def test_a_batch_ends_in_the_same_drafts(asking, llm, tmp_path, monkeypatch):
    monkeypatch.setattr("vlit_hub.generation.batch._FIRST_WAIT", 0.01)
    direct = asking(annotations_of(**street()), n=2, regions=2)
    asked = len(llm.asked)
    BatchApi(llm)
    batched = asking(annotations_of(**street()), n=2, regions=2, store=tmp_path / "other.sqlite", batch=True, wait=True)
    assert batched.equals(direct)
    assert len(llm.asked) == asked + 1  # the first is asked directly, the others came in files


def test_a_prompt_of_another_task_is_refused_before_anything_is_paid(asking, llm, tmp_path):
    built_in = Path(__file__).parents[3] / "plugins/strategies/self_instruct/prompts/negative.yaml"
    text = built_in.read_text().replace("task: conversation", "task: image_captioning")
    (tmp_path / "negative.yaml").write_text(text)
    with pytest.raises(InputError, match=r"negative\.yaml: task image_captioning is none of conversation"):
        asking(annotations_of(**street()), kinds="negative", prompts=tmp_path)
    assert not llm.asked


def test_photos_that_nobody_needs_arent_read(asking, tmp_path):
    annotations = photos(tmp_path)
    for photo in (tmp_path / "1.jpg", tmp_path / "2.jpg"):
        photo.unlink()
    assert asking(annotations, kinds="global")["reject_reason"].null_count() == 2
