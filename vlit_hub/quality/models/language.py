"""A causal language model that says how likely texts are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vlit_hub.quality.models.batching import by_length
from vlit_hub.quality.models.loading import dtype_of, loading, pick_device, where

__all__ = ["LanguageModel"]

_CELLS = {"cpu": 1 << 27, "cuda": 1 << 30}  # logits of one batch
_Floats = npt.NDArray[np.float64]


class LanguageModel:
    """A loaded model and its tokenizer.

    Args:
        name: A folder, or a name on the Hub.
        device: As indicators are given it.
        precision: As in `LocalModelOptions`.

    Attributes:
        context: The longest sequence that the model was made for, in tokens.

    Raises:
        ModelError: It can't be loaded.
    """

    def __init__(self, name: str, device: str, precision: str) -> None:
        import transformers

        self.device = pick_device(device)
        with loading(name):
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(**where(name), trust_remote_code=False)
            model: Any = transformers.AutoModelForCausalLM.from_pretrained(
                **where(name), trust_remote_code=False, dtype=dtype_of(precision, self.device)
            )
            self._model = model.to(self.device).eval()
        config = self._model.config.get_text_config()
        limits = (getattr(config, "max_position_embeddings", None), self._tokenizer.model_max_length)
        self.context = int(min(limit for limit in limits if limit))
        self._vocabulary = int(config.vocab_size)
        starts = (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id)
        self._start = [start for start in starts if start is not None][:1]

    def tokens(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """The tokens of texts, cut off after so many."""
        if not texts:
            return []
        found = self._tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=most, return_attention_mask=False
        )
        return [list(tokens) for tokens in found["input_ids"]]

    def log_probabilities(self, texts: Sequence[list[int]], contexts: Sequence[list[int]] | None = None) -> _Floats:
        """The mean of ln p(token | tokens before it) of each text, in nats, after its context.

        A sequence begins with the model's own beginning (its end token, where it has no other). A model that has neither says
        nothing of a sequence's first token: a text's first one is then left out, with a context too, so that numbers with and
        without one compare. A context that has no room loses its beginning. NaN for a text without tokens to be scored.
        """
        known: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        places = []
        for number, text in enumerate(texts):
            context = contexts[number] if contexts is not None else []
            room = self.context - len(self._start) - len(text)
            context = context[-room:] if room > 0 else []
            places.append(known.setdefault((tuple(context), tuple(text)), len(known)))
        means = np.full(len(known), np.nan)
        pairs = list(known)
        skipped = 1 - len(self._start)
        sequences = [[*self._start, *context, *text] for context, text in pairs]
        scored = [len(text) - skipped for _, text in pairs]
        wanted = [number for number, count in enumerate(scored) if count > 0]
        cells = _CELLS[self.device.partition(":")[0]] // self._vocabulary
        for batch in by_length([len(sequences[number]) for number in wanted], cells):
            numbers = [wanted[place] for place in batch]
            means[numbers] = self._means([sequences[number] for number in numbers], [scored[n] for n in numbers])
        return means[places] if places else np.zeros(0)

    def _means(self, sequences: Sequence[list[int]], scored: Sequence[int]) -> list[float]:
        """Of the last `scored` tokens of each sequence."""
        import torch

        width = max(len(sequence) for sequence in sequences)
        ids = torch.zeros((len(sequences), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, sequence in enumerate(sequences):  # padded at the end, which a causal model never looks at
            ids[row, : len(sequence)] = torch.tensor(sequence)
            mask[row, : len(sequence)] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        means = []
        with torch.inference_mode():
            logits = self._model(input_ids=ids, attention_mask=mask, use_cache=False).logits
            for row, (sequence, count) in enumerate(zip(sequences, scored, strict=True)):
                end = len(sequence)
                logs = torch.log_softmax(logits[row, end - count - 1 : end - 1].float(), dim=-1)
                picked = logs.gather(1, ids[row, end - count : end, None])
                means.append(float(picked.double().mean()))
        return means
