"""Plots are drawn once: they take most of a card's time, and the tests have the same few datasets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import xxhash

from vlit_hub.atomic import write_aside
from vlit_hub.publishing import plots

Draw = Callable[..., bytes | None]


def kept_in(folder: Path) -> dict[str, Draw]:
    """The functions of `vlit_hub.publishing.plots` by name, which keep what they drew in a folder, by the numbers it is of."""
    folder.mkdir(exist_ok=True)
    return {name: _kept(getattr(plots, name), folder) for name in ("plot_tasks", "plot_lengths", "plot_quality")}


def _kept(draw: Draw, folder: Path) -> Draw:
    def found(*given: object) -> bytes | None:
        parts = [one.write_json() if isinstance(one, pl.DataFrame) else repr(one) for one in given]
        path = folder / xxhash.xxh3_128_hexdigest("\0".join([draw.__name__, *parts]).encode())
        if not path.exists():
            write_aside(path, draw(*given) or b"")
        return path.read_bytes() or None

    return found
