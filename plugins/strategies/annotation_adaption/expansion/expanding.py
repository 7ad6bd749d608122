"""Growing a pool by asking a model, in rounds: each shows it other instructions, and takes what the judge lets pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from vlit_hub.draws import salt
from vlit_hub.generation.options import ModelOptions
from vlit_hub.generation.requests import Request
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore, store_path
from vlit_hub.generation.summary import Summary
from vlit_hub.plugins.strategies.annotation_adaption.expansion.judging import Judge, tidy
from vlit_hub.plugins.strategies.annotation_adaption.expansion.pool_requests import Wish, read, request_of
from vlit_hub.plugins.strategies.annotation_adaption.expansion.settling import mended, settle
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec

__all__ = ["Expansion", "Rejected", "expand"]

_A_REQUEST = 20  # instructions asked for at a time: more, and they get alike
_SHOWN, _SHOWN_NEW = 10, 6  # instructions of the pool, and of those taken already, that a request shows
_SPARE = 1.25  # times as many are asked for as are missing
_MOST_REQUESTS = 8  # of a style a round
_PATIENCE = 2  # rounds in a row without anything taken, after which a style is given up
_MOST_ROUNDS = 50


@dataclass(frozen=True)
class Rejected:
    """What the model wrote and the pool doesn't take: an instruction, or (with a reason that says so) a whole answer."""

    style: str
    instruction: str
    reason: str


@dataclass
class Expansion:
    """What came of it.

    Attributes:
        taken: New instructions by style, in the order in which they were taken.
        rejected: What wasn't taken.
        runs: What asking came to, round by round.
    """

    taken: dict[str, list[str]]
    rejected: list[Rejected] = field(default_factory=list)
    runs: list[Summary] = field(default_factory=list)


def expand(
    spec: PoolSpec, existing: Mapping[str, Sequence[str]], to: int, options: ModelOptions, *, rewrite: bool = False
) -> Expansion:
    """Have a model write instructions until every style has enough, or it has nothing new to say.

    The result depends on the arguments and the model's answers alone; answers that the response store has aren't asked for again.

    Args:
        spec: The pool's.
        existing: Its instructions, for each style that is to grow (and any other, which is only kept clear of).
        to: So many instructions each style is to have.
        options: The model, and how it is asked.
        rewrite: First have each of the existing ones written in other words.

    Raises:
        VlitHubError: The model can't be asked; the same call goes on where it was.
    """
    judge = Judge(spec, existing)
    expansion = Expansion({style: [] for style in existing if len(existing[style]) < to})
    idle = dict.fromkeys(expansion.taken, 0)
    for number in range(_MOST_ROUNDS):
        wishes: list[Wish] = []
        for style, taken in expansion.taken.items():
            missing = to - len(existing[style]) - len(taken)
            if missing > 0 and idle[style] < _PATIENCE:
                seed = salt(options.seed, "pool", spec.name, style, str(number))
                if rewrite and number == 0:
                    wishes += _rewritings(style, existing[style], seed)
                else:
                    wishes += _expansions(style, existing[style], taken, missing, seed)
        if not wishes:
            break
        before = {style: len(taken) for style, taken in expansion.taken.items()}
        _round(spec, wishes, to, existing, options, judge, expansion)
        for style, taken in expansion.taken.items():
            idle[style] = 0 if len(taken) > before[style] else idle[style] + 1
    return expansion


def _round(
    spec: PoolSpec,
    wishes: Sequence[Wish],
    to: int,
    existing: Mapping[str, Sequence[str]],
    options: ModelOptions,
    judge: Judge,
    expansion: Expansion,
) -> None:
    requests = [request_of(spec, wish, options) for wish in wishes]
    expansion.runs.append(_ask(requests, options))
    with ResponseStore(store_path(options.settings())) as store:
        settled = settle(read, requests, store)
    for wish, answer in zip(wishes, settled, strict=True):
        if answer.value is None:
            expansion.rejected.append(Rejected(wish.style, answer.response.text, f"answer not usable: {answer.reason}"))
            continue
        taken = expansion.taken[wish.style]
        for text in map(tidy, answer.value):
            if len(existing[wish.style]) + len(taken) >= to:
                break
            if fault := judge.fault(wish.style, text):
                expansion.rejected.append(Rejected(wish.style, text, fault))
            else:
                judge.take(text)
                taken.append(text)


def _ask(requests: Sequence[Request], options: ModelOptions) -> Summary:
    return generate(requests, options.settings(), follow_up=partial(mended, read))


def _rewritings(style: str, existing: Sequence[str], seed: int) -> list[Wish]:
    parts = [tuple(existing[first : first + _A_REQUEST]) for first in range(0, len(existing), _A_REQUEST)]
    return [Wish(style, "rewrite", len(part), part, _sampling(seed, number)) for number, part in enumerate(parts)]


def _expansions(style: str, existing: Sequence[str], taken: Sequence[str], missing: int, seed: int) -> list[Wish]:
    wanted = round(_SPARE * missing)
    requests = min(-(-wanted // _A_REQUEST), _MOST_REQUESTS)
    count = min(-(-wanted // requests), _A_REQUEST)
    wishes = []
    for number in range(requests):
        own = salt(seed, str(number))
        shown = (*_some(existing, _SHOWN, own), *_some(taken, _SHOWN_NEW, own))
        wishes.append(Wish(style, "expand", count, shown, _sampling(seed, number)))
    return wishes


def _some(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """At most so many of them, drawn by hash."""
    drawn = sorted(range(len(texts)), key=lambda place: salt(seed, str(place)))[:count]
    return [texts[place] for place in drawn]


def _sampling(seed: int, number: int) -> int:
    return salt(seed, "sampling", str(number)) % (1 << 31)
