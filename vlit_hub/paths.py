"""Where vlit-hub keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """`VLIT_HUB_CACHE`, or `vlit_hub` in the user's cache folder."""
    if named := os.environ.get("VLIT_HUB_CACHE"):
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vlit_hub"
