"""The options of self-instruct."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pydantic
import xxhash

from vlit_hub.generation.options import DEFAULT_MODEL, ModelOptions, default_model

__all__ = ["KINDS", "SelfInstructOptions"]

KINDS = ("global", "negative", "region", "reasoning", "description", "knowledge")


class SelfInstructOptions(ModelOptions):
    """What the model is asked to write, and from what."""

    model: str | None = pydantic.Field(
        None, description=f"The model, as the server calls it; {DEFAULT_MODEL} where no server is named."
    )
    kinds: tuple[str, ...] = pydantic.Field(
        ("global", "negative", "region"), description=f"What to write, with commas: {', '.join(KINDS)}."
    )
    n: pydantic.PositiveInt = pydantic.Field(
        1, description="So many of each kind an image (or region); the review made 5."
    )
    regions: pydantic.PositiveInt = pydantic.Field(
        1, description="Objects an image, at most, that kind region is about."
    )
    sees: Literal["clues", "photo", "both"] = pydantic.Field(
        "clues", description="What the model is given of an image: clues in words, the photo, or both (--vision)."
    )
    image_edge: int = pydantic.Field(
        768, ge=64, le=4096, description="Photos are sent with their longer edge at most so many pixels long."
    )
    clue_tokens: int = pydantic.Field(
        1024,
        ge=32,
        description="The clues of an image take at most about so many tokens; the least informative go first.",
    )
    language: str = pydantic.Field("en", pattern="^[a-z]{2,3}$", description="In which the model writes (ISO 639).")
    prompts: Path | None = pydantic.Field(
        None, description="Folder of prompt files that replace the built-in ones, kind by kind."
    )
    unsupported: Literal["mark", "reject"] = pydantic.Field(
        "mark", description="Conversations that claim objects which no annotation supports: mark or reject them."
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _default_model(cls, given: Any) -> Any:
        named = given.get("model") or default_model(given.get("backend", "openai"), given.get("base_url"))
        return {**given, "model": named}

    @pydantic.field_validator("kinds", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """The command line gives text."""
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @pydantic.field_validator("kinds")
    @classmethod
    def _known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for kind in given:
            if kind not in KINDS:
                raise ValueError(f"no kind {kind!r}; there are {', '.join(KINDS)}")
        if not given:
            raise ValueError("no kind is named")
        return tuple(kind for kind in KINDS if kind in given)

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def prompts_digest(self) -> str | None:
        """Digest of the user's prompts, so that a dump of the options tells builds with edited prompts apart."""
        if self.prompts is None:
            return None
        files = sorted(self.prompts.glob("*.yaml"))
        return xxhash.xxh3_64_hexdigest(b"\0".join(file.name.encode() + file.read_bytes() for file in files))
