"""English function words, which indicators of what texts are about leave out."""

from __future__ import annotations

import importlib.resources
from functools import cache

import yaml

__all__ = ["stop_words"]


@cache
def stop_words() -> frozenset[str]:
    """The words of `stop_words.yaml`, in lower case."""
    text = (importlib.resources.files(__package__) / "stop_words.yaml").read_text("utf-8")
    return frozenset(str(word) for words in yaml.load(text, yaml.BaseLoader).values() for word in words)
