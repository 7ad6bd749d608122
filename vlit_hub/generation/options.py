"""The options of all that asks a language model."""

from __future__ import annotations

from pathlib import Path

import pydantic

from vlit_hub.generation.requests import Settings
from vlit_hub.strategy import Options

__all__ = ["DEFAULT_MODEL", "AskingOptions", "ModelOptions", "default_model"]

DEFAULT_MODEL = "gpt-4o-mini"
"""Of OpenAI, where no other server is named: everybody with a key can ask it."""


def default_model(backend: str, base_url: str | None) -> str | None:
    """The model to ask where none is named; None where it can't be known what a server has."""
    return DEFAULT_MODEL if backend == "openai" and not base_url else None


class AskingOptions(pydantic.BaseModel):
    """Which model is asked, and how; the latter is no part of what is built or measured."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    backend: str = pydantic.Field(
        "openai", description="What runs the model: openai (every server of its protocol), transformers."
    )
    model: str | None = pydantic.Field(None, description="The model, as the server calls it.")
    temperature: float = pydantic.Field(0.8, ge=0, le=2, description="Of sampling; the review's is 0.8.")
    max_tokens: pydantic.PositiveInt = pydantic.Field(1024, description="At most so many tokens an answer.")

    base_url: str | None = pydantic.Field(None, exclude=True, description="The server, up to and with /v1.")
    api_key_env: str = pydantic.Field(
        "OPENAI_API_KEY", exclude=True, description="The environment variable that holds the key."
    )
    store: Path | None = pydantic.Field(None, exclude=True, description="File of the response store.")
    concurrency: pydantic.PositiveInt = pydantic.Field(64, exclude=True, description="Requests in flight at most.")
    timeout: pydantic.PositiveFloat = pydantic.Field(120.0, exclude=True, description="Seconds until one is lost.")
    max_tries: pydantic.PositiveInt = pydantic.Field(8, exclude=True, description="How often one is tried.")
    max_cost: pydantic.NonNegativeFloat | None = pydantic.Field(
        None, exclude=True, description="Dollars; earlier runs of the same requests count."
    )
    prices: Path | None = pydantic.Field(None, exclude=True, description="YAML file of prices that go first.")
    batch: bool = pydantic.Field(False, exclude=True, description="Ask through the Batch API.")
    wait: bool = pydantic.Field(False, exclude=True, description="With batch: wait for the answers.")

    def settings(self) -> Settings:
        """How requests are sent."""
        return Settings(
            base_url=self.base_url,
            api_key_env=self.api_key_env,
            store=str(self.store) if self.store else None,
            concurrency=self.concurrency,
            timeout=self.timeout,
            max_tries=self.max_tries,
            max_cost=self.max_cost,
            prices=str(self.prices) if self.prices else None,
            batch=self.batch,
            wait=self.wait,
        )


class ModelOptions(AskingOptions, Options):
    """Options of strategies that ask a language model."""
