"""The prompts that come with vlit-hub keep their own rules, and a user's broken file is told in one line."""

import re
from collections import Counter
from copy import deepcopy
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
import yaml

from vlit_hub.clues import write_clues
from vlit_hub.errors import InputError, UnknownName
from vlit_hub.generation.requests import image_part, text_of
from vlit_hub.generation.structured import parse
from vlit_hub.plugins.strategies.self_instruct.checks import check
from vlit_hub.plugins.strategies.self_instruct.conversation import Conversation
from vlit_hub.plugins.strategies.self_instruct.options import KINDS
from vlit_hub.plugins.strategies.self_instruct.prompting import load

PROMPTS = load(KINDS)
EXAMPLES = [
    pytest.param(prompt, example, id=f"{kind}-{place}")
    for kind, prompt in PROMPTS.items()
    for place, example in enumerate(prompt.examples)
]
TURNS = [turn for prompt in PROMPTS.values() for example in prompt.examples for turn in example.conversation.turns]

# What the nine requirements of section A.3.2 are about, by their numbers.
REQUIREMENTS = {
    1: "answer confidently",
    2: "stay with the picture|about the object in the red box",
    3: "sees the picture",
    4: "knowledge|the picture alone doesn't answer",
    5: "in detail",
    6: "negative|false assumption|absence tells",
    7: "user speaks first",
    8: '"the description", "the given text"',
    9: r'\{"turns": \[\{"user": "...", "assistant": "..."\}',
}


RAW = {
    kind: yaml.load(
        (files("vlit_hub.plugins.strategies.self_instruct") / "prompts" / f"{kind}.yaml").read_bytes(), yaml.CSafeLoader
    )
    for kind in KINDS
}


def _raw(kind):
    """The contents of a prompt file, to be changed."""
    return deepcopy(RAW[kind])


def _written(folder, raw, kind="global"):
    text = yaml.dump(raw, Dumper=yaml.CSafeDumper, allow_unicode=True)
    (folder / f"{kind}.yaml").write_text(text, encoding="utf-8")
    return load([kind], folder)[kind]


@pytest.mark.parametrize(
    ("kind", "task", "granularity"),
    [
        ("global", "conversation", "global"),
        ("negative", "conversation", "global"),
        ("region", "conversation", "region"),
        ("reasoning", "complex_reasoning", "global"),
        ("description", "detailed_description", "global"),
        ("knowledge", "complex_reasoning", "global"),
    ],
)
def test_kinds(kind, task, granularity):
    prompt = PROMPTS[kind]
    assert (prompt.kind, prompt.task, prompt.granularity) == (kind, task, granularity)
    assert len(prompt.examples) >= 10
    assert all((example.region is not None) == (granularity == "region") for example in prompt.examples)
    assert re.fullmatch(r"[1-9]\d*-[0-9a-f]{8}", prompt.version)


@pytest.mark.parametrize("kind", KINDS)
def test_the_system_prompt_states_the_nine_requirements(kind):
    system = PROMPTS[kind].system
    points = dict(re.findall(r"^(\d)\. (.*(?:\n   .*)*)", system, re.MULTILINE))
    assert list(points) == list("123456789")
    for number, marker in REQUIREMENTS.items():
        assert re.search(marker, " ".join(points[str(number)].split()), re.IGNORECASE), f"{kind}: {number}"


@pytest.mark.parametrize("kind", KINDS)
def test_key_points_are_stated_at_the_start_and_at_the_end(kind):
    paragraphs = [" ".join(part.split()).lower() for part in PROMPTS[kind].system.split("\n\n")]
    for key_point in ("certain|given|established", "vague|fuzzy|hedge|firm|definite", "json"):
        assert re.search(key_point, paragraphs[0]), f"{key_point} at the start"
        assert re.search(key_point, paragraphs[-1]), f"{key_point} at the end"


@pytest.mark.parametrize("frame", ["ask", "ask_vision", "ask_photo_only"])
@pytest.mark.parametrize("kind", KINDS)
def test_frames(kind, frame):
    text = getattr(PROMPTS[kind], frame)
    assert "{language}" in text
    assert ("{clues}" in text) == (frame != "ask_photo_only")


