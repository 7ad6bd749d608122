"""--max-cost: a hard limit, over all runs of the same requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generation.asking import ask, hurry, settings_of, texts
from tests.llm.answers import completion, server_error
from tests.llm.server import Llm, last_words
from tests.llm.wire import Reply
from vlit_hub.errors import BudgetReached, UsageError
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore

EACH = 0.1 + 0.05  # dollars: the server counts 100 and 50 tokens


@pytest.fixture
def prices(tmp_path: Path) -> str:
    (tmp_path / "prices.yaml").write_text(
        "[{models: {tiny: {prompt: 1000, completion: 1000}, small: {prompt: 0, completion: 0}}}]"
    )
    return str(tmp_path / "prices.yaml")


def limited(llm: Llm, folder: Path, prices: str, dollars: float, **more: Any) -> Settings:
    return settings_of(llm, folder, prices=prices, max_cost=dollars, **more)


def spent(folder: Path) -> float:
    with ResponseStore(folder / "responses.sqlite") as store:
        return float(store.connection.execute("SELECT coalesce(sum(cost), 0) FROM responses").fetchone()[0])


def test_costs_are_counted_and_stored(llm: Llm, tmp_path: Path, prices: str) -> None:
    summary = generate([ask(n) for n in range(20)], settings_of(llm, tmp_path, prices=prices))
    assert summary.cost == pytest.approx(20 * EACH)
    assert spent(tmp_path) == pytest.approx(20 * EACH)
    assert "$3.00" in str(summary)
    again = generate([ask(n) for n in range(20)], settings_of(llm, tmp_path, prices=prices))
    assert (again.cost, again.paid_before) == (None, pytest.approx(20 * EACH))


def test_models_without_a_price_cost_nothing_known(llm: Llm, tmp_path: Path) -> None:
    summary = generate([ask(1)], settings_of(llm, tmp_path))
    assert summary.cost is None
    assert "$" not in str(summary)


@pytest.mark.parametrize("concurrency", [1, 8, 64])
def test_the_limit_is_hard_and_the_same_command_goes_on(
    llm: Llm, tmp_path: Path, prices: str, concurrency: int
) -> None:
    asked = [ask(n) for n in range(100)]
    limit = 5.0
    for _ in range(20):
        try:
            generate(asked, limited(llm, tmp_path, prices, limit, concurrency=concurrency))
            break
        except BudgetReached as error:
            told = str(error)
        assert spent(tmp_path) <= limit
        done = len(texts(tmp_path))
        assert told.startswith(
            f"--max-cost {limit:.2f} is reached: ${done * EACH:.2f} spent, {done} requests answered, "
        )
        assert f"{100 - done} left, which take about ${(100 - done) * EACH:.2f} more" in told
        found = re.search(r"The same command with --max-cost ([\d.]+) goes on\.$", told)
        assert found and "\n" not in told
        limit = float(found[1])
        assert limit > 5.0
    assert len(texts(tmp_path)) == 100
    assert spent(tmp_path) == pytest.approx(100 * EACH)
    assert set(llm.counts.values()) == {1}


def test_most_of_the_limit_is_used(llm: Llm, tmp_path: Path, prices: str) -> None:
    with pytest.raises(BudgetReached):
        generate([ask(n) for n in range(100)], limited(llm, tmp_path, prices, 5.0))
    assert 4.5 <= spent(tmp_path) <= 5.0


def test_answers_longer_than_estimated_dont_break_it(llm: Llm, tmp_path: Path, prices: str) -> None:
    """The server counts ten times the prompt tokens that the estimate has; the limit of the answer's tokens is exhausted."""

    def rule(body: dict[str, Any]) -> Reply:
        reply = completion("long")
        reply.body = reply.body.replace(b'"completion_tokens": 50', b'"completion_tokens": 64')
        return reply

    llm.rule = rule
    with pytest.raises(BudgetReached):
        generate([ask(n) for n in range(200)], limited(llm, tmp_path, prices, 10.0, concurrency=4))
    assert 9.5 <= spent(tmp_path) <= 10.0


