"""The options of annotation adaption."""

from __future__ import annotations

from typing import Any, Literal

import pydantic
import xxhash

from vlit_hub.drafting.boxes import BoxFormat
from vlit_hub.drafting.pool_files import pool_files
from vlit_hub.generation.options import ModelOptions
from vlit_hub.plugins.strategies.annotation_adaption.pools import STYLES
from vlit_hub.strategy import Options

__all__ = ["AnnotationAdaptionOptions"]


class AnnotationAdaptionOptions(ModelOptions):
    """How annotations become records. The options of the model have a meaning with `expand_answers` alone."""

    temperature: float = pydantic.Field(0.0, ge=0, le=2, description="Of the model's sampling, with expand_answers.")

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

    expand_answers: bool = pydantic.Field(
        default=False,
        description="Have a language model write the answers to questions as full sentences, where the instruction asks for one; "
        "short answers stay. What it writes is checked, and rejected where it says more or less than the answer.",
    )

    @pydantic.field_validator("pools", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """The command line gives text."""
        return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @pydantic.field_validator("expand_answers")
    @classmethod
    def _can_expand(cls, wanted: bool, info: pydantic.ValidationInfo) -> bool:
        if wanted and info.data.get("style") == "short":
            raise ValueError("with style=short no answer is a sentence")
        if wanted and info.data.get("model") is None:
            raise ValueError("a language model writes the sentences; name it with --model")
        return wanted

    @pydantic.model_serializer(mode="wrap")
    def _without_model(self, dump: pydantic.SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Where no model is asked, nothing about it is part of the build."""
        dumped: dict[str, Any] = dump(self)
        if not self.expand_answers:
            for name in ("expand_answers", *(ModelOptions.model_fields.keys() - Options.model_fields.keys())):
                dumped.pop(name, None)
        return dumped

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
