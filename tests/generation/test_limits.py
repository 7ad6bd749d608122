from __future__ import annotations

from vlit_hub.generation.limits import Concurrency, backoff


def feed(concurrency: Concurrency, answers: int, every: int) -> None:
    """So many answers, of which one in `every` is "too many requests"."""
    for number in range(1, answers + 1):
        if number % every == 0:
            concurrency.throttled(0.0, None)
        else:
            concurrency.answered()


def test_it_starts_at_the_maximum_and_stays_there() -> None:
    concurrency = Concurrency(256)
    feed(concurrency, 5_000, every=10_000)
    assert concurrency.limit == 256


def test_a_few_throttled_at_random_cost_nothing() -> None:
    concurrency = Concurrency(256)
    feed(concurrency, 5_000, every=50)
    assert concurrency.limit == 256


def test_overload_halves_down_to_one_and_it_grows_back() -> None:
    concurrency = Concurrency(64)
    feed(concurrency, 8, every=1)
    assert concurrency.limit == 32  # more than a tenth of a window was turned down: no need to wait for its end
    feed(concurrency, 200, every=1)
    assert concurrency.limit == 1
    feed(concurrency, 21, every=1_000)
    assert 1 < concurrency.limit <= 6
    feed(concurrency, 5_000, every=10_000)
    assert concurrency.limit == 64


def test_the_server_gets_the_rest_it_asks_for() -> None:
    concurrency = Concurrency(8)
    concurrency.throttled(100.0, 5.0)
    assert concurrency.held_until == 0.0  # one is no overload
    concurrency.throttled(100.0, 5.0)
    concurrency.throttled(101.0, 5.0)
    assert concurrency.held_until == 106.0
    assert concurrency.limit == 4


def test_backoff_doubles_with_jitter_up_to_a_minute() -> None:
    for tries, middle in ((1, 0.5), (2, 1.0), (5, 8.0), (30, 60.0)):
        waits = {backoff(tries) for _ in range(50)}
        assert len(waits) > 40
        assert all(0.5 * middle <= wait <= 1.5 * middle for wait in waits)


def test_backoff_honours_what_the_server_asks_for() -> None:
    assert 7.0 <= backoff(1, retry_after=7.0) <= 7.7
    assert backoff(1, retry_after=200.0) >= 200.0
    assert backoff(1, retry_after=0.0) <= 0.75
