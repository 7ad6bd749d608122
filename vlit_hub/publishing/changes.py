"""What a push has to change: the files that shall be there against those that are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from huggingface_hub import CommitOperationAdd

from vlit_hub.publishing.card import CARD
from vlit_hub.publishing.repository import RemoteFile

__all__ = ["Changes", "OutgoingFile", "Strangers", "compare", "earlier_push", "find_strangers"]

# What comes with a new repository, or is made on the website: it doesn't tell that the repository holds something else.
_HARMLESS = re.compile(r"\.gitattributes|\.gitignore|README\.md|LICEN[CS]E[^/]*", re.IGNORECASE)


@dataclass
class OutgoingFile:
    """A file that shall be in the repository.

    Attributes:
        path: In the repository.
        content: Where it lies on this machine, or its bytes.
        operation: The client's own description; it remembers what was uploaded, so that a second attempt doesn't send it.
    """

    path: str
    content: Path | bytes
    operation: CommitOperationAdd = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.operation = CommitOperationAdd(self.path, self.content)

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self.operation.upload_info.size)

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    @cached_property
    def blob(self) -> str:
        """Git's id."""
        return hashlib.sha1(b"blob %d\0" % self.size + self.data, usedforsecurity=False).hexdigest()

    def equals(self, there: RemoteFile) -> bool:
        """Whether the repository's file has the same bytes."""
        if self.size != there.size:
            return False
        if there.sha256 is not None:
            return self.operation.upload_info.sha256.hex() == there.sha256
        return self.blob == there.blob


@dataclass(frozen=True)
class Changes:
    """What one commit has to do.

    Attributes:
        add: Files that are new or have other bytes.
        delete: Paths of earlier shards and pictures that aren't part of the dataset any more.
        same: How many files are there already.
    """

    add: tuple[OutgoingFile, ...]
    delete: tuple[str, ...]
    same: int

    def __bool__(self) -> bool:
        return bool(self.add or self.delete)

    @property
    def bytes(self) -> int:
        """Of the files to add."""
        return sum(file.size for file in self.add)


def compare(wanted: Iterable[OutgoingFile], there: Mapping[str, RemoteFile], ours: Collection[str]) -> Changes:
    """What makes the repository hold the wanted files.

    Args:
        wanted: All files of the dataset.
        there: The repository's files.
        ours: Those of them that an earlier push put there.
    """
    files = sorted(wanted, key=lambda file: file.path)
    add = tuple(file for file in files if file.path not in there or not file.equals(there[file.path]))
    stale = sorted(set(ours).difference(file.path for file in files))
    return Changes(add, tuple(stale), len(files) - len(add))


def earlier_push(build: str | None) -> set[str] | None:
    """The files that an earlier push put into the repository; None where none did.

    Args:
        build: The text of its build.json, if it has one.
    """
    try:
        return {str(path) for path in json.loads(build or "")["published"]["files"]}
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class Strangers:
    """Files of a repository that no push of this dataset put there.

    Attributes:
        in_the_way: Those because of which a push is refused unless it is forced.
        replaced: Those of them that go when it is: they have a name of ours, or would be read as records.
        beside: Those that are left alone.
    """

    in_the_way: tuple[str, ...]
    replaced: tuple[str, ...]
    beside: tuple[str, ...]


def find_strangers(
    wanted: Iterable[OutgoingFile], there: Mapping[str, RemoteFile], ours: Collection[str] | None
) -> Strangers:
    """Somebody else's files.

    Where vlit-hub pushed before, people may have added files: those stay, and are in the way only if a file of ours has
    the same name, or if `load_dataset` would take them for shards of a split of ours. Any other repository that holds more
    than a card and a licence is taken for somebody's.

    Args:
        wanted: All files of the dataset.
        there: The repository's files.
        ours: Those that an earlier push put there; None where none did.
    """
    files = {file.path: file for file in wanted if file.path != CARD}
    shards = tuple({path.rsplit("-", 3)[0] + "-" for path in files if path.startswith("data/")})
    foreign = sorted(set(there).difference(ours or ()).difference({CARD}))
    replaced = [
        path
        for path in foreign
        if (path in files and not files[path].equals(there[path])) or (path.startswith(shards) and path not in files)
    ]
    rest = [path for path in foreign if path not in replaced and path not in files]
    others = [path for path in rest if not _HARMLESS.fullmatch(path)]
    in_the_way = replaced if ours is not None else sorted([*replaced, *others])
    return Strangers(tuple(in_the_way), tuple(replaced), tuple(others))