@pytest.mark.parametrize(("prompt", "example"), EXAMPLES)
def test_examples_keep_the_rules(prompt, example):
    turns = example.conversation.turns
    assert prompt.turns.least <= len(turns) <= prompt.turns.most
    for turn in turns:
        for text in (turn.user, turn.assistant):
            assert text == text.strip() != ""
            assert text[0].isupper() or text[0] in "\"'"
            assert text[-1] in '.?!"'
            assert not re.search(
                r"\b(?:describ\w+ (?:in|by)|descriptions?|given text|texts?|annotat\w+|captions?|notes|clues?|list says)\b",
                text.replace("so text may be typed", ""),
                re.IGNORECASE,
            )
    said = [text.lower() for turn in turns for text in (turn.user, turn.assistant)]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(("prompt", "example"), EXAMPLES)
def test_examples_pass_the_checks_of_generated_conversations(prompt, example):
    """Among them that categories the assistant says are there are in the annotations."""
    turns = [(turn.user, turn.assistant) for turn in example.conversation.turns]
    found = check(turns, kind=prompt.kind, image=example.image, region=example.region, language="en")
    assert (found.reasons, found.unsupported) == ([], [])


@pytest.mark.parametrize(("prompt", "example"), EXAMPLES)
def test_text_in_capitals_is_in_the_annotations(prompt, example):
    there = " ".join(str(row.text) for row in example.image.texts)
    quoted = [
        words for turn in example.conversation.turns for words in re.findall(r'"([A-Z0-9 :=x]+)"', turn.assistant)
    ]
    assert [words for words in quoted if words not in there] == []


@pytest.mark.parametrize(("prompt", "example"), EXAMPLES)
def test_examples_have_sound_annotations(prompt, example):
    image = example.image
    for thing in [*image.objects, *image.texts, *image.regions]:
        x1, y1, x2, y2 = thing.box
        assert 0 <= x1 < x2 <= image.width
        assert 0 <= y1 < y2 <= image.height
    assert all(sum(Counter(row.answers).values()) == 10 for row in image.questions), "ten people are asked"
    assert not {row.category for row in image.absent} & {row.category for row in image.objects}
    clues = write_clues(image, budget=4000, region=example.region)
    assert clues.text == example.clues
    assert not clues.dropped


def test_examples_show_boundary_cases():
    images = [example.image for prompt in PROMPTS.values() for example in prompt.examples]
    assert any(thing.crowd for image in images for thing in image.objects)
    assert any(row.tied for image in images for row in image.questions)
    assert any(row.legible is False for image in images for row in image.texts)
    assert any(image.absent for image in images)
    assert sum(len(image.objects) <= 1 and len(image.questions) <= 1 for image in images) >= 3
    assert sum(not image.texts for image in images) >= 10


def test_no_scene_and_no_question_comes_twice():
    captions = [
        row.caption for prompt in PROMPTS.values() for example in prompt.examples for row in example.image.captions
    ]
    assert len(set(captions)) == len(captions)
    assert len({turn.user for turn in TURNS}) == len(TURNS)
    assert len({turn.assistant for turn in TURNS}) == len(TURNS)


def test_questions_vary_in_form():
    openings = Counter(" ".join(turn.user.lower().split()[:2]) for turn in TURNS)
    assert openings.most_common(1)[0][1] <= len(TURNS) * 0.05
    firsts = {turn.user.lower().split()[0] for turn in TURNS}
    assert {"what", "why", "how", "which", "who", "where", "is", "does", "tell", "describe", "count"} <= firsts
    assert sum(not turn.user.endswith("?") for turn in TURNS) >= 15, "requests"


def _denies(answer):
    """Whether an answer corrects the user: by a word of negation near its start, and no yes before that."""
    start = " ".join(re.split(r"(?<=[.!?]) ", answer)[:2])
    negation = r"\b(?:no|not|none|nobody|nothing|never|without|rather than|opposite)\b|n't\b"
    return not answer.startswith("Yes") and bool(re.search(negation, start, re.IGNORECASE))


