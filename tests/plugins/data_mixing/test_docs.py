"""docs/mixing.md: it tells every key, and its recipes work."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pydantic
import pytest

from tests.cli.conftest import started
from tests.plugins.data_mixing.making import counts, dataset, mix, records, rows, text_only
from vlit_hub.plugins.strategies.data_mixing.recipe import (
    Cap,
    Contamination,
    Recipe,
    SourceRecipe,
    Temperature,
    load_recipe,
)

PAGE = (Path(__file__).parents[3] / "docs" / "mixing.md").read_text()
RECIPES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the docs' sources lie."""
    home = tmp_path_factory.mktemp("docs")
    tasks = ("image_captioning", "object_presence", "object_counting")
    several = [row for place, task in enumerate(tasks) for row in rows("coco", 70, task, 70 * place)]
    dataset(home / "coco_aa", several)
    dataset(home / "vqa_aa", rows("vqa", 90, "visual_question_answering", 500))
    dataset(home / "texts", text_only("texts", 15))
    (home / "bench").mkdir()
    (home / "bench.jsonl").write_text(json.dumps({"question": "Which tram is this?"}) + "\n")
    from tests.quality.making import save, scene

    save(scene(1), home / "bench" / "1.png")
    return home


def keys(model: type[pydantic.BaseModel]) -> set[str]:
    return set(model.model_fields)


def test_every_key_is_told_with_its_default() -> None:
    tables = [set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) for table in PAGE.split("Each source:")]
    assert tables[0] == keys(Recipe) and tables[1] == keys(SourceRecipe)
    everything = RECIPES[1]
    for model in (Recipe, SourceRecipe, Cap, Contamination, Temperature):
        lacking = {key for key in keys(model) if not re.search(rf"\b{key}:", "".join(RECIPES))}
        assert not lacking
    assert "contamination" in everything


@pytest.mark.parametrize("number", range(len(RECIPES)))
def test_its_recipes_work(home: Path, number: int) -> None:
    path = home / f"{number}.yaml"
    path.write_text(RECIPES[number])
    recipe = load_recipe(path)
    with started(home):
        build = mix(home / f"mix{number}", **recipe.model_dump(exclude_defaults=True))
    made = build["splits"]["train"]
    assert made["records"] == (recipe.size or 150)
    if number == 0:
        assert counts(records(home / "mix0")) == {"coco_aa": 100, "vqa_aa": 80, "texts": 20}
        assert sorted(build["mixed_from"][0]["tasks"].values()) == [33, 33, 34]
        repeated = [row["id"] for row in records(home / "mix0") if "~" in row["id"]]
        assert len(repeated) == 5 and all(id.endswith("~2") for id in repeated)
