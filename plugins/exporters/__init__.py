"""The first-party exporters: one module a format. This package is also the plugin that brings them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from vlit_hub.export.exporter import Exporter

__all__ = ["register_exporters"]


@hookimpl
def register_exporters() -> list[Exporter]:
    """The first-party exporters."""
    from vlit_hub.plugins.exporters.llama_factory import LlamaFactory
    from vlit_hub.plugins.exporters.llava import Llava
    from vlit_hub.plugins.exporters.openai_chat import OpenAI
    from vlit_hub.plugins.exporters.qwen import Qwen
    from vlit_hub.plugins.exporters.swift import Swift
    from vlit_hub.plugins.exporters.trl import Trl
    from vlit_hub.plugins.exporters.webdataset import WebDataset

    return [LlamaFactory(), Llava(), OpenAI(), Qwen(), Swift(), Trl(), WebDataset()]
