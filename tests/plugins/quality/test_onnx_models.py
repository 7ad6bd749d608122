"""Photo scores by models in ONNX files: what of a photo such a model sees, and which files are refused.

The networks are written here, and ONNX Runtime really runs them. They calculate what numpy can, so that the numbers show how a
photo is prepared; what MANIQA's and ICNet's trained weights say of photos can't be seen here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageFilter

from tests.quality.making import record, save, scene, write
from vlit_hub import plugin_manager
from vlit_hub.errors import ModelError, UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.models.onnx_scores import ImageScorer
from vlit_hub.quality.photo import Photo

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

MANIQA, IC9600 = "image_readability_maniqa", "visual_complexity_ic9600"
HEAD = '<ir_version: 8, opset_import: ["" : 17]>'
MEAN = "y = ReduceMean <axes = [1, 2, 3], keepdims = 0> (x)"
SHARPNESS = """
    gray = ReduceMean <axes = [1], keepdims = 1> (x)
    edges = Conv (gray, laplacian)
    squared = Mul (edges, edges)
    y = ReduceMean <axes = [1, 2, 3], keepdims = 0> (squared)
"""
LAPLACIAN = "<float[1, 1, 3, 3] laplacian = {0, 1, 0, 1, -4, 1, 0, 1, 0}>"


def model(file: Path, side: int, body: str, *, batch: str = "N", given: str = "float[N]", weights: str = "") -> Path:
    text = f"{HEAD} g (float[{batch}, 3, {side}, {side}] x) => ({given} y) {weights} {{ {body} }}"
    onnx.save(onnx.parser.parse_model(text), file)
    return file


def measured(name: str, photos: list[Image.Image], file: Path, **more: Any) -> list[float]:
    indicator: Any = plugin_manager.indicators()[name]
    options = indicator.Options(model=file, **more)
    frame = indicator.measure([Photo(image) for image in photos], options, indicator.load(options, "cpu"))
    assert isinstance(frame, pl.DataFrame)
    return frame[name].to_list()


def test_maniqa_sees_crops_of_the_whole_photo(tmp_path: Path) -> None:
    """One colour a place: from the crops' means, the places of the crops."""
    file = model(tmp_path / "mean.onnx", 224, MEAN)
    y, x = np.mgrid[0:300, 0:500]
    ramp = Image.fromarray(np.stack([y * 255 // 299, x * 255 // 499, y * 0], axis=2).astype(np.uint8))
    [found] = measured(MANIQA, [ramp], file, crops=400)
    whole = (np.asarray(ramp, dtype=np.float64) / 255 - 0.5) / 0.5
    places = [(top, left) for top in range(0, 77, 4) for left in range(0, 277, 4)]
    means = [whole[top : top + 224, left : left + 224].mean() for top, left in places]
    assert found == pytest.approx(float(np.mean(means)), abs=5e-3)
    one = measured(MANIQA, [ramp], file, crops=1)[0]
    assert one == pytest.approx(float(whole[:224, :224].mean()), abs=1e-5)  # the sequence begins in the corner
    [exact] = measured(MANIQA, [ramp.crop((0, 0, 224, 224))], file)
    assert exact == pytest.approx(one, abs=1e-5)


def test_a_small_photo_is_enlarged(tmp_path: Path) -> None:
    file = model(tmp_path / "mean.onnx", 224, MEAN)
    assert measured(MANIQA, [Image.new("RGB", (90, 40), (255, 0, 0))], file) == pytest.approx([-1 / 3], abs=1e-5)


def test_ic9600_sees_the_photo_as_its_authors_show_it(tmp_path: Path) -> None:
    file = model(tmp_path / "sharp.onnx", 512, SHARPNESS, weights=LAPLACIAN)
    photos = [scene(n, 300 + 50 * n, 200) for n in range(2)]
    direct = []
    for photo in photos:
        small = np.asarray(photo.resize((512, 512), Image.Resampling.BILINEAR), dtype=np.float64) / 255
        gray = ((small - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).mean(axis=2)
        around = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:]
        direct.append(float(((around - 4 * gray[1:-1, 1:-1]) ** 2).mean()))
    assert measured(IC9600, photos, file) == pytest.approx(direct, rel=1e-3)


def test_a_network_that_measures_sharpness_orders_photos_by_it(tmp_path: Path) -> None:
    file = model(tmp_path / "sharp.onnx", 224, SHARPNESS, weights=LAPLACIAN)
    sharp = scene(3, 320, 240)
    photos = [sharp.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1, 2, 4)]
    found = measured(MANIQA, photos, file)
    assert found == sorted(found, reverse=True) and found[0] > 10 * found[-1]
    assert measured(MANIQA, photos[::-1], file) == found[::-1]


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ("float[1]", MEAN),
        (
            "float[1, 1]",
            "c = ReduceMean <axes = [2, 3], keepdims = 0> (x) y = ReduceMean <axes = [1], keepdims = 1> (c)",
        ),
        ("float", "m = ReduceMean <axes = [1, 2, 3], keepdims = 0> (x) y = Squeeze (m)"),
    ],
)
def test_a_model_of_one_image_at_a_time(tmp_path: Path, given: str, body: str) -> None:
    one = model(tmp_path / "one.onnx", 224, body, batch="1", given=given)
    many = model(tmp_path / "many.onnx", 224, MEAN)
    photos = [scene(5, 320, 240), scene(6, 320, 240)]
    assert measured(MANIQA, photos, one) == pytest.approx(measured(MANIQA, photos, many), abs=1e-4)


