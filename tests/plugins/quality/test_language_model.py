"""Indicators by a causal language model: their numbers are those of torch, calculated one text at a time."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.quality.making import record, write
from tests.tiny_models import write_text_model
from vlit_hub.errors import ModelError, UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.models import language
from vlit_hub.quality.models.batching import by_length

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

ANSWER = "There are two dogs on the grass."
TEXTS = ["A red tram waits.", ANSWER, "", "Yes", "A red tram waits.", "What is it? " * 30, "\u8eca\u3067\u3059"]


@pytest.fixture(scope="module")
def chance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_text_model(tmp_path_factory.mktemp("chance"), context=64)


def measured(folder: Path, model: Path | None, rows: Sequence[dict[str, Any]], name: str, **more: Any) -> list[Any]:
    dataset = write(folder, {"train": [rows]})
    score(dataset, [name], {name: {"model": str(model), "precision": "float32", **more}}, "cpu")
    return Measured(dataset).read([name])[name].to_list()


def of_texts(model: Path, texts: Sequence[str | None], **more: Any) -> list[Any]:
    """What texts measure as, by themselves."""
    from vlit_hub.plugins.quality.text_readability import TextReadability

    indicator = TextReadability()
    options = indicator.Options(**{"model": str(model), "precision": "float32", **more})
    frame = pl.DataFrame({"dialogue": pl.Series(texts, dtype=pl.String)})
    return indicator.measure(frame, options, indicator.load(options, "cpu"))["text_readability"].to_list()


def ifd(model: Path, *rows: tuple[str | None, str | None]) -> list[Any]:
    """Of what comes before a response, and the response."""
    from vlit_hub.plugins.quality.instruction_following_difficulty import InstructionFollowingDifficulty

    indicator = InstructionFollowingDifficulty()
    options = indicator.Options(model=str(model), precision="float32")
    frame = pl.DataFrame(rows, schema={"before": pl.String, "response": pl.String}, orient="row").select(
        pl.concat_str("before", "response", ignore_nulls=True).alias("dialogue"), "response"
    )
    return indicator.measure(frame, options, indicator.load(options, "cpu")).to_series().to_list()


def direct(model: Path, before: str, text: str, most: int = 64) -> float:
    """Mean ln p of a text's tokens after `</s>` and another text: one token after the other, without batches."""
    net = transformers.AutoModelForCausalLM.from_pretrained(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    tokens = tokenizer(text)["input_ids"][:most]
    ids = [tokenizer.eos_token_id, *tokenizer(before)["input_ids"]]
    logs = []
    with torch.inference_mode():
        for token in tokens:
            logs.append(float(torch.log_softmax(net(torch.tensor([ids])).logits[0, -1].double(), 0)[token]))
            ids.append(token)
    return sum(logs) / len(logs)


def test_text_readability_is_the_mean_log_probability(chance: Path) -> None:
    found = of_texts(chance, TEXTS)
    assert str(found[2]) == "nan" and found[0] == found[4]  # what isn't finite is null in the end
    for text, number in zip(TEXTS, found, strict=True):
        if text:
            assert number == pytest.approx(direct(chance, "", text.strip(), 63), abs=1e-4)
    assert len({round(number, 4) for number in found}) == 6


def test_all_turns_are_read_and_no_more_tokens_than_asked_for(tmp_path: Path, chance: Path) -> None:
    turns = [{"instruction": "What?", "response": "Dogs."}]
    rows = [record(0, instruction="How many?", response="Two.", history=turns)]
    [found] = measured(tmp_path / "d", chance, rows, "text_readability")
    assert found == pytest.approx(direct(chance, "", "What?\nDogs.\nHow many?\nTwo."), abs=1e-4)
    [found] = measured(tmp_path / "e", chance, rows, "text_readability", tokens=5)
    assert found == pytest.approx(direct(chance, "", "What?\nDogs.\nHow many?\nTwo.", 5), abs=1e-4)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.02)])
def test_batches_change_nothing(
    chance: Path, monkeypatch: pytest.MonkeyPatch, precision: str, tolerance: float
) -> None:
    """Of a text's mean, in nats: bfloat16 has 8 bits, so its sums depend on how they are divided."""
    together = of_texts(chance, TEXTS, precision=precision)
    monkeypatch.setattr(language, "_CELLS", {"cpu": 1})
    alone = of_texts(chance, TEXTS[::-1], precision=precision)[::-1]
    assert alone == pytest.approx(together, abs=tolerance, nan_ok=True)
    assert together == pytest.approx(of_texts(chance, TEXTS), abs=0.02, nan_ok=True)


