"""ms-swift's standard format (`swift/dataset/preprocessor/core.py`, `swift/template/base.py`)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from vlit_hub.export.json_files import JsonExporter

if TYPE_CHECKING:
    import polars as pl

    from vlit_hub.export.conversations import Conversations
    from vlit_hub.export.exporter import Export, Job

__all__ = ["Swift"]


class Swift(JsonExporter):
    """`{"messages": [{"role", "content"}], "images": [absolute paths], "objects": {"ref", "bbox", "image_id"}}`.

    `objects` only with `--boxes objects`: ms-swift then writes each `<bbox>` in the convention of the model that it trains, from
    pixels and the photo's own size. `ref` stays empty, since texts name the objects themselves.
    """

    name = "swift"
    title = "ms-swift: JSON Lines, absolute paths, boxes as objects"
    trainer = "ms-swift"
    suffix = ".jsonl"
    absolute_paths = True
    # what it splits texts at, and <img>, which it takes for a path
    reserved = (
        "<image>",
        "<video>",
        "<audio>",
        "<bbox>",
        "<ref-object>",
        "<cot-process>",
        "<start-image>",
        "<img>",
    )
    boxes = ("keep", "objects", "pixels", "unit", "thousand")

    def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
        """The samples."""
        import polars as pl

        columns = {"messages": conversations.messages(separator=""), "images": conversations.images}
        if conversations.boxes is not None:
            columns["objects"] = _objects(conversations)
        return pl.DataFrame(columns)

    def guide(self, export: Export) -> str:
        """The command with the file, or the files."""
        folder = export.job.folder
        files = " ".join(shlex.quote(str(folder / name)) for name in export.train.files)
        named = export.job.images == "none"
        photos = "ROOT_IMAGE_DIR=YOUR_PHOTOS " if named else ""
        command = f"```bash\n{photos}swift sft --model MODEL --dataset {files}\n```"
        return (
            command
            if named
            else f"{command}\n\nPhotos are named by their absolute paths: export again where the folder has moved."
        )


def _objects(conversations: Conversations) -> pl.Series:
    """A struct a conversation; null for those without boxes."""
    import polars as pl

    assert conversations.boxes is not None
    boxes = conversations.boxes
    ref = pl.repeat([], len(conversations), dtype=pl.List(pl.String()), eager=True)
    found = pl.DataFrame({"ref": ref, "bbox": boxes.bbox, "image_id": boxes.image}).to_struct()
    return pl.select(pl.when(boxes.bbox.list.len() > 0).then(found)).to_series()
