"""How hard an instruction is, by a regression that the user fitted to examples scored by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.errors import ModelError
from vlit_hub.plugins.quality.complexity_fit import Fit, foretell, load_encoder, load_fit
from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.models.loading import cannot_load, revision_of

__all__ = ["InstructionComplexityFitted"]


class _Options(IndicatorOptions):
    fit: Path | None = pydantic.Field(  # its content is part of the revision
        None, exclude=True, description="The file that vlit-hub fit-complexity wrote."
    )


class _Loaded(NamedTuple):
    fit: Fit
    encoder: Any


class InstructionComplexityFitted(Individual):
    """1 (a glance is enough) to 10, as a ridge regression foretells it from the instruction with the text that goes with it:

        complexity = constant + features @ weights, cut off at 1 and 10

    `vlit-hub fit-complexity` fits it to instructions that you scored (30 at least), so the scale is yours. Features are counts of
    the surface (words, sentences, conjunctions, kinds of questions, ...; English) and hashed words and word pairs, or in their
    place the vector of a sentence encoder. The file says how well texts that it hasn't seen are foretold (cross-validated R2).
    Instructions unlike those that you scored get numbers all the same, and worse ones.

    Li et al. 2024, section 4.2.3, principle 7, has complexity scored by a language model with scored examples, which is
    `instruction_complexity`; this is a cheaper way to the same, where examples are enough for one.
    """

    name = "instruction_complexity_fitted"
    principle = 7
    measures = "Complexity of the instruction, 1 to 10, by a regression fitted to examples that the user scored."
    backend = "ridge regression"
    reads = ("instruction", "input.text")
    columns = {"instruction_complexity_fitted": pa.float32()}
    at_a_time = 1 << 12  # with an encoder it is slow
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without a fit, or its encoder."""
        if options.fit is None:
            return (
                f"no fit is named: vlit-hub fit-complexity SCORED.csv -o complexity.json,"
                f" then --option {self.name}.fit=complexity.json"
            )
        encoder = load_fit(options.fit).encoder
        return cannot_load(encoder.model, f"{self.name}.fit", encoder.model) if encoder else None

    def revision(self, options: _Options) -> str:
        """The fit's digest, examples and R2."""
        if options.fit is None:
            return ""
        fit = load_fit(options.fit)
        return f"fit {fit.digest} to {fit.examples} examples, cross-validated R2 {fit.r2:.2f}"

    def load(self, options: _Options, device: str) -> _Loaded:
        """The fit, and its encoder.

        Raises:
            ModelError: The encoder can't be loaded, or has changed since the fit.
        """
        assert options.fit
        fit = load_fit(options.fit)
        if fit.encoder and revision_of(fit.encoder.model) != fit.encoder.revision:
            raise ModelError(f"{options.fit}: model {fit.encoder.model!r} has changed since the fit. Fit again.")
        return _Loaded(fit, load_encoder(fit.encoder, device))

    def measure(self, records: pl.DataFrame, options: _Options, loaded: _Loaded) -> pl.DataFrame:
        """Null for a record without an instruction."""
        asked = pl.concat_str("instruction", "input.text", separator="\n", ignore_nulls=True).str.strip_chars()
        texts = records.select(asked).to_series()
        there = (texts != "").fill_null(False)
        values = np.full(len(texts), np.nan)
        if there.any():
            values[there.to_numpy()] = foretell(texts.filter(there), *loaded)
        return pl.DataFrame({self.name: values})
