"""What instructions ask for, by patterns and examples."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass

import numpy as np
import polars as pl
import yaml

from vlit_hub.quality.words import split_words

__all__ = ["OTHER", "Rules", "labels", "load_rules"]

OTHER = "other"

_SIZE = 1 << 14


@dataclass(frozen=True)
class Rules:
    """The labels, in the order in which they are tried.

    Attributes:
        patterns: A regular expression of each.
        examples: Instructions and the label that each is of.
    """

    patterns: dict[str, str]
    examples: tuple[tuple[str, str], ...]


def load_rules() -> Rules:
    """Those of `task_rules.yaml`."""
    text = (importlib.resources.files(__package__) / "task_rules.yaml").read_text("utf-8")
    found = yaml.safe_load(text)
    patterns = {name: "(?i)" + "|".join(f"(?:{one})" for one in rule["patterns"]) for name, rule in found.items()}
    return Rules(patterns, tuple((text, name) for name, rule in found.items() for text in rule["examples"]))


def labels(texts: pl.Series, rules: Rules, similarity: float) -> pl.Series:
    """A label for each text: of the first pattern that it matches, else of the example whose words and word pairs are nearest.

    Args:
        texts: Instructions; null is `other`.
        rules: The labels.
        similarity: Cosine below which no example is near; the text is then `other`.
    """
    different = texts.fill_null("").unique()
    frame = pl.DataFrame({"text": different})
    found = pl.coalesce(
        [pl.when(pl.col("text").str.contains(one)).then(pl.lit(name)) for name, one in rules.patterns.items()]
    )
    frame = frame.with_columns(label=found)
    rest = frame.filter(pl.col("label").is_null())["text"]
    if len(rest):
        nearest = pl.DataFrame({"text": rest, "near": _nearest(rest, rules, similarity)})
        frame = frame.join(nearest, on="text", how="left").with_columns(label=pl.coalesce("label", "near"))
    return texts.fill_null("").replace_strict(frame["text"], frame["label"], return_dtype=pl.String)


def _nearest(texts: pl.Series, rules: Rules, similarity: float) -> list[str]:
    """By hashed words and pairs of words."""
    from scipy.sparse import csr_array

    def vectors(some: pl.Series) -> csr_array:
        words = split_words(some)
        parts = [(words.hashes, words.owners), words.ngrams(2)]
        grams, owners = (np.concatenate(part) for part in zip(*parts, strict=True))
        places = (grams % np.uint64(_SIZE)).astype(np.int64)
        counted = csr_array((np.ones(len(grams)), (owners, places)), shape=(len(some), _SIZE))
        lengths = np.sqrt(counted.multiply(counted).sum(axis=1))
        scale = np.divide(1.0, lengths, out=np.zeros(len(some)), where=lengths > 0)
        return csr_array(counted.multiply(scale[:, None]))

    cosine = (vectors(texts) @ vectors(pl.Series([text for text, _ in rules.examples])).T).toarray()
    best = cosine.argmax(axis=1)
    near = cosine[np.arange(len(texts)), best] >= similarity
    return [rules.examples[place][1] if is_near else OTHER for place, is_near in zip(best, near, strict=True)]
