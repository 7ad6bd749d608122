"""Run by ms-swift's Python: its own loader, template and trainer on exports.

    python -m tests.consumers.check_swift [--boxes] SCRATCH (EXPORT EXPECTED)...

Asserts of what `load_dataset(strict=True)` makes of the samples: that each conversation is there, with its turns and its photos,
byte for byte; that the template gives every sample something to learn and pixels of every photo; and that a step of `sft_main`
has a finite loss. With `--boxes`, instead of this step, that the template fills in every `<bbox>`, with the coordinates it makes
of the boxes in `objects`.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from PIL import Image
from swift import SftArguments, get_model_processor, get_template, load_dataset, sft_main

from tests.consumers.samples import pairs, read, same, sample
from tests.tiny_models import write_vision_model


def main(model: str, export: Path, expected: Path, out: Path, boxes: bool) -> None:
    files = sorted(str(file) for file in export.rglob("train*.jsonl"))
    assert files, f"no training samples in {sorted(export.iterdir())}"
    rows, _ = load_dataset(files, strict=True, use_hf=True, load_from_cache_file=False)
    rows = list(rows)
    found = []
    for row in rows:
        assert [one["role"] for one in row["messages"]] == ["user", "assistant"] * (len(row["messages"]) // 2), row
        photos = [one["bytes"] or one["path"] for one in row["images"] or []]
        assert all(isinstance(photo, bytes) or Path(photo).is_absolute() for photo in photos), photos
        texts = [one["content"] for one in row["messages"]]
        found.append(sample(pairs(texts), photos))
    wanted = read(expected)
    if boxes:  # the words of a box are replaced: photos and the number of turns stay
        assert [one.photos for one in found] == [one.photos for one in wanted]
        assert [len(one.turns) for one in found] == [len(one.turns) for one in wanted]
    else:
        same(found, wanted)
    print(f"ms-swift: {len(found)} samples loaded, as they should be")

    _, processor = get_model_processor(model, model_type="llava1_5_hf", load_model=False)
    template = get_template(processor, template_type="llava1_5_hf", max_length=None)
    template.set_mode("train")
    filled = 0
    for row in rows:
        encoded = template.encode(row, return_template_inputs=True)
        assert any(label != -100 for label in encoded["labels"]), f"nothing to learn: {row}"
        photos = len(row["images"] or [])
        pixels = encoded.get("pixel_values")
        assert (0 if pixels is None else len(pixels)) == photos, f"{photos} photos: {row}"
        if boxes and row["objects"]:
            filled += check_boxes(row, processor.tokenizer.decode(encoded["input_ids"]))
    if boxes:
        assert filled, "no sample has a box: nothing was checked"
        print(f"ms-swift: {filled} boxes filled in by its template")
        return
    result = sft_main(
        SftArguments(
            model=model,
            model_type="llava1_5_hf",
            template="llava1_5_hf",
            tuner_type="full",
            dataset=files,
            strict=True,
            output_dir=str(out),
            add_version=False,
            max_steps=1,
            per_device_train_batch_size=4,
            gradient_accumulation_steps=1,
            max_length=None,
            learning_rate=1e-3,
            torch_dtype="float32",
            report_to=["none"],
            save_strategy="no",
            logging_steps=1,
            use_cpu=True,
            use_hf=True,
            load_from_cache_file=False,
        )
    )
    [loss] = [entry["loss"] for entry in result["log_history"] if "loss" in entry]
    assert math.isfinite(loss) and loss > 0, loss
    print(f"ms-swift: a step of training, loss {loss:.3f}")


def check_boxes(row: dict, text: str) -> int:
    """The boxes of a sample, as the template must have written them: thousandths of the photo's sides."""
    objects = row["objects"]
    marks = sum(one["content"].count("<bbox>") for one in row["messages"])
    assert marks == len(objects["bbox"]) > 0, f"{marks} marks, {len(objects['bbox'])} boxes: {row}"
    assert "<bbox>" not in text and "<ref-object>" not in text, text
    images = objects.get("image_id") or [0] * marks
    at = 0
    for box, image in zip(objects["bbox"], images, strict=True):
        with Image.open(row["images"][image]["path"]) as photo:
            width, height = photo.size
        assert 0 <= box[0] <= box[2] <= width and 0 <= box[1] <= box[3] <= height, f"{box} outside {width}x{height}"
        x1, x2 = (round(side / width * 1000) for side in box[::2])
        y1, y2 = (round(side / height * 1000) for side in box[1::2])
        written = f"[({x1},{y1}),({x2},{y2})]"
        at = text.find(written, at)
        assert at >= 0, f"{written} isn't in {text}"
        at += len(written)
    return marks


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--boxes"]
    scratch = Path(words[0])
    tiny = str(write_vision_model(scratch / "model", context=8192))
    for export, expected in zip(words[1::2], words[2::2], strict=True):
        main(tiny, Path(export), Path(expected), scratch / Path(export).name, "--boxes" in sys.argv)
