"""Annotation files on disk: plain, gzipped, or members of a zip archive."""

from __future__ import annotations

import functools
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import xxhash

from vlit_hub.errors import InputError

__all__ = ["AnnotationFile", "FileHead"]

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, order=True)
class AnnotationFile:
    """One annotation file.

    Attributes:
        path: The file, or the archive that holds it.
        member: Its name inside the zip archive `path`; empty for a file of its own.
        split: `train`, `validation`, `test`, or empty where neither its name nor the user says.
    """

    path: Path
    member: str = ""
    split: str = ""

    @property
    def name(self) -> str:
        """How messages name it: `captions_train2014.json`, `annotations.zip:captions_train2014.json`."""
        return f"{self.path.name}:{self.member}" if self.member else self.path.name

    @property
    def base_name(self) -> str:
        """Its name without folders and `.gz`, as source patterns match it."""
        return (self.member or self.path.name).rsplit("/", 1)[-1].removesuffix(".gz")

    def read(self) -> bytes:
        """Its content, unpacked.

        Raises:
            InputError: It can't be read, or the archive is damaged.
        """
        with self._faults_named(), self._opened() as stream:
            return stream.read()

    def blocks(self, size: int = _BLOCK) -> Iterator[bytes]:
        """Its content, unpacked, in pieces of at most `size` bytes.

        Raises:
            InputError: It can't be read, or the archive is damaged.
        """
        with ExitStack() as stack:
            with self._faults_named():
                stream = stack.enter_context(self._opened())
            while True:
                with self._faults_named():
                    block = stream.read(size)
                if not block:
                    return
                yield block

    def digest(self) -> str:
        """`xxh3:<128 bits in hex>` of the file (for a member, of its CRC, size and name).

        It tells versions of a file apart; it is no proof against forgery.

        Raises:
            InputError: It can't be read, or the archive is damaged.
        """
        with self._faults_named():
            if self.member:
                with zipfile.ZipFile(self.path) as archive:
                    info = archive.getinfo(self.member)
                return "xxh3:" + xxhash.xxh3_128_hexdigest(f"{info.CRC} {info.file_size} {self.member}".encode())
            found = self.path.stat()
            return "xxh3:" + _hash(self.path, found.st_mtime_ns, found.st_size)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        with ExitStack() as stack:
            if self.member:
                archive = stack.enter_context(zipfile.ZipFile(self.path))
                raw = stack.enter_context(archive.open(self.member))
                zipped = self.member.endswith(".gz")
            else:
                plain = stack.enter_context(self.path.open("rb"))
                zipped = plain.peek(2)[:2] == _GZIP
                raw = plain
            yield cast("IO[bytes]", stack.enter_context(gzip.open(raw))) if zipped else raw

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        """Raises what goes wrong in its block as an `InputError` that names the file."""
        try:
            yield
        except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, KeyError) as error:
            raise InputError(self.name, f"the archive is damaged ({error})", "Fetch it again.") from None
        except RuntimeError:  # what zipfile raises for an encrypted member
            raise InputError(self.name, "the archive is encrypted", "Unpack it first.") from None
        except NotImplementedError as error:
            raise InputError(self.name, f"the archive can't be unpacked here ({error})", "Unpack it first.") from None
        except OSError as error:
            raise InputError(self.path, f"can't be read ({error.strerror or error})") from None


@functools.cache
def _hash(path: Path, changed: int, size: int) -> str:
    """The hash of a file, taken once as long as it isn't changed."""
    state = xxhash.xxh3_128()
    buffer = bytearray(_BLOCK)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            state.update(view[:count])
    return state.hexdigest()


@dataclass(frozen=True)
class FileHead:
    """The first keys of a JSON file, for telling its format.

    Attributes:
        keys: Keys of the top-level object, or of the first object of a list or of JSON Lines.
        first: For each top-level key with a list or object of objects, the keys of its first object.
        shape: `object`, `list` or `lines`.
    """

    keys: frozenset[str]
    first: dict[str, frozenset[str]]
    shape: str
