"""Captions in the order of how far the other captions of their image bear them out."""

from __future__ import annotations

import polars as pl

from vlit_hub.drafting.columns import run_places

__all__ = ["rank_captions"]


def _words(text: str) -> list[str]:
    return text.split()


# A caption is used if this share of its words stands in another caption of its image too: what only one annotator saw is
# more often wrong.
_SHARED = 0.5
# What one annotator says of colour or number, another has to say too.
_CHECKED = _words(
    "two three four five six seven eight nine ten eleven twelve several many red orange yellow green blue purple "
    "pink brown black white gray grey silver gold golden beige tan man men woman women boy boys girl girls lady guy "
    "male female"
)
# Where the captions of an image have words of different rows of one table, these words are in dispute.
_DISPUTES = (
    ("kitchen", "bathroom restroom", "bedroom", "living", "classroom", "office", "restaurant", "dining"),
    (
        "sit sits sitting sat seated",
        "stand stands standing stood",
        "lie lies lying lay lays laying laid",
        "walking walks walk",
        "running runs run",
        "jumping jumps jump",
        "flying flies fly",
        "sleeping sleeps asleep",
    ),
    ("skiing skis ski skier skiers", "snowboarding snowboarder snowboarders snowboards snowboard"),
)
_COLOUR = (
    r"(?i)\b(red|orange|yellow|green|blue|purple|pink|brown|black|white|gr[ae]y|silver|gold|golden|beige|tan) (\w{3})"
)
# Not said as a fact, or not English: `very pretty`, `A women`, `a orange`, `two ski's and`, all in capitals.
_UNFIT = (
    r"(?i:\b(?:very|really|pretty|beautiful|lovely|cute|nice|delicious|tasty|yummy|wonderful\w*|amazing|awesome|cool|funny|ugly|gross|"
    r"handsome|sexy|adorable|gorgeous|interesting|looks like|appears?|seems?|maybe|probably|possibly|i|my|we|our|you|your)\b)|"
    r"(?i:\ban? (?:women|men|people|children)\b)|"
    r"(?i:\b\p{L}+['\x{2019}]s(?:[.,]| (?:and|or|on|in|at|with|are|were|have)\b))|"
    r"\b[Aa] [aeio]\w|\b[Aa]n [bcdfgjklmnpqrstvwxyz]|^[^\p{Ll}]*$"
)
_SMALL_WORDS = _words(
    "a an the is are of on in at to and with by for from that this it its his her their there some while as up down "
    "out off over into next near"
)


def rank_captions(captions: pl.DataFrame) -> pl.DataFrame:
    """Captions that others bear out, with `place`: 0 is the one that shares the most words with the others of its image."""
    captions = captions.with_row_index("row")
    disputed = _disputed(captions)
    words = (
        captions.select("image_id", "row", word=pl.col("caption").str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]+"))
        .explode("word")
        .filter(~pl.col("word").is_in(_SMALL_WORDS))
        .unique(["row", "word"])
        .with_columns(stem=pl.col("word").str.head(5))
    )
    shared = words.with_columns(several=pl.col("row").n_unique().over("image_id", "stem") > 1)
    doubtful = pl.col("word").is_in(_CHECKED) & ~pl.col("several")
    score = shared.group_by("row").agg(score=pl.col("several").mean(), doubtful=doubtful.any())
    ranked = captions.join(score, on="row", how="left", maintain_order="left")
    alone = pl.len().over("image_id") == 1
    borne_out = (pl.col("score") >= _SHARED) & ~pl.col("doubtful")
    ranked = ranked.with_columns(pl.col("score").fill_null(0.0)).filter(borne_out.fill_null(False) | alone)
    fit = ~pl.col("caption").str.contains(_UNFIT) & ~pl.col("row").is_in(disputed.implode())
    ranked = ranked.filter(fit)
    first = ranked.sort(["image_id", "score", "caption_id"], descending=[False, True, False], maintain_order=True)
    distinct = first.unique(["image_id", pl.col("caption").str.to_lowercase()], keep="first", maintain_order=True)
    return distinct.with_columns(place=pl.Series(run_places(distinct["image_id"].to_numpy())))


def _disputed(captions: pl.DataFrame) -> pl.Series:
    """Rows of captions that say of place, posture or a thing's colour what another caption of the image says otherwise."""
    parts = []
    for number, rows in enumerate(_DISPUTES):
        values = {word: str(place) for place, row in enumerate(rows) for word in row.split()}
        found = captions.select(
            "image_id", "row", word=pl.col("caption").str.to_lowercase().str.extract_all(rf"\b(?:{'|'.join(values)})\b")
        )
        found = found.explode("word").drop_nulls("word")
        parts.append(
            found.select(
                "image_id",
                "row",
                of=pl.lit(str(number)),
                value=pl.col("word").replace_strict(values, return_dtype=pl.String()),
            )
        )
    coloured = captions.select("image_id", "row", word=pl.col("caption").str.to_lowercase().str.extract_all(_COLOUR))
    coloured = coloured.explode("word").drop_nulls("word")
    groups = pl.col("word").str.splitn(" ", 2).struct
    parts.append(
        coloured.select(
            "image_id", "row", of=groups.field("field_1"), value=groups.field("field_0").str.replace("gray", "grey")
        )
    )
    said = pl.concat(parts)
    return said.filter(pl.col("value").n_unique().over("image_id", "of") > 1)["row"].unique()
