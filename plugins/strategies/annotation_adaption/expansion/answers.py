"""Short answers written out as sentences by a model: asked, read, checked (Li et al. 2024, section 3.3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

import msgspec
import polars as pl
import yaml

from vlit_hub.drafts import GENERATION
from vlit_hub.generation.options import ModelOptions
from vlit_hub.generation.requests import Request, Response, text_of
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore, store_path
from vlit_hub.generation.structured import parse, schema_of
from vlit_hub.plugins.strategies.annotation_adaption.expansion.answer_checks import fault
from vlit_hub.plugins.strategies.annotation_adaption.expansion.settling import Settled, Unfit, mended, settle

__all__ = ["EXPECTED_TOKENS", "GROUP", "Requests", "ask", "read", "request_of", "written_out"]

GROUP = "expand_answer"
EXPECTED_TOKENS = {GROUP: 18}
"""Of a usual answer, by group, for cost estimates."""

_PROMPT = "annotation_adaption/expand_answer"
_AT_ONCE = 256  # pairs looked up together

_WRITTEN = pl.Schema({"sentence": pl.String(), "generation": GENERATION, "reason": pl.String()})


class _Pair(msgspec.Struct, frozen=True):
    """What is asked, as JSON in the user's message."""

    question: str
    answer: str


class _WrittenOut(msgspec.Struct, forbid_unknown_fields=True):
    """The answer: the sentence."""

    sentence: str


@dataclass(frozen=True)
class Requests:
    """A request for each distinct pair, in the pairs' order; may be gone through several times.

    Attributes:
        pairs: `question` and `answer`.
        options: The model.
    """

    pairs: pl.DataFrame
    options: ModelOptions

    def __len__(self) -> int:
        """How many."""
        return len(self.pairs)

    def __iter__(self) -> Iterator[Request]:
        """One after the other."""
        return (request_of(question, answer, self.options) for question, answer in self.pairs.iter_rows())


def ask(pairs: pl.DataFrame, options: ModelOptions) -> None:
    """Have the model asked about distinct `question`, `answer` pairs.

    Raises:
        VlitHubError: It can't be; the same call goes on where it was.
    """
    generate(Requests(pairs, options), options.settings(), follow_up=partial(mended, read))


def written_out(pairs: pl.DataFrame, options: ModelOptions) -> pl.DataFrame:
    """What the response store has of `question`, `answer` pairs, row by row.

    Returns:
        `sentence`, `generation` (as drafts have it) and `reason`: why the sentence can't be used, which is the model's raw
        answer then; null where it can.

    Raises:
        VlitHubError: The store can't be read, or lacks an answer.
    """
    distinct = pairs.unique(maintain_order=True)
    rows: list[dict[str, Any]] = []
    with ResponseStore(store_path(options.settings())) as store:
        for part in distinct.iter_slices(_AT_ONCE):
            requests = list(Requests(part, options))
            rows += [_row(settled, options) for settled in settle(read, requests, store)]
    found = pl.concat([distinct, pl.DataFrame(rows, schema=_WRITTEN)], how="horizontal")
    return pairs.join(found, on=["question", "answer"], how="left", maintain_order="left").select(_WRITTEN.names())


def request_of(question: str, answer: str, options: ModelOptions) -> Request:
    """The request for one pair."""
    assert options.model is not None
    return Request(
        backend=options.backend,
        model=options.model,
        messages=(*_prompt(), {"role": "user", "content": _json(_Pair(question, answer))}),
        schema=_schema(),
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        seed=options.seed,
        group=GROUP,
    )


def read(request: Request, response: Response) -> str:
    """The sentence in an answer, tidied and checked.

    Raises:
        Invalid: It can't be used.
    """
    sentence = " ".join(parse(response.text, _WrittenOut, response.finish_reason).sentence.split())
    if sentence and sentence[-1].isalnum():
        sentence += "."
    sentence = sentence[:1].upper() + sentence[1:]
    pair = msgspec.json.decode(text_of(request.messages[-1]), type=_Pair)
    if wrong := fault(pair.question, pair.answer, sentence):
        raise Unfit(wrong)
    return sentence


def _row(settled: Settled[str], options: ModelOptions) -> dict[str, Any]:
    if settled.value is None:
        reason = f"answer not written out: {settled.reason}"
        return {"sentence": settled.response.text, "generation": None, "reason": reason}
    generation = {
        "model": settled.response.model or options.model,
        "prompt": _PROMPT,
        "prompt_version": _file()["version"],
        "temperature": options.temperature,
        "seed": options.seed,
    }
    return {"sentence": settled.value, "generation": generation, "reason": None}


@cache
def _file() -> dict[str, Any]:
    return dict(yaml.safe_load((files(__package__) / "prompts" / "answer.yaml").read_text(encoding="utf-8")))


@cache
def _prompt() -> tuple[dict[str, str], ...]:
    """The system prompt, and the examples as turns."""
    messages = [{"role": "system", "content": _file()["system"].strip()}]
    for example in _file()["examples"]:
        pair = _Pair(example["question"], example["answer"])
        messages.append({"role": "user", "content": _json(pair)})
        messages.append({"role": "assistant", "content": _json(_WrittenOut(example["sentence"]))})
    return tuple(messages)


@cache
def _schema() -> dict[str, Any]:
    return schema_of(_WrittenOut)


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
