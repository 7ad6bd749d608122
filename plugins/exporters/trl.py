"""TRL's conversational format with photos (`trl/data_utils.py`): Parquet that `load_dataset` opens with PIL images."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic

from vlit_hub.export.exporter import Exporter, ExportOptions, Job

if TYPE_CHECKING:
    import pyarrow as pa

    from vlit_hub.export.conversations import Conversations
    from vlit_hub.export.exporter import Export

__all__ = ["Trl"]


class TrlOptions(ExportOptions):
    """Options of trl."""

    prompt_completion: bool = pydantic.Field(
        False,
        description="Columns `prompt` and `completion` (the last response) instead of `messages`: the loss is on the completion "
        "alone.",
    )


class Trl(Exporter):
    """Columns `messages` (or `prompt` and `completion`) and `images`.

    Messages are `{"role", "content": [{"type": "image"} | {"type": "text", "text"}]}`. `images` is a list of `datasets.Image`,
    so that the trainer gets PIL images; blocks have no `image` of their own, and `text` is null in those of images.
    """

    name = "trl"
    title = "TRL: Parquet of messages with blocks, and images that load as PIL"
    trainer = "TRL"
    suffix = ".parquet"
    images = ("embed", "link", "copy")
    reserved = (
        "<image>",
    )  # TRL takes it for text, but the processors of LLaVA, SmolVLM and others count it as a photo's token
    absolute_paths = True  # datasets opens relative paths from the working directory
    shard_size = 1 << 15
    batch_size = 512
    Options = TrlOptions

    def write(self, batches: Iterable[Conversations], path: Path, job: Job) -> None:
        """Write a Parquet file with the metadata of `datasets`; a row group a batch, so that a photo is in it once."""
        import pyarrow.parquet as pq

        schema = _schema(job.options.prompt_completion)
        with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1, write_statistics=False) as writer:
            for conversations in batches:
                table = _table(conversations, job, schema)
                writer.write_table(table, row_group_size=len(table))

    def guide(self, export: Export) -> str:
        """TRL's own command, and the same from Python."""
        folder = export.job.folder
        moved = (
            "The photos are in the Parquet files."
            if export.job.images == "embed"
            else "The Parquet files name the photos by absolute path: export again where the folder has moved, or with "
            "--images embed."
        )
        return (
            "```bash\n"
            f"trl sft --model_name_or_path MODEL --dataset_name {shlex.quote(str(folder))} \\\n"
            f"    --dataset_train_split {export.train.name} --max_length 8192 --output_dir OUTPUT\n"
            "```\n\n"
            "or in Python\n\n"
            "```python\n"
            "from datasets import load_dataset\n"
            "from trl import SFTConfig, SFTTrainer\n\n"
            f'dataset = load_dataset({str(folder)!r}, split="{export.train.name}")\n'
            'trainer = SFTTrainer("MODEL", args=SFTConfig("OUTPUT", max_length=None), train_dataset=dataset)\n'
            "trainer.train()\n"
            "```\n\n"
            f"What is longer than `max_length` tokens, those of photos included, is cut; a photo that is cut is an error. {moved}"
        )


def _schema(prompt_completion: bool) -> pa.Schema:
    from datasets import Features, Image, List, Value

    messages = List({"role": Value("string"), "content": List({"type": Value("string"), "text": Value("string")})})
    told: dict[str, Any] = {"prompt": messages, "completion": messages} if prompt_completion else {"messages": messages}
    return Features({**told, "images": List(Image())}).arrow_schema


def _table(conversations: Conversations, job: Job, schema: pa.Schema) -> pa.Table:
    import numpy as np
    import polars as pl
    import pyarrow as pa

    from vlit_hub.export.conversations import fold

    parts = conversations.parts()
    kind = pl.Series(["text", "image"]).gather(parts.image.is_not_null().cast(pl.UInt32))
    blocks = fold(pl.DataFrame({"type": kind, "text": parts.text}).to_struct(), parts.starts)
    messages = pl.DataFrame({"role": conversations.roles("user", "assistant"), "content": blocks}).to_struct()
    starts = conversations.starts
    if job.options.prompt_completion:
        last = starts[1:] - 1
        is_last = np.zeros(len(messages), np.bool_)
        is_last[last] = True
        mask = pl.Series(is_last)
        columns = [
            fold(messages.filter(~mask), starts - np.arange(len(starts))),
            fold(messages.filter(mask), np.arange(len(starts))),
        ]
    else:
        columns = [fold(messages, starts)]
    arrays = [
        column.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema.field(n).type)
        for n, column in enumerate(columns)
    ]
    return pa.table([*arrays, _images(conversations, job.images, schema.field("images").type)], schema=schema)


def _images(
    conversations: Conversations, mode: Literal["embed", "link", "copy", "url", "none"], kind: pa.DataType
) -> pa.Array:
    """The photos: their bytes, or their paths."""
    import numpy as np
    import polars as pl
    import pyarrow as pa

    names = conversations.images.explode(empty_as_null=False, keep_nulls=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(conversations.photos)]), pa.int32())
    paths = names.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())
    if mode == "embed":
        files = conversations.files.explode(empty_as_null=False, keep_nulls=False)
        known = files.unique(maintain_order=True)
        which = files.replace_strict(known, pl.int_range(len(known), eager=True), return_dtype=pl.Int64).to_numpy()
        contents = pa.array([Path(file).read_bytes() for file in known], pa.binary())
        data = contents.take(pa.array(which, pa.int64()))
    else:
        data = pa.nulls(len(names), pa.binary())
    cells = pa.StructArray.from_arrays([data, paths], fields=list(kind.value_type))
    return pa.ListArray.from_arrays(offsets, cells, type=kind)
