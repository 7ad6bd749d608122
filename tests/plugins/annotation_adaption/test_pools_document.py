"""`docs/instruction-pools.md` says of every pool what the pool says of itself."""

import re
from pathlib import Path

import pytest
import yaml

from vlit_hub.drafting.boxes import box_format_wordings, write_boxes
from vlit_hub.plugins.strategies.annotation_adaption.strategy import POOLS
from vlit_hub.wording.nouns import forms

TEXT = (Path(__file__).parents[3] / "docs" / "instruction-pools.md").read_text(encoding="utf-8")
CATEGORY = {"label", "a_label", "the_label", "labels"}


def _row(name):
    task, _, kind = name.partition("/")
    head = f"| `{task}`, `{kind}` |" if kind else f"| `{task}` |"
    (line,) = [line for line in TEXT.splitlines() if line.startswith(head)]
    return line.split(" |")[1:]


def _named(cell):
    names = set(re.findall(r"\{(\w+)\}", cell))
    if "a category, but for" in cell:
        return names ^ {"labels"} | CATEGORY - {"labels"}
    return names | CATEGORY if "a category" in cell else names


@pytest.mark.parametrize("name", POOLS)
def test_the_table_lists_the_placeholders(name):
    spec = POOLS[name]
    about, needed, answer, allowed = (_named(cell) for cell in _row(name)[:4])
    assert about == spec.about
    assert needed == spec.needed
    assert answer == set().union(*spec.answer)
    assert allowed == spec.allowed


def test_the_forms_are_as_shown():
    rows = re.findall(r"^\| `\{(\w+)\}`[^|]*\| (.+) \|$", TEXT, re.MULTILINE)
    assert {placeholder for placeholder, _ in rows} == CATEGORY
    for placeholder, cells in rows:
        said = [getattr(forms(name), placeholder) for name in ("dog", "apple", "scissors", "knife")]
        assert cells.split(" | ") == said


def test_boxes_are_written_as_shown(annotations_of):
    rows = re.findall(r'^\| `(\w+)` \| `(\[.*\])` \| "(.+)" \|$', TEXT, re.MULTILINE)
    assert [box_format for box_format, _, _ in rows] == ["pixel", "unit", "thousand"]
    box = [int(number) for number in re.findall(r"\d+", rows[0][1])]
    annotations = annotations_of(objects=[{"image_id": 1, "category": "dog", "box": box}])
    for box_format, written, wording in rows:
        assert write_boxes(annotations.objects, annotations.images, box_format).text[0] == written
        assert wording in box_format_wordings(box_format)


def test_the_examples_can_be_used(annotations_of, drafts_of, tmp_path):
    examples = re.findall(r"(?m)(?:^    .*\n|^\n)+", TEXT)
    pools = [text for text in examples if "task:" in text]
    assert len(pools) == 2
    for number, text in enumerate(pools):
        plain = re.sub(r"(?m)^    ", "", text).split("vlit-hub build")[0]
        assert yaml.safe_load(plain)["task"] in {"object_counting", "object_presence"}
        (tmp_path / f"{number}.yaml").write_text(plain)
    objects = [{"image_id": n, "category": "knife", "box": (1, 1, 50, 50)} for n in range(300)]
    objects += [{**row, "category": "fork"} for row in objects[:100]]
    annotations = annotations_of(objects=objects)
    tasks = ("object_counting", "object_presence")
    drafts = drafts_of(annotations, pools=(str(tmp_path),), style="short", tasks=tasks)
    assert "knives: how many? A number, please." in drafts["instruction"].to_list()
    assert "Any forks here? Yes or no." in drafts["instruction"].to_list()
    both = drafts_of(annotations, pools=(str(tmp_path / "0.yaml"),), tasks=tasks)
    assert "That makes one knife." in both["response"].to_list()
