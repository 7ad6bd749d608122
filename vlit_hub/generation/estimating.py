"""What a run would ask and cost, counted before anything is sent."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping

import msgspec

from vlit_hub.generation.preview import GroupEstimate, Preview
from vlit_hub.generation.prices import Price, price_of
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.store import ResponseStore, store_path
from vlit_hub.generation.tokens import estimate_request
from vlit_hub.progress import progress

__all__ = ["EXAMPLES", "estimate_run"]

EXAMPLES = 10
"""So many requests are shown."""

_CHUNK = 500  # requests looked up in the store at a time


class _Count(msgspec.Struct):
    """The requests of one group; tokens are of those that aren't stored, unless said otherwise."""

    requests: int = 0
    stored: int = 0
    prompt_tokens: int = 0
    most_completion_tokens: int = 0
    estimated_of_stored: int = 0
    counted_of_stored: int = 0

    def add(self, request: Request, stored: Response | None) -> None:
        tokens = estimate_request(request)
        self.requests += 1
        if stored is None:
            self.prompt_tokens += tokens
            self.most_completion_tokens += request.max_tokens or 0
            return
        self.stored += 1
        if stored.prompt_tokens and not stored.error:
            self.estimated_of_stored += tokens
            self.counted_of_stored += stored.prompt_tokens

    def estimate(self, usual: float | None, price: Price | None, batch: bool) -> GroupEstimate:
        """What the group comes to, where an answer usually has so many tokens."""
        correction = self.counted_of_stored / self.estimated_of_stored if self.counted_of_stored else 1.0
        prompt = round(self.prompt_tokens * correction)
        left = self.requests - self.stored
        completion = self.most_completion_tokens if usual is None else round(left * usual)
        return GroupEstimate(
            requests=self.requests,
            stored=self.stored,
            prompt_tokens=prompt,
            completion_tokens=completion,
            cost=price.cost(prompt, completion, batch) if price else None,
        )


def estimate_run(requests: Iterable[Request], settings: Settings, expected: Mapping[str, int]) -> Preview:
    """Count a run's requests, tokens and cost.

    Every request is made and counted, none is sent. Prompts are estimated (`vlit_hub.generation.tokens`), and corrected by what
    servers counted for those requests of the group that the store has. Answers are taken to be as long as those that the
    store has of the same group and model; where it has none, as long as `expected`. Answers that have to be asked for
    once more, because they didn't validate, come on top.

    Args:
        requests: As they would be sent, all to one model; drawn as they are counted, so any number takes the same memory.
        settings: As for `vlit_hub.generation.run.generate`; with `batch`, costs are the Batch API's.
        expected: Tokens of a usual answer by group; a group that isn't named is taken to use all of its `max_tokens`.

    Raises:
        InputError: The file of prices can't be read.
        StoreError: The response store can't be used.
    """
    counts: dict[str, _Count] = {}
    examples: dict[str, list[_Example]] = {}
    drawn = iter(requests)
    first = next(drawn, None)
    if first is None:
        return Preview(model="", examples=(), groups={})
    price = price_of(first.model, settings.prices)
    drawn = itertools.chain([first], drawn)
    with ResponseStore(store_path(settings)) as store, progress("counting requests", None) as counted:
        while keyed := [(request.key(), request) for request in itertools.islice(drawn, _CHUNK)]:
            stored = store.get_many([key for key, _ in keyed])
            counted(len(keyed))
            for key, request in keyed:
                counts.setdefault(request.group, _Count()).add(request, stored.get(key))
                _show(examples.setdefault(request.group, []), key, request)
        usual = {**expected, **store.mean_completions(first.model)}
    groups = {group: count.estimate(usual.get(group), price, settings.batch) for group, count in sorted(counts.items())}
    return Preview(model=first.model, examples=_drawn(examples), groups=groups)


class _Example:
    """A request that may be shown: those of the smallest keys are, which are hashes. The smaller key is the greater example."""

    __slots__ = ("key", "request")

    def __init__(self, key: str, request: Request) -> None:
        self.key = key
        self.request = request

    def __lt__(self, other: _Example) -> bool:
        return self.key > other.key


def _show(kept: list[_Example], key: str, request: Request) -> None:
    """Keep a group's requests of the smallest keys, each once."""
    if len(kept) == EXAMPLES and key >= kept[0].key:
        return
    if any(example.key == key for example in kept):
        return
    (heapq.heappushpop if len(kept) == EXAMPLES else heapq.heappush)(kept, _Example(key, request))


def _drawn(examples: Mapping[str, list[_Example]]) -> tuple[Request, ...]:
    """From all groups in turn, as many of each as there is room for."""
    by_group = [sorted(kept, reverse=True) for _, kept in sorted(examples.items())]
    in_turn = (example for turn in itertools.zip_longest(*by_group) for example in turn if example)
    return tuple(example.request for example in itertools.islice(in_turn, EXAMPLES))
