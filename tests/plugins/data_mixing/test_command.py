"""`vlit-hub mix` and `vlit-hub build vlit_mix` on real builds, and what becomes of their datasets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, environment, run, started
from tests.hub.server import Hub
from tests.plugins.data_mixing.making import content, counts, records, text_only
from tests.quality.making import write
from vlit_hub.publishing.card import write_card


@pytest.fixture(scope="module")
def home(built: Path, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which `coco_aa` and `vqa_aa` are built, and a dataset of texts lies in `texts`."""
    home = tmp_path_factory.mktemp("mixing")
    for name in ("cache", "hf", "built"):
        shutil.copytree(built / name, home / name)
    for note in (home / "cache" / "builds").iterdir():
        note.write_text(note.read_text().replace(str(built), str(home)))
    assert run(home, "build", "vqa_aa", "--data-dir", sample).code == 0
    write(home / "texts", {"train": [text_only("texts", 20)]}, build=False)
    return home


def refused(done: Ran, code: int = 2) -> str:
    assert (done.code, done.out) == (code, "")
    return done.line


def test_a_mix_from_the_command_line(home: Path) -> None:
    words = ("mix", "coco_aa:0.5", "vqa_aa:0.3", "texts:0.2", "--size", 60, "--seed", 7)
    shown = run(home, *words, "--dry-run")
    assert shown.code == 0 and not (home / "mix").exists(), shown.err
    assert re.search(r"vqa_aa +\d+ +0 +0.3 +18 +30.0% +0", shown.out)
    planned = json.loads(run(home, *words, "--dry-run", "--json").out)
    assert planned["records"] == 60 and [one["records"] for one in planned["mixed_from"]] == [30, 18, 12]
    done = run(home, *words, "-o", "mix")
    assert done.code == 0 and "written to mix" in done.out and "text only: 12" in done.out
    assert counts(records(home / "mix")) == {"coco_aa": 30, "vqa_aa": 18, "texts": 12}
    build = json.loads((home / "mix" / "build.json").read_text())
    assert build["command"] == "vlit-hub mix coco_aa:0.5 vqa_aa:0.3 texts:0.2 --size 60 --seed 7 -o mix"
    assert build["repo_id"] == "vlit_hub/mix" and build["mixture"] == "hybrid"
    assert {one["name"] for one in build["sources"]} >= {"coco_captions", "vqa"}
    before = content(home / "mix")
    assert "there is a dataset already. Choose another folder, or pass --force." in refused(
        run(home, *words, "-o", "mix")
    )
    assert run(home, *words, "-o", "mix", "--force", "--json").code == 0
    assert content(home / "mix") == before
    assert run(home, "show", "mix", "--json").code == 0


def test_what_is_refused(home: Path) -> None:
    assert "the proportions add up to 8, not 1" in refused(run(home, "mix", "coco_aa:3", "vqa_aa:5", "-o", "x"))
    assert run(home, "mix", "coco_aa:3", "vqa_aa:5", "--normalise", "--dry-run").code == 0
    assert "'coco_bb' is no dataset built here" in refused(run(home, "mix", "coco_bb:0.5", "vqa_aa:0.5", "-o", "x"))
    short = refused(run(home, "mix", "coco_aa:0.5", "vqa_aa:0.5", "--size", 10**6, "-o", "x"))
    assert re.search(
        r"coco_aa has [\d,]+ records, and its share of 0.5 of 1,000,000 is 500,000.*Pass --upsample", short
    )
    assert "no folder is named. Pass -o DIR" in refused(run(home, "mix", "coco_aa"))
    assert "that is one of the sources" in refused(run(home, "mix", "texts", "-o", "texts", "--force"))
    file = home / "others.json"
    file.write_text("[]")
    assert "is a file, and a dataset is a folder" in refused(run(home, "mix", str(file), "-o", "x"))
    assert "two sources are called texts" in refused(run(home, "mix", "texts", "texts", "-o", "x"))
    assert "it names all sources. Give it alone." in refused(run(home, "mix", "a.yaml", "texts", "-o", "x"))
    assert "there is no such file" in refused(run(home, "mix", "a.yaml", "-o", "x"), 1)
    assert "balance: Input should be 'task'" in refused(run(home, "mix", "texts", "--balance", "tusk", "-o", "x"))
    (home / "mine").mkdir(exist_ok=True)
    (home / "mine" / "notes.txt").write_text("mine")
    assert "isn't a dataset" in refused(run(home, "mix", "texts", "-o", "mine", "--force"))
    recipe = home / "wrong.yaml"
    recipe.write_text("sources: [{dataset: coco_aa, tasks: [image_captoning]}]")
    message = refused(run(home, "mix", recipe, "-o", "x"))
    assert "no task in coco_aa 'image_captoning'. Did you mean 'image_captioning'?" in message
    recipe.write_text("sources: [{dataset: coco_aa, split: dev}]")
    assert "no split of coco_aa 'dev'" in refused(run(home, "mix", recipe, "-o", "x"))
    recipe.write_text("sources: [{dataset: coco_aa, filter: image_sharpness > 3}]")
    assert "image_sharpness isn't measured yet. Run: vlit-hub score" in refused(run(home, "mix", recipe, "-o", "x"))
    assert not (home / "x").exists() and not list(home.glob(".x*"))


