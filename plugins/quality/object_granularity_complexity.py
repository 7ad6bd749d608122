"""Elements of an instruction, by a parser of dependencies."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.models.parsing import (
    DEFAULT_MODELS,
    Library,
    Parser,
    cannot_parse,
    load_parser,
    parser_revision,
)

__all__ = ["ObjectGranularityComplexity"]

_NO_ELEMENT = {  # of ClearNLP's labels, which spaCy's English models have, and of Universal Dependencies, which others have
    *("aux", "auxpass", "cop", "case", "prep", "agent", "mark", "complm", "cc", "preconj", "det", "predet", "expl"),
    *("punct", "dep", "intj", "discourse", "neg", "poss", "nmod:poss", "prt", "clf", ""),
    *("compound", "flat", "fixed", "nn", "goeswith"),  # parts of one element
}


class _Options(IndicatorOptions):
    parser: Library = pydantic.Field("spacy", description="What parses: spacy, stanza.")
    model: str | None = pydantic.Field(
        None,
        description="Of spaCy a package or a folder with a parser [en_core_web_sm]; of stanza a language [en], or the"
        " folder of one.",
    )

    @property
    def chosen(self) -> str:
        """The model, or the parser's default."""
        return self.model or DEFAULT_MODELS[self.parser]


class ObjectGranularityComplexity(Individual):
    """How many elements an instruction speaks of: words that depend on another as more than its form.

        "What color is the fire hydrant in the background?"   ->   color, is, hydrant, background   ->   4

    Counted are the words whose dependency is none of function (articles, auxiliaries, prepositions, conjunctions, particles,
    possessives, punctuation) and that aren't a part of a name or a compound; so what is done, what it is done to, and all that
    tells either more exactly. A subtype (`det:predet`) counts as its type.

    Li et al. 2024, section 4.2.3, principle 8, count what semantic dependency analysis finds (HanLP's, whose models aren't free;
    they cite Marquez et al. 2008, on semantic roles). A role is that of a verb: who does it, to whom, where, when, how; a whole
    phrase fills it. A parser of syntax knows heads and their dependents: each word of content is an element here, those within a
    phrase too, so "a big red dog" is three, where it fills one role. Numbers don't compare with the review's; both order short
    requests before long ones. Parsers differ as well: spaCy's English models let "is" govern a sentence, and it counts;
    Universal Dependencies (stanza, spaCy's other languages) make it a form of what is said, and it doesn't. Compare datasets by
    one model only.
    """

    name = "object_granularity_complexity"
    version = 2
    principle = 8
    measures = "Elements of the instruction: words whose dependency is more than form, by a parser."
    backend = "spaCy or stanza"
    reads = ("instruction", "input.text")
    columns = {"instruction_elements": pa.int32()}
    at_a_time = 1 << 12
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without the library or the model."""
        return cannot_parse(options.parser, options.chosen, f"{self.name}.model")

    def revision(self, options: _Options) -> str:
        """The library's and the model's."""
        return parser_revision(options.parser, options.chosen)

    def load(self, options: _Options, device: str) -> Parser:
        """The parser."""
        return load_parser(options.parser, options.chosen, device)

    def measure(self, records: pl.DataFrame, options: _Options, loaded: Parser) -> pl.DataFrame:
        """Of the instruction with the text that goes with it; null where a record has neither."""
        asked = pl.concat_str("instruction", "input.text", separator="\n", ignore_nulls=True).str.strip_chars()
        texts = records.select(asked).to_series()
        different = texts.filter(texts != "").unique().sort().to_list()
        counts = [sum(_is_element(label) for label in labels) for labels in loaded.dependencies(different)]
        return pl.DataFrame(
            {"instruction_elements": texts.replace_strict(different, counts, default=None, return_dtype=pl.Int32)}
        )


def _is_element(dependency: str) -> bool:
    return dependency not in _NO_ELEMENT and dependency.partition(":")[0] not in _NO_ELEMENT
