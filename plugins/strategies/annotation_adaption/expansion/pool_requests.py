"""What a model is asked when a pool is expanded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import msgspec
import yaml

from vlit_hub.generation.options import ModelOptions
from vlit_hub.generation.requests import Request, Response
from vlit_hub.generation.structured import Invalid, parse, schema_of
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec
from vlit_hub.tasks import TASKS

__all__ = ["Instructions", "Wish", "prompt_version", "read", "request_of"]

_TOKENS_EACH = 60  # room for one instruction in the answer, placeholders and JSON included


class Instructions(msgspec.Struct, forbid_unknown_fields=True):
    """The answer: new instructions."""

    instructions: list[str]


@dataclass(frozen=True)
class Wish:
    """One request's worth of instructions.

    Attributes:
        style: Of the pool.
        way: `expand` for new ones, `rewrite` for the examples in other words.
        count: So many are asked for.
        examples: Instructions of the pool that are shown.
        seed: Of the model's sampling; tells apart requests that are the same otherwise.
    """

    style: str
    way: str
    count: int
    examples: tuple[str, ...]
    seed: int


def prompt_version() -> str:
    """Of the prompt file."""
    return str(_prompts()["version"])


def request_of(spec: PoolSpec, wish: Wish, options: ModelOptions) -> Request:
    """The request for a wish."""
    prompts = _prompts()
    system = _filled(prompts["system"], style=prompts["styles"][wish.style], rules=_rules(spec))
    ask = _filled(prompts[wish.way], task=TASKS[spec.task], examples=wish.examples, count=wish.count)
    assert options.model is not None
    return Request(
        backend=options.backend,
        model=options.model,
        messages=({"role": "system", "content": system}, {"role": "user", "content": ask}),
        schema=schema_of(Instructions),
        temperature=options.temperature,
        max_tokens=max(options.max_tokens, _TOKENS_EACH * wish.count),
        seed=wish.seed,
        group=f"{wish.way} {wish.style}",
    )


def read(request: Request, response: Response) -> list[str]:
    """The instructions in an answer.

    Raises:
        Invalid: There are none.
    """
    found = parse(response.text, Instructions, response.finish_reason).instructions
    if not found:
        raise Invalid("it has no instructions")
    return found


def _rules(spec: PoolSpec) -> list[str]:
    """What the pool says of placeholders, in words."""
    meanings = _prompts()["placeholders"]

    def told(names: Sequence[str] | frozenset[str]) -> str:
        return "; ".join(f"{{{name}}}: {meanings[name]}" for name in sorted(names))

    rules = []
    if spec.needed:
        rules.append(f"Every instruction has each of these once: {told(spec.needed)}.")
    if spec.subject:
        groups = [" or ".join(f"{{{name}}}" for name in sorted(group)) for group in spec.subject]
        whole = ", and ".join(f"one of {group}" if " or " in group else group for group in groups)
        rules.append(
            f"An instruction names what it is about with {whole}, each at most once; or it names nothing of it and says "
            '"the given ...", "the ... below": then the value is put below the instruction. About half of them do one, half the '
            f"other. They stand for: {told(spec.about)}."
        )
    if spec.allowed:
        rules.append(f"These may be used where the sentence needs them: {told(spec.allowed)}.")
    return rules


@cache
def _prompts() -> dict[str, Any]:
    text = (files(__package__) / "prompts" / "pool.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def _filled(template: str, **values: object) -> str:
    return str(jinja2.Template(template, undefined=jinja2.StrictUndefined).render(**values)).strip()
