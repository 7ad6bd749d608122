"""The card of a real build; and builds over a folder in whose README.md somebody wrote."""

import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import run
from vlit_hub import readme
from vlit_hub.publishing.card import write_card
from vlit_hub.publishing.checking import check_card
from vlit_hub.publishing.croissant import validate
from vlit_hub.publishing.folder import open_folder


def data(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((folder / "data").iterdir())}


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built / "built" / "coco_aa", tmp_path / "coco_aa"))


def test_the_card_of_a_real_build_is_good(folder: Path, built: Path, sample: Path) -> None:
    written = write_card(folder)
    assert written.kept == () and check_card(open_folder(folder)) == [] == validate(folder / "croissant.json")
    text = (folder / "README.md").read_text()
    for task in ("image_captioning", "visual_question_answering", "object_detection", "text_recognition"):
        assert f"| `{task}` |" in text and f"examples/{task}.jpg" in written.files
    assert "captions_train2014.json" in text and "@article{chen2015microsoft" in text
    for file in folder.rglob("*"):
        if file.suffix in (".md", ".json"):
            assert not any(str(path).encode() in file.read_bytes() for path in (built, sample, folder))


def test_the_command_in_the_card_builds_the_same_records(folder: Path, sample: Path, tmp_path: Path) -> None:
    write_card(folder)
    block = readme.parse((folder / "README.md").read_text()).blocks["rebuilding"].text
    command = next(line for line in block.splitlines() if line.startswith("vlit-hub build "))
    words = [str(sample) if word == "DATA" else word for word in shlex.split(command)[1:]]
    done = run(tmp_path, *words, "--out", tmp_path / "again")
    assert done.code == 0, done.err
    assert data(tmp_path / "again") == data(folder)


def test_a_build_takes_over_what_people_wrote_into_the_card(sample: Path, tmp_path: Path) -> None:
    build = ["build", "coco_aa", "--data-dir", sample, "--tasks", "object_counting", "--out", tmp_path / "out"]
    assert run(tmp_path, *build).code == 0
    file = tmp_path / "out" / "README.md"
    write_card(file.parent)
    text = file.read_text()
    place = text.index("<!-- vlit-hub:begin limits")
    text = f"{text[:place]}Mine, above the limits.\n\n{text[place:]}\n## Contact\n"
    file.write_text(text.replace("pretty_name: coco_aa", "pretty_name: Counting"))
    assert run(tmp_path, *build, "--seed", "1").code == 0
    between = file.read_text()
    assert "Mine, above the limits." in between and "## Contact" in between
    assert "## Limits" not in between and "dataset_info" not in between, "they are of the old build"
    assert (file.parent / "build.json").read_text().count("--seed 1") == 1
    assert write_card(file.parent).kept == ("YAML key pretty_name",)
    blocks = readme.parse(file.read_text()).blocks
    assert "## Limits" in blocks["limits"].text and "--seed 1" in blocks["rebuilding"].text
    above, below = file.read_text().split("Mine, above the limits.")
    assert "end left_out" in above and below.lstrip().startswith("<!-- vlit-hub:begin limits")


def test_a_build_refuses_a_card_that_it_cant_take_over(folder: Path, sample: Path, tmp_path: Path) -> None:
    (folder / "README.md").write_text("---\nlicense: [mit\n---\n# Mine\n")
    before = data(folder)
    done = run(tmp_path, "build", "coco_aa", "--data-dir", sample, "--out", folder, "--force")
    assert done.code == 1
    assert done.line.startswith(f"vlit-hub: {folder}/README.md: line 3, column 1: ") and "Mend the YAML" in done.line
    assert data(folder) == before and (folder / "README.md").read_text().endswith("# Mine\n")


def test_no_folder_of_this_machine_gets_into_build_json(sample: Path, tmp_path: Path) -> None:
    pools = tmp_path / "my pools"
    pools.mkdir()
    (pools / "counting.yaml").write_text(
        "task: object_counting\nextend: true\n"
        'short:\n  instructions: ["Count the {labels}: a number."]\n  responses: ["{count}"]\n'
    )
    build = ["build", "coco_aa", "--data-dir", sample, "--tasks", "object_counting", "-o", f"pools={pools}"]
    done = run(tmp_path, *build)
    assert done.code == 0, done.err
    text = (tmp_path / "built" / "coco_aa" / "build.json").read_text()
    assert "-o 'pools=my pools'" in text and "--tasks object_counting" in text
    assert str(tmp_path) not in text and str(sample) not in text
