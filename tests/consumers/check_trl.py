"""Run by TRL's Python: its data collator for photos and its trainer on an export.

    python -m tests.consumers.check_trl SCRATCH (EXPORT EXPECTED)...

Asserts of what `datasets` reads and `prepare_multimodal_messages` makes of it: that each conversation is there, with its turns
and its photos, byte for byte. Then that `DataCollatorForVisionLanguageModeling` makes pixels of every photo and leaves something
to learn, and that a step of `SFTTrainer` has a finite loss.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from datasets import Image, List, load_dataset
from transformers import AutoProcessor
from trl import SFTConfig, SFTTrainer
from trl.data_utils import is_conversational, prepare_multimodal_messages
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from tests.consumers.samples import MARK, pairs, read, same, sample
from tests.tiny_models import write_vision_model


def main(model: Path, export: Path, expected: Path, out: Path) -> None:
    dataset = load_dataset(str(export), split="train")
    assert dataset.features["images"] == List(Image()), dataset.features
    found = []
    for row in dataset.cast_column("images", List(Image(decode=False))):
        assert is_conversational(row), row
        photos = [photo["bytes"] or photo["path"] for photo in row["images"]]
        texts = []
        for message in prepare_multimodal_messages(row["messages"], images=photos):
            parts = message["content"]
            assert all("image" not in part for part in parts if part["type"] == "text"), (
                "a text has the key of an image"
            )
            texts.append("".join(MARK if part["type"] == "image" else part["text"] for part in parts))
        found.append(sample(pairs(texts), photos))
    same(found, read(expected))
    print(f"TRL: {len(found)} samples read, as they should be")

    collate = DataCollatorForVisionLanguageModeling(AutoProcessor.from_pretrained(model))
    for start in range(0, len(dataset), 16):
        rows = [dataset[row] for row in range(start, min(start + 16, len(dataset)))]
        photos = sum(len(row["images"]) for row in rows)
        batch = collate(rows)
        assert (0 if "pixel_values" not in batch else len(batch["pixel_values"])) == photos
        assert (batch["labels"] != -100).any(dim=1).all(), "a sample has nothing to learn"
    arguments = SFTConfig(
        output_dir=str(out),
        max_steps=1,
        per_device_train_batch_size=4,
        learning_rate=1e-3,
        max_length=None,
        bf16=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        logging_steps=1,
    )
    trainer = SFTTrainer(str(model), args=arguments, train_dataset=dataset)
    batch = next(iter(trainer.get_train_dataloader()))
    assert len(batch["pixel_values"]) and (batch["labels"] != -100).any()
    trainer.train()
    [loss] = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert math.isfinite(loss) and loss > 0, loss
    print(f"TRL: a step of training, loss {loss:.3f}")


if __name__ == "__main__":
    scratch = Path(sys.argv[1])
    tiny = write_vision_model(scratch / "model", context=8192)
    for export, expected in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
        main(tiny, Path(export), Path(expected), scratch / Path(export).name)
