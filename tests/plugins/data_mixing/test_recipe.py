"""Recipes that are wrong: each is refused in one line, which names the key and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from vlit_hub.errors import InputError, UsageError
from vlit_hub.plugins.strategies.data_mixing.recipe import load_recipe, make_recipe

SOURCES = "sources: [{dataset: a, proportion: 0.5}, {dataset: b, proportion: 0.5}]\n"


@pytest.mark.parametrize(
    "text, said",
    [
        (
            "sources: [{dataset: a, propotion: 1}]",
            "sources.0.propotion: there is no such key; did you mean 'proportion'?",
        ),
        (SOURCES + "sise: 3", "sise: there is no such key; did you mean 'size'?"),
        ("sources: [{dataset: a, cap: {image: 2}}]", "cap.image: there is no such key; did you mean 'per_image'?"),
        (
            SOURCES + "contamination: {picture: x}",
            "there is no such key; there are questions, images, overlap, words, bits",
        ),
        ("sources: []", "sources: Tuple should have at least 1 item"),
        ("size: 3", "sources: Field required"),
        ("sources: [{proportion: 1}]", "sources.0.dataset: Field required"),
        (
            "sources: [{dataset: a, proportion: 0.5}]",
            "the proportions add up to 0.5, not 1; mend them, or pass normalise",
        ),
        ("sources: [{dataset: a, proportion: 3}, {dataset: b, proportion: 5}]", "the proportions add up to 8, not 1"),
        ("sources: [{dataset: a, proportion: -1}]", "sources.0.proportion: Input should be greater than 0 (given: -1)"),
        ("sources: [{dataset: a, proportion: .nan}]", "sources.0.proportion"),
        ("sources: [{dataset: a, proportion: 1}, {dataset: b}]", "b has no proportion, and others have"),
        ("sources: [{dataset: a, proportion: 1, records: 3}]", "a has both proportion and records; give one of them"),
        (
            "sources: [{dataset: a, records: 3}]\nsize: 3",
            "size goes with shares of sources; with records, leave it out",
        ),
        (SOURCES + "temperature: 2", "temperature over sources decides their shares"),
        (SOURCES + "temperature: 0.5", "temperature.value: Input should be greater than or equal to 1 (given: 0.5)"),
        (SOURCES + "temperature: {value: 2, over: tasks}\nbalance: task", "both decide the shares of tasks"),
        (SOURCES + "balance: colour", "balance: Input should be 'task' or 'granularity' (given: 'colour')"),
        ("sources: [{dataset: a}]\nbalance: task", "balance needs a size smaller than the sources"),
        (SOURCES + "size: 0", "size: Input should be greater than 0 (given: 0)"),
        (SOURCES + "split: 'a/b'", "split: String should match pattern"),
        (SOURCES + "contamination: {words: 8}", "name a benchmark: questions, images, or both"),
        ("- a", "is no recipe. A recipe has a key `sources`"),
        ("", "is no recipe"),
        ("sources: [\n", "line 2: "),
    ],
)
def test_a_wrong_recipe(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_recipe(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and said in message and "\n" not in message and "?." not in message


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        load_recipe(tmp_path / "recipe.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="can't be read"):
        load_recipe(tmp_path / "bytes.yaml")


def test_sources_of_the_command_line() -> None:
    recipe = make_recipe(["coco_aa:0.25", "data/llava:.75"], {"size": 10})
    assert [(one.dataset, one.proportion) for one in recipe.sources] == [("coco_aa", 0.25), ("data/llava", 0.75)]
    recipe = make_recipe(["coco_aa", "c:/odd"], {})
    assert [(one.dataset, one.proportion) for one in recipe.sources] == [("coco_aa", None), ("c:/odd", None)]
    with pytest.raises(UsageError, match=r"^the proportions add up to 10, not 1; .*--normalise"):
        make_recipe(["a:3", "b:5", "c:2"], {})
    assert [str(share) for share in make_recipe(["a:3", "b:5", "c:2"], {"normalise": True}).shares or []] == [
        "3/10",
        "1/2",
        "1/5",
    ]


@pytest.mark.parametrize("share", ["x", "nan", "inf", "30%", ""])
def test_a_share_that_is_no_number(share: str) -> None:
    with pytest.raises(
        UsageError, match=rf"^coco_aa:{share}: '{share}' is no share\. Give a number, as coco_aa:0\.5\.$"
    ):
        make_recipe([f"coco_aa:{share}", "b:1"], {})


def test_options_take_the_place_of_keys(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(SOURCES + "size: 10\nseed: 3\n")
    recipe = load_recipe(path, {"size": 20, "upsample": True})
    assert (recipe.size, recipe.seed, recipe.upsample) == (20, 3, True)
