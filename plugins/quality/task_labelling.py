"""What each instruction asks for, labelled by a language model that makes the labels up first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.draws import draw, salt
from vlit_hub.errors import InputError
from vlit_hub.generation.options import AskingOptions
from vlit_hub.generation.requests import Request
from vlit_hub.generation.structured import schema_of
from vlit_hub.plugins.quality.label_merging import frequent_labels
from vlit_hub.quality.asking import Asker
from vlit_hub.quality.indicator import Collective, IndicatorOptions
from vlit_hub.quality.judge_prompts import JudgePrompt, load_prompt

__all__ = ["OTHER", "TaskLabelling"]

OTHER = "other"

_Name = Literal["proposal", "assignment"]
_PROMPTS: tuple[_Name, ...] = ("proposal", "assignment")
_LABELS = "{labels}"


class _Proposal(msgspec.Struct, forbid_unknown_fields=True):
    labels: Annotated[list[str], msgspec.Meta(min_length=1, max_length=5)]


class _Options(AskingOptions, IndicatorOptions):
    temperature: float = pydantic.Field(0, ge=0, le=2, description="Of sampling; 0 takes the likeliest answer.")
    max_tokens: pydantic.PositiveInt = pydantic.Field(256, description="At most so many tokens an answer.")
    propose: pydantic.PositiveInt = pydantic.Field(
        2000, description="Labels are proposed for so many different instructions, drawn by hash."
    )
    seed: int = pydantic.Field(0, description="Draws other instructions.")
    least: float = pydantic.Field(
        0.005, ge=0, lt=1, description="Share of these instructions that a label must be proposed for."
    )
    most: pydantic.PositiveInt = pydantic.Field(100, description="At most so many labels, the most frequent ones.")
    similarity: float = pydantic.Field(
        0.8, gt=0, le=1, description="Labels whose letter trigrams have a cosine of at least this are merged."
    )
    proposal_prompt: Path | None = pydantic.Field(  # what a prompt says is part of the revision
        None, exclude=True, description="Your own prompt to propose labels by, a YAML file; the built-in one if none."
    )
    assignment_prompt: Path | None = pydantic.Field(
        None, exclude=True, description="Your own prompt to choose labels by, with {labels} in `system`."
    )


class TaskLabelling(Collective):
    """A task label for each different instruction, as TagGPT makes them (Li et al. 2023, arXiv 2304.03022):

        1. propose  the model labels a sample of the dataset's different instructions freely, with one to three labels each
        2. keep     near-duplicates ("object counting", "counting objects") are merged, frequent ones kept
        3. assign   the model chooses for every different instruction one of the kept labels, or `other`

    All by the text alone. TagGPT compares labels by embeddings; here it is letter trigrams, which need no further model: synonyms
    in other words stay two labels.
    """

    name = "task_labelling"
    principle = 3
    measures = "What the instruction asks for, as a language model labels it."
    backend = "language model"
    reads = ("instruction", "input.text")
    columns = {"task_labelled": pa.string()}
    feature = True
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without a model."""
        return None if options.model else f"no model is named: --option {self.name}.model=MODEL"

    def revision(self, options: _Options) -> str:
        """The model's name, and the prompts' versions and digests."""
        return f"{options.model}, {', '.join(_prompt(name, options).revision for name in _PROMPTS)}"

    def compare(self, records: pl.DataFrame, options: _Options) -> pl.DataFrame:
        """Null for a record without instruction, where the answer couldn't be read, and where no label was frequent.

        Raises:
            VlitHubError: As `vlit_hub.generation.run.generate`. What was answered is stored.
        """
        asked = pl.concat_str("instruction", "input.text", separator="\n", ignore_nulls=True).str.strip_chars()
        texts = records.select(asked).to_series()
        different = texts.filter(texts != "").unique().sort()
        asker = Asker(options.settings())
        labels = _propose(asker, different, options)
        found = _assign(asker, different, labels, options) if labels else {}
        named = pl.DataFrame({"text": list(found), "task_labelled": list(found.values())}, schema=_NAMED)
        whole = texts.alias("text").to_frame().join(named, on="text", how="left", maintain_order="left")
        return whole.select("task_labelled")


_NAMED = {"text": pl.String, "task_labelled": pl.String}


def _propose(asker: Asker, texts: pl.Series, options: _Options) -> list[str]:
    """Labels to choose from."""
    order = np.argsort(draw(salt(options.seed, "task_labelling"), texts), kind="stable")
    sample = texts[np.sort(order[: options.propose])].to_list()
    prompt = _prompt("proposal", options)
    requests = _Asked(sample, prompt.system, prompt, _Proposal, options)
    proposed = [found.labels for _, found in asker.ask(requests, _Proposal, len(sample))]
    kept = frequent_labels(proposed, least=options.least, most=options.most, similarity=options.similarity)
    return [one.label for one in kept if one.label != OTHER]


def _assign(asker: Asker, texts: pl.Series, labels: Sequence[str], options: _Options) -> dict[str, str]:
    """The label of each text."""
    one_of: Any = Literal[(*labels, OTHER)]
    answer = msgspec.defstruct("Assignment", [("label", one_of)], forbid_unknown_fields=True)
    prompt = _prompt("assignment", options)
    system = prompt.system.replace(_LABELS, "\n".join(f"- {label}" for label in labels))
    requests = _Asked(texts, system, prompt, answer, options)
    return {text: found.label for text, found in asker.ask(requests, answer, len(texts))}


def _prompt(name: _Name, options: _Options) -> JudgePrompt:
    """The user's own, or the built-in one.

    Raises:
        InputError: It can't be read, or lacks the place of what it is to ask about.
    """
    own = options.proposal_prompt if name == "proposal" else options.assignment_prompt
    file = own or Path(__file__).with_name(f"task_{name}.yaml")
    prompt = load_prompt(file)
    if name == "assignment" and _LABELS not in prompt.system:
        raise InputError(file, f"`system` lacks {_LABELS}", "Put it where the labels to choose from are to stand.")
    return prompt


class _Asked:
    """A request for each text, with the text as its place."""

    def __init__(
        self, texts: Sequence[str] | pl.Series, system: str, prompt: JudgePrompt, answer: type[Any], options: _Options
    ) -> None:
        self._texts, self._system, self._prompt, self._options = texts, system, prompt, options
        self._schema = schema_of(answer)

    def __call__(self) -> Iterator[tuple[str, Request]]:
        assert self._options.model
        for text in self._texts:
            yield (
                text,
                Request(
                    backend=self._options.backend,
                    model=self._options.model,
                    messages=(
                        {"role": "system", "content": self._system},
                        {"role": "user", "content": self._prompt.about(text)},
                    ),
                    schema=self._schema,
                    temperature=self._options.temperature,
                    max_tokens=self._options.max_tokens,
                    seed=0,
                    group=TaskLabelling.name,
                ),
            )
