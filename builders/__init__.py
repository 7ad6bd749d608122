"""The builders: one module a dataset. This package is also the plugin that brings them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from vlit_hub.builder import VlitBuilder

__all__ = ["register_builders"]


@hookimpl
def register_builders() -> list[type[VlitBuilder]]:
    """The first-party builders."""
    from vlit_hub.builders.coco_aa import CocoAa
    from vlit_hub.builders.coco_prog import CocoProg
    from vlit_hub.builders.coco_si import CocoSi
    from vlit_hub.builders.ocr_aa import OcrAa
    from vlit_hub.builders.vlit_mix import VlitMix
    from vlit_hub.builders.vqa_aa import VqaAa

    return [CocoAa, CocoProg, CocoSi, OcrAa, VlitMix, VqaAa]
