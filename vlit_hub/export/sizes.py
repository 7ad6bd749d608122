"""How large the photos of records are, upright: as the dataset's list of images says, or as their files do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from vlit_hub.export.shown import aligned

__all__ = ["Sizes"]

_SCHEMA = pl.Schema({"record": pl.Int64(), "image": pl.Int64(), "width": pl.Float64(), "height": pl.Float64()})


class Sizes:
    """Sizes of photos.

    Args:
        images: The dataset's images.parquet, or where it would be.
    """

    def __init__(self, images: Path) -> None:
        keys = ["image_key", "file_name"]  # sources that were mixed may have images of one key
        self._listed = pl.DataFrame(
            schema={**dict.fromkeys(keys, pl.String), "width": pl.Float64, "height": pl.Float64}
        )
        if images.is_file():
            listed = pl.read_parquet(images, columns=self._listed.columns).drop_nulls()
            listed = listed.unique(keys, keep="first", maintain_order=True)
            self._listed = listed.cast({"width": pl.Float64, "height": pl.Float64})
        self._probed: dict[str, tuple[float, float] | None] = {}

    def of(self, frame: pl.DataFrame, files: pl.Series) -> pl.DataFrame:
        """Columns `record` (row of the frame), `image` (counted in the record), `width` and `height`, of records with regions.

        Args:
            frame: As `Records.frame`, with `regions`.
            files: The photos' files on this machine.
        """
        rows = pl.Series((frame["regions"].list.len().fill_null(0) > 0).to_numpy().nonzero()[0])
        keys = frame["image_ids"].gather(rows)
        lengths = keys.list.len().fill_null(0).cast(pl.Int64).to_numpy()
        names = aligned(frame["file_names"].gather(rows), lengths)
        found = pl.DataFrame(
            {
                "record": pl.Series(np.repeat(rows.to_numpy(), lengths), dtype=pl.Int64),
                "image": pl.Series(np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)),
                "image_key": keys.explode(empty_as_null=False, keep_nulls=False).cast(pl.String()),
                "file_name": names.cast(pl.String()),
            }
        ).join(self._listed, on=["image_key", "file_name"], how="left", maintain_order="left")
        if found["width"].null_count():
            found = self._probe(found, files)
        return found.select(_SCHEMA.names()).cast(_SCHEMA).drop_nulls()

    def _probe(self, found: pl.DataFrame, files: pl.Series) -> pl.DataFrame:
        """Look into the files of photos whose size isn't listed."""
        from vlit_hub.photos import probe

        lists = pl.DataFrame({"record": np.arange(len(files)), "file": files}).drop_nulls("file")
        flat = lists.explode("file", empty_as_null=False).with_columns(
            image=pl.int_range(pl.len(), dtype=pl.Int64).over("record")
        )
        found = found.join(flat, on=["record", "image"], how="left", maintain_order="left")
        asked = found.filter(pl.col("width").is_null())["file"].drop_nulls().unique(maintain_order=True).to_list()
        seen = probe([file for file in asked if file not in self._probed])
        for file, wide, high, turned in seen.select(
            "photo", "stored_width", "stored_height", "orientation"
        ).iter_rows():
            size = None if wide is None else (float(wide), float(high))
            self._probed[file] = size[::-1] if size and turned >= 5 else size
        sizes = {file: size for file in asked if (size := self._probed[file])}
        known = pl.DataFrame(
            [(file, *size) for file, size in sizes.items()],
            schema={"file": pl.String, "wide": pl.Float64, "high": pl.Float64},
            orient="row",
        )
        found = found.join(known, on="file", how="left", maintain_order="left")
        return found.with_columns(width=pl.coalesce("width", "wide"), height=pl.coalesce("height", "high"))
