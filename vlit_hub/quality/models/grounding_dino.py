"""Grounding DINO: a detector that looks for the phrases of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from vlit_hub.quality.models.detecting import Detector

__all__ = ["GroundingDino"]

_LONGEST = 16  # tokens of a category


class _Text(NamedTuple):
    """Some of the categories as one text.

    Attributes:
        inputs: The text's tokens, as the model takes them.
        share: Categories by tokens: 1 / (a category's tokens) at each of them, else 0.
    """

    inputs: dict[str, Any]
    share: Any


class GroundingDino(Detector):
    """A loaded model.

    A box has a score for every token of the text; for a category its score is the mean over the category's tokens, as in the
    authors' evaluation on COCO (test_ap_on_coco.py). The categories stand one after the other in one text, `cat. fire hydrant.`,
    as many as the model's 256 tokens have room for, then in a further one. Photos go through one by one: beside a larger one they
    would be padded, which changes scores.

    Liu et al. 2023, Grounding DINO (arXiv 2303.05499).

    Args:
        name: A folder, or a name on the Hub.
        device: As indicators are given it.
        precision: As in `LocalModelOptions`.
        categories: What it looks for.

    Raises:
        ModelError: It can't be loaded.
    """

    def __init__(self, name: str, device: str, precision: str, categories: Sequence[str]) -> None:
        import transformers

        # its images are prepared by Pillow, so torchvision isn't needed
        classes = transformers.GroundingDinoForObjectDetection, transformers.GroundingDinoImageProcessorPil
        super().__init__(name, device, precision, categories, *classes)
        self._texts = _texts(self._tokenizer, self.categories, int(self._model.config.max_text_len), self._device)

    def scores(self, images: Sequence[Image.Image]) -> npt.NDArray[np.float32]:
        """See `Detector`."""
        import torch

        rows = []
        for image in images:
            seen = self._processor(images=image, return_tensors="pt").to(self._device)
            pixels = seen["pixel_values"].to(self._model.dtype)
            with self._lock, torch.inference_mode():
                found = []
                for inputs, share in self._texts:
                    logits = self._model(pixel_values=pixels, pixel_mask=seen["pixel_mask"], **inputs).logits[0]
                    boxes = logits[:, : share.shape[1]].float().sigmoid() @ share.T
                    found.append(boxes.amax(dim=0))
                rows.append(torch.cat(found).cpu().numpy())
        scores: npt.NDArray[np.float32] = np.stack(rows)
        return scores


def _texts(tokenizer: Any, categories: Sequence[str], room: int, device: str) -> list[_Text]:
    """Categories as texts, each with the full stop that sets it apart."""
    import torch

    stop = tokenizer.convert_tokens_to_ids(".")
    longest = min(_LONGEST, room - 3)
    tokens = [tokenizer(_bare(category), add_special_tokens=False)["input_ids"][:longest] for category in categories]
    texts: list[_Text] = []
    first = 0
    while first < len(tokens):
        ids, spans = [tokenizer.cls_token_id], []
        while first < len(tokens) and len(ids) + len(tokens[first]) + 2 <= room:
            spans.append((len(ids), len(ids) + len(tokens[first])))
            ids += [*tokens[first], stop]
            first += 1
        ids.append(tokenizer.sep_token_id)
        share = torch.zeros(len(spans), len(ids), device=device)
        for row, (begin, end) in enumerate(spans):
            share[row, begin:end] = 1 / max(1, end - begin)
        words = torch.tensor([ids], device=device)
        inputs = {
            "input_ids": words,
            "token_type_ids": torch.zeros_like(words),
            "attention_mask": torch.ones_like(words),
        }
        texts.append(_Text(inputs, share))
    return texts


def _bare(category: str) -> str:
    """In small letters, and without the marks that would cut it in two."""
    return category.lower().replace(".", " ").replace("?", " ")
