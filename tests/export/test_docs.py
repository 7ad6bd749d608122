"""docs/exporting.md: it has every format with what it can do, and every option."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vlit_hub import plugin_manager
from vlit_hub.export.exporter import BOX_MODES, IMAGE_MODES

PAGE = (Path(__file__).parents[2] / "docs" / "exporting.md").read_text()
ROWS = {
    cells[1].strip(" `"): [cell.strip() for cell in cells[2:-1]]
    for line in PAGE.splitlines()
    if len(cells := line.split("|")) > 3
}


@pytest.mark.parametrize("name", sorted(plugin_manager.exporters()))
def test_the_table_is_right(name: str) -> None:
    exporter = plugin_manager.get_exporter(name)
    _, _, photos, where, images, _ = ROWS[name]
    assert images.split(", ") == list(exporter.images)
    assert photos == {None: "any number", 1: "at most one"}.get(exporter.most_images, f"at most {exporter.most_images}")
    assert where.startswith("anywhere" if exporter.interleaved else "before the first instruction")
    assert ("<image>" in where) == (exporter.interleaved and "<image>" in exporter.reserved)
    for option in exporter.Options.model_fields:
        assert f"--option {option}=" in PAGE


def test_every_mode_is_told() -> None:
    assert set(IMAGE_MODES) <= ROWS.keys() | set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert set(BOX_MODES) <= set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
