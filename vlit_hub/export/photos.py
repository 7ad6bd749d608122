"""Photos of an export: each is looked at once, named, and linked or copied once, however many records show it.

Names are flat, safe on every file system, and unique. They depend on the order in which photos are first shown and on their own
names, on nothing else: a photo keeps its name, and gets a number where an earlier one has that name (`tram.jpg`, `tram-2.jpg`).
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import xxhash

from vlit_hub.errors import InputError
from vlit_hub.export.exporter import ImageMode

__all__ = ["PHOTOS_FOLDER", "Photo", "PhotoShelf", "safe_name", "sniff"]

PHOTOS_FOLDER = "images"

_LONGEST = 120  # characters of a name without suffix; file systems take 255 bytes
_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
}
_HEADS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)


def sniff(head: bytes) -> str | None:
    """The format of a photo file by its first 12 bytes; none if it is no photo."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for magic, kind in _HEADS if head.startswith(magic)), None)


def safe_name(name: str, kind: str) -> str:
    """A file name of letters, digits, `_`, `.` and `-`, with the suffix of its format.

    Args:
        name: The photo's own name, or path in any system's notation; may be empty.
        kind: Its format, as `sniff` gives it.
    """
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    stem, suffix = os.path.splitext(base)  # noqa: PTH122
    if suffix.lower() not in _SUFFIXES[kind]:
        stem, suffix = base, _SUFFIXES[kind][0]
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._-")
    return (stem[:_LONGEST] or "image") + suffix.lower()


class Photo:
    """One photo.

    Attributes:
        name: Its file's name in the export.
        file: Where its content lies on this machine.
        fault: Why it can't be exported; none if it can.
    """

    __slots__ = ("fault", "file", "name")

    def __init__(self, name: str = "", file: str = "", fault: str | None = None) -> None:
        self.name = name
        self.file = file
        self.fault = fault


class PhotoShelf:
    """All photos of an export, in the order in which they are first shown.

    Args:
        folder: Where photos go; made when the first one does. With `embed` it holds those that have no file of their own, for
            as long as the export runs.
        mode: `link`, `copy` or `embed`.
        base: The dataset's folder, to which relative paths belong.
        kinds: Formats that the trainer reads; all if empty.
    """

    def __init__(self, folder: Path, mode: ImageMode, base: Path, kinds: frozenset[str]) -> None:
        self.photos: list[Photo] = []
        self.symbolic = 0
        self._folder = folder
        self._mode = mode
        self._base = base
        self._kinds = kinds
        self._numbers: dict[str, int] = {}
        self._taken: dict[str, int] = {}

    def numbers(self, paths: Sequence[str]) -> list[int]:
        """The numbers in `photos` of these files; those not seen before are placed."""
        return [self._number(path) for path in paths]

    def number_of(self, data: bytes, name: str | None) -> int:
        """The number of a photo that the dataset has embedded, by its content; placed if it wasn't seen before."""
        key = f"\0{xxhash.xxh3_128_hexdigest(data)}"
        if key not in self._numbers:
            self._add(key, self._keep(data, name or ""))
        return self._numbers[key]

    def journal(self, first: int) -> list[list[str | None]]:
        """The photos from number `first` on, for `restore`."""
        keys = islice(self._numbers, first, None)
        return [[key, one.name, one.file, one.fault] for key, one in zip(keys, self.photos[first:], strict=True)]

    def restore(self, journal: Sequence[Sequence[str | None]]) -> None:
        """Take in photos that an earlier run placed; the same photos again get the same names."""
        for key, name, file, fault in journal:
            self._add(key or "", Photo(name or "", file or "", fault))
            if name:
                self._taken.setdefault(name.casefold(), 1)

    def _number(self, path: str) -> int:
        if path not in self._numbers:
            self._add(path, self._place(path))
        return self._numbers[path]

    def _add(self, key: str, photo: Photo) -> None:
        self._numbers[key] = len(self.photos)
        self.photos.append(photo)

    def _place(self, path: str) -> Photo:
        if re.match(r"https?://", path):
            return Photo(fault="its photo is on the web, not on this machine")
        file = self._base / path  # an absolute path stays what it is
        try:
            real = os.path.realpath(file)
            if not stat.S_ISREG(os.stat(real).st_mode):  # noqa: PTH116  (before it is opened: a pipe would block)
                return Photo(fault="its photo is no file")
            with open(real, "rb", buffering=0) as opened:  # noqa: PTH123
                head = opened.read(12)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            return Photo(
                fault="its photo isn't there" if missing else f"its photo can't be read ({error.strerror})",
                file=str(file),
            )
        if fault := self._unfit(head):
            return Photo(fault=fault, file=real)
        name = self._name(file.name, sniff(head) or "")
        if self._mode == "link":
            self._link(real, self._folder / name)
        elif self._mode == "copy":
            self._copy(real, self._folder / name)
        return Photo(name, real)

    def _keep(self, data: bytes, name: str) -> Photo:
        if fault := self._unfit(data[:12]):
            return Photo(fault=fault)
        target = self._folder / self._name(name, sniff(data[:12]) or "")
        if not target.exists() or target.stat().st_size != len(data):
            self._folder.mkdir(parents=True, exist_ok=True)
            aside = target.with_name(f".{target.name}.tmp")
            aside.write_bytes(data)
            aside.replace(target)
        return Photo(target.name, str(target))

    def _unfit(self, head: bytes) -> str | None:
        kind = sniff(head)
        if kind is None:
            return "its photo is empty" if not head else "its photo is no image file"
        if self._kinds and kind not in self._kinds:
            return f"its photo is a {kind} file, which the trainer doesn't read"
        return None

    def _name(self, name: str, kind: str) -> str:
        """A name that no other photo has, not even in other case."""
        wanted = safe_name(name, kind)
        stem, suffix = os.path.splitext(wanted)  # noqa: PTH122
        name = wanted
        while name.casefold() in self._taken:
            self._taken[wanted.casefold()] += 1
            name = f"{stem}-{self._taken[wanted.casefold()]}{suffix}"
        self._taken[name.casefold()] = 1
        return name

    def _link(self, source: str, target: Path) -> None:
        try:
            self._linked(os.link, source, target)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            # Another file system, a file that may not be linked, or one with too many links.
            try:
                self._linked(os.symlink, source, target)
            except OSError as second:
                reason = second.strerror or str(second)
                raise InputError(target, f"can't be linked ({reason})", "Pass --images copy.") from None
            self.symbolic += 1

    def _linked(self, link: Callable[[str, Path], None], source: str, target: Path) -> None:
        try:
            link(source, target)
        except FileExistsError:  # from a run that was killed
            target.unlink()
            link(source, target)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            link(source, target)

    def _copy(self, source: str, target: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.tmp")
        shutil.copyfile(source, aside)
        aside.replace(target)
