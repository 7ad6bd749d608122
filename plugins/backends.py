"""The plugin that brings in the first-party backends of language models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from vlit_hub.generation.backends import Backend

__all__ = ["register_backends"]


@hookimpl
def register_backends() -> list[Backend]:
    """Servers of the OpenAI protocol; local models in this process."""
    from vlit_hub.generation.openai_backend import OpenAIBackend
    from vlit_hub.generation.transformers_backend import TransformersBackend

    return [OpenAIBackend(), TransformersBackend()]
