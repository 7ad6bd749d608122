"""`vlit-hub score`, `filter` and `balance` on a real build."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, run


@pytest.fixture(scope="module")
def scored(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a copy of the build that is scored; don't change it."""
    home = tmp_path_factory.mktemp("scored")
    shutil.copytree(built / "built" / "coco_aa", home / "coco")
    done = run(home, "score", "coco", "--json")
    assert done.code == 0, done.err
    scores = json.loads(done.out)
    assert scores["indicators"].keys() | scores["left_out"].keys() >= {"lengths", "image_sharpness", "task_balance"}
    return home


def refused(done: Ran) -> str:
    assert done.code == 2 and done.out == ""
    return done.err


def test_score_shows_numbers_and_what_measured_them(scored: Path) -> None:
    done = run(scored, "score", "coco", "--indicators", "image_sharpness,task_balance,response_diversity_ngrams")
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    assert lines["image_sharpness"].split()[-1] == "NumPy" and lines["task_cv"].split()[-1] == "Polars"
    assert "instruction_words" not in lines


def test_score_against_the_annotations(scored: Path, sample: Path) -> None:
    names = "hallucinated_objects,presence_answers,annotated_object_diversity"
    done = run(scored, "score", "coco", "--indicators", names, "--data-dir", sample)
    lines = {line.split()[0]: line.split() for line in done.out.splitlines() if line.strip()}
    assert lines["hallucinated_objects"][1] == "0" and lines["presence_accuracy"][1] == "1"
    assert int(lines["presence_checked"][1]) > 20 and int(lines["annotated_categories"][1]) > 5
    assert run(scored, "score", "coco", "--data-dir", "nowhere").line == (
        "vlit-hub: nowhere: no such folder. Pass --data-dir FOLDER."
    )
    asked = run(scored, "score", "coco", "--indicators", "grounded_recall")
    assert "--data-dir DIR" in refused(asked)


def test_score_refuses(scored: Path) -> None:
    assert "no indicator 'lenghts'. Did you mean 'lengths'" in refused(
        run(scored, "score", "coco", "--indicators", "lenghts")
    )
    assert "must be INDICATOR.OPTION=VALUE" in refused(run(scored, "score", "coco", "-o", "sample=3"))
    assert "no dataset built here" in refused(run(scored, "score", "nothing"))
    (scored / "empty").mkdir(exist_ok=True)
    assert run(scored, "score", "empty").line.startswith("vlit-hub: empty: has no Parquet files of records.")


def test_filter_counts_writes_and_shows(scored: Path) -> None:
    done = run(scored, "filter", "coco", "response_words >= 2 and image_sharpness > quantile(0.1)")
    assert done.code == 0 and "nothing was written" in done.out and "response_words >= 2" in done.out
    done = run(scored, "filter", "coco", "response_words >= 2", "-o", "clean", "--random-baseline", "--json")
    found = json.loads(done.out)
    assert found["written"] == {"clean": found["kept"], "clean-random": found["kept"]}
    shown = run(scored, "show", "clean", "--json")
    assert json.loads(shown.out.splitlines()[0])["quality"]["response_words"] >= 2
    reasons = {
        json.loads(line)["reason"] for line in run(scored, "show", "clean", "--rejected", "--json").out.splitlines()
    }
    assert reasons == {"response_words >= 2"}
    command = json.loads((scored / "clean" / "build.json").read_text())["command"]
    assert command == "vlit-hub filter vlit_hub/coco_aa 'response_words >= 2' --out clean"


def test_filter_refuses(scored: Path) -> None:
    assert "an expression or --recipe NAME" in refused(run(scored, "filter", "coco"))
    assert "there are keep and reject" in refused(run(scored, "filter", "coco", "turns > 0", "--unknown", "drop"))
    assert "--random-baseline needs --out" in refused(run(scored, "filter", "coco", "turns > 0", "--random-baseline"))
    message = refused(run(scored, "filter", "coco", "turns > > 0"))
    assert message.splitlines()[1:] == ["  turns > > 0", "          ^"]


def test_balance(scored: Path) -> None:
    assert "coefficient of variation" in run(scored, "balance", "coco").out
    found = json.loads(run(scored, "balance", "coco", "--size", 90, "-o", "even", "--json").out)
    assert (
        found["after"]["spread"]["cv"] < found["before"]["spread"]["cv"]
        and sum(found["after"]["counts"].values()) == 90
    )
    assert "there are" in refused(run(scored, "balance", "coco", "--size", 10**9))
    assert "--out needs --size" in refused(run(scored, "balance", "coco", "-o", "even"))
    assert "no indicator 'tusk'. Did you mean 'task'" in refused(run(scored, "balance", "coco", "--by", "tusk"))


def test_a_build_made_again_keeps_its_scores(sample: Path, tmp_path: Path) -> None:
    build = ("build", "coco_aa", "--data-dir", sample, "--tasks", "image_captioning", "--out", "made")
    assert run(tmp_path, *build).code == 0
    assert run(tmp_path, "score", "made", "--indicators", "lengths").code == 0
    assert run(tmp_path, *build, "--force").code == 0
    assert run(tmp_path, "filter", "made", "response_words > 2").code == 0


def test_no_indicator_is_not_all(scored: Path) -> None:
    done = run(scored, "score", "coco_aa", "--indicators", " , ")
    assert done.code == 2 and "names none" in done.err
