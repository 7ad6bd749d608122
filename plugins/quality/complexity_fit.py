"""A regression from instructions to complexity scores: fitted to examples that a user scored, kept as JSON, used on records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from vlit_hub.atomic import write_aside
from vlit_hub.draws import draw, salt
from vlit_hub.errors import InputError
from vlit_hub.plugins.quality.complexity_features import BUCKETS, SURFACE, VERSION, surface, words
from vlit_hub.quality.models.ridge import cross_validated_r2, fit_ridge

__all__ = [
    "HIGHEST",
    "LOWEST",
    "Encoder",
    "Fit",
    "fit_complexity",
    "foretell",
    "load_encoder",
    "load_fit",
    "save_fit",
]

LOWEST, HIGHEST = 1.0, 10.0
_FOLDS = 10
_TOKENS = 256
_FORMAT = 1


class Encoder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sentence encoder whose vectors stand in the place of words.

    Attributes:
        model: A folder, or a name on the Hub.
        revision: Of its weights.
        pooling: As `SentenceEncoder` takes it.
    """

    model: str
    revision: str
    pooling: str


class Fit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fit, as its file has it.

    Attributes:
        format: Of the file.
        features: Release of the features that it was fitted with.
        encoder: None where it goes by words.
        examples: How many different texts it was fitted to.
        r2: Cross-validated; see `cross_validated_r2`.
        penalty: Of the ridge regression.
        constant: As in `Ridge`.
        surface: Weights of the columns of `SURFACE`.
        weights: Weights of the words' columns, or of the vector's.
    """

    format: int
    features: int
    encoder: Encoder | None
    examples: int
    r2: float
    penalty: float
    constant: float
    surface: dict[str, float]
    weights: list[float]

    @property
    def digest(self) -> str:
        """Of all of it."""
        return xxhash.xxh3_64_hexdigest(msgspec.json.encode(self))[:8]


def fit_complexity(scored: pl.DataFrame, encoder: Encoder | None = None, device: str = "auto") -> Fit:
    """Fit to scored texts; equal texts count once, with the mean of their scores.

    Args:
        scored: `text` and `score`; some tens of different texts, whose scores aren't all equal.
        encoder: What encodes the texts; their words are hashed if none.
        device: Where the encoder runs.

    Raises:
        ModelError: The encoder can't be loaded.
    """
    each = scored.group_by("text").agg(pl.mean("score")).sort("text")
    texts, scores = each["text"], each["score"].to_numpy()
    counted, rest = _parts(texts, load_encoder(encoder, device))
    features = np.hstack([counted, rest if encoder else rest.toarray()])
    order = np.argsort(draw(salt(0, "complexity"), texts), kind="stable")
    folds = np.empty(len(texts), dtype=np.int64)
    folds[order] = np.arange(len(texts)) % _FOLDS
    fitted = fit_ridge(features, scores)
    return Fit(
        format=_FORMAT,
        features=VERSION,
        encoder=encoder,
        examples=len(texts),
        r2=cross_validated_r2(features, scores, folds),
        penalty=fitted.penalty,
        constant=fitted.constant,
        surface=dict(zip(SURFACE, fitted.weights[: len(SURFACE)].tolist(), strict=True)),
        weights=fitted.weights[len(SURFACE) :].tolist(),
    )


def foretell(texts: pl.Series, fit: Fit, loaded: Any) -> npt.NDArray[np.float64]:
    """The complexity of texts by a fit, within the scale.

    Args:
        texts: Without nulls.
        fit: It.
        loaded: From `load_encoder`.
    """
    counted, rest = _parts(texts, loaded)
    found = fit.constant + counted @ np.array(list(fit.surface.values())) + rest @ np.array(fit.weights)
    clipped: npt.NDArray[np.float64] = np.clip(found, LOWEST, HIGHEST)
    return clipped


def _parts(texts: pl.Series, loaded: Any) -> tuple[npt.NDArray[np.float64], Any]:
    return surface(texts), words(texts) if loaded is None else loaded.encode(texts.to_list(), _TOKENS)


def load_encoder(encoder: Encoder | None, device: str) -> Any:
    """The encoder of a fit, loaded; None for none.

    Raises:
        ModelError: It can't be loaded.
    """
    if encoder is None:
        return None
    from vlit_hub.quality.models.sentences import SentenceEncoder

    return SentenceEncoder(encoder.model, device, "float32", encoder.pooling)


def save_fit(fit: Fit, path: Path) -> None:
    """Write a fit as JSON.

    Raises:
        InputError: It can't be written there.
    """
    try:
        write_aside(path, msgspec.json.format(msgspec.json.encode(fit), indent=1) + b"\n")
    except OSError as error:
        raise InputError(path, f"can't be written ({error.strerror})", "Choose another place.") from None


def load_fit(path: Path) -> Fit:
    """Read a fit.

    Raises:
        InputError: It can't be read, isn't one, or is of a release with other features.
    """
    mend = "Make it again: vlit-hub fit-complexity SCORED.csv -o complexity.json"
    try:
        fit = msgspec.json.decode(path.expanduser().read_bytes(), type=Fit)
    except OSError as error:
        raise InputError(path, f"can't be read ({error.strerror})", mend) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(path, f"is no fit ({error})", mend) from None
    if (fit.format, fit.features, tuple(fit.surface)) != (_FORMAT, VERSION, SURFACE):
        raise InputError(path, "was made by another release of vlit-hub, which counted other things", mend)
    if fit.encoder is None and len(fit.weights) != BUCKETS:
        raise InputError(path, f"has {len(fit.weights)} weights of words, not {BUCKETS}", mend)
    return fit
