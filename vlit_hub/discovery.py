"""Which files of a data folder belong to which annotation source.

By name first, as the formats are published; what no name tells is looked into. A file given by hand wins over what is found.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.json_heads import head
from vlit_hub.source import Source

__all__ = ["Found", "discover", "split_of"]

_SUFFIXES = (".json", ".jsonl")

# `val2014`, `test-dev2015`, `_train_`: a split's name that isn't part of a longer word
_SPLIT = re.compile(r"(?<![a-z])(train|val(?:idation)?|test|minival|dev)(?![a-z])")
_SPLITS = {
    "train": "train",
    "val": "validation",
    "validation": "validation",
    "minival": "validation",
    "dev": "validation",
}


@dataclass(frozen=True)
class Found:
    """The files of a data folder.

    Attributes:
        files: By source name, sorted; sources without files are left out.
        ignored: JSON files that no source knows.
    """

    files: Mapping[str, tuple[AnnotationFile, ...]]
    ignored: tuple[AnnotationFile, ...] = ()


def discover(folder: Path, sources: Sequence[Source], by_hand: Mapping[str, Sequence[Path]]) -> Found:
    """Find the sources' files below a folder.

    Args:
        folder: Looked through with all its folders, and into zip archives; hidden ones are passed over.
        sources: The sources wanted. Where two know a name, the first has the file.
        by_hand: Files given by hand, by source name: nothing else is looked for then for that source.

    Raises:
        InputError: The folder isn't there, nothing in it is known, or a file given by hand isn't of its source's format.
    """
    files = {source.name: _given(source, by_hand[source.name]) for source in sources if source.name in by_hand}
    looked_for = [source for source in sources if source.name not in by_hand]
    ignored: list[AnnotationFile] = []
    if not folder.is_dir() and not files:
        raise InputError(
            folder, "no such folder" if not folder.exists() else "isn't a folder", "Pass --data-dir FOLDER."
        )
    for file in _once(_annotation_files(folder)) if folder.is_dir() else ():
        source = _owner(file, looked_for)
        if source is None:
            ignored.append(file)
        else:
            files[source.name] = (*files.get(source.name, ()), replace(file, split=split_of(file.name)))
    if not files:
        names = "; ".join(f"{source.name}: {', '.join(source.patterns)}" for source in sources)
        raise InputError(
            folder,
            f"nothing in it is known ({len(ignored)} JSON files looked into)",
            f"Looked for {names}. Pass --data-dir FOLDER, or a file by hand: --file SOURCE=FILE.",
        )
    return Found({name: tuple(sorted(group)) for name, group in files.items()}, tuple(ignored))


def split_of(name: str) -> str:
    """The split that a file's name says: `train`, `validation`, `test`, or nothing.

    >>> split_of("v2_OpenEnded_mscoco_test-dev2015_questions.json")
    'test'
    """
    found = _SPLIT.findall(name.lower())
    if "test" in found:  # test-dev
        return "test"
    return _SPLITS[found[-1]] if found else ""


def _annotation_files(folder: Path) -> Iterator[AnnotationFile]:
    """Annotation files below a folder, plain ones first, each group by name."""
    plain: list[Path] = []
    zipped: list[Path] = []
    seen: set[str] = set()  # folders, so that a link to a parent doesn't go round for ever
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if real not in seen else []
        if real in seen:
            continue
        seen.add(real)
        for name in names:
            lower = name.lower().removesuffix(".gz")
            if name.startswith("."):
                continue
            if lower.endswith(_SUFFIXES):
                plain.append(Path(place, name))
            elif lower.endswith(".zip"):
                zipped.append(Path(place, name))
    yield from (AnnotationFile(path) for path in sorted(plain))
    for path in sorted(zipped):
        yield from (AnnotationFile(path, member) for member in _members(path))


def _members(archive: Path) -> list[str]:
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(archive, f"the archive is damaged ({error})", "Fetch it again, or move it away.") from None
    wanted = (name for name in names if name.lower().removesuffix(".gz").endswith(_SUFFIXES))
    return sorted(name for name in wanted if not name.rsplit("/", 1)[-1].startswith("."))


def _once(files: Iterator[AnnotationFile]) -> Iterator[AnnotationFile]:
    """Each annotation file once: the same name in an archive and unpacked, or the same content in two folders, is one file."""
    plain: dict[str, list[AnnotationFile]] = {}
    for file in files:
        alike = plain.setdefault(file.base_name, [])
        if file.member and any(not other.member for other in alike):
            continue
        if any(_same(file, other) for other in alike):
            continue
        alike.append(file)
        yield file


def _same(file: AnnotationFile, other: AnnotationFile) -> bool:
    if bool(file.member) != bool(other.member):
        return False
    if not file.member and file.path.stat().st_size != other.path.stat().st_size:
        return False
    return file.digest() == other.digest()


def _owner(file: AnnotationFile, sources: Sequence[Source]) -> Source | None:
    name = file.base_name
    for source in sources:
        if any(fnmatchcase(name.lower(), pattern.lower()) for pattern in source.patterns):
            return source
    first = head(file)
    return next((source for source in sources if first is not None and source.sniff(first)), None)


def _given(source: Source, paths: Sequence[Path]) -> tuple[AnnotationFile, ...]:
    files: list[AnnotationFile] = []
    for path in paths:
        if not path.is_file():
            raise InputError(
                path, "no such file" if not path.exists() else "isn't a file", f"It was given for {source.name}."
            )
        if zipfile.is_zipfile(path):
            members = [AnnotationFile(path, member) for member in _members(path)]
            files += [file for file in members if _owner(file, [source]) is not None]
        else:
            files.append(AnnotationFile(path))
    if not files:
        raise InputError(paths[0], f"has no {source.name} in it", f"Looked for {', '.join(source.patterns)}.")
    for file in files:
        _check_kind(file, source)
    return tuple(sorted(replace(file, split=split_of(file.name)) for file in files))


def _check_kind(file: AnnotationFile, source: Source) -> None:
    """A file given by hand may have any name; if its keys are another format's, say so before reading it."""
    if any(fnmatchcase(file.base_name.lower(), pattern.lower()) for pattern in source.patterns):
        return
    first = head(file)
    if first is not None and not source.sniff(first):
        raise InputError(file.path, f"isn't {source.name}: its keys are {', '.join(sorted(first.keys)[:8])}")
