"""`vlit_mix`: datasets of records, mixed by a recipe."""

from vlit_hub.builder import VlitBuilder

__all__ = ["VlitMix"]


class VlitMix(VlitBuilder):
    """Vision-language instruction data of several datasets, in the shares that a recipe names."""

    name = "vlit_mix"
    sources = ()
    strategy = "data_mixing"
