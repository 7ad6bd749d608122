"""The dataset of toy scenes."""

from __future__ import annotations

from vlit_hub import VlitBuilder


class ToyScenes(VlitBuilder):
    """Toy scenes as instruction data."""

    name = "toy_scenes"
    sources = ("toy_scenes",)
    strategy = "toy_naming"
