"""What an export must hold, in a form that every trainer's own reading of it can be brought into.

Imported by the checks, which run in the trainers' environments: only the standard library is needed here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "<image>"


@dataclass(frozen=True)
class Sample:
    """One conversation, as a trainer has read it.

    Attributes:
        turns: What the user and the assistant say, in turn: pairs. The user's words are cut where a photo stands.
        photos: The digest of each photo's file, in order.
    """

    turns: tuple[tuple[tuple[str, ...], str], ...]
    photos: tuple[str, ...]


def sample(messages: Sequence[tuple[str, str]], photos: Iterable[bytes | str | Path]) -> Sample:
    """A sample of pairs of user and assistant, where `<image>` in the user's words is the place of a photo."""
    cut = tuple((tuple(part.strip() for part in user.split(MARK)), answer.strip()) for user, answer in messages)
    return Sample(cut, tuple(digest(photo) for photo in photos))


def pairs(texts: Sequence[str]) -> list[tuple[str, str]]:
    """What is said in turn, as pairs."""
    assert len(texts) % 2 == 0, f"an odd number of messages: {texts}"
    return list(zip(texts[::2], texts[1::2], strict=True))


def digest(photo: bytes | str | Path) -> str:
    """Of a photo, or of a file."""
    return hashlib.sha256(photo if isinstance(photo, bytes) else Path(photo).read_bytes()).hexdigest()


def write(samples: Sequence[Sample], path: Path) -> None:
    """Write them for a check."""
    path.write_text(json.dumps([[one.turns, one.photos] for one in samples]))


def read(path: str | Path) -> list[Sample]:
    """What `write` wrote."""
    found = json.loads(Path(path).read_text())
    return [Sample(tuple((tuple(user), answer) for user, answer in turns), tuple(photos)) for turns, photos in found]


def same(found: Sequence[Sample], expected: Sequence[Sample]) -> None:
    """Hold what a trainer has read against what it should have read."""
    assert expected, "nothing is expected: the test would prove nothing"
    for number, (one, other) in enumerate(zip(found, expected, strict=False)):
        assert one == other, f"sample {number} was read as\n{one}\nand should be\n{other}"
    assert len(found) == len(expected), f"{len(found)} samples were read, {len(expected)} should be"