def learn(model: Path, *texts: str, steps: int) -> None:
    """Train a model on texts, each by itself."""
    net = transformers.AutoModelForCausalLM.from_pretrained(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    sequences = [torch.tensor([[tokenizer.eos_token_id, *tokenizer(text)["input_ids"]]]) for text in texts]
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        sum(net(input_ids=tokens, labels=tokens).loss for tokens in sequences).backward()
        optimizer.step()
    net.save_pretrained(model)


def test_what_a_model_has_learnt_reads_better_than_the_same_words_shuffled(tmp_path: Path) -> None:
    model = write_text_model(tmp_path / "model")
    learn(model, ANSWER, steps=30)
    words = ANSWER.split()
    shuffled = [" ".join(random.Random(seed).sample(words, len(words))) for seed in range(5)]
    found = of_texts(model, [ANSWER, *shuffled])
    assert found[0] > -0.5 and max(found[1:]) < found[0] - 1


def test_ifd_is_the_ratio_of_losses(tmp_path: Path, chance: Path) -> None:
    turns = [{"instruction": "What?", "response": "Dogs."}]
    rows = [record(n, instruction="How many?", response="Two dogs.", history=turns[:n]) for n in range(2)]
    one, two = measured(tmp_path / "d", chance, rows, "instruction_following_difficulty")
    alone = direct(chance, "", "Two dogs.")
    assert one == pytest.approx(direct(chance, "How many?\n", "Two dogs.") / alone, abs=1e-4)
    assert two == pytest.approx(direct(chance, "What?\nDogs.\nHow many?\n", "Two dogs.") / alone, abs=1e-4)


def test_ifd_of_odd_records(chance: Path) -> None:
    long = "dog " * 100
    rows = [("How many?", ""), ("How many?", None), ("", "Two dogs."), (None, "Two dogs."), (long, "Two dogs.")]
    *none, cut = ifd(chance, *rows)
    assert [str(number) for number in none] == ["nan"] * 4
    tokenizer = transformers.AutoTokenizer.from_pretrained(chance)
    room = 64 - 1 - len(tokenizer("Two dogs.")["input_ids"])
    last = tokenizer.decode(tokenizer(long)["input_ids"][-room:])
    assert cut == pytest.approx(direct(chance, last, "Two dogs.") / direct(chance, "", "Two dogs."), abs=1e-4)


def test_an_instruction_helps_to_its_own_response_and_misleads_to_another(tmp_path: Path) -> None:
    asked = {"How many?": "Two dogs.", "What colour?": "Dark green."}
    model = write_text_model(tmp_path / "model")
    learn(model, *(f"{question}\n{answer}" for question, answer in asked.items()), *asked.values(), steps=40)
    pairs = [*asked.items(), ("How many?", "Dark green.")]
    first, second, wrong = ifd(model, *((f"{question}\n", answer) for question, answer in pairs))
    assert first < 0.8 and second < 0.8 and wrong > 1


def test_a_model_without_a_first_token_leaves_the_first_one_out(chance: Path) -> None:
    model = language.LanguageModel(str(chance), "cpu", "float32")
    model._start = []
    texts = model.tokens([ANSWER, "Y"], 64)
    contexts = model.tokens(["How?", "How?"], 64)
    alone, after = model.log_probabilities(texts), model.log_probabilities(texts, contexts)
    net = transformers.AutoModelForCausalLM.from_pretrained(chance)

    def mean(ids: list[int], scored: int) -> float:
        with torch.inference_mode():
            logs = torch.log_softmax(net(torch.tensor([ids])).logits[0].double(), -1)
        return float(sum(logs[place - 1, ids[place]] for place in range(len(ids) - scored, len(ids))) / scored)

    assert alone[0] == pytest.approx(mean(texts[0], len(texts[0]) - 1), abs=1e-4)
    assert after[0] == pytest.approx(mean(contexts[0] + texts[0], len(texts[0]) - 1), abs=1e-4)
    assert str(alone[1]) == str(after[1]) == "nan"


def test_without_a_model_it_says_how_to_name_one(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=r"--option text_readability.model=MODEL"):
        score(dataset, ["text_readability"])
    with pytest.raises(UsageError, match="there is no folder"):
        score(dataset, ["text_readability"], {"text_readability": {"model": "./nowhere"}})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="can't be loaded") as raised:
        score(dataset, ["text_readability"], {"text_readability": {"model": str(tmp_path / "empty")}})
    assert "\n" not in str(raised.value)
    with pytest.raises(ModelError, match="--device"):
        options = {"text_readability": {"model": str(write_text_model(tmp_path / "m"))}}
        score(dataset, ["text_readability"], options, "cuda:99")


def test_other_weights_of_the_same_folder_are_measured_anew(tmp_path: Path) -> None:
    folder = write_text_model(tmp_path / "model")
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    options = {"text_readability": {"model": str(folder), "precision": "float32"}}

    def once() -> tuple[float, str]:
        scores = score(dataset, ["text_readability"], options, "cpu")
        [number] = Measured(dataset).read(["text_readability"])["text_readability"]
        return number, scores["indicators"]["text_readability"]["revision"]

    first = once()
    assert once() == first
    write_text_model(folder, answer=ANSWER)
    second = once()
    assert second[0] != first[0] and second[1] != first[1]


def test_a_models_own_code_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "it_ran"
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(
        json.dumps({"model_type": "mine", "auto_map": {"AutoConfig": "mine.C", "AutoModelForCausalLM": "mine.M"}})
    )
    (model / "mine.py").write_text(f"open({str(mark)!r}, 'w')")
    with pytest.raises(ModelError, match="can't be loaded"):
        measured(tmp_path / "d", model, [record(0)], "text_readability")
    assert not mark.exists()


def test_batches_by_length() -> None:
    lengths = [3, 9, 1, 9, 4, 40, 2]
    batches = list(by_length(lengths, 18, most=3))
    assert batches == [[5], [1, 3], [4, 0, 6], [2]]
    assert all(len(batch) * lengths[batch[0]] <= 18 or len(batch) == 1 for batch in batches)
    assert list(by_length([], 5)) == [] and list(by_length([0, 0], 5)) == [[0, 1]]


def test_a_column_of_texts_without_any(chance: Path) -> None:
    assert [str(number) for number in of_texts(chance, ["", None, " "])] == ["nan"] * 3
    assert of_texts(chance, []) == [] and ifd(chance) == []
