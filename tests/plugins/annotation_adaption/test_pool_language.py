"""Every template of every built-in pool, filled with every category name of COCO and with values of all sorts."""

import re
from importlib.resources import files
from itertools import chain

import numpy as np
import polars as pl
import pytest
import yaml

from vlit_hub.drafting.templates import parse
from vlit_hub.plugins.strategies.annotation_adaption.pools import BOX_FORMAT, STYLES, load
from vlit_hub.plugins.strategies.annotation_adaption.strategy import POOLS
from vlit_hub.wording.nouns import FORMS, Labels

FOLDER = files("vlit_hub.plugins.strategies.annotation_adaption") / "pools"
FILES = {name: yaml.safe_load((FOLDER / f"{name.replace('/', '_')}.yaml").read_text()) for name in POOLS}

VALUES = {
    "question": "What is it?",
    "answer": "a red bus",
    "caption": "A dog runs.",
    "text": "STOP",
    "box": "[1, 2, 30, 40]",
    "boxes": "[1, 2, 30, 40], [5, 6, 70, 80]",
    "categories": "cat, dog",
    "objects": "cat: [1, 2, 30, 40]\ndog: [5, 6, 70, 80]",
    "phrase": "man on a horse",
    "sentence": "Man on a horse.",
    "attributes": "brown, sitting",
    "attributes_and": "brown and sitting",
    "subject": "man",
    "object": "horse",
    "subject_box": "[1, 2, 30, 40]",
    "object_box": "[5, 6, 70, 80]",
    "predicate": "riding",
    "count": "2",
}
# What limits the answer to a short one.
LIMITS = re.compile(
    r"\b(only|alone|just|single|short|shortly|brief|briefly|concise|concisely|nothing|without|no explanation|number|numeral"
    r"|digits|yes or no|word|words|phrase|no comment|one sentence|one box|a line|label|list|summarise|tag|bare|boxes as)\b|:$",
    re.IGNORECASE,
)
FAULTS = {
    "a brace is left": r"[{}]",
    "two spaces": r"  ",
    "a space before a mark": r" [.,?!;:]",
    "two marks": r"[.,?!;:][.,;:?!]",
    "a before a vowel": r"\b[Aa] (?:[aeio]|u[mn])",
    "an before a consonant": r"\b[Aa]n [^aeiouhS]",
    "a word twice": r"\b(?:a a|an an|the the|is is|are are|of of|in in|to to)\b",
    "a pair of pairs": r"pairs? of pairs?",
    "one of several": r"\b(?:is|a|an|one|every|each) (?:people|knives|mice|dogs|cats|pairs|pieces|wine glasses|buses)\b",
    "several of one": r"\b(?:are|all|two|any|no|many) (?:person|knife|mouse|dog|pair|piece|wine glass|bus)\b",
    "space around": r"^\s|\s$",
}


def _filled(name, names):
    """All templates of a pool, each with each name and for one and several objects."""
    pool = load(POOLS.values(), [name], STYLES, "pixel")[name]
    labels = Labels(pl.Series(names))
    for templates in (pool.instructions, pool.responses):
        chosen = np.repeat(np.arange(len(templates)), len(names))
        rows = np.tile(np.arange(len(names)), len(templates))
        columns = {key: pl.Series([value]).new_from_index(0, len(rows)) for key, value in VALUES.items()}
        columns |= {key: labels.form(attribute)[rows] for key, attribute in FORMS.items()}
        for found, verb, number in (("one", "is", "one "), ("labels", "are", "two ")):
            columns["found"] = labels.form(found)[rows]
            columns["counted"] = number + columns["found"]
            columns["verb"] = pl.Series([verb]).new_from_index(0, len(rows))
            yield templates.fill(chosen, columns)


@pytest.mark.parametrize("name", POOLS)
def test_every_template_reads_well_with_every_name(name, coco_names):
    texts = pl.concat(_filled(name, coco_names)).unique()
    assert len(texts) > 20
    for fault, pattern in FAULTS.items():
        assert texts.filter(texts.str.contains(pattern)).to_list() == [], fault


@pytest.mark.parametrize("name", POOLS)
def test_instructions_begin_with_a_capital_and_end_with_a_mark(name, coco_names):
    for style in STYLES:
        for template in FILES[name][style]["instructions"]:
            assert template[0].isupper() or template.startswith(("{question}", "{Is}"))
            assert template.endswith((".", "?", ":", "{question}", "{categories}?", "{box_format}:", "{box_format}."))


@pytest.mark.parametrize("name", POOLS)
def test_each_style_has_twenty_different_instructions(name):
    instructions = [FILES[name][style]["instructions"] for style in STYLES]
    for style in instructions:
        assert len(style) >= 20
    everything = list(chain(*instructions))
    assert len(set(everything)) == len(everything)


@pytest.mark.parametrize("name", POOLS)
def test_short_instructions_limit_the_answer(name):
    for template in FILES[name]["short"]["instructions"]:
        assert LIMITS.search(template), template


@pytest.mark.parametrize("name", [name for name in POOLS if name != "image_captioning"])
def test_sentences_are_several_and_capitalised(name):
    responses = FILES[name]["sentence"]["responses"]
    for texts in responses.values() if isinstance(responses, dict) else [responses]:
        assert len(texts) >= 4
        for text in texts:
            assert text[0].isupper() or text == "{sentence}"
            assert text.endswith((".", "{text}", "{objects}", "{sentence}"))


@pytest.mark.parametrize("name", POOLS)
def test_verbs_stand_with_what_they_agree_with(name):
    for style in STYLES:
        responses = FILES[name][style]["responses"]
        texts = list(chain(*responses.values())) if isinstance(responses, dict) else responses
        for template in [*FILES[name][style]["instructions"], *texts]:
            names = set(parse(template)[1])
            assert not names & {"is", "Is"} or names & {"a_label", "the_label"}, template
            assert "are" not in names or "labels" in names, template
            assert "verb" not in names or names & {"found", "counted"}, template


def test_pools_about_boxes_state_the_format():
    for name, spec in POOLS.items():
        boxes = {"box", "boxes", "objects", "subject_box"}
        said = {key for group in (*spec.subject, *spec.answer) for key in group}
        assert (BOX_FORMAT in spec.needed) == bool(said & boxes), name
