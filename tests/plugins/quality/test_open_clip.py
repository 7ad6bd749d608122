"""The backend open_clip of the shared embeddings, with a model whose weights are made by chance."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.quality.making import record, save, scene, write
from vlit_hub.errors import ModelError, UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured

torch = pytest.importorskip("torch")
MODEL = "RN50"
CAPTIONS = ("A red tram.", "Two dogs on the grass.", "Many words that go on, and on, " * 20)


def test_without_open_clip_its_install_command_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vlit_hub.plugins.quality import image_embedding

    monkeypatch.setattr(image_embedding, "find_spec", lambda module: None)
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    options = {"image_embedding": {"backend": "open_clip", "model": f"{MODEL}/openai"}}
    with pytest.raises(UsageError, match=r"pip install 'vlit-hub\[open-clip\]'"):
        score(dataset, ["matching_degree"], options)


@pytest.mark.skipif(
    not all(find_spec(module) for module in ("open_clip", "torchvision")),
    reason="open_clip, and a torchvision that matches torch, aren't installed (see docs/quality.md)",
)
def test_matching_degree_by_open_clip(tmp_path: Path) -> None:
    if (
        "+cpu" in torch.__version__
    ):  # operators that the CPU build of torch lacks, and torchvision asks for as it is imported
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import open_clip

    torch.manual_seed(0)
    model, _, prepare = open_clip.create_model_and_transforms(MODEL, pretrained=None)
    weights = tmp_path / "weights.pt"
    torch.save(model.state_dict(), weights)
    photos = [scene(n, 60, 50) for n in range(3)]
    rows = [record(n, [save(photos[n], tmp_path / f"{n}.png")], response=CAPTIONS[n]) for n in range(3)]
    dataset = write(tmp_path / "d", {"train": [rows]})
    options = {"image_embedding": {"backend": "open_clip", "model": f"{MODEL}/{weights}", "precision": "float32"}}
    score(dataset, ["matching_degree"], options, "cpu")
    found = Measured(dataset).read(["matching_degree"])["matching_degree"].to_list()
    model.eval()
    tokenizer = open_clip.get_tokenizer(MODEL)
    for row, photo, number in zip(rows, photos, found, strict=True):
        with torch.inference_mode():
            image = model.encode_image(prepare(photo)[None], normalize=True)[0]
            text = model.encode_text(tokenizer([f"{row['instruction']}\n{row['response']}"]), normalize=True)[0]
        assert number == pytest.approx(float(image @ text), abs=1e-4)
    wrong = {"image_embedding": {"backend": "open_clip", "model": "no-such-model/openai"}}
    with pytest.raises(ModelError, match="has no model 'no-such-model/openai'"):
        score(dataset, ["matching_degree"], wrong, "cpu")
