"""Indicators for which a language model judges each record, on a server or here, through the response store.

All records are put to it in one run, so that a run that is killed goes on where it was and pays nothing twice, and `max_cost` is
for all of them; they are read some at a time, however many photos they hold. An answer that isn't of the shape asked for is sent
back once, with what is wrong; one that still isn't, and what the server refuses, is no vote.
"""

from __future__ import annotations

import abc
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pydantic

from vlit_hub.generation.options import AskingOptions
from vlit_hub.generation.requests import Request, photo_part
from vlit_hub.generation.structured import schema_of
from vlit_hub.photos.marking import digest_of
from vlit_hub.quality.asking import Asker
from vlit_hub.quality.indicator import Collective, IndicatorOptions
from vlit_hub.quality.judge_prompts import JudgePrompt, load_prompt

__all__ = ["TURNS", "TURNS_AND_PHOTOS", "Judge", "JudgeOptions", "conversation_of", "entropy_of", "mode_of"]

TURNS = ("instruction", "input.text", "response", "history")
TURNS_AND_PHOTOS = (*TURNS, "input.images", "image_hash")  # the hash is null where a photo can't be read


class JudgeOptions(AskingOptions, IndicatorOptions):
    """Options of judges."""

    temperature: float = pydantic.Field(0, ge=0, le=2, description="Of sampling; 0 takes the likeliest answer.")
    max_tokens: pydantic.PositiveInt = pydantic.Field(512, description="At most so many tokens an answer.")
    prompt: Path | None = pydantic.Field(  # what it says is part of the revision
        None, exclude=True, description="Your own prompt: a YAML file; the built-in one if none."
    )
    image_edge: pydantic.PositiveInt = pydantic.Field(
        768, description="A photo is sent with its longer edge at most so many pixels."
    )
    votes: pydantic.PositiveInt = pydantic.Field(1, description="How often each record is judged.")


class Judge(Collective):
    """An indicator by a model that judges.

    Attributes:
        prompt: The built-in prompt's file.
        Answer: A verdict, as a `msgspec.Struct`.
        sees: Whether the photos are shown to it; a record without a photo that can be read is then not judged.
    """

    prompt: ClassVar[Path]
    Answer: ClassVar[type[Any]]
    sees: ClassVar[bool]
    by_itself = True
    backend = "language model"
    Options: ClassVar[type[IndicatorOptions]] = JudgeOptions

    @property
    def inputs(self) -> tuple[str, ...]:
        """Texts, and the photos if it sees them."""
        return ("image", "text") if self.sees else ("text",)

    def cannot_run(self, options: JudgeOptions) -> str | None:
        """Without a model."""
        if options.model is None:
            return (
                f"no model is named: --option {self.name}.model=MODEL, and for a server of your own"
                f" --option {self.name}.base_url=http://localhost:8000/v1"
            )
        return None

    def revision(self, options: JudgeOptions) -> str:
        """The model's name, and the prompt's version and digest."""
        return f"{options.model}, {self._prompt(options).revision}"

    def compare(self, records: pl.DataFrame, options: JudgeOptions) -> pl.DataFrame:
        """Have all records judged.

        Raises:
            VlitHubError: As `vlit_hub.generation.run.generate`. What was answered is stored.
        """
        return self.compare_parts(lambda: [records], len(records), options)

    def compare_parts(
        self, parts: Callable[[], Iterable[pl.DataFrame]], rows: int, options: JudgeOptions
    ) -> pl.DataFrame:
        """As `compare`. Photos that are embedded in the records lie in a temporary folder meanwhile."""
        verdicts: list[list[Any]] = [[] for _ in range(rows)]
        with tempfile.TemporaryDirectory(prefix="vlit-hub-") as folder:
            requests = _Requests(self, self._prompt(options), parts, options, Path(folder))
            asked = Asker(options.settings()).ask(requests.numbered, self.Answer, rows * options.votes)
            for row, verdict in asked:
                verdicts[row].append(verdict)
        return self.numbers(verdicts)

    @abc.abstractmethod
    def numbers(self, verdicts: Sequence[Sequence[Any]]) -> pl.DataFrame:
        """The columns, from each record's valid verdicts: none for a record that wasn't judged."""

    def _prompt(self, options: JudgeOptions) -> JudgePrompt:
        return load_prompt(options.prompt or self.prompt)


class _Requests:
    """What is asked, made anew at each pass: the same requests in the same order, without all of them in memory."""

    def __init__(
        self,
        judge: Judge,
        prompt: JudgePrompt,
        parts: Callable[[], Iterable[pl.DataFrame]],
        options: JudgeOptions,
        folder: Path,
    ) -> None:
        self._parts = parts
        self._judge = judge
        self._prompt = prompt
        self._options = options
        self._folder = folder  # for photos that are embedded in the records
        self._schema = schema_of(judge.Answer)
        self._digests: dict[str, str] = {}

    def numbered(self) -> Iterator[tuple[int, Request]]:
        """With the records' rows."""
        records = (record for part in self._parts() for record in part.iter_rows(named=True))
        for row, record in enumerate(records):
            photos = self._photos(record) if self._judge.sees else []
            if not record["response"] or photos is None:
                continue
            text = self._prompt.about(conversation_of(record))
            content: Any = [*photos, {"type": "text", "text": text}] if photos else text
            for vote in range(self._options.votes):
                yield row, self._request(content, vote)

    def _request(self, content: Any, vote: int) -> Request:
        assert self._options.model
        return Request(
            backend=self._options.backend,
            model=self._options.model,
            messages=({"role": "system", "content": self._prompt.system}, {"role": "user", "content": content}),
            schema=self._schema,
            temperature=self._options.temperature,
            max_tokens=self._options.max_tokens,
            seed=vote,
            group=self._judge.name,
        )

    def _photos(self, record: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """None unless there are some and all of them can be read."""
        images, hashes = record["input.images"] or [], record["image_hash"] or []
        if not images or len(images) != len(hashes) or None in hashes:
            return None
        return [self._photo(image) for image in images]

    def _photo(self, image: Mapping[str, Any]) -> dict[str, Any]:
        path = image["path"]
        if image["bytes"] is not None:
            import xxhash

            file = self._folder / xxhash.xxh3_128_hexdigest(image["bytes"])
            if not file.exists():
                file.write_bytes(image["bytes"])
            path = str(file)
        if path not in self._digests:
            self._digests[path] = digest_of(Path(path))
        return photo_part(path, self._digests[path], self._options.image_edge)


def conversation_of(record: Mapping[str, Any], *, answered: bool = True) -> str:
    """All turns, oldest first; with `answered=False` without the last response."""
    turns = [f"User: {turn['instruction']}\nAssistant: {turn['response']}" for turn in record["history"] or []]
    asked = "\n".join(part for part in (record["instruction"], record["input.text"]) if part)
    response = f"\nAssistant: {record['response']}" if answered else ""
    return "\n".join([*turns, f"User: {asked}{response}"])


def mode_of(votes: Sequence[int]) -> int | None:
    """The most frequent vote, of equally frequent ones the lowest; None of none."""
    return min(votes, key=lambda vote: (-votes.count(vote), vote), default=None)


def entropy_of(votes: Sequence[int]) -> float | None:
    """Of the votes' distribution, in bits: 0 where all agree; None of none."""
    if not votes:
        return None
    shares = [votes.count(vote) / len(votes) for vote in sorted(set(votes))]
    return -sum(share * math.log2(share) for share in shares) + 0.0
