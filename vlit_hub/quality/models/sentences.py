"""A sentence encoder: texts as vectors whose cosine is how alike they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vlit_hub.quality.models.batching import by_length
from vlit_hub.quality.models.loading import dtype_of, loading, pick_device, where

__all__ = ["SentenceEncoder"]

_CELLS = 1 << 14  # tokens of one batch


class SentenceEncoder:
    """A loaded encoder and its tokenizer.

    Args:
        name: A folder, or a name on the Hub.
        device: As indicators are given it.
        precision: As in `LocalModelOptions`.
        pooling: A text's vector is the `mean` over its tokens, or that of the first token (`cls`), as the model was trained.

    Raises:
        ModelError: It can't be loaded.
    """

    def __init__(self, name: str, device: str, precision: str, pooling: str) -> None:
        import transformers

        self._device = pick_device(device)
        self._pooling = pooling
        with loading(name):
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(**where(name), trust_remote_code=False)
            model: Any = transformers.AutoModel.from_pretrained(
                **where(name), trust_remote_code=False, dtype=dtype_of(precision, self._device)
            )
            self._model = model.to(self._device).eval()
        limits = (getattr(model.config, "max_position_embeddings", None), self._tokenizer.model_max_length)
        self._context = int(min(limit for limit in limits if limit))
        if "roberta" in model.config.model_type:  # their positions begin after the padding's
            self._context = min(self._context, int(model.config.max_position_embeddings) - 2)

    def encode(self, texts: Sequence[str], most: int) -> npt.NDArray[np.float32]:
        """Vectors of length 1, a row a text; equal texts are encoded once. Longer texts are cut off at `most` tokens."""
        import torch

        if not texts:
            return np.zeros((0, self._model.config.hidden_size), np.float32)
        known: dict[str, int] = {}
        places = [known.setdefault(text, len(known)) for text in texts]
        tokens = self._tokenizer(list(known), truncation=True, max_length=min(most, self._context))["input_ids"]
        vectors = np.zeros((len(known), self._model.config.hidden_size), np.float32)
        for batch in by_length([len(one) for one in tokens], _CELLS):
            padded = self._tokenizer.pad({"input_ids": [tokens[place] for place in batch]}, return_tensors="pt")
            padded = padded.to(self._device)
            with torch.inference_mode():
                states = self._model(**padded).last_hidden_state.float()
            if self._pooling == "cls":
                pooled = states[:, 0]
            else:
                mask = padded["attention_mask"][:, :, None].to(states.dtype)
                pooled = (states * mask).sum(1) / mask.sum(1)
            vectors[batch] = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return vectors[places]
