"""The plugin that brings in the first-party importers: one module a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from vlit_hub.importing.importer import Importer

__all__ = ["register_importers"]


@hookimpl
def register_importers() -> list[Importer]:
    """Every format of this package."""
    from vlit_hub.plugins.importers.alpaca import ALPACA
    from vlit_hub.plugins.importers.coco_arc import COCO_ARC
    from vlit_hub.plugins.importers.hf import HF
    from vlit_hub.plugins.importers.llava import LLAVA
    from vlit_hub.plugins.importers.m3it import M3IT
    from vlit_hub.plugins.importers.qwen import QWEN
    from vlit_hub.plugins.importers.sharegpt import SHAREGPT
    from vlit_hub.plugins.importers.swift import SWIFT
    from vlit_hub.plugins.importers.trl import TRL

    return [ALPACA, COCO_ARC, HF, LLAVA, M3IT, QWEN, SHAREGPT, SWIFT, TRL]
