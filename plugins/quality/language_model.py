"""What the indicators by a causal language model share: when they can run, which model, and how it is loaded."""

from __future__ import annotations

from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.models.language import LanguageModel
from vlit_hub.quality.models.loading import LocalModelOptions, cannot_load, revision_of

__all__ = ["ByLanguageModel"]


class ByLanguageModel(Individual):
    """Measures each record with the model that its option `model` names. `Options` is a subclass of `LocalModelOptions`."""

    backend = "transformers"
    at_a_time = 1 << 10

    def cannot_run(self, options: LocalModelOptions) -> str | None:
        """Without the extra or a model."""
        return cannot_load(options.model, f"{self.name}.model", "openai-community/gpt2")

    def revision(self, options: LocalModelOptions) -> str:
        """The model's."""
        return revision_of(options.model) if options.model else ""

    def load(self, options: LocalModelOptions, device: str) -> LanguageModel:
        """The model."""
        assert options.model
        return LanguageModel(options.model, device, options.precision)
