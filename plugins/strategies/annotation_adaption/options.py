"""The options of annotation adaption."""

from __future__ import annotations

from typing import Literal

import pydantic
import xxhash

from vlit_hub.plugins.strategies.annotation_adaption.boxes import BoxFormat
from vlit_hub.plugins.strategies.annotation_adaption.pools import STYLES, pool_files
from vlit_hub.strategy import Options

__all__ = ["AnnotationAdaptionOptions"]


class AnnotationAdaptionOptions(Options):
    """How annotations become records."""

    style: Literal["short", "sentence", "both"] = pydantic.Field(
        default="both",
        description="Short answers with instructions that ask for them, full sentences, or both, drawn by hash.",
    )
    ties: Literal["keep", "drop"] = pydantic.Field(
        default="keep",
        description="Questions whose top answers have as many votes: keep the file's choice among them, or drop the question.",
    )
    min_agreement: float = pydantic.Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Drop questions whose answer fewer than this share of the annotators gave (0 to 1).",
    )
    box_format: BoxFormat = pydantic.Field(
        default="pixel",
        description="Boxes in pixels, in shares of the image's sides from 0 to 1 (unit), or from 0 to 1000 (thousand).",
    )
    pools: tuple[str, ...] | None = pydantic.Field(
        default=None,
        description="Folders of YAML files with instruction pools that replace or extend the built-in ones, with commas.",
    )

    @pydantic.field_validator("pools", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """The command line gives text."""
        return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles that are drawn from."""
        return STYLES if self.style == "both" else (self.style,)

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def pools_digest(self) -> str | None:
        """Digest of the user's pools, so that a dump of the options tells builds with edited pools apart."""
        if not self.pools:
            return None
        return xxhash.xxh3_64_hexdigest(b"\0".join(path.read_bytes() for path in pool_files(self.pools)))
