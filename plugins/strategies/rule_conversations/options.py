"""The options of conversations by rule."""

from __future__ import annotations

from typing import Literal

import pydantic
import xxhash

from vlit_hub.drafting.boxes import BoxFormat
from vlit_hub.drafting.pool_files import pool_files
from vlit_hub.strategy import Options

__all__ = ["Kind", "RuleConversationsOptions"]

Kind = Literal["global", "negative", "region"]


class RuleConversationsOptions(Options):
    """Which conversations are made, and how long they are."""

    kinds: tuple[Kind, ...] = pydantic.Field(
        default=("global", "negative", "region"),
        description="Kinds of conversations, with commas: global (the image), negative (what isn't there), region (an object).",
    )
    least: int = pydantic.Field(default=3, ge=1, le=20, description="Turns a conversation has at least.")
    most: int = pydantic.Field(default=8, ge=1, le=20, description="Turns a conversation has at most.")
    regions: int = pydantic.Field(
        default=2, ge=1, description="At most so many region conversations an image, drawn by hash."
    )
    box_format: BoxFormat = pydantic.Field(
        default="pixel",
        description="Boxes in pixels, in shares of the image's sides from 0 to 1 (unit), or from 0 to 1000 (thousand).",
    )
    pools: tuple[str, ...] | None = pydantic.Field(
        default=None,
        description="Folders of YAML files with wordings that replace or extend the built-in ones, with commas.",
    )

    @pydantic.field_validator("kinds", "pools", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """The command line gives text."""
        return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> RuleConversationsOptions:
        if self.least > self.most:
            raise ValueError(f"least ({self.least}) is more than most ({self.most})")
        return self

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def pools_digest(self) -> str | None:
        """Digest of the user's wordings, so that a dump of the options tells builds with edited ones apart."""
        if not self.pools:
            return None
        return xxhash.xxh3_64_hexdigest(b"\0".join(path.read_bytes() for path in pool_files(self.pools)))
