"""Removes what was measured of records that are gone, or in another way than now, from a dataset's `quality/`."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from vlit_hub.dataset.reading import SCORES_FOLDER, Dataset
from vlit_hub.errors import InputError
from vlit_hub.quality.fragments import key
from vlit_hub.quality.partial import PARTIAL
from vlit_hub.quality.photos_pass import photo_state

__all__ = ["Pruned", "prune"]

_HASH = r"[0-9a-f]{16}"
_SETTINGS = re.compile(_HASH)
_KEPT = re.compile(rf"({_HASH})(\.parquet|\.json|{re.escape(PARTIAL)})")
_CUT_SHORT = re.compile(rf"\.{_HASH}\.(parquet|json)\.\d+\.tmp")  # by a run that was killed while it wrote


@dataclass(frozen=True)
class Pruned:
    """What was removed."""

    files: int
    bytes: int


def prune(dataset: Dataset, settings: Mapping[str, Collection[str]]) -> Pruned:
    """Remove fragments of shards that the dataset doesn't have any more, and of other settings.

    Files that don't look like what vlit-hub writes there are left alone, and links aren't followed.

    Args:
        dataset: It.
        settings: The current ones, by indicator; of an indicator that isn't named, all are current.

    Raises:
        InputError: A file can't be removed.
    """
    current = _current(dataset)
    stale = []
    for folder in _folders(dataset.path / SCORES_FOLDER):
        for of_settings in _folders(folder):
            if not _SETTINGS.fullmatch(of_settings.name):
                continue
            others = folder.name in settings and of_settings.name not in settings[folder.name]
            for path in of_settings.iterdir():
                named = _KEPT.fullmatch(path.name)
                gone = named is not None and named[1] not in current
                of_photos = path.name == f"photos{PARTIAL}"
                if _CUT_SHORT.fullmatch(path.name) or gone or (others and (named or of_photos)):
                    stale.append(path)
    return _remove(stale)


def _current(dataset: Dataset) -> set[str]:
    """The names that fragments of the dataset as it is have, with and without its photos' state, alone and among all shards."""
    digests = [shard.digest for shard in dataset.shards]
    parts = [[shard.digest, photo_state(shard)] for shard in dataset.shards]
    names = set()
    for with_photos, among_all in itertools.product((False, True), repeat=2):
        of_shards = [key(*part[: 1 + with_photos], *(digests if among_all else [])) for part in parts]
        names |= {*of_shards, key(*(f"{name}.parquet" for name in of_shards))}  # the latter of the dataset as a whole
    return names


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())


def _remove(paths: list[Path]) -> Pruned:
    files = size = 0
    for path in paths:
        try:
            inside = [path] if not path.is_dir() else [one for one in path.rglob("*") if one.is_file()]
            files, size = files + len(inside), size + sum(one.lstat().st_size for one in inside)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            for folder in (path.parent, path.parent.parent):
                if not any(folder.iterdir()):
                    folder.rmdir()
        except OSError as error:
            raise InputError(path, f"can't be removed ({error.strerror})") from None
    return Pruned(files, size)
