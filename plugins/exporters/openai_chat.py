"""OpenAI's chat format for fine-tuning, which other services read too: photos as data URLs or by their URLs."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from vlit_hub.export.json_files import JsonExporter

if TYPE_CHECKING:
    import polars as pl

    from vlit_hub.export.conversations import Conversations
    from vlit_hub.export.exporter import Export, Job

__all__ = ["OpenAI"]

_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


class OpenAI(JsonExporter):
    """`{"messages": [{"role", "content"}]}`; the user's content is a list of blocks, of the type `text` or `image_url`."""

    name = "openai"
    title = "OpenAI's chat fine-tuning: JSON Lines, photos as data URLs or URLs"
    trainer = "OpenAI's fine-tuning"
    suffix = ".jsonl"
    images = ("embed", "url")
    most_images = 10  # https://platform.openai.com/docs/guides/vision-fine-tuning
    photo_kinds = frozenset({"JPEG", "PNG", "WEBP"})
    batch_size = 128

    def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
        """The samples."""
        import polars as pl

        from vlit_hub.export.conversations import fold

        parts = conversations.parts()
        shown = parts.image if job.images == "url" else _data_urls(conversations, parts.image)
        url = pl.DataFrame({"url": shown}).to_struct()
        blocks = pl.DataFrame(
            {
                "type": pl.Series(["text", "image_url"]).gather(parts.image.is_not_null().cast(pl.UInt32)),
                "text": parts.text,
                "image_url": pl.select(pl.when(shown.is_not_null()).then(url)).to_series(),
            }
        ).to_struct()
        messages = pl.DataFrame(
            {"role": conversations.roles("user", "assistant"), "content": fold(blocks, parts.starts)}
        )
        return pl.DataFrame({"messages": fold(messages.to_struct(), conversations.starts)})

    def guide(self, export: Export) -> str:
        """Uploading, and the job."""
        train = export.train
        file = export.job.folder / train.files[0]
        shards = (
            f" A job takes one file: this is the first of {len(train.files):,} in `{train.path}`."
            if len(train.files) > 1
            else ""
        )
        return (
            "```python\n"
            "from openai import OpenAI\n\n"
            "client = OpenAI()\n"
            f'file = client.files.create(file=open({str(file)!r}, "rb"), purpose="fine-tune")\n'
            'client.fine_tuning.jobs.create(training_file=file.id, model="MODEL")\n'
            "```\n\n"
            "The service has limits of its own: on the size of a file and of a photo, and on what photos may show. See its guide"
            f" to vision fine-tuning.{shards}"
        )


def _data_urls(conversations: Conversations, images: pl.Series) -> pl.Series:
    """A data URL for each photo; each file is read once."""
    import polars as pl

    names = conversations.images.explode(empty_as_null=False, keep_nulls=False)
    files = conversations.files.explode(empty_as_null=False, keep_nulls=False)
    known = pl.DataFrame({"name": names, "file": files}).unique("name", maintain_order=True)
    urls = [
        f"data:{_TYPES[Path(name).suffix]};base64,{base64.b64encode(Path(file).read_bytes()).decode()}"
        for name, file in known.iter_rows()
    ]
    return images.replace_strict(
        known["name"], pl.Series(urls, dtype=pl.String()), default=None, return_dtype=pl.String()
    )
