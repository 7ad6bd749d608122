"""Annotation files on disk: plain, gzipped, or members of a zip archive."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import xxhash

from vlit_hub.errors import InputError

__all__ = ["AnnotationFile", "FileHead"]

_BLOCK = 1 << 20


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
        try:
            data = _member(self.path, self.member) if self.member else self.path.read_bytes()
            return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
            raise InputError(self.name, f"the archive is damaged ({error})", "Fetch it again.") from None
        except OSError as error:
            raise InputError(self.path, f"can't be read ({error.strerror or error})") from None

    def digest(self) -> str:
        """`xxh3:<128 bits in hex>` of the file (for a member, of its CRC, size and name): tells versions apart, proves nothing."""
        if self.member:
            with zipfile.ZipFile(self.path) as archive:
                info = archive.getinfo(self.member)
            return "xxh3:" + xxhash.xxh3_128_hexdigest(f"{info.CRC} {info.file_size} {self.member}")
        state = xxhash.xxh3_128()
        with self.path.open("rb") as file:
            while block := file.read(_BLOCK):
                state.update(block)
        return "xxh3:" + state.hexdigest()


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


def _member(archive: Path, member: str) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        return opened.read(member)
