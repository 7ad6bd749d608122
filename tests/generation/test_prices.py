import re
from pathlib import Path

import msgspec
import pytest

from vlit_hub.errors import InputError
from vlit_hub.generation import prices
from vlit_hub.generation.prices import Price, price_of


def test_cost_is_dollars_a_million_tokens() -> None:
    price = Price(prompt=2.0, completion=8.0, batch=0.5)
    assert price.cost(1_000_000, 0) == 2.0
    assert price.cost(500_000, 250_000) == 3.0
    assert price.cost(500_000, 250_000, batch=True) == 1.5
    assert Price(prompt=2.0, completion=8.0).cost(1_000_000, 0, batch=True) == 2.0


def test_by_exact_name_then_without_a_snapshots_date() -> None:
    mini = price_of("gpt-4o-mini")
    assert mini == Price(prompt=0.15, completion=0.6, batch=0.5)
    assert price_of("gpt-4o-mini-2024-07-18") == mini
    assert price_of("gpt-4o-2024-05-13") != price_of("gpt-4o") == price_of("gpt-4o-2024-08-06")
    assert price_of("claude-haiku-4-5-20251001") == price_of("claude-haiku-4-5")


@pytest.mark.parametrize(
    "model",
    [
        "",
        "gpt",
        "gpt-4o-",
        "gpt-4o-mini-",
        "GPT-4o",
        "gpt-4o-audio-preview-2024-12-17",
        "my/gpt-4o-mini",
        "gpt-4o-mini-v2",
        "llama3.2",
    ],
)
def test_no_price_is_guessed(model: str) -> None:
    assert price_of(model) is None


def test_every_built_in_price_says_where_it_is_from_and_when() -> None:
    file = Path(prices.__file__).with_name("prices.yaml")
    groups = msgspec.yaml.decode(file.read_bytes(), type=list[prices._Group])
    for group in groups:
        assert group.source.startswith("https://") and re.fullmatch(r"\d{4}-\d{2}-\d{2}", group.date)
    names = [name for group in groups for name in group.models]
    assert len(names) == len(set(names)) > 30
    assert all(0 < price.prompt <= price.completion for group in groups for price in group.models.values())


def test_a_users_file_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(
        "- models:\n    gpt-4o-mini: {prompt: 1, completion: 2}\n    my-model: {prompt: 0, completion: 0}\n"
    )
    assert price_of("gpt-4o-mini-2024-07-18", file) == Price(prompt=1.0, completion=2.0)
    assert price_of("my-model", str(file)) == Price(prompt=0.0, completion=0.0)
    assert price_of("gpt-4o", file) == price_of("gpt-4o")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- models: {a: {prompt: -1, completion: 2}}", "prompt"),
        ("- models: {a: {prompt: 1}}", "completion"),
        ("- models: {a: {prompt: 1, completion: 2, batch: 50}}", "batch"),
        ("- models: {a: {prompt: .nan, completion: 2}}", "prompt"),
        ("- models: {a: {input: 1, output: 2}}", "input"),
        ("a: {prompt: 1, completion: 2}", "array"),
        ("- models: {a: [", "parsing"),
        ("", "array"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=told) as caught:
        price_of("a", file)
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        price_of("a", tmp_path / "none.yaml")
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError) as caught:
        price_of("a", file)
    assert "\n" not in str(caught.value)