def test_most_answers_of_the_negative_kind_are_negative_and_some_are_not():
    answers = [
        [_denies(turn.assistant) for turn in example.conversation.turns] for example in PROMPTS["negative"].examples
    ]
    assert 0.5 <= sum(map(sum, answers)) / sum(map(len, answers)) <= 0.8
    assert all(0 < sum(of_example) < len(of_example) for of_example in answers)


@pytest.mark.parametrize("kind", ["global", "region", "reasoning", "knowledge"])
def test_other_kinds_have_negative_answers_too(kind):
    conversations = [example.conversation.turns for example in PROMPTS[kind].examples]
    negative = sum(any(_denies(turn.assistant) for turn in turns) for turns in conversations)
    assert negative >= len(conversations) / 2


def test_detailed_descriptions_are_long():
    for example in PROMPTS["description"].examples:
        (turn,) = example.conversation.turns
        assert 90 <= len(turn.assistant.split()) <= 180


def test_region_conversations_point_at_the_box_at_once():
    for example in PROMPTS["region"].examples:
        assert re.search(r"\bbox(?:ed)?\b", example.conversation.turns[0].user)


def test_messages_come_in_order():
    prompt = PROMPTS["global"]
    system, *examples, last = prompt.messages("A CLUE", [7, 2], language="French")
    assert (system["role"], last["role"]) == ("system", "user")
    assert "Write in French." in system["content"]
    assert "A CLUE" in last["content"]
    assert "in French" in last["content"]
    assert [message["role"] for message in examples] == ["user", "assistant"] * 2
    for (asked, answered), place in zip([examples[:2], examples[2:]], [7, 2], strict=True):
        assert prompt.examples[place].clues in asked["content"]
        assert "in English" in asked["content"], "the example is in English, whatever is asked for"
        assert answered["content"] == prompt.examples[place].answer()
    assert not re.search(r"\{(?:clues|language)\}", msgspec.json.encode([system, *examples, last]).decode())


def test_no_examples():
    assert [message["role"] for message in PROMPTS["global"].messages("A CLUE", [], language="English")] == [
        "system",
        "user",
    ]


def test_a_photo_with_clues():
    part = image_part("image/png", "AAAA")
    prompt = PROMPTS["region"]
    last = prompt.messages("A CLUE", [0], language="English", photo=part)[-1]
    assert last["content"][0] == part
    assert "A CLUE" in text_of(last)
    assert "red box drawn into it" in text_of(last)


def test_a_photo_alone():
    part = image_part("image/png", "AAAA")
    messages = PROMPTS["negative"].messages("A CLUE", [0, 1], language="English", photo=part, photo_only=True)
    assert messages[-1]["content"][0] == part
    assert "A CLUE" not in text_of(messages[-1])
    assert all(isinstance(message["content"], str) for message in messages[:-1])


def test_braces_in_clues_stay():
    clues = 'A sign reads "{language} {clues} {x}".'
    assert clues in PROMPTS["global"].messages(clues, [], language="English")[-1]["content"]


@pytest.mark.parametrize(("prompt", "example"), EXAMPLES)
def test_answers_are_what_the_parser_takes(prompt, example):
    answer = example.answer()
    assert "\n" not in answer
    assert answer.startswith('{"turns":[{"user":"')
    assert parse(answer, Conversation) == example.conversation


def test_letters_stay_as_they_are(tmp_path):
    raw = _raw("global")
    raw["examples"][0]["turns"][0]["assistant"] = "Это café «Ёлка»."
    assert "Это café «Ёлка»." in _written(tmp_path, raw).examples[0].answer()


