"""Whether one needs the picture to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.generation.options import AskingOptions
from vlit_hub.generation.requests import Request
from vlit_hub.generation.structured import schema_of
from vlit_hub.quality.asking import Asker
from vlit_hub.quality.indicator import Collective, IndicatorOptions
from vlit_hub.quality.judge_prompts import JudgePrompt, load_prompt
from vlit_hub.quality.judging import TURNS, conversation_of

__all__ = ["VisualDependency", "normal_form"]

_PROMPTS: tuple[Literal["answer", "agreement"], ...] = ("answer", "agreement")
_ARTICLES = {"a", "an", "the"}
_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {name: str(number) for number, name in enumerate(_NAMES)}


class _Blind(msgspec.Struct, forbid_unknown_fields=True):
    answer: str


class _Agreement(msgspec.Struct, forbid_unknown_fields=True):
    reason: str
    agrees: bool


class _Options(AskingOptions, IndicatorOptions):
    temperature: float = pydantic.Field(0.7, ge=0, le=2, description="Of sampling; at 0 all answers are the same.")
    max_tokens: pydantic.PositiveInt = pydantic.Field(512, description="At most so many tokens an answer.")
    answers: pydantic.PositiveInt = pydantic.Field(5, description="How often each question is answered.")
    words: int = pydantic.Field(
        3, ge=0, description="Responses of at most so many words are compared by words, longer ones by the model."
    )
    answer_prompt: Path | None = pydantic.Field(  # what a prompt says is part of the revision
        None, exclude=True, description="Your own prompt to answer by, a YAML file; the built-in one if none."
    )
    agreement_prompt: Path | None = pydantic.Field(
        None, exclude=True, description="Your own prompt to compare two answers by; the built-in one if none."
    )


class VisualDependency(Collective):
    """A language model answers `answers` times without the picture:

        visual_dependency = 1 - (answers that agree with the response) / (answers), in [0, 1]

    0: anybody answers that without looking; 1: nobody guesses it. A response of at most `words` words (without articles) agrees
    with an answer of the same words, numbers as digits; one that is yes or no with an answer that begins so; a longer response if
    the model says that the two say the same. visual_dependency_answers is how many answers could be compared.

    Nothing is taken off for luck: whoever tosses a coin on yes or no comes to 0.5. So hold yes/no questions, and choices, against
    each other rather than against open questions. A model may also know a famous dataset's answers by heart; take one that
    is no larger than needed.

    Chen et al. 2024, "Are We on the Right Way for Evaluating Large Vision-Language Models?" (MMStar, arXiv 2403.20330), ask
    language models the questions of benchmarks without the picture and leave out those that several of them answer; here one
    model is asked several times. Not in the review.
    """

    name = "visual_dependency"
    measures = "1 - the share of a language model's answers without the picture that agree with the response, 0 to 1."
    backend = "language model"
    reads = (*TURNS, "source.image_ids")
    columns = {"visual_dependency": pa.float32(), "visual_dependency_answers": pa.int32()}
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without a model."""
        return None if options.model else f"no model is named: --option {self.name}.model=MODEL"

    def revision(self, options: _Options) -> str:
        """The model's name, and the prompts' versions and digests."""
        return f"{options.model}, {', '.join(_prompt(name, options).revision for name in _PROMPTS)}"

    def compare(self, records: pl.DataFrame, options: _Options) -> pl.DataFrame:
        """Null for a record without response or without image, and where no answer could be read.

        Raises:
            VlitHubError: As `vlit_hub.generation.run.generate`. What was answered is stored.
        """
        rows = [
            (number, record)
            for number, record in enumerate(records.iter_rows(named=True))
            if (record["response"] or "").strip() and record["source.image_ids"] != []
        ]
        asker = Asker(options.settings())
        agreed: list[list[bool]] = [[] for _ in range(len(records))]
        long: list[tuple[int, str]] = []  # of a record, what is put to the model
        responses = {number: (record, normal_form(record["response"])) for number, record in rows}

        def blind() -> Iterator[tuple[int, Request]]:
            prompt, schema = _prompt("answer", options), schema_of(_Blind)
            for number, record in rows:
                for seed in range(options.answers):
                    about = conversation_of(record, answered=False)
                    yield number, _request(prompt, about, schema, options, options.temperature, seed)

        for number, found in asker.ask(blind, _Blind, len(rows) * options.answers):
            record, words = responses[number]
            if len(words) <= options.words:
                agreed[number].append(_same(words, normal_form(found.answer)))
            else:
                asked = conversation_of(record, answered=False)
                compared = f"The right answer: {record['response']}\nThe second answer: {found.answer}"
                long.append((number, f"{asked}\n{compared}"))

        def judged() -> Iterator[tuple[int, Request]]:
            prompt, schema = _prompt("agreement", options), schema_of(_Agreement)
            for number, about in long:
                yield number, _request(prompt, about, schema, options, 0, 0)

        if long:
            for number, verdict in asker.ask(judged, _Agreement, len(long)):
                agreed[number].append(verdict.agrees)
        return pl.DataFrame(
            {
                "visual_dependency": [1 - sum(some) / len(some) if some else None for some in agreed],
                "visual_dependency_answers": [len(some) or None for some in agreed],
            },
            schema={"visual_dependency": pl.Float64, "visual_dependency_answers": pl.Int32},
        )


def normal_form(text: str) -> list[str]:
    """Its words in small letters, without articles, numbers up to twelve as digits (as in Antol et al. 2015)."""
    words = re.findall(r"[^\W_]+", text.lower())
    return [_NUMBERS.get(word, word) for word in words if word not in _ARTICLES] or text.split()


def _same(response: list[str], answer: list[str]) -> bool:
    if response in (["yes"], ["no"]):
        return answer[:1] == response
    return answer == response


def _prompt(name: Literal["answer", "agreement"], options: _Options) -> JudgePrompt:
    own = options.answer_prompt if name == "answer" else options.agreement_prompt
    return load_prompt(own or Path(__file__).with_name(f"visual_dependency_{name}.yaml"))


def _request(
    prompt: JudgePrompt, about: str, schema: dict[str, Any], options: _Options, temperature: float, seed: int
) -> Request:
    assert options.model
    return Request(
        backend=options.backend,
        model=options.model,
        messages=(
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.about(about)},
        ),
        schema=schema,
        temperature=temperature,
        max_tokens=options.max_tokens,
        seed=seed,
        group=VisualDependency.name,
    )
