"""Open-vocabulary detection: the numbers are those of transformers, one photo at a time, as its documentation calls it.

The model has weights made by chance: that it finds what is there can't be seen here; what is made of its scores can.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.quality.making import record, save, scene, write
from tests.tiny_models import write_detector, write_grounding_detector, write_text_model
from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import Dataset
from vlit_hub.errors import InputError, ModelError, UsageError
from vlit_hub.plugins.quality.object_diversity_detected import ObjectDiversityDetected
from vlit_hub.quality.engine import score
from vlit_hub.quality.models.detecting import load_detector
from vlit_hub.quality.models.owl import Owl

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

CATEGORIES = ("tram", "fire hydrant", "dog", "a very long name of a thing that goes on and on and on till none is read")


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_detector(tmp_path_factory.mktemp("owl"))


def direct(model: Path, image: Any) -> list[float]:
    """The highest score of each category."""
    owl = transformers.Owlv2ForObjectDetection.from_pretrained(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    processor = transformers.Owlv2ImageProcessorPil.from_pretrained(model)
    words = [f"a photo of a {category}" for category in CATEGORIES]
    text = tokenizer(words, padding="max_length", truncation=True, max_length=24, return_tensors="pt")
    with torch.inference_mode():
        found = owl(**text, **processor(images=image, return_tensors="pt"))
    return [float(value) for value in found.logits[0].sigmoid().amax(dim=0)]


def test_scores_are_those_of_the_model_called_directly(detector: Path) -> None:
    photos = [scene(n, 80 + 30 * n, 60) for n in range(3)]
    owl = Owl(str(detector), "cpu", "float32", CATEGORIES)
    together = owl.scores(photos)
    assert together == pytest.approx(np.array([direct(detector, photo) for photo in photos]), abs=1e-6)
    assert owl.scores(photos[::-1])[::-1] == pytest.approx(together, abs=1e-6)


@pytest.fixture(scope="module")
def grounding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grounding_detector(tmp_path_factory.mktemp("grounding"))


PHRASES = ("tram", "Fire hydrant", "dog", "fire?", "a red tram")


def phrases(model: Path, image: Any, text: str, spans: dict[str, tuple[int, int]]) -> dict[str, float]:
    """Of each phrase the highest score of a box, which is the mean over the tokens at its place in the text."""
    net = transformers.GroundingDinoForObjectDetection.from_pretrained(model)
    tokens = transformers.AutoTokenizer.from_pretrained(model)(text, return_tensors="pt")
    seen = transformers.GroundingDinoImageProcessorPil.from_pretrained(model)(images=image, return_tensors="pt")
    with torch.inference_mode():
        logits = net(**seen, **tokens).logits[0].double().sigmoid()
    best = {}
    for phrase, (begin, end) in spans.items():
        places = sorted({tokens.char_to_token(letter) for letter in range(begin, end) if text[letter] != " "})
        best[phrase] = float(logits[:, places].mean(dim=1).amax())
    return best


def test_grounding_dino_scores_are_those_of_the_model_called_directly(grounding: Path) -> None:
    photos = [scene(n, 80 + 30 * n, 60) for n in range(2)]
    found = load_detector(str(grounding), "cpu", "float32", PHRASES).scores(photos)
    texts = {  # 24 tokens have no room for all
        "tram. fire hydrant. dog. fire .": {
            "tram": (0, 4),
            "Fire hydrant": (6, 18),
            "dog": (20, 23),
            "fire?": (25, 29),
        },
        "a red tram.": {"a red tram": (0, 10)},
    }
    for photo, row in zip(photos, found, strict=True):
        direct: dict[str, float] = {}
        for text, spans in texts.items():
            direct |= phrases(grounding, photo, text, spans)
        assert row == pytest.approx([direct[phrase] for phrase in PHRASES], abs=1e-5)
    assert len({round(float(value), 4) for value in found.ravel()}) > len(PHRASES)


def test_a_photos_grounding_scores_do_not_depend_on_those_beside_it(grounding: Path) -> None:
    photos = [scene(n, 60 + 40 * n, 90 - 20 * n) for n in range(3)]
    detector = load_detector(str(grounding), "cpu", "float32", PHRASES)
    together = detector.scores(photos)
    assert np.array_equal(together, np.concatenate([detector.scores([photo]) for photo in photos]))


def test_the_models_configuration_chooses_the_family(tmp_path: Path, grounding: Path) -> None:
    photo = save(scene(0, 80, 60), tmp_path / "a.png")
    names = tmp_path / "names.txt"
    names.write_text("\n".join(PHRASES))
    scores = load_detector(str(grounding), "cpu", "float32", PHRASES).scores([scene(0, 80, 60)])[0]
    threshold = float(np.sort(scores)[1:3].mean())
    dataset = write(tmp_path / "d", {"train": [[record(0, [photo])]]})
    assert numbers(dataset, grounding, names, threshold)["object_categories_detected"] == 3


def numbers(dataset: Dataset, detector: Path, names: Path, threshold: float) -> dict[str, Any]:
    given = {"model": str(detector), "precision": "float32", "categories": str(names), "threshold": threshold}
    found = score(dataset, ["object_diversity_detected"], {"detected_objects": given}, "cpu")
    return dict(found["indicators"]["object_diversity_detected"]["numbers"])


def test_what_is_found_counts_once_a_photo(tmp_path: Path, detector: Path) -> None:
    photos = [scene(n, 80, 60) for n in range(4)]
    files = [save(photo, tmp_path / f"{n}.png") for n, photo in enumerate(photos)]
    (tmp_path / "bad.png").write_text("bad")
    names = tmp_path / "names.txt"
    names.write_text("\n".join([*CATEGORIES, "", "tram"]))
    rows = [record(n, [files[n]]) for n in range(4)]
    rows += [record(8, [files[0]], image_ids=["0"]), record(5), record(6, [tmp_path / "bad.png"])]
    scores = np.array([direct(detector, photo) for photo in photos])
    threshold = float(np.sort(scores.ravel())[6:8].mean())  # some are found, some aren't
    there = scores >= threshold
    counts = there.sum(axis=0)[there.any(axis=0)]
    shares = counts / counts.sum()
    found = numbers(write(tmp_path / "d", {"train": [rows[:3], rows[3:]]}), detector, names, threshold)
    assert found == {
        "object_categories_detected": len(counts),
        "object_categories_detected_effective": pytest.approx(math.exp(-(shares * np.log(shares)).sum())),
        "object_categories_detected_mean": pytest.approx(there.sum() / 4),
    }


def test_varied_photos_have_more_than_photos_of_one_thing() -> None:
    def summary(*found: list[str] | None) -> Any:
        frame = {
            "detected_objects": [None if one is None else [one] for one in found],
            "image_hash": [None if one is None else [number] for number, one in enumerate(found)],
            "source.image_ids": [[str(number)] for number in range(len(found))],
        }
        types = {"detected_objects": pl.List(pl.List(pl.String)), "image_hash": pl.List(pl.UInt64)}
        records = pl.DataFrame(frame, schema_overrides=types)
        return ObjectDiversityDetected().summarise(records, None)

    assert list(summary(["dog"], ["dog"], ["dog"], ["tram"]).values()) == [2, pytest.approx(1.755, abs=1e-3), 1]
    assert list(summary(["dog"], ["tram"], ["cat", "bus"], None).values()) == [
        4,
        pytest.approx(4),
        pytest.approx(4 / 3),
    ]
    assert list(summary([], []).values()) == [0, None, 0]
    assert list(summary(None).values()) == [None, None, None]


def test_it_says_what_it_lacks(tmp_path: Path, detector: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=r"--option detected_objects\.model"):
        score(dataset, ["object_diversity_detected"])
    with pytest.raises(UsageError, match=r"--option detected_objects\.categories"):
        score(dataset, ["object_diversity_detected"], {"detected_objects": {"model": str(detector)}})
    with pytest.raises(InputError, match=r"names\.txt: can't be read"):
        numbers(dataset, detector, tmp_path / "names.txt", 0.5)
    (tmp_path / "names.txt").write_text("\n")
    with pytest.raises(InputError, match=r"has no categories"):
        numbers(dataset, detector, tmp_path / "names.txt", 0.5)


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = write_text_model(tmp_path / "llama")
    with pytest.raises(ModelError, match=r"is of family 'llama'\. Name a detector of owlv2 or grounding-dino"):
        load_detector(str(other), "cpu", "float32", CATEGORIES)


def test_other_categories_are_measured_anew(tmp_path: Path, detector: Path) -> None:
    indicator = plugin_manager.indicators()["detected_objects"]
    revisions = []
    for text in ("dog\n", "dog\ncat\n"):
        (tmp_path / "names.txt").write_text(text)
        given = indicator.Options(model=str(detector), categories=tmp_path / "names.txt")  # type: ignore[call-arg]
        revisions.append(indicator.revision(given))
    assert revisions[0] != revisions[1]
