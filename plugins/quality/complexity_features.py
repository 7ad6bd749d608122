"""What of an instruction its complexity is foretold from: counts of its surface, and its words or a sentence encoder's vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.quality.words import split_words

__all__ = ["BUCKETS", "SURFACE", "VERSION", "surface", "words"]

VERSION = 1
"""Counts up whenever the same text gives other numbers; a fit to others can't be used."""

BUCKETS = 512
"""Columns of `words`."""

_COUNTED = {  # ln(1 + how often it is in the text)
    "words": r"\S+",
    "letters": r"\p{L}",
    "long words": r"\p{L}{8,}",
    "sentences": r"[.!?]+(\s|$)",
    "commas": r"[,;:]",
    "numbers": r"\d+",
    "lines": r"\n",
    "conjunctions": r"(?i)\b(and|or|but|if|then|because|although|while|whereas|when|that|which|who|so|than|unless|until)\b",
    "prepositions": r"(?i)\b(of|in|on|at|by|with|from|to|for|about|between|beside|behind|under|over|near|without)\b",
    "negations": r"(?i)\b(not|no|never|none|nothing|neither|nor)\b|n't\b",
    "superlatives": r"(?i)\b(most|least|best|worst|only|all|every|each|both)\b",
}
_ASKED = {  # 1 or 0
    "yes or no": r"(?i)^\W*(is|are|was|were|do|does|did|can|could|has|have|will|would|should)\b",
    "why": r"(?i)\bwhy\b",
    "how": r"(?i)\bhow\b",
    "how many": r"(?i)\bhow many\b",
    "what": r"(?i)\bwhat\b",
    "where": r"(?i)\bwhere\b",
    "who": r"(?i)\bwho\b",
    "which": r"(?i)\bwhich\b",
    "explain": r"(?i)\b(explain|reason|infer|justify|conclude|suppose|likely|imagine|plan|predict|evaluate)\w*\b",
    "compare": r"(?i)\b(compare|contrast|difference|similar|relat)\w*\b",
    "describe": r"(?i)\b(describe|description|summari[sz]e|caption|detail)\w*\b",
    "write": r"(?i)\b(write|compose|create|story|poem|essay|dialogue)\w*\b",
    "question mark": r"\?",
}
SURFACE = (*_COUNTED, *_ASKED)
"""Names of the surface's columns. The words among them are English."""


def surface(texts: pl.Series) -> npt.NDArray[np.float64]:
    """A row a text, with a column for each name of `SURFACE`: numbers of about one scale."""
    text = pl.col("text")
    columns = [
        text.str.count_matches(pattern).cast(pl.Float64).log1p().alias(name) for name, pattern in _COUNTED.items()
    ]
    columns += [text.str.contains(pattern).cast(pl.Float64).alias(name) for name, pattern in _ASKED.items()]
    return texts.alias("text").to_frame().select(columns).to_numpy()


def words(texts: pl.Series) -> Any:
    """A row of length 1 a text: its words and word pairs, hashed into `BUCKETS` columns with a sign; as a sparse array.

    Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning.
    """
    from scipy import sparse

    found = split_words(texts)
    grams, owners = (np.concatenate(parts) for parts in zip(found.ngrams(1), found.ngrams(2), strict=True))
    signs = np.where(grams >> np.uint64(63), 1.0, -1.0)
    columns = (grams % np.uint64(BUCKETS)).astype(np.int64)
    table = sparse.csr_array((signs, (owners, columns)), shape=(len(texts), BUCKETS))
    lengths = np.sqrt(table.multiply(table).sum(axis=1))
    return sparse.diags_array(1 / np.maximum(lengths, 1e-9)) @ table
