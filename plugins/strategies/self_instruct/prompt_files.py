"""The form of a prompt file, checked; and the examples in it, their annotations made objects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import msgspec
import pydantic

from vlit_hub.clues import write_clues
from vlit_hub.errors import UnknownName
from vlit_hub.image_by_image.annotations import (
    Absent,
    Attribute,
    Caption,
    ImageAnnotations,
    Object,
    Phrase,
    Question,
    Text,
)
from vlit_hub.plugins.strategies.self_instruct.conversation import Conversation, Turn
from vlit_hub.tasks import TASKS

__all__ = ["PLACEHOLDER", "Example", "ExampleFile", "PromptFile"]

PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""`{clues}`, `{language}`. Other braces, as JSON has them, are text."""

_EXAMPLE_BUDGET = 4000  # tokens; far more than an example's clues take, so that none of them is dropped
_EXAMPLE_LANGUAGE = "English"


@dataclass(frozen=True)
class Example:
    """A conversation written by hand, and the annotations that it was written from.

    Attributes:
        image: The annotations of an imagined picture.
        region: The object that a region conversation is about; None for the other kinds.
        conversation: The turns.
        language: In which it is written, by its English name.
    """

    image: ImageAnnotations
    region: Object | None
    conversation: Conversation
    language: str = _EXAMPLE_LANGUAGE

    @cached_property
    def clues(self) -> str:
        """The annotations as the model is shown them: written as those of real images are."""
        return write_clues(self.image, budget=_EXAMPLE_BUDGET, region=self.region).text

    def answer(self) -> str:
        """The conversation as a model should answer it: JSON in one line."""
        return self._answer

    @cached_property
    def _answer(self) -> str:
        return msgspec.json.encode(self.conversation).decode()


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)


_Corners = Annotated[list[float], pydantic.Field(min_length=4, max_length=4)]
_MaybeBox = tuple[float | None, float | None, float | None, float | None]
_Words = Annotated[str, pydantic.Field(pattern=r"\S")]


class _Thing(_Part):
    category: _Words
    supercategory: _Words | None = None
    box: _Corners | None = None
    attributes: list[_Words] = []
    crowd: bool = False
    exhaustive: bool = True


class _Asked(_Part):
    question: _Words
    answers: Annotated[dict[str, pydantic.PositiveInt], pydantic.Field(min_length=1)]


class _Seen(_Part):
    text: str | None
    box: _Corners | None = None
    legible: bool = True


class _Place(_Part):
    phrase: _Words
    box: _Corners | None = None


class _Annotations(_Part):
    width: pydantic.PositiveInt = 640
    height: pydantic.PositiveInt = 480
    exhaustive: bool = False
    captions: list[_Words] = []
    objects: list[_Thing] = []
    absent: list[_Words] = []
    questions: list[_Asked] = []
    texts: list[_Seen] = []
    regions: list[_Place] = []

    def built(self, image_id: int) -> ImageAnnotations:
        return ImageAnnotations(
            image_id=image_id,
            width=self.width,
            height=self.height,
            exhaustive=self.exhaustive,
            captions=[Caption(caption, number) for number, caption in enumerate(self.captions, 1)],
            objects=[_object(thing, number) for number, thing in enumerate(self.objects, 1)],
            absent=[Absent(category) for category in self.absent],
            questions=[_question(asked, number) for number, asked in enumerate(self.questions, 1)],
            texts=[
                Text(seen.text, *_corners(seen.box), text_id=number, legible=seen.legible)
                for number, seen in enumerate(self.texts, 1)
            ],
            attributes=[
                Attribute(attribute, thing.category, number, *_corners(thing.box))
                for number, thing in enumerate(self.objects, 1)
                for attribute in thing.attributes
            ],
            regions=[
                Phrase(place.phrase, *_corners(place.box), region_id=number)
                for number, place in enumerate(self.regions, 1)
            ],
        )


class _Spoken(_Part):
    user: _Words
    assistant: _Words


class ExampleFile(_Part):
    """An example as it stands in its file."""

    annotations: _Annotations
    region: int | None = None
    turns: list[_Spoken]
    language: _Words = _EXAMPLE_LANGUAGE

    @pydantic.model_validator(mode="after")
    def _region_is_there(self) -> ExampleFile:
        if self.region is not None:
            count = len(self.annotations.objects)
            if not 0 <= self.region < count:
                raise ValueError(f"region {self.region} is none of the {count} objects, which count from 0")
            if self.annotations.objects[self.region].box is None:
                raise ValueError(f"region {self.region} is an object without a box")
        return self

    def built(self, image_id: int) -> Example:
        """The example, its annotations as those of an image with this id."""
        image = self.annotations.built(image_id)
        conversation = Conversation(tuple(Turn(turn.user, turn.assistant) for turn in self.turns))
        region = image.objects[self.region] if self.region is not None else None
        return Example(image, region, conversation, self.language)


class _Limits(_Part):
    least: pydantic.PositiveInt
    most: pydantic.PositiveInt


class PromptFile(_Part):
    """A prompt as it stands in its file."""

    version: pydantic.PositiveInt
    task: str
    granularity: Literal["global", "region"]
    turns: _Limits
    system: _Words
    ask: str
    ask_vision: str
    ask_photo_only: str
    examples: list[ExampleFile]

    @pydantic.field_validator("task")
    @classmethod
    def _known_task(cls, task: str) -> str:
        if task not in TASKS:
            raise ValueError(str(UnknownName("task", task, TASKS)))
        return task

    @pydantic.field_validator("system", "ask", "ask_vision", "ask_photo_only")
    @classmethod
    def _placeholders(cls, text: str, info: pydantic.ValidationInfo) -> str:
        needed = {"clues"} if info.field_name in {"ask", "ask_vision"} else set()
        there = set(PLACEHOLDER.findall(text))
        if missing := sorted(needed - there):
            raise ValueError(f"lacks {{{missing[0]}}}")
        if unknown := sorted(there - needed - {"language"}):
            raise ValueError(f"has {{{unknown[0]}}}, which nothing is put in for here")
        return text

    @pydantic.model_validator(mode="after")
    def _examples_fit(self) -> PromptFile:
        least, most = self.turns.least, self.turns.most
        if least > most:
            raise ValueError(f"turns: at least {least} and at most {most} can't be")
        for place, example in enumerate(self.examples):
            if not least <= len(example.turns) <= most:
                raise ValueError(f"examples[{place}] has {len(example.turns)} turns instead of {least} to {most}")
            if (example.region is None) == (self.granularity == "region"):
                fault = "lacks the region" if example.region is None else "has a region"
                raise ValueError(f"examples[{place}] {fault}, and granularity is {self.granularity}")
        return self


def _corners(box: Sequence[float] | None) -> _MaybeBox:
    if box is None:
        return None, None, None, None
    x1, y1, x2, y2 = box
    return x1, y1, x2, y2


def _object(thing: _Thing, number: int) -> Object:
    return Object(
        thing.category,
        *_corners(thing.box),
        object_id=number,
        supercategory=thing.supercategory,
        crowd=thing.crowd,
        exhaustive=thing.exhaustive,
        attributes=tuple(thing.attributes),
    )


def _question(asked: _Asked, number: int) -> Question:
    votes = Counter(asked.answers).most_common()
    answer, most = votes[0]
    return Question(
        asked.question,
        answer,
        number,
        votes=most,
        tied=len(votes) > 1 and votes[1][1] == most,
        answers=tuple(answer for answer, count in votes for _ in range(count)),
    )
