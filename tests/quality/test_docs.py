"""docs/quality.md: it has every column, and its commands and its recipe work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.quality.annotation_files import write_annotations
from tests.quality.making import record, save, scene, write
from vlit_hub import plugin_manager
from vlit_hub.quality.annotations import find_annotations
from vlit_hub.quality.engine import score
from vlit_hub.quality.expressions import parse
from vlit_hub.quality.filtering import filter_dataset
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.recipes import load_recipe, recipe_names

PAGE = (Path(__file__).parents[2] / "docs" / "quality.md").read_text()


def test_every_column_is_told() -> None:
    table = {
        name
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    shown = (one for one in plugin_manager.indicators().values() if not one.feature)
    ours = (one for one in shown if type(one).__module__.startswith("vlit_hub.plugins.quality."))
    assert {column for one in ours for column in one.columns} <= table
    assert set(recipe_names()) <= table


def test_its_conditions_and_its_recipe_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path / "cache"))
    photos = [save(scene(n, 80, 60), tmp_path / f"{n}.png") for n in range(4)]
    dataset = write(tmp_path / "d", {"train": [[record(n, [photos[n]]) for n in range(4)]]})
    score(dataset, ["lengths", "image_sharpness", "readable_image", "yes_no_contradicted"])
    images = find_annotations(write_annotations(tmp_path / "data", objects={n: ["car"] for n in range(4)}))
    score(dataset, ["hallucinated_objects", "presence_answer_correct"], images=images)
    measured = Measured(dataset)
    section = PAGE.split("## Conditions")[1].split("## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `") and "..." not in line]
    conditions = [text for row in rows for text in re.findall(r"`([^`]+)`", row)]
    conditions += re.findall(r"vlit-hub filter coco_aa '([^']+)'(?! --cascade)", PAGE)
    assert len(conditions) >= 11
    for text in conditions:
        assert parse(text, measured.kind, lambda name, share: 1.0)
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    assert filter_dataset(dataset, load_recipe(str(recipe)), name="mine").balanced == 2
