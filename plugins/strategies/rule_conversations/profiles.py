"""What may be said of each category: `categories.yaml`, read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from vlit_hub.drafting.pool_files import YAML_LOADER

__all__ = ["Profile", "colours", "postures", "profile"]

_PACKAGE = "vlit_hub.plugins.strategies.rule_conversations"

_COUNT_OF_OTHERS = 5


@dataclass(frozen=True)
class Profile:
    """What may be said of a category; the fields are explained in `categories.yaml`."""

    said: str
    words: tuple[str, ...] = ()
    count: int = 0
    striking: bool = False
    setting: str = "any"
    confused: tuple[str, ...] = ()
    animal: bool = False
    heap: bool = False


def profile(category: str) -> Profile:
    """The profile of a category; of one that isn't in `categories.yaml`, a cautious one."""
    return _profiles().get(category, Profile(category, count=_COUNT_OF_OTHERS))


@lru_cache
def _profiles() -> dict[str, Profile]:
    listed = {}
    for name, given in _read("categories.yaml").items():
        lists = {key: tuple(given[key]) for key in ("words", "confused") if key in given}
        listed[name] = Profile(**{"said": name, **given, **lists})
    return listed


@lru_cache
def colours() -> tuple[str, ...]:
    """The attributes that are stated as colours."""
    return tuple(_read("attributes.yaml")["colour"])


@lru_cache
def postures() -> dict[str, str]:
    """The attributes that are stated as postures, and how they are said."""
    return dict(_read("attributes.yaml")["posture"])


def _read(name: str) -> dict[str, Any]:
    text = (files(_PACKAGE) / name).read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.load(text, YAML_LOADER)
    return read
