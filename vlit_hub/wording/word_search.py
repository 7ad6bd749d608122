"""Whole words and names of several words, found in many texts at once."""

from __future__ import annotations

import polars as pl

__all__ = ["find_words", "in_words", "mark_words"]


def in_words(text: pl.Expr) -> pl.Expr:
    """The words of a text in small letters, with two spaces between them and one at either end.

    So each word has a space of its own on both sides, and a search for it with these finds neighbours too.
    """
    words = text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "  ").str.strip_chars(" ")
    return (pl.lit(" ") + words + pl.lit(" ")).alias(text.meta.output_name())


def find_words(texts: pl.DataFrame, words: pl.DataFrame, *, longest: bool) -> pl.DataFrame:
    """Which words occur in which texts.

    Args:
        texts: `text`, and columns of any other names but `word`.
        words: `word`, and what it stands for in other columns.
        longest: Where a word is part of a longer one ("dog" in "hot dog"), only the longer one is found; else both.

    Returns:
        The other columns of both; a row for each time that a word occurs.
    """
    known = words.with_columns(word=in_words(pl.col("word")))
    patterns = _longest_first(known["word"]).implode()
    found = in_words(pl.col("text")).str.extract_many(patterns, leftmost=longest, overlapping=not longest)
    return (
        texts.with_columns(word=found)
        .explode("word", empty_as_null=False, keep_nulls=False)
        .join(known, on="word", maintain_order="left")
        .drop("word", "text")
    )


def mark_words(text: pl.Expr, words: pl.Series) -> pl.Expr:
    """The words of a text as `in_words` gives them, those that are among `words` as `@`; the longest first."""
    patterns = _longest_first(words.to_frame("word").select(in_words(pl.col("word"))).to_series())
    return in_words(text).str.replace_many(patterns.implode(), pl.lit(pl.Series([[" @ "]])), leftmost=True)


def _longest_first(words: pl.Series) -> pl.Series:
    distinct = words.unique().to_frame("word")
    return distinct.sort(pl.col("word").str.len_bytes(), "word", descending=[True, False])["word"]
