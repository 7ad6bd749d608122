"""The format of Qwen-VL's own fine-tuning code (`qwen-vl-finetune/qwenvl/data/data_processor.py`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vlit_hub.export.json_files import JsonExporter

if TYPE_CHECKING:
    import polars as pl

    from vlit_hub.export.conversations import Conversations
    from vlit_hub.export.exporter import Export, Job

__all__ = ["Qwen"]


class Qwen(JsonExporter):
    """`{"image": [paths], "conversations": [{"from": "human" | "gpt", "value"}]}`; no `image` where there is no photo.

    The trainer takes a path or a list of paths. It is a list here however many there are, so that `datasets` loads the file too.
    """

    name = "qwen"
    title = "Qwen-VL's fine-tuning code: JSON Lines, several photos a sample"
    trainer = "qwen-vl-finetune"
    suffix = ".jsonl"
    reserved = ("<image>", "<video>")  # what it splits the user's texts at
    shardable = False

    def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
        """The samples."""
        import polars as pl

        images = pl.when(pl.Series(conversations.photos > 0)).then(conversations.images)
        return pl.DataFrame(
            {
                "id": conversations.ids,
                "image": pl.select(images).to_series(),
                "conversations": conversations.messages("from", "value", "human", "gpt"),
            }
        )

    def registry(self, export: Export) -> Mapping[str, str]:
        """`datasets.json`: what goes into the trainer's `data_dict`, by name."""
        folder = export.job.folder
        photos = str(folder) if export.job.images != "none" else "YOUR_PHOTOS"
        entries = {
            f"{_dataset(export)}_{split.name}": {"annotation_path": str(folder / split.path), "data_path": photos}
            for split in export.splits
        }
        return {"datasets.json": json.dumps(entries, indent=2, ensure_ascii=False) + "\n"}

    def guide(self, export: Export) -> str:
        """The lines of `qwenvl/data/__init__.py`, and the flag."""
        folder = export.job.folder
        return (
            "The trainer has its list of datasets in code. At the end of `qwen-vl-finetune/qwenvl/data/__init__.py` add\n\n"
            "```python\n"
            "import json\n\n"
            f"data_dict.update(json.load(open({str(folder / 'datasets.json')!r})))\n"
            "```\n\n"
            "and train, in `qwen-vl-finetune` (`scripts/sft_7b.sh` there has more settings):\n\n"
            "```bash\n"
            "torchrun --nproc_per_node=1 qwenvl/train/train_qwen.py --model_name_or_path MODEL \\\n"
            f"    --dataset_use {_dataset(export)}_{export.train.name} --tune_mm_vision False --tune_mm_mlp True \\\n"
            "    --tune_mm_llm True --bf16 --learning_rate 1e-5 --output_dir OUTPUT\n"
            "```"
        )


def _dataset(export: Export) -> str:
    return re.sub(r"\W+", "_", export.dataset.rpartition("/")[2]).strip("_") or "dataset"
