"""What is built on this machine, and where: one small JSON file a dataset, in the cache folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from vlit_hub.atomic import write_aside
from vlit_hub.errors import UsageError
from vlit_hub.paths import cache_folder

__all__ = ["Build", "builds", "find_folder", "recall", "remember"]


@dataclass(frozen=True)
class Build:
    """A dataset that was built here.

    Attributes:
        repo_id: Its Hub name.
        folder: The folder with Parquet files, README.md and build.json.
        state: Of the plan it was built by.
        splits: Records by split.
    """

    repo_id: str
    folder: str
    state: str
    splits: dict[str, int]

    @property
    def exists(self) -> bool:
        """Whether its folder is still there."""
        return (Path(self.folder) / "build.json").exists()


def remember(build: Build) -> None:
    """Note a build; a later one of the same name and folder takes its place."""
    folder = cache_folder() / "builds"
    folder.mkdir(parents=True, exist_ok=True)
    write_aside(folder / f"{build.repo_id.replace('/', '___')}.json", json.dumps(asdict(build), indent=2).encode())


def builds() -> list[Build]:
    """All builds, by name; those whose folder is gone too."""
    files = sorted((cache_folder() / "builds").glob("*.json"))
    return [Build(**json.loads(file.read_text())) for file in files]


def recall(repo_id: str) -> Build | None:
    """The last build of this name, if its folder is still there."""
    return next((build for build in builds() if build.repo_id == repo_id and build.exists), None)


def find_folder(name: str) -> Path:
    """The folder of a build, given as a path, a Hub name or a builder's name.

    Raises:
        UsageError: Nothing of that name was built, or its folder is gone.
    """
    folder = Path(name).expanduser()
    if (folder / "build.json").exists():
        return folder
    known = {build.repo_id: build for build in builds()}
    build = known.get(name) or next((one for one in known.values() if one.repo_id.endswith(f"/{name}")), None)
    if build is None and (folder.suffix or len(folder.parts) > 2):  # no name of a build, nor a Hub name
        raise UsageError(f"{name!r}: there is no such file or folder.")
    if build is None:
        there = ", ".join(known) or "nothing yet"
        raise UsageError(
            f"{name!r} is no dataset built here (built: {there}). Run: vlit-hub build {name} --data-dir DIR"
        )
    if not build.exists:
        raise UsageError(f"{build.repo_id} was built in {build.folder}, which is gone. Run: vlit-hub build again.")
    return Path(build.folder)
