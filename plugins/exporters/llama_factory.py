"""LLaMA-Factory's sharegpt format (`llamafactory/data/converter.py`), with `dataset_info.json`."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vlit_hub.export.json_files import JsonExporter

if TYPE_CHECKING:
    import polars as pl

    from vlit_hub.export.conversations import Conversations
    from vlit_hub.export.exporter import Export, Job

__all__ = ["LlamaFactory"]

# All of these, and both columns: what isn't named is taken for something else, or dropped without a word.
_COLUMNS = {"messages": "messages", "images": "images"}
_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


class LlamaFactory(JsonExporter):
    """`{"messages": [{"role", "content"}], "images": [paths]}`, as many `<image>` as images."""

    name = "llama-factory"
    title = "LLaMA-Factory: sharegpt, with dataset_info.json"
    trainer = "LLaMA-Factory"
    suffix = ".jsonl"
    reserved = ("<image>", "<video>", "<audio>")  # all three are counted in the texts

    def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
        """The samples."""
        import polars as pl

        return pl.DataFrame({"messages": conversations.messages(separator=""), "images": conversations.images})

    def registry(self, export: Export) -> Mapping[str, str]:
        """`dataset_info.json`: a dataset a split."""
        entries = {
            _dataset(export, split.name): {
                "file_name": split.path,
                "formatting": "sharegpt",
                "columns": _COLUMNS,
                "tags": _TAGS,
            }
            for split in export.splits
        }
        return {"dataset_info.json": json.dumps(entries, indent=2, ensure_ascii=False) + "\n"}

    def guide(self, export: Export) -> str:
        """The command with `dataset_dir`, where `dataset_info.json` and the photos lie."""
        folder = shlex.quote(str(export.job.folder))
        photos = "" if export.job.images != "none" else " media_dir=YOUR_PHOTOS"
        return (
            "```bash\n"
            f"llamafactory-cli train YOUR_CONFIG.yaml dataset_dir={folder} dataset={_dataset(export, export.train.name)}"
            f"{photos}\n"
            "```\n\n"
            "`YOUR_CONFIG.yaml` names the model, its `template` and the hyperparameters, as in LLaMA-Factory's `examples/`."
            " To train on several datasets, copy the entries of `dataset_info.json` into your own, with absolute paths."
        )


def _dataset(export: Export, split: str) -> str:
    name = re.sub(r"\W+", "_", export.dataset.rpartition("/")[2]).strip("_") or "dataset"
    return name if split == "train" else f"{name}_{split}"
