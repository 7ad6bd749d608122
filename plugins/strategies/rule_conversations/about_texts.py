"""Turns made of texts: captions, questions that people answered, text seen in the image."""

from __future__ import annotations

import polars as pl

from vlit_hub.plugins.strategies.rule_conversations.evidence import ASKS_NUMBER
from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.turns import OPENING, hashed, turns
from vlit_hub.wording.mentions import match_terms
from vlit_hub.wording.tidying import tidy_questions, tidy_spaces

__all__ = ["caption", "caption_again", "question", "text"]

_YES_NO_AGREEMENT, _AGREEMENT = 0.9, 0.8
_LEAST_ANSWERS = 5
_OPINION = (
    r"(?i)\b(?:do you|would|could|should|might|why|how old|how tall|how much|think|feel|likely|probably|possibly|seems?|"
    r"appears?|look like|looks like|look|looks|happy|sad|angry|mood|enjoy\w*|fun|beautiful|pretty|cute|nice|good|bad|best|better|"
    r"healthy|safe|danger\w*|dirty|clean|expensive|cheap|old|young|new|modern|famous|professional|normal|real|tasty|delicious|"
    r"ripe|fresh|hot|cold|warm|ready|want|like|trying|going to|about to|season|time|day|year|country|city|brand|where was|name|"
    r"purpose|used for|will|can|able|won|winning|doing|waiting|legal|allowed|tell)\b"
)
# Of whom or what, isn't said.
_PRONOUN = r"(?i)\b(?:he|she|it|they|him|her|his|them|their|its|you|your|we|us)\b"
# Said of more than one.
_PLURAL = r"(?i)\b(?:these|those)\b"
_NUMBER_OR_PRESENCE = r"(?i)^\s*(?:how many|is there|are there|do you see|can you see)\b"
_NO_ANSWER = r"(?i)^(?:unknown|none|nothing|no one|not sure|unsure|(?:can'?t|cannot) tell|(?:i )?don'?t know|n/?a|0|)$"
_LONGEST_QUESTION, _LONGEST_ANSWER = 90, 40

# A word or number of three characters at least: shorter ones are mostly parts of words.
_SENSIBLE = r"^[\p{L}\p{N}]{2,}[\p{L}\p{N}'\x{2019}.&-]*[\p{L}\p{N}]$"
# Of the image's height: smaller text is often misread.
_LEAST_TEXT_HEIGHT = 0.025


def caption(facts: Facts) -> pl.DataFrame:
    """What the image shows: the caption that the others bear out best."""
    best = facts.ranked_captions.filter(pl.col("place") == 0)
    return turns(best, thread=OPENING, phase=0, round=0, outcome="said")


def caption_again(facts: Facts) -> pl.DataFrame:
    """Other captions of it, for images of which little else can be said."""
    others = facts.ranked_captions.filter(pl.col("place") > 0)
    return turns(others, thread=OPENING, phase=pl.col("place"), round=2 + 2 * pl.col("place"), outcome="said")


def question(facts: Facts) -> pl.DataFrame:
    """What people asked about the image, where nearly all of them gave the same answer and it is no matter of opinion.

    Questions about the number or presence of known objects are left out: the annotations answer these. So are questions about
    "these" and "those" where at most one object of each category is annotated.
    """
    questions = facts.annotations.questions
    asked = questions.with_columns(
        question=tidy_questions(questions["question"]),
        answer=tidy_spaces(questions["answer"]),
        agreement=pl.col("votes") / pl.col("answers").list.len(),
    )
    yes_no = pl.col("answer").is_in(["yes", "no"])
    asked = asked.filter(
        (pl.col("answers").list.len() >= _LEAST_ANSWERS)
        & (pl.col("agreement") >= pl.when(yes_no).then(_YES_NO_AGREEMENT).otherwise(_AGREEMENT))
        & ~pl.col("tied").fill_null(False)
        & ~pl.col("question").str.contains(_OPINION)
        & ~pl.col("question").str.contains(_PRONOUN)
        & ~pl.col("answer").str.contains(_NO_ANSWER)
        & (pl.col("question").str.len_chars() <= _LONGEST_QUESTION)
        & (pl.col("answer").str.len_chars() <= _LONGEST_ANSWER)
        & pl.col("question").str.contains(r"\p{L}.*\?$")
    )
    counting = asked.filter(pl.col("question").str.contains(_NUMBER_OR_PRESENCE))
    known = match_terms(
        counting.select("question_id", text=pl.col("question").str.replace(ASKS_NUMBER, "")), facts.vocabulary.coarse
    )
    asked = asked.filter(~pl.col("question_id").is_in(known["question_id"].unique().implode()))
    alike = pl.struct("image_id", "code", "source").is_duplicated()
    several = facts.objects.filter(pl.col("crowd") | alike)["image_id"].unique()
    asked = asked.filter(~pl.col("question").str.contains(_PLURAL) | pl.col("image_id").is_in(several.implode()))
    outcome = pl.when(yes_no).then("answer").otherwise(pl.lit("other"))
    return turns(asked, thread=pl.col("question_id"), outcome=outcome)


def text(facts: Facts) -> pl.DataFrame:
    """A text that can be read in the image: legible, large enough, a word or number that is known from elsewhere."""
    texts = facts.annotations.texts.filter("legible")
    texts = texts.with_columns(text=tidy_spaces(texts["text"])).join(
        facts.images.select("image_id", "height"), on="image_id", how="left", maintain_order="left"
    )
    high = ((pl.col("y2") - pl.col("y1")) >= _LEAST_TEXT_HEIGHT * pl.col("height")).fill_null(False)
    known = pl.col("text").str.to_lowercase().is_in(facts.vocabulary.read_words.implode())
    texts = texts.filter(high & pl.col("text").str.contains(_SENSIBLE) & known)
    texts = texts.unique(["image_id", pl.col("text").str.to_lowercase()], keep="first", maintain_order=True)
    texts = texts.with_columns(place=pl.int_range(pl.len()).over("image_id"))
    # one thread: the second text is asked for as "anything else"
    thread = hashed(pl.Series(["text"]))[0]
    return turns(texts, thread=thread, phase=pl.col("place"), key=pl.col("text_id"), clear=True, outcome="known")
