"""Readability of texts by the frequencies of their words: the cheap stand-in for a language model."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.words import Turns, split_words, turns

__all__ = ["TextReadabilityUnigram"]

_UNKNOWN = 1e-8  # about the frequency of the rarest words that the list has
_N = 3
_CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"


class _Options(IndicatorOptions):
    language: str = pydantic.Field("en", description="The texts' language, as wordfreq names it: en, de, zh, ...")


@dataclass(frozen=True)
class _Loaded:
    frequencies: dict[str, float]
    grams: dict[str, float]


class TextReadabilityUnigram(Individual):
    """Mean log probability of the words (the review's equation 2, with single words in place of a language model):

        readability = 1/N * sum over words of ln p(word)

    p(word) is the word's frequency in wordfreq's large list (web, subtitles, Wikipedia, books). For a word that isn't there,
    ln p = ln 1e-8, as of the rarest words of the list, plus the mean over its letters of ln p(letter | two before it), a model
    of letter trigrams of wordfreq's small list: "skateboarderish" stays near the rare words, "xqzzkv" falls below. Numbers are
    left out: they are as readable as any word. The texts of records made of COCO lie between -9 and -6 (5th and 95th
    percentile), letters at random near -20 and below. The order of words changes nothing: `text_word_order` sees that,
    `text_repetition` sees loops.

    Li et al. 2024, section 4.2.3, usability; Speer, wordfreq 3 (2022).
    """

    name = "text_readability_unigram"
    principle = 1
    measures = (
        "Mean natural logarithm of the frequency of the words of all turns (wordfreq; unknown words by letter"
        " trigrams); blind to their order."
    )
    backend = "wordfreq"
    reads = Turns.READS
    columns = {"text_readability_unigram": pa.float32()}
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without wordfreq."""
        if importlib.util.find_spec("wordfreq") is None:
            return "wordfreq isn't installed: pip install 'vlit-hub[readability]'"
        import wordfreq

        languages = wordfreq.available_languages("best")
        if options.language not in languages:
            return f"wordfreq has no list of language {options.language!r}; it has {', '.join(sorted(languages))}"
        return None

    def revision(self, options: _Options) -> str:
        """The release of wordfreq."""
        return importlib.metadata.version("wordfreq")

    def load(self, options: _Options, device: str) -> _Loaded:
        """The word list, and trigrams of its letters."""
        import wordfreq

        frequencies = wordfreq.get_frequency_dict(options.language, "best")
        return _Loaded(frequencies, _trigrams(wordfreq.get_frequency_dict(options.language, "small")))

    def measure(self, records: pl.DataFrame, options: _Options, loaded: _Loaded) -> pl.DataFrame:
        """Null for a text without words."""
        told = turns(records)
        words = split_words(told.texts)
        logs = np.array([_log_probability(word, loaded) for word in words.vocabulary], dtype=np.float64)
        values = logs[words.codes]
        known = ~np.isnan(values)
        texts = len(told.texts)
        counts = told.sums(np.bincount(words.owners[known], minlength=texts))
        sums = told.sums(np.bincount(words.owners[known], weights=values[known], minlength=texts))
        means = np.divide(sums, counts, out=np.full(len(records), np.nan), where=counts > 0)
        return pl.DataFrame({"text_readability_unigram": means})


def _log_probability(word: str, loaded: _Loaded) -> float:
    """Of one word; NaN of a number."""
    if not any(letter.isalpha() for letter in word):
        return float("nan")
    word = word.replace(_CURLY, "'")
    for part in (word, word.removesuffix("'s")):
        if part in loaded.frequencies:
            return float(np.log(loaded.frequencies[part]))
    pieces = [piece for piece in word.replace("/", "-").split("-") if piece]
    if len(pieces) > 1:  # "close-up": as its parts
        return float(np.nanmean([_log_probability(piece, loaded) for piece in pieces]))
    framed = f"^^{word}$"
    letters = [loaded.grams.get(framed[at : at + _N], loaded.grams[""]) for at in range(len(framed) - 2)]
    return float(np.log(_UNKNOWN) + np.mean(letters))


def _trigrams(frequencies: dict[str, float]) -> dict[str, float]:
    """ln p(letter | two letters before it), each word of the list counting once; under "" that of a trigram never seen."""
    trigrams: dict[str, int] = {}
    pairs: dict[str, int] = {}
    for word in frequencies:
        framed = f"^^{word}$"
        for at in range(len(framed) - 2):
            gram = framed[at : at + _N]
            trigrams[gram] = trigrams.get(gram, 0) + 1
            pairs[gram[:2]] = pairs.get(gram[:2], 0) + 1
    logs = {gram: float(np.log(count / pairs[gram[:2]])) for gram, count in trigrams.items()}
    return {**logs, "": float(np.log(1e-5))}
