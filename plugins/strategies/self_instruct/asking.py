"""What the model is asked: for each image, kind, region and repetition one request.

The requests of an image depend on its own annotations, its photo and the options alone, and are made twice: when the model is
asked, and when records are made of what the response store has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vlit_hub.clues import Clues, write_clues
from vlit_hub.draws import salt
from vlit_hub.generation.requests import Request, photo_part
from vlit_hub.image_by_image.annotations import ImageAnnotations, Object
from vlit_hub.photos.marking import digest_of
from vlit_hub.plugins.strategies.self_instruct.absence import with_absent
from vlit_hub.plugins.strategies.self_instruct.languages import name_of
from vlit_hub.plugins.strategies.self_instruct.options import SelfInstructOptions
from vlit_hub.plugins.strategies.self_instruct.prompting import Prompt
from vlit_hub.plugins.strategies.self_instruct.regions import choose

__all__ = ["Ask", "Prepared", "asks", "count"]

_EXAMPLES = 2  # in-context examples a request (A.3.2)


@dataclass(frozen=True)
class Prepared:
    """What requests depend on beyond their own image.

    Attributes:
        prompts: By kind.
        sought: The categories that annotators looked for in every image.
    """

    prompts: Mapping[str, Prompt]
    sought: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """One conversation to be written.

    Attributes:
        image: About this image.
        prompt: By this kind's prompt.
        region: About this object; None for the whole image.
        number: Which of the repetitions, from 0.
        request: What is sent; None where nothing can be asked, for `reason`.
        sources: The annotation sources that the clues are from, sorted.
        reason: Why nothing can be asked.
    """

    image: ImageAnnotations
    prompt: Prompt
    region: Object | None
    number: int
    request: Request | None
    sources: tuple[str, ...]
    reason: str | None = None

    @property
    def key(self) -> str:
        """Tells the image's conversations apart, and is the same from build to build."""
        about = f"-{self.region.object_id}" if self.region else ""
        return f"{self.prompt.kind}{about}-{self.number}"


def asks(
    images: Iterable[ImageAnnotations],
    options: SelfInstructOptions,
    prepared: Prepared,
    schema: Mapping[str, Any],
) -> Iterator[Ask]:
    """Everything that is asked about these images, in their order."""
    for image in images:
        of_image = _Asking(image, options, prepared, schema)
        for kind in options.kinds:
            prompt = prepared.prompts[kind]
            for region in choose(image, options.regions, options.seed) if prompt.granularity == "region" else [None]:
                yield from of_image.asks(prompt, region)


def count(images: Iterable[ImageAnnotations], options: SelfInstructOptions, prepared: Prepared) -> int:
    """How many requests `asks` comes to at most, without making them."""
    regional = sum(prepared.prompts[kind].granularity == "region" for kind in options.kinds)
    whole = len(options.kinds) - regional
    total = 0
    for image in images:
        total += whole + (regional * len(choose(image, options.regions, options.seed)) if regional else 0)
    return total * options.n


class _Asking:
    """The requests of one image; its clues are written once, and its photo is read once, if the model sees it."""

    def __init__(
        self, image: ImageAnnotations, options: SelfInstructOptions, prepared: Prepared, schema: Mapping[str, Any]
    ) -> None:
        self._image = image
        self._told = with_absent(image, prepared.sought, options.seed)
        self._options = options
        self._schema = schema
        self._clues: dict[Object | None, Clues] = {}

    def asks(self, prompt: Prompt, region: Object | None) -> Iterator[Ask]:
        clues = self._clues_of(region)
        sources = tuple(clues.sources) if self._options.sees != "photo" else (self._image.source,)
        reason = self._reason(clues)
        for number in range(self._options.n):
            request = None if reason else self._request(prompt, region, number, clues)
            yield Ask(self._image, prompt, region, number, request, sources, reason)

    def _clues_of(self, region: Object | None) -> Clues:
        if region not in self._clues:
            self._clues[region] = write_clues(self._told, budget=self._options.clue_tokens, region=region)
        return self._clues[region]

    @cached_property
    def _photo_digest(self) -> str:
        assert self._image.photo is not None
        return digest_of(Path(self._image.photo))

    def _reason(self, clues: Clues) -> str | None:
        if self._options.sees != "clues" and self._image.photo is None:
            return "no photo for the model to see"
        if self._options.sees != "photo" and not clues.sources:
            return "no annotation to write clues from"
        return None

    def _request(self, prompt: Prompt, region: Object | None, number: int, clues: Clues) -> Request:
        options, image = self._options, self._image
        mark = (prompt.kind, str(image.image_id), str(region.object_id) if region else "", str(number))
        photo = None
        if options.sees != "clues" and image.photo is not None:
            photo = photo_part(image.photo, self._photo_digest, options.image_edge, region.box if region else None)
        messages = prompt.messages(
            clues.text,
            _two(salt(options.seed, "examples", *mark), len(prompt.examples)),
            language=name_of(options.language),
            photo=photo,
            photo_only=options.sees == "photo",
        )
        assert options.model is not None
        return Request(
            backend=options.backend,
            model=options.model,
            messages=messages,
            schema=self._schema,
            temperature=options.temperature,
            max_tokens=options.max_tokens,
            seed=salt(options.seed, "sampling", *mark) % (1 << 31),
            group=prompt.kind,
        )


def _two(draw: int, there: int) -> list[int]:
    """Two of so many examples, in an order that is drawn too."""
    chosen: list[int] = []
    left = list(range(there))
    for _ in range(min(_EXAMPLES, there)):
        draw, place = divmod(draw, len(left))
        chosen.append(left.pop(place))
    return chosen
