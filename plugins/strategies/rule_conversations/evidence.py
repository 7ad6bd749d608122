"""What the texts about an image say of its objects, to hold the annotations against.

A number, a presence or an absence is stated only where no text speaks against it. Words are found coarsely (see
`vlit_hub.wording.mentions`): a statement that is held back for nothing costs little.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from vlit_hub.frames import Annotations, empty
from vlit_hub.plugins.strategies.rule_conversations.vocabulary import Vocabulary
from vlit_hub.wording.captions import ADDRESS, JUNK
from vlit_hub.wording.mentions import find_mentions, match_terms
from vlit_hub.wording.tidying import tidy_sentences

__all__ = ["ASKS_NUMBER", "FIGURES", "PICTURES", "Evidence", "usable_captions"]

_PAIR = ["image_id", "code"]

_NUMBERS = {
    word: number
    for number, words in enumerate(
        ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    )
    for word in words.split()
}
# Words for more than one, and how many that is at least.
_AT_LEAST = {
    2: "couple pair pairs another other others both next twin",
    3: "several many group groups bunch herd flock crowd crowded row rows lots lot multiple various few some numerous team line "
    "pack stack pile dozens dozen variety assortment collection all",
}
_SOME = {word: number for number, words in _AT_LEAST.items() for word in words.split()}
_NUMBER = rf"(?i)\b({'|'.join([*_NUMBERS, *_SOME])}|\d{{1,3}})\b"
_WORDS_AFTER = 4

# Captions with these speak of toys, figures and drawings, which look like what they aren't.
FIGURES = (
    r"(?i)\b(?:toys?|stuffed|plush|statues?|sculptures?|figurines?|figures?|cartoons?|animated|animation|cgi|rendering|rendered|"
    r"drawings?|drawn|legos?|dolls?|mannequins?|miniatures?|dioramas?|costumes?|masks?|ornaments?|fake|artificial|virtual|"
    r"video games?|surreal\w*)\b"
)
# Captions with these speak of pictures and mirrors: what they show is annotated by some annotators and not by others.
PICTURES = (
    r"(?i)\b(?:paintings?|posters?|photos of|photographs|pictures of|mirrors?|mirrored|reflect\w*|screens?|televisions?|tvs?|"
    r"monitors?|billboards?|magazines?|murals?|graffiti|collage|logos?|identification|id|licen[sc]e|card|models?|digital)\b"
)
ASKS_NUMBER = r"(?i)^\s*how (?:many|much)\b"
_ASKS_PRESENCE = r"(?i)^\s*(?:is|are|was|were) (?:there|this|that|these|those|it|they)\b|^\s*(?:do|can) you see\b"


def usable_captions(annotations: Annotations) -> pl.DataFrame:
    """Captions with tidy `caption`, without those that are none."""
    captions = annotations.captions
    tidy = captions.with_columns(caption=tidy_sentences(captions["caption"]))
    text = pl.col("caption")
    return tidy.filter(text.str.contains(r"\p{L}") & ~text.str.contains(JUNK) & ~text.str.contains(ADDRESS))


class Evidence:
    """What texts say of the images of a batch.

    Attributes:
        captions: The usable ones.
        mentioned: Pairs of image and category (`image_id`, `code`) that any text may mention.
        said: Pairs that a caption or phrase may mean, in coarse words.
        named: Pairs that a caption or phrase does name.
        plural: Pairs that a caption or phrase has in the plural.
        numbers: Numbers that texts give: `image_id`, `code`, `least`, `most`.
        denied: Pairs of which somebody answered that there are none.
    """

    def __init__(self, annotations: Annotations, vocabulary: Vocabulary) -> None:
        self.captions = usable_captions(annotations)
        told = pl.concat(
            [
                self.captions.select("image_id", text="caption"),
                annotations.regions.select("image_id", text="phrase"),
            ]
        )
        found = match_terms(
            told.with_columns(pl.concat_str(pl.lit(" "), "text", pl.lit(" ")).alias("text")), vocabulary.tagged
        )
        found = found.unique()
        self.said = found.filter(pl.col("tag") == "any").select(_PAIR)
        self.named = found.filter(pl.col("tag") == "name").select(_PAIR)
        self.plural = found.filter(pl.col("tag") == "plural").select(_PAIR)
        questions = annotations.questions.with_columns(
            text="question", agreement=pl.col("votes") / pl.col("answers").list.len()
        )
        asked = _asked(questions, vocabulary.coarse)
        self.numbers = pl.concat([_told_numbers(told, vocabulary.coarse), _answered_numbers(asked)])
        self.denied = (
            asked.filter(pl.col("text").str.contains(_ASKS_PRESENCE) & (pl.col("answer") == "no"))
            .select(_PAIR)
            .unique()
        )
        self.mentioned = _mentioned(annotations, vocabulary, self.said)


def _mentioned(annotations: Annotations, vocabulary: Vocabulary, said: pl.DataFrame) -> pl.DataFrame:
    """Also what questions, answers and readable texts mention; captions and phrases have been searched."""
    texts = annotations.texts.filter("legible").drop_nulls("text")
    read = texts.select("image_id", phrase="text")
    others = replace(
        annotations,
        captions=empty("captions"),
        regions=read,
    )
    return pl.concat([said, find_mentions(others, vocabulary.categories, vocabulary.coarse).select(_PAIR)]).unique()


def _asked(questions: pl.DataFrame, coarse: pl.DataFrame) -> pl.DataFrame:
    """Questions about number or presence, once for each category that they mention."""
    wanted = pl.col("text").str.contains(ASKS_NUMBER) | pl.col("text").str.contains(_ASKS_PRESENCE)
    some = questions.filter(wanted).select("image_id", "question_id", "text", "answer", "agreement", "tied")
    # "many" isn't a mention of a man
    about = pl.col("text").str.replace(ASKS_NUMBER, "")
    pairs = match_terms(some.select("question_id", "image_id", about), coarse).unique()
    return some.join(pairs, on=["image_id", "question_id"])


def _answered_numbers(asked: pl.DataFrame) -> pl.DataFrame:
    """What people answered when asked for a number; a number on which they disagree agrees with none."""
    sure = (pl.col("agreement") >= 0.6) & ~pl.col("tied").fill_null(False)
    number = pl.when(sure).then(pl.col("answer").cast(pl.Int64(), strict=False)).otherwise(-1)
    return (
        asked.filter(pl.col("text").str.contains(ASKS_NUMBER))
        .with_columns(least=number.fill_null(-1))
        .select(*_PAIR, "least", most="least")
    )


def _told_numbers(told: pl.DataFrame, coarse: pl.DataFrame) -> pl.DataFrame:
    """What captions and phrases say: `two white dogs`, `a group of people`."""
    pieces = (
        told.filter(pl.col("text").str.contains(_NUMBER))
        .select("image_id", piece=pl.col("text").str.replace_all(_NUMBER, "\n$1").str.split("\n").list.slice(1))
        .explode("piece")
        .drop_nulls("piece")
    )
    first = pl.col("piece").str.extract(r"^(\w+)").str.to_lowercase()
    pieces = pieces.with_columns(
        number=first.replace_strict(_NUMBERS, default=first.cast(pl.Int64(), strict=False), return_dtype=pl.Int64()),
        some=first.replace_strict(_SOME, default=None, return_dtype=pl.Int64()),
        text=pl.col("piece").str.extract(rf"^(?:\S+\s*){{1,{_WORDS_AFTER + 1}}}", 0),
    )
    found = match_terms(pieces.select("image_id", "number", "some", "text"), coarse).unique()
    return found.select(
        *_PAIR,
        least=pl.coalesce("number", "some"),
        most=pl.coalesce("number", pl.lit(10_000, dtype=pl.Int64())),
    )
