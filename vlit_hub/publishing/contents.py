"""What a dataset's repository shall hold: records, card, build.json.

What was rejected stays on this machine: filters reject what must not become public. The card and build.json count it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vlit_hub import readme
from vlit_hub.building.output import BUILD_FILE, IMAGES_FILE
from vlit_hub.publishing.card import CARD, LICENSE, LICENSE_MARK, make_card
from vlit_hub.publishing.changes import OutgoingFile
from vlit_hub.publishing.checking import check_card
from vlit_hub.publishing.folder import DatasetFolder, ShardFile
from vlit_hub.publishing.preparing import Prepared, link

__all__ = ["card_faults", "contents"]


def contents(prepared: Prepared, repo_id: str) -> list[OutgoingFile]:
    """All files that the repository shall hold.

    Args:
        prepared: The dataset as it is published.
        repo_id: The repository, which the card names.

    Raises:
        InputError: README.md in the folder has broken YAML.
    """
    dataset = prepared.dataset
    found: dict[str, bytes | Path] = {f"data/{file.path.name}": file.path for file in dataset.files}
    if (dataset.path / IMAGES_FILE).is_file():
        found[IMAGES_FILE] = dataset.path / IMAGES_FILE
    found |= _card_files(dataset, repo_id)
    found[BUILD_FILE] = _published_build(prepared, repo_id, [*found, BUILD_FILE])
    return [OutgoingFile(path, content) for path, content in found.items()]


def card_faults(prepared: Prepared, files: Sequence[OutgoingFile], beside: Iterable[str] = ()) -> list[str]:
    """What is wrong with the card among these files, a line each.

    Args:
        prepared: The dataset as it is published.
        files: What is published with it, the card included.
        beside: Paths of what is in the repository already, which the card may link.
    """
    with tempfile.TemporaryDirectory(dir=prepared.folder) as name:
        folder = Path(name)
        for path in {*beside, *(file.path for file in files)}:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).touch()  # that it is there is enough
        splits: dict[str, tuple[ShardFile, ...]] = {}
        for split, shards in prepared.dataset.splits.items():
            splits[split] = tuple(ShardFile(folder / "data" / shard.path.name, shard.metadata) for shard in shards)
            for shard in shards:
                (folder / "data" / shard.path.name).unlink()
                link(shard.path, folder / "data" / shard.path.name)
        (folder / CARD).write_bytes(next(file.data for file in files if file.path == CARD))
        return check_card(replace(prepared.dataset, path=folder, splits=splits))


def _card_files(dataset: DatasetFolder, repo_id: str) -> dict[str, bytes]:
    """The card of the dataset as it is published, with what people wrote into the folder's."""
    card = make_card(dataset, repo_id)
    files = dict(card.files)
    files[CARD] = readme.merge(readme.read(dataset.path / CARD), card.text).text.encode()
    there = dataset.path / LICENSE
    if there.is_file() and not there.read_text(encoding="utf-8").startswith(LICENSE_MARK):
        files[LICENSE] = there.read_bytes()
    return files


def _published_build(prepared: Prepared, repo_id: str, paths: Iterable[str]) -> bytes:
    """build.json, with what was published: how the photos are, and which files are this dataset's, to tell them from others."""
    photos = prepared.photos
    published: dict[str, Any] = {
        "repo_id": repo_id,
        "images": prepared.mode,
        "records_with_photo": photos.kept,
        "photos_left_out": dict(sorted(photos.refused.items())),
        "drawn_left_out": photos.drawn,
        "files": sorted(paths),
    }
    build = {**prepared.dataset.build, "published": published}
    return (json.dumps(build, indent=2, ensure_ascii=False) + "\n").encode()
