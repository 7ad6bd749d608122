"""One small sample with photos, made once for all tests of its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vlit_hub.sample import write_sample

IMAGES = 60


class Sample:
    """A written sample and its files, read back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> Any:
        return json.loads((self.folder / "annotations" / name).read_bytes())

    def both(self, pattern: str, key: str) -> list[dict[str, Any]]:
        """The rows of a section in the train file and the val file."""
        return [row for split in ("train", "val") for row in self.read(pattern.format(split))[key]]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("samples") / "data"
    write_sample(folder, images=IMAGES)
    return Sample(folder)
