"""Run by LLaMA-Factory's Python: its own loader, converter, template and trainer on an export.

    python -m tests.consumers.check_llamafactory SCRATCH (EXPORT EXPECTED)...

Asserts of what `_load_single_dataset` and its converter make of `dataset_info.json` and the samples: that each conversation is
there, with its turns, its last answer as the response, and its photos, byte for byte. Then that `get_dataset` gives every
sample something to learn, that the collator makes pixels of photos, and that a step of `run_exp` has a finite loss.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

from llamafactory.data import SFTDataCollatorWith4DAttentionMask, get_dataset, get_template_and_fix_tokenizer
from llamafactory.data.loader import _load_single_dataset
from llamafactory.data.parser import get_dataset_list
from llamafactory.hparams import get_train_args
from llamafactory.model import load_model, load_tokenizer
from llamafactory.train.tuner import run_exp

from tests.consumers.samples import pairs, read, same, sample
from tests.tiny_models import write_vision_model


def main(model: Path, export: Path, expected: Path, out: Path) -> None:
    info = json.loads((export / "dataset_info.json").read_text())
    name = next(iter(info))  # the split to train with
    options = {
        "model_name_or_path": str(model),
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "full",
        "template": "llava",
        "dataset": name,
        "dataset_dir": str(export),
        "output_dir": str(out),
        "cutoff_len": 4096,
        "max_steps": 1,
        "per_device_train_batch_size": 4,
        "learning_rate": 1e-3,
        "report_to": "none",
        "logging_steps": 1,
        "save_strategy": "no",
        "use_cpu": True,
        "preprocessing_num_workers": 1,
    }
    model_args, data_args, training_args, finetuning_args, _ = get_train_args(dict(options))

    [attributes] = get_dataset_list([name], str(export))
    rows = list(_load_single_dataset(attributes, model_args, data_args, training_args))
    found = []
    for row in rows:
        assert row["_response"] and row["_response"][0]["content"].strip(), f"no response: {row}"
        assert not row["_system"] and not row["_videos"] and not row["_audios"], row
        messages = [*row["_prompt"], *row["_response"]]
        assert [one["role"] for one in messages] == ["user", "assistant"] * (len(messages) // 2), messages
        found.append(sample(pairs([one["content"] for one in messages]), row["_images"] or []))
    same(found, read(expected))
    print(f"LLaMA-Factory: {len(found)} samples converted, as they should be")

    tokenizer_module = load_tokenizer(model_args)
    tokenizer = tokenizer_module["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    prepared = get_dataset(template, model_args, data_args, training_args, "sft", **tokenizer_module)
    encoded = prepared["train_dataset"]
    assert len(encoded) == len(found), f"its template drops {len(found) - len(encoded)} samples"
    assert all(any(label != -100 for label in row["labels"]) for row in encoded), "a sample has nothing to learn"
    module = load_model(tokenizer, model_args, finetuning_args, True)
    collate = SFTDataCollatorWith4DAttentionMask(template=template, model=module, **tokenizer_module)
    shown = [row for row in range(len(encoded)) if encoded[row]["images"]][:4]
    batch = collate([encoded[row] for row in shown])
    photos = sum(len(encoded[row]["images"]) for row in shown)
    assert shown and batch["pixel_values"].shape[0] == photos, f"{photos} photos: {batch['pixel_values'].shape}"
    assert (batch["labels"] != -100).any(dim=1).all()

    run_exp(dict(options))
    history = json.loads((out / "trainer_state.json").read_text())["log_history"]
    [loss] = [entry["loss"] for entry in history if "loss" in entry]
    assert math.isfinite(float(loss)) and float(loss) > 0, loss
    print(f"LLaMA-Factory: a step of training, loss {float(loss):.3f}")


if __name__ == "__main__":
    scratch = Path(sys.argv[1])
    tiny = write_vision_model(scratch / "model", context=4096)
    for export, expected in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
        main(tiny, Path(export), Path(expected), scratch / Path(export).name)
