"""A regression fitted to scored instructions: planted relations are found, noise is called noise, wrong files are refused.

The relations are planted; how well people's scores can be foretold is for each user's own R2 to say.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.quality.making import record, write
from tests.tiny_models import write_sentence_encoder
from vlit_hub import plugin_manager
from vlit_hub.errors import InputError, ModelError, UsageError
from vlit_hub.plugins.quality.complexity_features import SURFACE, surface, words
from vlit_hub.plugins.quality.complexity_fit import Encoder, fit_complexity, foretell, load_fit, save_fit
from vlit_hub.plugins.quality.fit_complexity import fit_complexity as command
from vlit_hub.plugins.quality.scored_texts import read_scored
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.models.loading import revision_of
from vlit_hub.quality.models.ridge import cross_validated_r2, fit_ridge

NAME = "instruction_complexity_fitted"
THINGS = ("dog", "tram", "kite", "lamp", "boat", "chair", "bus", "cat", "tree", "phone", "plate", "horse")
EASY = ("Is there a {}?", "What color is the {}?", "Name the {}.")
HARD = (
    "Explain why the {} stands there, and what would happen if it were moved.",
    "Compare the {} with the {}, and then infer which of them is older, because the owner wants to know.",
    "Write a story about the {} and the {}, in which both play a part, but neither is seen.",
)


def instructions(count: int, seed: int = 0) -> list[tuple[str, float]]:
    """Easy and hard ones, all different, with scores that have some noise."""
    chance = random.Random(seed)
    made: dict[str, float] = {}
    while len(made) < count:
        hard = len(made) % 2
        pattern = chance.choice(HARD if hard else EASY)
        text = pattern.format(*(f"{chance.choice(THINGS)} {chance.randint(1, 99)}" for _ in range(2)))
        made[text] = round(min(10.0, max(1.0, (7.5 if hard else 2.5) + chance.gauss(0, 0.8))), 1)
    return list(made.items())


def csv_file(path: Path, rows: Sequence[tuple[str, float]]) -> Path:
    pl.DataFrame(rows, schema=["text", "score"], orient="row").write_csv(path)
    return path


def fitted(tmp_path: Path, count: int = 60) -> Path:
    out = tmp_path / "complexity.json"
    command(csv_file(tmp_path / "scored.csv", instructions(count)), out)
    return out


def test_ridge_is_the_minimum_that_it_says_it_is() -> None:
    draw = np.random.default_rng(0)
    features, values = draw.normal(size=(40, 7)), draw.normal(size=40)
    found = fit_ridge(features, values)
    assert found.constant == pytest.approx(values.mean() - features.mean(axis=0) @ found.weights)
    errors = values - found.constant - features @ found.weights
    slope = -2 * (features - features.mean(axis=0)).T @ errors / 40 + 2 * found.penalty * found.weights
    assert slope == pytest.approx(np.zeros(7), abs=1e-9)


def test_the_penalty_is_the_best_when_each_row_is_left_out_in_turn() -> None:
    draw = np.random.default_rng(1)
    features = draw.normal(size=(25, 40))
    values = features[:, :3].sum(axis=1) + draw.normal(size=25)

    def left_out(penalty: float) -> float:
        error = 0.0
        for row in range(25):
            x, y = np.delete(features, row, axis=0), np.delete(values, row)
            centred = x - x.mean(axis=0)
            weights = np.linalg.solve(centred.T @ centred + 25 * penalty * np.eye(40), centred.T @ (y - y.mean()))
            error += (values[row] - y.mean() - (features[row] - x.mean(axis=0)) @ weights) ** 2
        return error

    best = fit_ridge(features, values).penalty
    assert all(left_out(best) <= left_out(best * factor) * 1.001 for factor in (0.03, 0.3, 3, 30))


def test_a_planted_relation_is_recovered_and_noise_is_not() -> None:
    draw = np.random.default_rng(2)
    features = draw.normal(size=(200, 30))
    folds = np.arange(200) % 10
    planted = features[:, 0] - 2 * features[:, 1]
    assert fit_ridge(features, planted).weights[:3] == pytest.approx([1, -2, 0], abs=0.01)
    assert cross_validated_r2(features, planted, folds) > 0.99
    noisy = planted + draw.normal(size=200) * 5**0.5  # as much noise as there is to foretell
    assert 0.2 < cross_validated_r2(features, noisy, folds) < 0.6
    assert -0.15 < cross_validated_r2(features, draw.normal(size=200), folds) < 0.05
    assert fit_ridge(np.ones((30, 3)), noisy[:30]).weights == pytest.approx(np.zeros(3))


def test_scores_that_have_nothing_to_do_with_the_texts_give_no_r2() -> None:
    texts, scores = zip(*instructions(60), strict=True)
    found = []
    for seed in range(5):
        shuffled = random.Random(seed).sample(scores, len(scores))
        found.append(fit_complexity(pl.DataFrame({"text": texts, "score": shuffled})).r2)
    assert -0.12 < np.mean(found) < 0.1 and max(found) < 0.3


def test_new_instructions_are_ordered_as_those_that_were_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = fitted(tmp_path)
    assert re.search(r"fitted to 60 texts, cross-validated R2 0\.[89]", capsys.readouterr().out)
    easy, hard = "Is there a zebra?", "Explain why the zebra and the lion stand there, and infer what happens next."
    rows = [record(n, instruction=text) for n, text in enumerate([hard, easy, hard, "\u8eca", easy])]
    rows += [record(9, instruction=easy, text="What color is the zebra?"), record(10, instruction="Explain. " * 500)]
    dataset = write(tmp_path / "d", {"train": [rows[:3], rows[3:]]})
    entry = score(dataset, [NAME], {NAME: {"fit": str(fit)}})["indicators"][NAME]
    found = Measured(dataset).read([NAME])[NAME].to_list()
    assert found[0] == found[2] > 6 and found[1] == found[4] < 4
    assert found[5] != found[1] and all(value is None or 1 <= value <= 10 for value in found)
    assert re.fullmatch(r"fit \w{8} to 60 examples, cross-validated R2 0\.\d\d", entry["revision"])
    assert str(tmp_path) not in json.dumps(entry["options"])


def test_the_same_file_gives_the_same_fit_and_another_one_is_measured_anew(tmp_path: Path) -> None:
    fit = fitted(tmp_path)
    first = fit.read_bytes()
    csv_file(tmp_path / "scored.csv", instructions(60)[::-1])
    command(tmp_path / "scored.csv", fit)
    assert fit.read_bytes() == first  # in another order
    dataset = write(tmp_path / "d", {"train": [[record(0, instruction="Compare the two.")]]})
    settings = []
    for count in (60, 80):
        entry = score(dataset, [NAME], {NAME: {"fit": str(fitted(tmp_path, count))}})["indicators"][NAME]
        settings.append(entry["settings"])
    assert settings[0] != settings[1]


def test_batches_change_nothing() -> None:
    fit = fit_complexity(pl.DataFrame(instructions(40), schema=["text", "score"], orient="row"))
    texts = pl.Series([text for text, _ in instructions(30, seed=1)])
    together = foretell(texts, fit, None)
    alone = np.concatenate([foretell(texts.slice(n, 1), fit, None) for n in range(len(texts))])
    assert together == pytest.approx(alone, abs=1e-9)


def test_a_record_without_an_instruction_has_no_complexity(tmp_path: Path) -> None:
    indicator: Any = plugin_manager.indicators()[NAME]
    options = indicator.Options(fit=fitted(tmp_path))
    records = pl.DataFrame({"instruction": [None, "Is it?", " "], "input.text": [None, None, ""]})
    for some in (records, records[:1], records[:0]):
        found = indicator.measure(some, options, indicator.load(options, "cpu"))[NAME]
        assert found.is_nan().to_list() == [True, False, True][: len(some)]


def test_features() -> None:
    texts = pl.Series(["How many dogs, and why?", "", "Describe it. Don't guess!"])
    found = dict(zip(SURFACE, np.expm1(surface(texts)).T, strict=True))
    assert found["words"] == pytest.approx([5, 0, 4]) and found["sentences"] == pytest.approx([1, 0, 2])
    assert found["commas"] == pytest.approx([1, 0, 0]) and found["conjunctions"] == pytest.approx([1, 0, 0])
    assert found["negations"] == pytest.approx([0, 0, 1])
    asked = {name: row.tolist() for name, row in zip(SURFACE, surface(texts).T, strict=True)}
    assert asked["how many"] == [1, 0, 0] == asked["why"] and asked["describe"] == [0, 0, 1]
    lengths = np.sqrt((words(texts).toarray() ** 2).sum(axis=1))
    assert lengths == pytest.approx([1, 0, 1])


def test_a_sentence_encoder_in_the_place_of_words(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    model = write_sentence_encoder(tmp_path / "encoder")
    out = tmp_path / "complexity.json"
    command(csv_file(tmp_path / "scored.csv", instructions(40)), out, model=str(model), device="cpu")
    fit = load_fit(out)
    assert fit.encoder == Encoder(str(model), revision_of(str(model)), "mean") and len(fit.weights) == 64
    dataset = write(tmp_path / "d", {"train": [[record(n, instruction=t) for n, (t, _) in enumerate(instructions(8))]]})
    score(dataset, [NAME], {NAME: {"fit": str(out)}}, "cpu")
    found = Measured(dataset).read([NAME])[NAME].to_list()
    assert all(easy < hard for easy, hard in zip(found[::2], found[1::2], strict=True))
    write_sentence_encoder(model, context=32)
    more = write(tmp_path / "e", {"train": [[record(0)]]})
    with pytest.raises(ModelError, match="has changed since the fit"):
        score(more, [NAME], {NAME: {"fit": str(out)}}, "cpu")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "text,score\n" + "".join(f"Is it {n}?,3\n" for n in range(29)), "has 29 different texts"),
        ("a.csv", "text,score\n" + "".join(f"Is it {n % 20}?,3\n" for n in range(90)), "has 20 different texts"),
        ("a.csv", "text,score\n" + "".join(f"Is it {n}?,3\n" for n in range(40)), "the same score"),
        ("a.csv", "text,points\nIs it?,3\n", "has no column `score`"),
        ("a.csv", "", "has no column `text`"),
        ("a.csv", "text,score\nIs it?,3\nWhy?,eleven\n", "line 3 has the score 'eleven', which is no number"),
        ("a.csv", "text,score\nIs it?,11\n", "line 2 has the score 11, which isn't from 1 to 10"),
        ("a.csv", "text,score\nIs it?,nan\n", "line 2 has the score nan"),
        ("a.csv", "text,score\n ,3\n", "line 2 has no text"),
        ("a.csv", "text,score\nIs it?\n", "line 2 has too few cells"),
        ("a.csv", 'text,score\n"Is it?,3\n', "unexpected end of data"),
        (
            "a.jsonl",
            '{"text": "Is it?", "score": 3}\n{"text": "Why?"}\n',
            "line 2: Object missing required field `score`",
        ),
        ("a.jsonl", '{"text": "Is it?", "score": 3\n', "line 1: "),
        ("a.csv", None, "can't be read"),
        ("a.csv", b"text,score\n\xff,3\n", "isn't UTF-8"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, name: str, content: str | bytes | None, words: str) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as raised:
        read_scored(file, 1, 10)
    assert str(raised.value).startswith(str(file)) and words in str(raised.value) and "\n" not in str(raised.value)


def test_the_command_line_has_the_command(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vlit_hub", "fit-complexity", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    csv_file(tmp_path / "scored.csv", instructions(40))
    done = run("scored.csv")
    assert done.returncode == 0 and done.stdout.startswith("complexity.json: fitted to 40 texts, cross-validated R2 0.")
    assert load_fit(tmp_path / "complexity.json").examples == 40
    failed = run("nowhere.csv")
    assert failed.returncode == 1 and failed.stderr.startswith("vlit-hub: nowhere.csv: can't be read")
    assert len(failed.stderr.splitlines()) == 1


def test_json_lines_say_the_same_as_csv(tmp_path: Path) -> None:
    rows = instructions(40)
    lines = "\n".join(json.dumps({"text": text, "score": score}) for text, score in rows)
    (tmp_path / "a.jsonl").write_text(lines)
    assert read_scored(tmp_path / "a.jsonl", 1, 10).equals(read_scored(csv_file(tmp_path / "a.csv", rows), 1, 10))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": 99}, "another release"),
        ({"surface": {}}, "another release"),
        ({"weights": [1.0]}, "has 1 weights of words"),
        ({"more": 1}, "unknown field `more`"),
    ],
)
def test_a_fit_that_cannot_be_used(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    fit = fitted(tmp_path)
    fit.write_text(json.dumps({**json.loads(fit.read_text()), **change}))
    with pytest.raises(InputError, match=re.escape(words)) as raised:
        load_fit(fit)
    assert "vlit-hub fit-complexity" in str(raised.value) and "\n" not in str(raised.value)


def test_it_says_what_it_lacks(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=rf"vlit-hub fit-complexity .* --option {NAME}\.fit"):
        score(dataset, [NAME])
    with pytest.raises(InputError, match="can't be read"):
        score(dataset, [NAME], {NAME: {"fit": "nowhere.json"}})
    with pytest.raises(UsageError, match="--pooling"):
        command(csv_file(tmp_path / "scored.csv", instructions(40)), pooling="max")
    fit = fit_complexity(pl.DataFrame(instructions(40), schema=["text", "score"], orient="row"))
    with pytest.raises(InputError, match="can't be written"):
        save_fit(fit, tmp_path / "no" / "complexity.json")
