"""One image's annotations as Python objects: what a strategy written with `@per_image` is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "Absent",
    "Attribute",
    "Box",
    "Caption",
    "ImageAnnotations",
    "Object",
    "Phrase",
    "Question",
    "Relationship",
    "Text",
]

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the upright image."""


class Caption(NamedTuple):
    """A sentence about the whole image."""

    caption: str
    caption_id: int = 0
    source: str = ""


class Object(NamedTuple):
    """A located object.

    `crowd` marks a group that stands for an unknown number of objects; `exhaustive` is false where the image may show
    more objects of this category than are annotated. The coordinates are none where the source doesn't say.
    """

    category: str
    x1: float | None = None
    y1: float | None = None
    x2: float | None = None
    y2: float | None = None
    object_id: int = 0
    supercategory: str | None = None
    area: float | None = None
    crowd: bool = False
    exhaustive: bool = True
    source: str = ""
    attributes: tuple[str, ...] = ()

    @property
    def box(self) -> Box | None:
        """Where it is; none where the source doesn't say."""
        return _box(self.x1, self.y1, self.x2, self.y2)


class Absent(NamedTuple):
    """A category that annotators verified to be absent."""

    category: str
    source: str = ""


class Question(NamedTuple):
    """A question about the image, and what annotators answered: `votes` of them gave `answer`.

    `answer` is none where there are no answers; `tied` says that another answer has as many votes.
    """

    question: str
    answer: str | None = None
    question_id: int = 0
    votes: int | None = None
    tied: bool | None = None
    answers: Sequence[str] = ()
    answer_type: str | None = None
    question_type: str | None = None
    source: str = ""


class Text(NamedTuple):
    """Text seen in the image; `text` is none where it wasn't transcribed."""

    text: str | None
    x1: float | None = None
    y1: float | None = None
    x2: float | None = None
    y2: float | None = None
    text_id: int = 0
    legible: bool | None = True
    language: str | None = None
    text_type: str | None = None
    source: str = ""

    @property
    def box(self) -> Box | None:
        """Where it is; none where the source doesn't say."""
        return _box(self.x1, self.y1, self.x2, self.y2)


class Attribute(NamedTuple):
    """An attribute of an object."""

    attribute: str
    category: str | None = None
    object_id: int | None = None
    x1: float | None = None
    y1: float | None = None
    x2: float | None = None
    y2: float | None = None
    source: str = ""

    @property
    def box(self) -> Box | None:
        """Where the object is; none where the source doesn't say."""
        return _box(self.x1, self.y1, self.x2, self.y2)


class Relationship(NamedTuple):
    """How a subject relates to an object: `man`, `riding`, `horse`."""

    subject: str
    predicate: str
    object: str
    relationship_id: int = 0
    subject_x1: float | None = None
    subject_y1: float | None = None
    subject_x2: float | None = None
    subject_y2: float | None = None
    object_x1: float | None = None
    object_y1: float | None = None
    object_x2: float | None = None
    object_y2: float | None = None
    source: str = ""

    @property
    def subject_box(self) -> Box | None:
        """Where the subject is; none where the source doesn't say."""
        return _box(self.subject_x1, self.subject_y1, self.subject_x2, self.subject_y2)

    @property
    def object_box(self) -> Box | None:
        """Where the object is; none where the source doesn't say."""
        return _box(self.object_x1, self.object_y1, self.object_x2, self.object_y2)


class Phrase(NamedTuple):
    """A phrase that describes a region."""

    phrase: str
    x1: float | None = None
    y1: float | None = None
    x2: float | None = None
    y2: float | None = None
    region_id: int = 0
    source: str = ""

    @property
    def box(self) -> Box | None:
        """The region; none where the source doesn't say."""
        return _box(self.x1, self.y1, self.x2, self.y2)


@dataclass(frozen=True, kw_only=True)
class ImageAnnotations:
    """Everything that the annotation sources say of one image.

    Write one by hand to try a strategy: `ImageAnnotations(image_id=9, captions=[Caption("A cat on a mat.")])`.

    Attributes:
        image_id: The integer id on which the sources were joined.
        image_key: The id as the files write it.
        file_name: The photo's name as the files write it; none where no file says.
        width: In pixels, of the upright image; none where neither a file nor the photo says. Likewise `height`.
        height: See `width`.
        split: `train`, `validation` or `test`.
        photo: Path of the photo; none where there is none on this machine.
        exhaustive: All objects of the categories that a source knows are annotated: what isn't annotated isn't there.
        source: The first source that lists the image.
        captions: Sentences about the whole image.
        objects: Located objects.
        absent: Categories verified to be absent.
        questions: Questions with their answers.
        texts: Text seen in the image.
        attributes: Attributes of objects; `Object.attributes` has them too, where the object is known.
        relationships: How objects relate.
        regions: Phrases that describe regions.
    """

    image_id: int
    image_key: str = ""
    file_name: str | None = None
    width: int | None = None
    height: int | None = None
    split: str = "train"
    photo: str | None = None
    exhaustive: bool = False
    source: str = ""
    captions: Sequence[Caption] = ()
    objects: Sequence[Object] = ()
    absent: Sequence[Absent] = ()
    questions: Sequence[Question] = ()
    texts: Sequence[Text] = ()
    attributes: Sequence[Attribute] = ()
    relationships: Sequence[Relationship] = ()
    regions: Sequence[Phrase] = ()

    def objects_by_category(self) -> dict[str, list[Object]]:
        """The objects of each category, categories sorted by name."""
        found: dict[str, list[Object]] = {}
        for thing in self.objects:
            found.setdefault(thing.category, []).append(thing)
        return dict(sorted(found.items()))

    def countable(self, category: str) -> bool:
        """Whether the number of annotated objects of a category is the number in the image.

        It isn't where one of them is a crowd, where a source doesn't claim to be exhaustive, where two sources may have
        annotated the same object, or where there is none.
        """
        things = [thing for thing in self.objects if thing.category == category]
        sound = all(thing.exhaustive and not thing.crowd for thing in things)
        return sound and len({thing.source for thing in things}) == 1


def _box(x1: float | None, y1: float | None, x2: float | None, y2: float | None) -> Box | None:
    if x1 is None or y1 is None or x2 is None or y2 is None:
        return None
    return x1, y1, x2, y2
