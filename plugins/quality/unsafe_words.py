"""Unsafe words in texts."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import polars as pl
import pyarrow as pa
import pydantic
import xxhash
import yaml

from vlit_hub.errors import InputError
from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.words import Turns, turns

__all__ = ["UnsafeWords"]


class _Options(IndicatorOptions):
    file: Path | None = pydantic.Field(
        None, exclude=True, description="A YAML file of your own: kinds, each with a list of words."
    )


class UnsafeWords(Individual):
    """How many words of a list the turns of a record have: sexual, profane, hateful and violent words, whole and in any case.

    The list (`unsafe_words.yaml`) is short, English, and leaves out words with an everyday meaning. A word says nothing of how
    it is
    meant: "no nudity" counts. It finds records to look at; it is no judge of what is safe.
    """

    name = "unsafe_words"
    measures = "Words of a short English list of sexual, profane, hateful and violent words in the texts, counted."
    backend = "word list"
    reads = Turns.READS
    columns = {"unsafe_words": pa.int32()}
    Options = _Options

    def revision(self, options: _Options) -> str:
        """A hash of the list."""
        return xxhash.xxh3_64_hexdigest("\n".join(_words(options)).encode())

    def load(self, options: _Options, device: str) -> str:
        """One regular expression of all words."""
        words = sorted(_words(options), key=lambda word: (-len(word), word))
        return r"(?i)\b(?:" + "|".join(pl.Series(words).str.escape_regex()) + r")s?\b"

    def measure(self, records: pl.DataFrame, options: _Options, loaded: str) -> pl.DataFrame:
        """Counts."""
        told = turns(records)
        return pl.DataFrame({"unsafe_words": told.sums(told.texts.str.count_matches(loaded).to_numpy())})


def _words(options: _Options) -> list[str]:
    """The words, sorted.

    Raises:
        InputError: The user's list isn't one.
    """
    own = options.file
    try:
        text = (
            own.read_text("utf-8")
            if own
            else (importlib.resources.files(__package__) / "unsafe_words.yaml").read_text("utf-8")
        )
        kinds = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(own, f"can't be read ({str(error).splitlines()[0]})") from None
    if not isinstance(kinds, dict) or not all(_is_list(words) for words in kinds.values()):
        raise InputError(own, "isn't a list of words by kind", "Write it as: kind: [word, word]")
    return sorted({word.lower() for words in kinds.values() for word in words})


def _is_list(words: object) -> bool:
    return isinstance(words, list) and all(isinstance(word, str) and word for word in words)
