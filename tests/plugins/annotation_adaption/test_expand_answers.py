"""Short answers that a model writes out as sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.llm.server import Llm, last_words
from vlit_hub.errors import UsageError
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.annotation_adaption.options import AnnotationAdaptionOptions
from vlit_hub.plugins.strategies.annotation_adaption.strategy import AnnotationAdaption

AnnotationsOf = Callable[..., Annotations]
Question = Callable[..., dict[str, Any]]

STRATEGY = AnnotationAdaption()
IMAGES = 40


@pytest.fixture
def annotations(annotations_of: AnnotationsOf, question: Question) -> Annotations:
    rows = []
    for image in range(1, IMAGES + 1):
        rows.append(question(image, "What color is the bus?", ["red", "red", "blue"]))
        rows.append(question(image, f"How many dogs are in row {image}?", ["2"]))
        rows.append(question(image, "Is it raining?", ["yes" if image % 2 else "no"]))
    rows.append(question(1, "Where is that?", []))  # no answer: nothing to write out
    return annotations_of(questions=rows)


def options(llm: Llm, folder: Path, **more: Any) -> AnnotationAdaptionOptions:
    return AnnotationAdaptionOptions(
        **{
            "tasks": ("visual_question_answering",),
            "expand_answers": True,
            "model": "tiny",
            "base_url": llm.url,
            "store": folder / "responses.sqlite",
            **more,
        }
    )


def asked_pair(body: dict[str, Any]) -> tuple[str, str]:
    pair = json.loads(body["messages"][-1]["content"])
    return pair["question"], pair["answer"]


def good_sentence(body: dict[str, Any]) -> str:
    question, answer = asked_pair(body)
    if answer in ("yes", "no"):
        sentence = "Yes, it is raining." if answer == "yes" else "No, it isn't raining."
    elif answer == "red":
        sentence = "the bus  is red"
    else:
        sentence = f"There are two dogs in row {question.split()[-1].rstrip('?')}."
    return json.dumps({"sentence": sentence})


def built(annotations: Annotations, chosen: AnnotationAdaptionOptions) -> pl.DataFrame:
    STRATEGY.generate(annotations, chosen)
    return STRATEGY.drafts(annotations, chosen, STRATEGY.prepare(annotations, chosen)).sort("image_id", "key")


def test_sentences_take_the_place_of_the_pools(annotations: Annotations, llm: Llm, tmp_path: Path) -> None:
    llm.rule = good_sentence
    chosen = options(llm, tmp_path)
    plain = AnnotationAdaptionOptions(tasks=chosen.tasks)
    without = STRATEGY.drafts(annotations, plain, STRATEGY.prepare(annotations, plain)).sort("image_id", "key")
    drafts = built(annotations, chosen)
    same = ["image_id", "key", "task", "instruction", "text", "annotator_agreement", "reject_reason"]
    assert drafts.select(same).equals(without.select(same))
    written = drafts["generation"].struct.field("model").is_not_null()
    assert drafts.filter(~written).equals(without.filter(~written))  # short answers, and those without an answer
    assert written.sum() > IMAGES and (~written).sum() > IMAGES
    assert set(drafts.filter(written)["response"]) >= {
        "The bus is red.",  # tidied
        "Yes, it is raining.",
        "No, it isn't raining.",
    }
    assert drafts.filter(written)["generation"].unique().to_list() == [
        {
            "model": "tiny-1",
            "prompt": "annotation_adaption/expand_answer",
            "prompt_version": "1",
            "temperature": 0.0,
            "seed": 0,
        }
    ]


def test_each_pair_is_asked_once_and_only_where_a_sentence_is_wanted(
    annotations: Annotations, llm: Llm, tmp_path: Path
) -> None:
    llm.rule = good_sentence
    drafts = built(annotations, options(llm, tmp_path))
    pairs = list(map(asked_pair, llm.asked))
    assert len(pairs) == len(set(pairs))
    wanted = drafts.filter(pl.col("generation").is_not_null())
    assert len(pairs) == wanted["response"].n_unique() < len(wanted)
    assert built(annotations, options(llm, tmp_path)).equals(drafts)
    assert len(llm.asked) == len(pairs)
    every = built(annotations, options(llm, tmp_path, style="sentence"))
    assert every.filter(pl.col("generation").is_null())["reject_reason"].to_list() == ["no answer"]


def test_what_fails_is_sent_back_once_and_rejected_with_the_raw_text(
    annotations: Annotations, llm: Llm, tmp_path: Path
) -> None:
    def rule(body: dict[str, Any]) -> str:
        if "can't be used" in last_words(body):
            question = json.loads(body["messages"][-3]["content"])["question"]
            return '{"sentence": "The bus is red."}' if "bus" in question else "Sure! Two."
        if asked_pair(body)[1] == "red":
            return '{"sentence": "The bus is blue."}'
        return good_sentence(body) if asked_pair(body)[1] in ("yes", "no") else "Two."

    llm.rule = rule
    drafts = built(annotations, options(llm, tmp_path, style="sentence"))
    colours = drafts.filter(pl.col("response") == "The bus is red.")
    assert len(colours) == IMAGES and colours["reject_reason"].null_count() == IMAGES
    counts = drafts.filter(pl.col("response") == "Sure! Two.")
    assert len(counts) == IMAGES
    assert set(counts["reject_reason"]) == {"answer not written out: it isn't the JSON asked for"}
    assert counts["generation"].null_count() == IMAGES
    mends = [last_words(body) for body in llm.asked if "can't be used" in last_words(body)]
    assert any("it doesn't hold the answer" in mend for mend in mends)


def test_models_failures_are_reasons(annotations: Annotations, llm: Llm, tmp_path: Path) -> None:
    from tests.llm.answers import TOO_LONG

    llm.rule = lambda body: TOO_LONG["openai"] if "dogs" in last_words(body) else good_sentence(body)
    drafts = built(annotations, options(llm, tmp_path, style="sentence"))
    failed = drafts.filter(pl.col("reject_reason").str.starts_with("answer not"))
    assert set(failed["reject_reason"]) == {"answer not written out: model: context too long"}
    assert len(failed) == IMAGES


def test_slices_give_the_same_drafts(annotations: Annotations, llm: Llm, tmp_path: Path) -> None:
    llm.rule = good_sentence
    chosen = options(llm, tmp_path)
    whole = built(annotations, chosen)
    prepared = STRATEGY.prepare(annotations, chosen)
    halves = [annotations.between(1, 7), annotations.between(8, IMAGES)]
    parts = pl.concat([STRATEGY.drafts(half, chosen, prepared) for half in halves])
    assert parts.sort("image_id", "key").equals(whole)


def test_the_dry_run_tells_what_would_be_asked(annotations: Annotations, llm: Llm, tmp_path: Path) -> None:
    llm.rule = good_sentence
    chosen = options(llm, tmp_path)
    preview = STRATEGY.preview(annotations, chosen)
    assert preview is not None and not llm.asked
    assert preview.groups["expand_answer"].stored == 0
    STRATEGY.generate(annotations, chosen)
    assert preview.groups["expand_answer"].requests == len(llm.asked)
    assert STRATEGY.preview(annotations, AnnotationAdaptionOptions()) is None


def test_without_it_nothing_is_asked_and_nothing_is_part_of_the_build(annotations: Annotations, llm: Llm) -> None:
    plain = AnnotationAdaptionOptions(base_url=llm.url)
    STRATEGY.generate(annotations, plain)
    assert not llm.asked
    assert list(plain.model_dump(mode="json")) == [
        *("tasks", "per_image", "seed", "style", "ties", "min_agreement", "box_format", "pools", "pools_digest")
    ]


def test_with_it_the_model_is_part_of_the_build_and_its_server_is_not(llm: Llm, tmp_path: Path) -> None:
    dumped = options(llm, tmp_path).model_dump(mode="json")
    assert (dumped["expand_answers"], dumped["model"], dumped["temperature"]) == (True, "tiny", 0.0)
    assert not {"base_url", "store", "concurrency"}.intersection(dumped)


def test_other_tasks_ask_nothing(annotations: Annotations, llm: Llm, tmp_path: Path) -> None:
    built(annotations, options(llm, tmp_path, tasks=("image_captioning",)))
    assert not llm.asked


def test_no_questions_ask_nothing(annotations_of: AnnotationsOf, llm: Llm, tmp_path: Path) -> None:
    some = annotations_of(captions=[{"image_id": 1, "caption": "A dog."}])
    assert len(built(some, options(llm, tmp_path))) == 0
    assert not llm.asked


@pytest.mark.parametrize(
    ("given", "words"),
    [({}, "name it with --model"), ({"model": "tiny", "style": "short"}, "no answer is a sentence")],
)
def test_options_that_do_not_go_together(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        AnnotationAdaptionOptions(expand_answers=True, **given)  # type: ignore[arg-type]


def test_a_model_with_nothing_to_do(annotations: Annotations) -> None:
    with pytest.raises(UsageError, match="expand_answers=true"):
        STRATEGY.prepare(annotations, AnnotationAdaptionOptions(model="tiny"))
