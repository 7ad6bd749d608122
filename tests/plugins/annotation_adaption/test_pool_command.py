"""`vlit-hub pool`."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from tests.llm.server import Llm, last_words
from vlit_hub.errors import InputError, VlitHubError
from vlit_hub.frames import Annotations
from vlit_hub.plugin_manager import register_commands
from vlit_hub.plugins.strategies.annotation_adaption.pools import STYLES, contents
from vlit_hub.plugins.strategies.annotation_adaption.strategy import POOLS

app = typer.Typer()
register_commands(app)

VERBS = (
    "Outline",
    "Sketch",
    "Portray",
    "Narrate",
    "Summarise",
    "Report",
    "Recount",
    "Relate",
    "Depict",
    "Characterise",
)
THINGS = (
    "the setting of this photo",
    "what goes on in the picture",
    "everything visible in the image",
    "the view here",
)
LIMITS = ("in a few words", "as briefly as you can", "with one short phrase")


def captions(style: str) -> list[str]:
    """Many instructions of the pool image_captioning, all different."""
    plain = [f"{verb} {thing}" for thing, verb in itertools.product(THINGS, VERBS)]
    return [f"{text}{f', {LIMITS[place % 3]}' if style == 'short' else ''}." for place, text in enumerate(plain)]


def writer(body: dict[str, Any]) -> str:
    """A model that writes as many as it is asked for, some of them bad; others with another seed."""
    style = "short" if "The answer is to be short" in body["messages"][0]["content"] else "sentence"
    found = re.search(r"(?:Write|each of these) (\d+)", last_words(body))
    assert found
    count = int(found[1])
    own = captions(style)
    start = body["seed"] % len(own)
    good = [own[(start + place) % len(own)] for place in range(count)]
    bad = ["Describe the image.", "Describa la imagen.", "Describe {label} in a few words."]
    return json.dumps({"instructions": [*bad, *good]})


@pytest.fixture
def run(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    llm.rule = writer

    def run(*arguments: str) -> Result:
        model = ("--model", "tiny", "--base-url", llm.url, "--store", "answers.sqlite")
        return CliRunner().invoke(app, ["pool", *arguments, *(model if "expand" in arguments else ())])

    return run


def read(path: str) -> Any:
    return yaml.safe_load(Path(path).read_text())


def test_a_pool_grows_to_what_was_asked_for(run: Callable[..., Result]) -> None:
    result = run("expand", "captioning", "--to", "40")
    assert result.exit_code == 0, result.output
    written = read("pools/image_captioning.yaml")
    assert (written["task"], written["extend"]) == ("image_captioning", True)
    both = contents(POOLS, ["image_captioning"], ["pools"], STYLES)["image_captioning"]
    for style in STYLES:
        assert len(written[style]["instructions"]) == 18
        assert len(set(both[style].instructions)) == 40
        assert set(written[style]["instructions"]) <= set(captions(style))
    head = Path("pools/image_captioning.yaml").read_text().splitlines()[0]
    assert "Written by tiny (backend openai, prompt 1, temperature 0.8, seed 0)" in head
    assert "image_captioning, short: 22 -> 40 instructions" in result.output
    assert "-o pools=pools" in result.output


def test_what_is_not_taken_is_kept_with_its_reason(run: Callable[..., Result]) -> None:
    result = run("expand", "captioning", "--to", "30")
    rejected = read("pools/image_captioning.rejected.yaml")
    reasons = {entry["instruction"]: entry["reason"] for entry in rejected if entry["style"] == "sentence"}
    assert reasons["Describe the image."] == "is almost the same as another"
    assert reasons["Describa la imagen."] == "seems to be in another language"
    assert reasons["Describe {label} in a few words."] == "has {label}; known here are no placeholders"
    assert f"{len(rejected)} rejected: " in result.output
    assert "pools/image_captioning.rejected.yaml" in result.output


def test_the_same_command_asks_nothing_twice_and_writes_the_same(run: Callable[..., Result], llm: Llm) -> None:
    run("expand", "captioning", "--to", "60")
    first = [Path(f"pools/image_captioning{end}.yaml").read_bytes() for end in ("", ".rejected")]
    asked = len(llm.asked)
    assert max(llm.counts.values()) == 1
    assert run("expand", "captioning", "--to", "60", "--force").exit_code == 0
    assert len(llm.asked) == asked
    assert [Path(f"pools/image_captioning{end}.yaml").read_bytes() for end in ("", ".rejected")] == first


def test_a_model_with_nothing_new_to_say_ends_it(run: Callable[..., Result], llm: Llm) -> None:
    result = run("expand", "captioning", "--to", "500")
    assert result.exit_code == 0
    assert "of 500: the model had nothing new to say any more" in result.output
    assert len(llm.asked) < 100
    taken = read("pools/image_captioning.yaml")["sentence"]["instructions"]
    assert len(taken) == len(set(taken)) > 10


def test_an_answer_that_is_no_json_is_sent_back_once(run: Callable[..., Result], llm: Llm) -> None:
    def rule(body: dict[str, Any]) -> str:
        if "can't be used" not in last_words(body):
            return "Certainly! Here {you} are."
        first = {**body, "messages": body["messages"][:2]}
        return writer(first) if "written out" in body["messages"][0]["content"] else "No."

    llm.rule = rule
    result = run("expand", "captioning", "--to", "30")
    assert result.exit_code == 0
    written = read("pools/image_captioning.yaml")
    assert len(written["sentence"]["instructions"]) == 8 and "short" not in written
    rejected = [entry for entry in read("pools/image_captioning.rejected.yaml") if entry["style"] == "short"]
    assert {(entry["instruction"], entry["reason"]) for entry in rejected} == {
        ("No.", "answer not usable: it isn't the JSON asked for")
    }


def test_rewriting_shows_every_instruction_there_is(run: Callable[..., Result], llm: Llm) -> None:
    assert run("expand", "captioning", "--to", "30", "--rewrite", "--style", "sentence").exit_code == 0
    shown = "\n".join(last_words(body) for body in llm.asked if "Rewrite each" in last_words(body))
    for text in contents(POOLS, ["image_captioning"], (), STYLES)["image_captioning"]["sentence"].instructions:
        assert f"- {text}\n" in shown
    written = read("pools/image_captioning.yaml")
    assert len(written["sentence"]["instructions"]) == 8 and "short" not in written


def test_placeholders_are_told_and_kept(run: Callable[..., Result], llm: Llm) -> None:
    llm.rule = lambda body: json.dumps(
        {
            "instructions": [
                "Give me a plain count of the {labels} on show, as a single number.",
                "Count the {things}. Only a number.",
            ]
        }
    )
    result = run("expand", "object-counting", "--to", "21", "--style", "short", "--out", "mine/counting.yaml")
    assert result.exit_code == 0, result.output
    system = llm.asked[0]["messages"][0]["content"]
    assert "{labels}: several of a category" in system and "each at most once" in system
    assert read("mine/counting.yaml")["short"]["instructions"] == [
        "Give me a plain count of the {labels} on show, as a single number."
    ]


def test_own_pools_count_as_there(run: Callable[..., Result], tmp_path: Path) -> None:
    own = [f"{text}" for text in captions("sentence")[:8]]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.yaml").write_text(
        yaml.safe_dump({"task": "image_captioning", "extend": True, "sentence": {"instructions": own}})
    )
    assert run("expand", "captioning", "--to", "34", "--style", "sentence", "--pools", "own").exit_code == 0
    taken = read("pools/image_captioning.yaml")["sentence"]["instructions"]
    assert len(taken) == 4 and not set(own).intersection(taken)


def test_an_expanded_pool_builds(
    run: Callable[..., Result], annotations_of: Callable[..., Annotations], drafts_of: Callable[..., Any]
) -> None:
    run("expand", "captioning", "--to", "60")
    some = annotations_of(captions=[{"image_id": image, "caption": "A dog."} for image in range(1, 400)])
    drafts = drafts_of(some, tasks=("image_captioning",), pools=("pools",))
    written = read("pools/image_captioning.yaml")
    new = {text for style in STYLES for text in written[style]["instructions"]}
    assert len(new.intersection(drafts["instruction"])) > 0.9 * len(new)


@pytest.mark.parametrize("pool", sorted(POOLS))
def test_every_pool_can_be_asked_for(run: Callable[..., Result], llm: Llm, pool: str) -> None:
    llm.rule = lambda body: '{"instructions": ["x"]}'
    result = run("expand", pool, "--to", "23")
    assert result.exit_code == 0, result.output
    for name in POOLS[pool].needed | POOLS[pool].about:
        assert f"{{{name}}}: " in llm.asked[0]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("image_captoning", "--to", "30"), "Did you mean 'image_captioning'?"),
        (("text_recognition", "--to", "30"), "text_recognition/image, text_recognition/region. Name one of them."),
        (("captioning", "--to", "20"), "22 short and 22 sentence instructions already"),
        (("captioning", "--to", "30", "--style", "long"), "there are short, sentence and both"),
        (("captioning", "--to", "30", "--temperature", "9"), "--temperature: "),
        (("captioning", "--to", "30", "--backend", "opnai"), "Did you mean 'openai'?"),
        (("captioning", "--to", "30", "--pools", "nowhere"), "no such folder of instruction pools"),
    ],
)
def test_wrong_calls(run: Callable[..., Result], arguments: tuple[str, ...], words: str) -> None:
    result = run("expand", *arguments)
    assert isinstance(result.exception, VlitHubError)
    assert words in str(result.exception)
    assert not Path("pools").exists()


def test_no_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(
        app, ["pool", "expand", "captioning", "--to", "30", "--base-url", "http://localhost:9/v1"]
    )
    assert "no model is named" in str(result.exception)


def test_without_a_model_and_a_key_the_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = CliRunner().invoke(app, ["pool", "expand", "captioning", "--to", "30"])
    assert "Set OPENAI_API_KEY" in str(result.exception) and "--base-url" in str(result.exception)


def test_a_file_that_is_there_is_not_written_over(run: Callable[..., Result], llm: Llm) -> None:
    Path("mine.yaml").write_text("task: image_captioning\n")
    result = run("expand", "captioning", "--to", "30", "--out", "mine.yaml")
    assert "mine.yaml is there already" in str(result.exception)
    assert Path("mine.yaml").read_text() == "task: image_captioning\n"
    assert not llm.asked


def test_a_folder_of_rejected_ones_alone_is_no_folder_of_pools(tmp_path: Path) -> None:
    (tmp_path / "image_captioning.rejected.yaml").write_text("- style: short\n")
    with pytest.raises(InputError, match="has no instruction pools"):
        contents(POOLS, ["image_captioning"], [str(tmp_path)], STYLES)


def test_list(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "task: object_counting\nextend: true\nshort: {instructions: ['{labels}: how many?']}\n"
    )
    plain = {row["pool"]: row for row in json.loads(run("list", "--json").output)}
    assert list(plain) == list(POOLS)
    assert plain["object_counting"]["short"] == {"instructions": 20, "responses": 1}
    own = {row["pool"]: row for row in json.loads(run("list", "--json", "--pools", "mine.yaml").output)}
    assert own["object_counting"]["short"]["instructions"] == 21
    assert "object_counting" in run("list").output
