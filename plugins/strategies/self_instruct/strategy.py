"""The strategy `self_instruct`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import polars as pl

from vlit_hub.drafts import DRAFT
from vlit_hub.errors import InputError, UsageError
from vlit_hub.frames import Annotations
from vlit_hub.generation.estimating import estimate_run
from vlit_hub.generation.preview import Preview
from vlit_hub.generation.requests import Request
from vlit_hub.generation.run import generate
from vlit_hub.generation.structured import schema_of
from vlit_hub.generation.tokens import estimate
from vlit_hub.image_by_image.objects import images_of
from vlit_hub.plugins.strategies.self_instruct.absence import sought_categories
from vlit_hub.plugins.strategies.self_instruct.asking import Prepared, asks, count
from vlit_hub.plugins.strategies.self_instruct.conversation import Conversation
from vlit_hub.plugins.strategies.self_instruct.options import KINDS, SelfInstructOptions
from vlit_hub.plugins.strategies.self_instruct.prompting import Prompt, load
from vlit_hub.plugins.strategies.self_instruct.reading import follow_up
from vlit_hub.plugins.strategies.self_instruct.writing import drafts_of
from vlit_hub.strategy import Options, Strategy

__all__ = ["SelfInstruct"]

_TASKS = {
    "global": "conversation",
    "negative": "conversation",
    "region": "conversation",
    "reasoning": "complex_reasoning",
    "description": "detailed_description",
    "knowledge": "complex_reasoning",
}


class SelfInstruct(Strategy):
    """A language model writes conversations from visual clues, the photo, or both; what it gets wrong is caught."""

    name: ClassVar[str] = "self_instruct"
    version: ClassVar[int] = 1
    tasks: ClassVar[tuple[str, ...]] = tuple(dict.fromkeys(_TASKS[kind] for kind in KINDS))
    Options: ClassVar[type[Options]] = SelfInstructOptions

    def generate(self, annotations: Annotations, options: SelfInstructOptions) -> None:
        """Ask the model for everything that the response store hasn't got."""
        options, prepared = _chosen(options), self.prepare(annotations, options)
        generate(
            _Requests(annotations, options, prepared),
            options.settings(),
            total=count(images_of(_usable(annotations)), options, prepared),
            follow_up=partial(follow_up, prepared.prompts),
        )

    def preview(self, annotations: Annotations, options: SelfInstructOptions) -> Preview:
        """What `generate` would ask and cost."""
        options, prepared = _chosen(options), self.prepare(annotations, options)
        expected = {kind: _expected(prompt) for kind, prompt in prepared.prompts.items()}
        return estimate_run(_Requests(annotations, options, prepared), options.settings(), expected)

    def prepare(self, annotations: Annotations, options: SelfInstructOptions) -> Prepared:
        """Read the prompts, and which categories annotators looked for.

        Raises:
            InputError: A prompt file is broken, or of a task that isn't one of `tasks`: its records would be left out.
        """
        prompts = load(_chosen(options).kinds, options.prompts)
        for kind, prompt in prompts.items():
            if prompt.task not in self.tasks:
                raise InputError(f"{kind}.yaml", f"task {prompt.task} is none of {', '.join(self.tasks)}")
        return Prepared(prompts, sought_categories(annotations))

    def drafts(self, annotations: Annotations, options: SelfInstructOptions, prepared: Prepared) -> pl.DataFrame:
        """Drafts of what the response store has of these images."""
        options = _chosen(options)
        made = drafts_of(images_of(_usable(annotations)), options, prepared)
        faulty = annotations.images.filter(pl.col("photo_fault").is_not_null())
        unasked = pl.DataFrame(
            [
                {
                    "image_id": image,
                    "key": kind,
                    "task": prepared.prompts[kind].task,
                    "reject_reason": f"photo: {fault}",
                }
                for image, fault in faulty.select("image_id", "photo_fault").iter_rows()
                for kind in options.kinds
            ],
            schema=DRAFT,
        )
        return pl.concat([made, unasked.with_columns(pl.col("instruction", "text", "response").fill_null(""))])


def _chosen(options: SelfInstructOptions) -> SelfInstructOptions:
    """The options without the kinds whose task isn't wanted.

    Raises:
        UsageError: No model is named, or no kind is of a wanted task.
        InputError: A prompt file is broken.
    """
    if options.model is None:
        raise UsageError(
            "no model is named. Pass --model NAME, as the server calls it. (Without a model: vlit-hub build coco_prog.)"
        )
    if options.tasks is None:
        return options
    tasks = {kind: prompt.task for kind, prompt in load(options.kinds, options.prompts).items()}
    kinds = tuple(kind for kind in options.kinds if tasks[kind] in options.tasks)
    if not kinds:
        raise UsageError(f"--tasks {','.join(options.tasks)}: none of --kinds {','.join(options.kinds)} makes them.")
    return options.model_copy(update={"kinds": kinds})


def _usable(annotations: Annotations) -> Annotations:
    """Without the images whose photos are faulty: their records would be rejected, and the model paid for nothing."""
    return replace(annotations, images=annotations.images.filter(pl.col("photo_fault").is_null()))


def _expected(prompt: Prompt) -> int:
    """Tokens of an answer: the mean of the prompt's own examples."""
    lengths = [estimate(example.answer()) for example in prompt.examples]
    return round(sum(lengths) / len(lengths))


@dataclass(frozen=True)
class _Requests:
    """The requests of a build; may be gone through several times."""

    annotations: Annotations
    options: SelfInstructOptions
    prepared: Prepared

    def __iter__(self) -> Iterator[Request]:
        schema: Mapping[str, Any] = schema_of(Conversation)
        for ask in asks(images_of(_usable(self.annotations)), self.options, self.prepared, schema):
            if ask.request is not None:
                yield ask.request
