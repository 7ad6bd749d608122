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
from vlit_hub.json_reading.faults import looks_like
from vlit_hub.json_reading.heads import head
from vlit_hub.source import Source

__all__ = ["Found", "discover", "split_of"]

_JSON = (".json", ".jsonl")

_SPLITS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "minival": "validation",
    "dev": "validation",
    "test": "test",
}
_SPLIT = re.compile(rf"(?<![a-z])({'|'.join(_SPLITS)})(?![a-z])")
_SPLIT_FOLDER = re.compile(rf"({'|'.join(_SPLITS)})\d*")


@dataclass(frozen=True)
class Found:
    """The files of a data folder.

    Attributes:
        files: By source name, sorted; sources without files are left out.
        ignored: JSON files that no source knows.
        copies: Files that stand elsewhere too: unpacked beside their archive, or with the same name and content. One is used.
    """

    files: Mapping[str, tuple[AnnotationFile, ...]]
    ignored: tuple[AnnotationFile, ...] = ()
    copies: tuple[AnnotationFile, ...] = ()


def discover(folder: Path, sources: Sequence[Source], by_hand: Mapping[str, Sequence[Path]]) -> Found:
    """Find the sources' files below a folder.

    Args:
        folder: Looked through with all its folders, and into zip archives; hidden ones are passed over.
        sources: The sources wanted. Where two know a name, the first has the file.
        by_hand: Files given by hand, by source name: nothing else is looked for then for that source.

    Raises:
        InputError: The folder isn't there, nothing in it is known, or a file given by hand isn't of its source's format.
    """
    if not folder.is_dir() and not by_hand:
        reason = "no such folder" if not folder.exists() else "isn't a folder"
        raise InputError(folder, reason, "Pass --data-dir FOLDER.")
    files = {
        source.name: list(_given(source, by_hand[source.name], sources)) for source in sources if source.name in by_hand
    }
    looked_for = [source for source in sources if source.name not in by_hand]
    ignored: list[AnnotationFile] = []
    kept, copies = _once(_annotation_files(folder, looked_for) if folder.is_dir() else ())
    for file in kept:
        source = _owner(file, looked_for)
        if source is None:
            ignored.append(file)
        else:
            files.setdefault(source.name, []).append(replace(file, split=_split(file, folder)))
    if not files:
        patterns = "; ".join(f"{source.name}: {', '.join(source.patterns)}" for source in sources)
        raise InputError(
            folder,
            f"nothing in it or its folders is known ({len(ignored)} JSON files looked into)",
            f"Looked for {patterns}. Pass --data-dir FOLDER, or a file by hand: --file SOURCE=FILE.",
        )
    return Found({name: tuple(sorted(group)) for name, group in files.items()}, tuple(ignored), tuple(copies))


def split_of(name: str) -> str:
    """The split that a file's name says: `train`, `validation`, `test`, or nothing.

    >>> split_of("v2_OpenEnded_mscoco_test-dev2015_questions.json")
    'test'
    >>> split_of("instances_val2017.json")
    'validation'
    """
    found = set(_SPLIT.findall(name.lower()))
    if "test" in found:  # test-dev is a part of the test split
        found.discard("dev")
    splits = {_SPLITS[word] for word in found}
    return splits.pop() if len(splits) == 1 else ""


def _split(file: AnnotationFile, folder: Path | None) -> str:
    """The split by the file's name; where that says nothing, by the folder that it is in, below the data folder (`train/`)."""
    if split := split_of(file.base_name):
        return split
    parent = Path(file.member or file.path.relative_to(folder or file.path.parent)).parent
    found = _SPLIT_FOLDER.fullmatch(parent.name.lower())
    return _SPLITS[found[1]] if found else ""


def _annotation_files(folder: Path, sources: Sequence[Source]) -> Iterator[AnnotationFile]:
    """Files below a folder that may be annotations, in any order."""
    seen: set[str] = set()  # folders, so that a link to a parent doesn't go round for ever
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if real not in seen else []
        if real in seen:
            continue
        seen.add(real)
        for name in names:
            path = Path(place, name)
            if name.startswith("."):
                continue
            if _may_be(AnnotationFile(path), sources) and path.is_file():
                yield AnnotationFile(path)
            elif name.lower().endswith(".zip") and path.is_file():
                yield from (file for file in _members(path) if _may_be(file, sources))


def _may_be(file: AnnotationFile, sources: Sequence[Source]) -> bool:
    name = file.base_name
    return name.lower().endswith(_JSON) or any(_is_named(name, source) for source in sources)


def _is_named(name: str, source: Source) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in source.patterns)


def _members(archive: Path) -> list[AnnotationFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(archive, f"the archive is damaged ({error})", "Fetch it again, or move it away.") from None
    return [
        AnnotationFile(archive, name) for name in names if not any(part.startswith(".") for part in name.split("/"))
    ]


def _once(files: Iterator[AnnotationFile] | tuple[()]) -> tuple[list[AnnotationFile], list[AnnotationFile]]:
    """Each annotation file once, and the copies: a plain file rather than a gzipped one, rather than one in an archive."""
    kept: dict[str, list[AnnotationFile]] = {}
    copies: list[AnnotationFile] = []
    for file in sorted(files, key=lambda file: (_packing(file), file)):
        alike = kept.setdefault(file.base_name, [])
        if any(_packing(other) < _packing(file) or _content(other) == _content(file) for other in alike):
            copies.append(file)
        else:
            alike.append(file)
    return sorted(file for group in kept.values() for file in group), copies


def _packing(file: AnnotationFile) -> int:
    return 2 if file.member else 1 if file.path.suffix.lower() == ".gz" else 0


def _content(file: AnnotationFile) -> object:
    """What tells contents of one packing apart."""
    if not file.member:
        return file.digest()
    with zipfile.ZipFile(file.path) as archive:
        info = archive.getinfo(file.member)
    return info.CRC, info.file_size


def _owner(file: AnnotationFile, sources: Sequence[Source]) -> Source | None:
    for source in sources:
        if _is_named(file.base_name, source):
            return source
    first = head(file)
    return next((source for source in sources if first is not None and source.sniff(first)), None)


def _given(source: Source, paths: Sequence[Path], sources: Sequence[Source]) -> Iterator[AnnotationFile]:
    """The files given by hand for a source."""
    for path in dict.fromkeys(paths):
        if not path.is_file():
            reason = "no such file" if not path.exists() else "isn't a file"
            raise InputError(path, reason, f"It was given for {source.name}.")
        if zipfile.is_zipfile(path):
            files = [file for file in _members(path) if _may_be(file, [source]) and _owner(file, [source])]
            if not files:
                raise InputError(path, f"has no {source.name} in it", f"Looked for {', '.join(source.patterns)}.")
        else:
            files = [AnnotationFile(path)]
            _check_kind(files[0], source, sources)
        yield from (replace(file, split=_split(file, None)) for file in files)


def _check_kind(file: AnnotationFile, source: Source, sources: Sequence[Source]) -> None:
    """A file given by hand may have any name; if it is of another kind, say so before reading it."""
    if _is_named(file.base_name, source):
        return
    first = head(file)
    if first is not None and source.sniff(first):
        return
    others = [other.name for other in sources if first is not None and other is not source and other.sniff(first)]
    if first is None:
        kind = looks_like(next(file.blocks(), b""))  # broken JSON is for the reader to explain
    else:
        kind = others[0] if others else f"an object of {', '.join(sorted(first.keys)[:8]) or 'nothing'}"
    if kind:
        raise InputError(file.path, f"isn't {source.name}: it looks like {kind}", "Give the file of that format.")