def test_a_folder_overrides_kind_by_kind(tmp_path):
    raw = _raw("global")
    raw |= {"version": 12, "system": "Be brief, in {language}.", "examples": raw["examples"][:2]}
    (tmp_path / "global.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    prompts = load(["global", "region"], tmp_path)
    assert prompts["global"].version.startswith("12-")
    assert prompts["global"].messages("x", [1], language="Greek")[0]["content"] == "Be brief, in Greek."
    assert prompts["region"] == PROMPTS["region"]


def test_an_unknown_kind_suggests_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'negative'"):
        load(["negativ"])


def test_a_file_named_after_no_kind_is_not_passed_over(tmp_path):
    (tmp_path / "globl.yaml").write_text("version: 1")
    with pytest.raises(InputError, match=r"globl.yaml: no kind of conversation 'globl'. Did you mean 'global'"):
        load(["region"], tmp_path)


def test_layout_and_comments_leave_the_version(tmp_path):
    assert _written(tmp_path, _raw("global")).version == PROMPTS["global"].version


@pytest.mark.parametrize(
    "path", [("system",), ("ask",), ("examples", 3, "turns", 1, "user"), ("examples", 9, "annotations", "captions", 0)]
)
def test_one_letter_changes_the_version(tmp_path, path):
    raw = place = _raw("global")
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] += "!"
    changed = _written(tmp_path, raw).version
    assert changed.startswith("1-")
    assert changed != PROMPTS["global"].version


def _without(*path):
    def change(raw):
        for key in path[:-1]:
            raw = raw[key]
        del raw[path[-1]]

    return change


def _with(value, *path):
    def change(raw):
        for key in path[:-1]:
            raw = raw[key]
        raw[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_without("system"), "system: Field required"),
        (_with(" ", "system"), "system: "),
        (_with("one", "version"), "version: "),
        (_with(True, "version"), "version: "),
        (_with(0, "version"), "version: "),
        (_with("chat", "task"), "task: no task 'chat'"),
        (_with("local", "granularity"), "granularity: "),
        (_with("region", "granularity"), "examples[0] lacks the region"),
        (_with("Write.", "ask"), "ask: lacks {clues}"),
        (_with("{clue}{clues}", "ask_vision"), "ask_vision: has {clue}"),
        (_with("{clues}", "ask_photo_only"), "ask_photo_only: has {clues}"),
        (_with("In {tongue}.", "system"), "system: has {tongue}"),
        (_with(1, "tunrs"), "tunrs: Extra inputs"),
        (_with({"least": 4, "most": 3}, "turns"), "at least 4 and at most 3"),
        (_with({"least": 9, "most": 9}, "turns"), "examples[0] has 4 turns instead of 9 to 9"),
        (_with("", "examples", 2, "turns", 1, "user"), "examples[2].turns[1].user: "),
        (
            _with([1, 2, 3], "examples", 1, "annotations", "objects", 0, "box"),
            "examples[1].annotations.objects[0].box: ",
        ),
        (_with(99, "examples", 4, "region"), "examples[4]: region 99 is none of the 5 objects"),
        (_with({}, "examples", 0, "annotations", "questions", 0, "answers"), "questions[0].answers: "),
    ],
)
def test_a_broken_file_is_told_in_one_line(tmp_path, change, fault):
    raw = _raw("global")
    change(raw)
    with pytest.raises(InputError) as caught:
        _written(tmp_path, raw)
    assert str(caught.value).startswith(f"{tmp_path / 'global.yaml'}: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "fault"),
    [
        (b"version: [1", "is no YAML"),
        (b"", "the whole file: "),
        (b"- 1", "the whole file: "),
        ("system: Grüße".encode("latin-1"), "isn't UTF-8 text"),
    ],
)
def test_a_file_that_is_none(tmp_path, contents, fault):
    (tmp_path / "global.yaml").write_bytes(contents)
    with pytest.raises(InputError, match=re.escape(fault)) as caught:
        load(["global"], tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(InputError, match="no such folder of prompts"):
        load(["global"], tmp_path / "nowhere")
    with pytest.raises(InputError, match="has no prompts"):
        load(["global"], tmp_path)


def test_the_document_shows_every_kind_as_it_is():
    text = (Path(__file__).parents[3] / "docs" / "prompts.md").read_text(encoding="utf-8")
    flat = " ".join(text.replace("\n> ", " ").split())
    for kind, prompt in PROMPTS.items():
        assert (
            f"| `{kind}` | {prompt.task} | {prompt.granularity} | {prompt.turns.least} | {prompt.turns.most} |" in text
        )
        shown = [
            turn
            for example in prompt.examples
            for turn in example.conversation.turns
            if f"**User:** {turn.user}" in flat and f"**Assistant:** {turn.assistant}" in flat
        ]
        assert shown, f"no turn of {kind}"