def test_scores_are_kept_by_the_models_content(tmp_path: Path) -> None:
    file = model(tmp_path / "m.onnx", 224, MEAN)
    (tmp_path / "bad.png").write_text("bad")
    photo = save(scene(1, 320, 240), tmp_path / "a.png")
    rows = [record(0, [photo]), record(1), record(2, [tmp_path / "bad.png"])]
    dataset = write(tmp_path / "d", {"train": [rows]})

    def once() -> tuple[list[Any], str]:
        found = score(dataset, [MANIQA], {MANIQA: {"model": str(file), "crops": 2}}, "cpu")
        entry = found["indicators"][MANIQA]
        return Measured(dataset).read([MANIQA])[MANIQA].to_list(), entry["revision"]

    first = once()
    assert first[0][0] is not None and first[0][1:] == [None, None] and once() == first
    model(file, 224, SHARPNESS, weights=LAPLACIAN)
    second = once()
    assert second[0][0] != first[0][0] and second[1] != first[1]
    (tmp_path / "m.onnx.data").write_bytes(b"other weights")
    assert once()[1] != second[1]
    assert str(file) not in json.dumps(Measured(dataset).scores["indicators"][MANIQA]["options"])


@pytest.mark.parametrize(
    ("side", "body", "given", "batch", "words"),
    [
        (299, MEAN, "float[N]", "N", "takes tensor(float) N x 3 x 299 x 299, not float32 N x 3 x 224 x 224"),
        (224, "y = Relu (x)", "float[N, 3, 224, 224]", "N", "its first output is 1 x 3 x 224 x 224 for 1 images"),
        (224, "y = ReduceMean <axes = [1, 2, 3]> (x) z = Nothing (y)", "float[N]", "N", "can load"),
    ],
)
def test_a_model_of_another_form_is_refused(
    tmp_path: Path, side: int, body: str, given: str, batch: str, words: str
) -> None:
    file = model(tmp_path / "m.onnx", side, body, batch=batch, given=given)
    with pytest.raises(ModelError) as raised:
        ImageScorer(file, 224, "cpu").scores(np.zeros((1, 3, 224, 224), np.float32))
    assert words in str(raised.value) and str(file) in str(raised.value) and "\n" not in str(raised.value)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    pickled = tmp_path / "m.onnx"
    pickled.write_bytes(b"\x80\x04cos\nsystem\n(S'touch here'\ntR.")
    with pytest.raises(ModelError, match="is no model that ONNX Runtime can load"):
        ImageScorer(pickled, 224, "cpu")
    with pytest.raises(ModelError, match=r"can't use device 'cuda:7'|can load"):
        ImageScorer(model(tmp_path / "n.onnx", 224, MEAN), 224, "cuda:7")


def test_weights_elsewhere_on_the_disk_are_not_read(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_bytes(np.ones(9, np.float32).tobytes())
    made = onnx.load(model(tmp_path / "m.onnx", 224, SHARPNESS, weights=LAPLACIAN))
    [weights] = made.graph.initializer
    weights.ClearField("float_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="../secret")
    (inside / "m.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(ModelError, match="can load"):
        ImageScorer(inside / "m.onnx", 224, "cpu")


@pytest.mark.parametrize("name", [MANIQA, IC9600])
def test_without_a_model_it_says_how_to_name_one(tmp_path: Path, name: str) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=rf"--option {name}\.model=FILE\.onnx"):
        score(dataset, [name])
    with pytest.raises(UsageError, match="there is no file"):
        score(dataset, [name], {name: {"model": "nowhere.onnx"}})