def test_what_the_store_has_paid_counts_wherever_it_stands(llm: Llm, tmp_path: Path, prices: str) -> None:
    """The last twenty were paid by an earlier run: the first of a later run know of it."""
    asked = [ask(n) for n in range(60)]
    generate(asked[40:], settings_of(llm, tmp_path, prices=prices))
    with pytest.raises(BudgetReached):
        generate(asked, limited(llm, tmp_path, prices, 5.0, concurrency=1))
    assert 4.5 < spent(tmp_path) <= 5.0


def test_other_requests_in_the_store_dont_count(llm: Llm, tmp_path: Path, prices: str) -> None:
    generate([ask(f"other {n}") for n in range(60)], settings_of(llm, tmp_path, prices=prices))
    assert generate([ask(n) for n in range(10)], limited(llm, tmp_path, prices, 3.0)).answered == 10


def test_stored_without_a_price_costs_by_the_price_now(llm: Llm, tmp_path: Path, prices: str) -> None:
    asked = [ask(n) for n in range(40)]
    generate(asked[:20], settings_of(llm, tmp_path))
    with pytest.raises(BudgetReached, match=r"\$3\.00 spent, 20 requests answered"):
        generate(asked, limited(llm, tmp_path, prices, 3.1))


def test_follow_ups_are_paid_from_the_same_purse(llm: Llm, tmp_path: Path, prices: str) -> None:
    def follow_up(request: Request, response: Response) -> Request | None:
        words = str(request.messages[0]["content"])
        return ask(f"again {words}") if "again" not in words else None

    for limit in (4.0, 6.0):
        with pytest.raises(BudgetReached):
            generate([ask(n) for n in range(40)], limited(llm, tmp_path, prices, limit), follow_up=follow_up)
        assert limit - 0.5 < spent(tmp_path) <= limit
    assert generate([ask(n) for n in range(40)], limited(llm, tmp_path, prices, 13.0), follow_up=follow_up).total == 80
    assert set(llm.counts.values()) == {1}


def test_equal_requests_are_paid_once(llm: Llm, tmp_path: Path, prices: str) -> None:
    asked = [ask(n % 10) for n in range(1_000)]
    assert generate(asked, limited(llm, tmp_path, prices, 2.0)).answered == 10
    assert generate(asked, limited(llm, tmp_path, prices, 2.0)).stored == 1_000


def test_an_iterator_can_be_gone_through_once(llm: Llm, tmp_path: Path, prices: str) -> None:
    def asked() -> Iterator[Request]:
        return (ask(n) for n in range(100))

    with pytest.raises(BudgetReached, match="the others are left"):
        generate(asked(), limited(llm, tmp_path, prices, 5.0))
    with pytest.raises(BudgetReached):
        generate(asked(), limited(llm, tmp_path, prices, 7.0))
    assert 6.5 < spent(tmp_path) <= 7.0


def test_nothing_is_sent_for_nothing(llm: Llm, tmp_path: Path, prices: str) -> None:
    with pytest.raises(BudgetReached):
        generate([ask(1)], limited(llm, tmp_path, prices, 0.0))
    assert llm.asked == []


def test_a_model_that_costs_nothing_has_no_limit(llm: Llm, tmp_path: Path, prices: str) -> None:
    assert generate([ask(n, model="small") for n in range(50)], limited(llm, tmp_path, prices, 0.0)).answered == 50


def test_failures_free_what_was_kept_for_them(
    llm: Llm, tmp_path: Path, prices: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    seen: set[str] = set()

    def rule(body: dict[str, Any]) -> Reply | str:
        words = last_words(body)
        first = words not in seen
        seen.add(words)
        return server_error() if first else "good"

    llm.rule = rule
    assert generate([ask(n) for n in range(30)], limited(llm, tmp_path, prices, 5.0)).answered == 30


def test_no_price(llm: Llm, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        generate([ask(1)], settings_of(llm, tmp_path, max_cost=5.0))
    assert "the model 'tiny' has none. Give it one with --prices FILE" in str(caught.value)
    assert llm.asked == []


def test_no_limit_of_tokens(llm: Llm, tmp_path: Path, prices: str) -> None:
    with pytest.raises(UsageError, match="--max-cost needs --max-tokens"):
        generate([ask(1, max_tokens=None)], limited(llm, tmp_path, prices, 5.0))
