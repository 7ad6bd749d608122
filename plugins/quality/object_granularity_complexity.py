"""Elements of an instruction, by a parser of dependencies."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.errors import ModelError
from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.models.loading import revision_of

__all__ = ["ObjectGranularityComplexity"]

_BATCH = 256
_NO_ELEMENT = {  # of ClearNLP's labels, which spaCy's English models have, and of Universal Dependencies, which others have
    *("aux", "auxpass", "aux:pass", "cop", "case", "prep", "agent", "mark", "complm", "cc", "preconj", "det", "predet"),
    *("det:predet", "cc:preconj", "expl", "punct", "dep", "intj", "discourse", "neg", "poss", "prt", "compound:prt"),
    *("compound", "flat", "flat:name", "fixed", "nn", "goeswith", "clf", ""),  # parts of one element
}


class _Options(IndicatorOptions):
    model: str = pydantic.Field("en_core_web_sm", description="A model of spaCy with a parser: a package or a folder.")


class ObjectGranularityComplexity(Individual):
    """How many elements an instruction speaks of: words that depend on another as more than its form.

        "What color is the fire hydrant in the background?"   ->   color, is, hydrant, background   ->   4

    Counted are the words whose dependency is none of function (articles, auxiliaries, prepositions, conjunctions, particles,
    possessives, punctuation) and that aren't a part of a name or a compound; so what is done, what it is done to, and all that
    tells either more exactly.

    Li et al. 2024, section 4.2.3, principle 8, count the elements that a parser of semantic roles finds; a parser of syntax
    knows no roles. Parsers differ: compare datasets by one model only.
    """

    name = "object_granularity_complexity"
    principle = 8
    measures = "Elements of the instruction: words whose dependency is more than form, by a parser."
    backend = "spaCy"
    reads = ("instruction", "input.text")
    columns = {"instruction_elements": pa.int32()}
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without spaCy or the model."""
        if not find_spec("spacy"):
            return "spaCy isn't installed: pip install spacy && python -m spacy download en_core_web_sm"
        if not (_is_folder(options.model) or (options.model.isidentifier() and find_spec(options.model))):
            return (
                f"spaCy's model {options.model!r} isn't installed: python -m spacy download {options.model},"
                f" or --option {self.name}.model=FOLDER"
            )
        return None

    def revision(self, options: _Options) -> str:
        """The releases of spaCy and of the model's package; of a folder a hash of its files."""
        model = revision_of(options.model) if _is_folder(options.model) else version(options.model)
        return f"spaCy {version('spacy')}, {model}"

    def load(self, options: _Options, device: str) -> Any:
        """The parser.

        Raises:
            ModelError: It can't be loaded, or has no parser.
        """
        import spacy

        name = str(Path(options.model).expanduser()) if _is_folder(options.model) else options.model
        try:
            model = spacy.load(name, exclude=["ner", "lemmatizer", "textcat"])
        except (OSError, ValueError, ImportError) as error:
            words = str(error).splitlines()[0]
            raise ModelError(f"spaCy's model {options.model!r} can't be loaded ({words}). Install it again.") from None
        if not model.has_pipe("parser"):
            raise ModelError(f"spaCy's model {options.model!r} has no parser. Name another one, say en_core_web_sm.")
        return model

    def measure(self, records: pl.DataFrame, options: _Options, loaded: Any) -> pl.DataFrame:
        """Of the instruction with the text that goes with it; null where a record has neither."""
        asked = pl.concat_str("instruction", "input.text", separator="\n", ignore_nulls=True).str.strip_chars()
        texts = records.select(asked).to_series()
        different = texts.filter(texts != "").unique().sort().to_list()
        counts = [
            sum(word.dep_ not in _NO_ELEMENT for word in parsed) for parsed in loaded.pipe(different, batch_size=_BATCH)
        ]
        return pl.DataFrame(
            {"instruction_elements": texts.replace_strict(different, counts, default=None, return_dtype=pl.Int32)}
        )


def _is_folder(model: str) -> bool:
    return Path(model).expanduser().is_dir()