def test_a_mix_as_a_builder_opens_by_its_name_in_another_process(home: Path) -> None:
    recipe = home / "recipe.yaml"
    recipe.write_text(
        "sources: [{dataset: coco_aa, proportion: 0.6}, {dataset: vqa_aa, proportion: 0.4}]\nsize: 50\nsplit: train\n"
    )
    done = run(home, "build", "vlit_mix", "-o", "recipe=recipe.yaml", "-o", "size=40")
    assert done.code == 0 and 'load_dataset("vlit_hub/vlit_mix")' in done.out, done.err
    build = json.loads((home / "built" / "vlit_mix" / "build.json").read_text())
    assert build["command"] == "vlit-hub build vlit_mix -o recipe=recipe.yaml -o size=40"
    assert build["builder"]["name"] == "vlit_mix" and build["strategy"]["name"] == "data_mixing"
    script = (
        "import datasets, json; data = datasets.load_dataset('vlit_hub/vlit_mix', split='train');"
        "print(json.dumps([[row['id'], row['source']['datasets'][-1], len(row['input']['images'])] for row in data]))"
    )
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    found = subprocess.run(
        [sys.executable, "-c", script], env=environment(home), cwd=elsewhere, capture_output=True, text=True, check=True
    )
    loaded = json.loads(found.stdout)
    made = records(home / "built" / "vlit_mix")
    assert loaded == [[row["id"], row["source"]["datasets"][-1], 1] for row in made] and len(made) == 40
    assert run(home, "build", "vlit_mix", "-o", "recipe=recipe.yaml", "-o", "size=40").out.count("up to date") == 1
    again = run(home, "build", "vlit_mix", "-o", "recipe=recipe.yaml", "--seed", 3)
    assert again.code == 0 and len(records(home / "built" / "vlit_mix")) == 50
    with started(home):
        import datasets

        assert len(datasets.load_dataset("vlit_hub/vlit_mix", split="train")) == 50
    assert "a mix needs a recipe" in refused(run(home, "build", "vlit_mix"))
    assert "no option of strategy data_mixing 'recipes'" in refused(run(home, "build", "vlit_mix", "-o", "recipes=x"))
    assert "vlit-hub mix RECIPE --dry-run" in refused(run(home, "build", "vlit_mix", "--dry-run"))
    assert "strategy: data_mixing" in run(home, "info", "vlit_mix").out


def test_the_folder_of_a_mix_opens_with_datasets(home: Path) -> None:
    assert run(home, "mix", "texts", "vqa_aa", "-o", "both", "--force").code == 0
    with started(home):
        import datasets

        data = datasets.load_dataset("both", split="train")
        made = records(home / "both")
        assert data["id"][:] == [row["id"] for row in made]
        assert data[data["id"][:].index("texts-complex_reasoning-0")]["input"]["images"] == []


def test_the_card_of_a_mix_shows_the_table_and_it_can_be_pushed(home: Path, hub: Hub) -> None:
    recipe = home / "card.yaml"
    recipe.write_text(
        "sources: [{dataset: coco_aa, records: 40, cap: {per_image: 3}}, {dataset: texts, records: 30, upsample: true}]\n"
    )
    assert run(home, "mix", recipe, "-o", "carded").code == 0
    card = write_card(home / "carded")
    text = (card.folder / "README.md").read_text()
    block = text.split("## What was mixed")[1].split("<!-- vlit-hub:end")[0]
    [coco] = [line for line in block.splitlines() if line.startswith("| coco_aa")]
    assert (
        coco.startswith("| coco_aa (vlit_hub/coco_aa) | 40 | 57% | 0 |") and "Creative Commons Attribution 4.0" in coco
    )
    assert "| texts | 30 | 43% | 10 | 0 | Creative Commons Attribution 4.0 | Not stated |" in block
    assert "The strictest licence of the annotations, of those known, is **Creative Commons Attribution 4.0**" in block
    assert (
        "The strictest licence of the photos, of those known, is **Creative Commons Attribution-NonCommercial" in block
    )
    assert "*Hybrid*" in block and "30 records (43%) have no image" in block and "above the cap of an image (" in block
    assert "dataset: vlit_hub/coco_aa\n  records: 40" in block
    assert "Made from | vlit_hub/coco_aa, texts |" in text and "No candidate record was set aside" not in text
    words = [sys.executable, "-m", "vlit_hub", "push", "carded", "--dry-run"]
    online = {**environment(home), "HF_ENDPOINT": hub.url, "HF_TOKEN": hub.token("ada"), "HF_HUB_OFFLINE": "0"}
    pushed = subprocess.run(words, env={**os.environ, **online}, cwd=home, capture_output=True, text=True)
    assert pushed.returncode == 0, pushed.stderr
    assert "would push to a new repository vlit_hub/carded" in pushed.stdout
