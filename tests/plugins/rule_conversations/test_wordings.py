"""The pools of wordings, built in and the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.by_hand import annotations_of
from vlit_hub.errors import InputError
from vlit_hub.plugins.strategies.rule_conversations.makers import SPECS
from vlit_hub.plugins.strategies.rule_conversations.profiles import profile
from vlit_hub.plugins.strategies.rule_conversations.wordings import load
from vlit_hub.wording.nouns import forms

DOCUMENT = (Path(__file__).parents[3] / "docs" / "rule-conversations.md").read_text(encoding="utf-8")


def test_every_pool_has_many_questions_and_several_answers():
    for name, pool in load(SPECS.values(), "pixel").items():
        if name == "question":
            continue  # people's own
        questions = pool.questions + pool.follow_ups
        assert len(set(questions)) == len(questions), name
        assert len(questions) >= (14 if name == "caption_again" else 18), name
        for outcome, answers in pool.answers.items():
            assert len(set(answers)) == len(answers)
            assert len(answers) >= (1 if "caption" in name else 3), (name, outcome)


def test_an_answer_about_presence_has_no_it_without_a_noun():
    """Some of the questions don't name the picture: "Do you see a dog here?"."""
    answers = load(SPECS.values(), "pixel")["presence"].answers
    assert not [answer for texts in answers.values() for answer in texts if " it" in answer]


@pytest.mark.parametrize("name", SPECS)
def test_the_document_lists_the_pool(name):
    (line,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| `{name}` |")]
    for outcome in SPECS[name].outcomes:
        assert f"`{outcome}`" in line


def test_what_the_profiles_say_is_english(coco_names):
    for name in coco_names:
        said = forms(profile(name).said)
        assert said.is_ == "is"
        assert said.a_label.split()[0] in ("a", "an")


def _dogs():
    return annotations_of(
        objects=[{"image_id": image, "category": "dog", "box": [9, 9, 90, 90]} for image in range(1, 30)]
    )


def test_a_users_pool_replaces_the_built_in_one(tmp_path, drafts_of, turns_of):
    (tmp_path / "count.yaml").write_text(
        'questions: ["Number of {labels}?"]\nanswers: {one: ["One {one}!"], several: ["{number}!"]}\n', encoding="utf-8"
    )
    own = drafts_of(_dogs(), pools=str(tmp_path), kinds="global")
    said = {turn for draft in own.iter_rows(named=True) for turn in turns_of(draft)}
    assert ("Number of dogs?", "One dog!") in said
    assert not any("How many dogs" in question for question, _ in said)


def test_a_users_pool_can_extend_it(tmp_path):
    (tmp_path / "count.yaml").write_text('extend: true\nquestions: ["Number of {labels}?"]\n', encoding="utf-8")
    (built_in,) = (pool for name, pool in load(SPECS.values(), "pixel").items() if name == "count")
    extended = load(SPECS.values(), "pixel", [str(tmp_path)])["count"]
    assert extended.questions == [*built_in.questions, "Number of {labels}?"]
    assert extended.answers == built_in.answers


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("count.yaml", "questions: [How many?]\n", "lacks {a_label} or"),
        ("count.yaml", "questions: ['{dogs}']\n", "has {dogs}; known here are"),
        ("count.yaml", "questions: ['{labels']\n", "a brace has no partner"),
        ("count.yaml", "questions: ['']\n", "is empty"),
        ("count.yaml", "answers: {three: [x]}\n", "no outcome 'three'"),
        ("count.yaml", "questions: ['{labels}?']\n", "answers.one: there are none"),
        ("count.yaml", "extend: [\n", "is no YAML"),
        ("count.yaml", "questions: 3\n", "questions: Input should be a valid list"),
        ("region_what.yaml", "extend: true\nquestions: ['What is at {box}?']\n", "lacks {box_format}"),
        ("counts.yaml", "extend: true\n", "'counts'"),
    ],
)
def test_a_broken_pool_is_one_line(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load(SPECS.values(), "pixel", [str(tmp_path)])
    assert name in str(raised.value)
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
