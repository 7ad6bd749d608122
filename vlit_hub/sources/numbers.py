"""Numbers that fit the columns they go into, as msgspec checks them while it decodes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

__all__ = ["Id", "Pixels"]

Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""An id, in a column of Int64."""

Pixels = Annotated[int, Meta(ge=0, le=65_535)]
"""A photo's width or height: what JPEG allows, and 0 where nobody looked."""
