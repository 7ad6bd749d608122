"""vlit-hub: image annotations into vision-language instruction data.

The public names are those of `__all__`. Each is imported when it is first used, so that `import vlit_hub` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vlit_hub.builder import VlitBuilder
    from vlit_hub.frames import Annotations
    from vlit_hub.hookspecs import hookimpl
    from vlit_hub.image_by_image.annotations import ImageAnnotations
    from vlit_hub.image_by_image.strategy import Draft, Draw, Region, per_image
    from vlit_hub.loading import load_dataset
    from vlit_hub.publishing.sections import CardSection, SectionText
    from vlit_hub.source import Source
    from vlit_hub.strategy import Options, Strategy

__version__ = "0.1.0"

__all__ = [
    "Annotations",
    "CardSection",
    "Draft",
    "Draw",
    "ImageAnnotations",
    "Options",
    "Region",
    "SectionText",
    "Source",
    "Strategy",
    "VlitBuilder",
    "__version__",
    "hookimpl",
    "load_dataset",
    "per_image",
]

_HOMES = {
    "Annotations": "frames",
    "CardSection": "publishing.sections",
    "Draft": "image_by_image.strategy",
    "Draw": "image_by_image.strategy",
    "ImageAnnotations": "image_by_image.annotations",
    "Options": "strategy",
    "Region": "image_by_image.strategy",
    "SectionText": "publishing.sections",
    "Source": "source",
    "Strategy": "strategy",
    "VlitBuilder": "builder",
    "hookimpl": "hookspecs",
    "load_dataset": "loading",
    "per_image": "image_by_image.strategy",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe any attribute

    def __getattr__(name: str) -> object:
        import importlib

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"vlit_hub.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
