"""`vlit-hub fit-complexity`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["fit_complexity"]


def fit_complexity(
    scored: Annotated[
        Path, typer.Argument(help="CSV with the columns text and score (1 to 10), or .jsonl with these.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")] = Path("complexity.json"),
    model: Annotated[
        str | None, typer.Option(help="A sentence encoder, whose vectors take the place of words. [default: none]")
    ] = None,
    pooling: Annotated[str, typer.Option(help="Of its vectors: mean, or cls.")] = "mean",
    device: Annotated[str, typer.Option(help="Where it runs: cpu, cuda, cuda:1, ...")] = "auto",
) -> None:
    """Fit a regression to instructions that you scored for complexity, to measure those of datasets by it.

    Says how well it foretells what it hasn't seen: R2 over ten folds, where 1 is perfect and 0 no better than the mean.

    Examples:

      vlit-hub fit-complexity scored.csv

      vlit-hub score coco_aa -o instruction_complexity_fitted.fit=complexity.json
    """
    from vlit_hub.errors import UsageError
    from vlit_hub.plugins.quality import complexity_fit
    from vlit_hub.plugins.quality.scored_texts import read_scored
    from vlit_hub.quality.models.loading import cannot_load, revision_of

    if pooling not in ("mean", "cls"):
        raise UsageError(f"--pooling {pooling}: there are mean and cls.")
    if model and (reason := cannot_load(model, "model", model)):
        raise UsageError(reason)
    examples = read_scored(scored, complexity_fit.LOWEST, complexity_fit.HIGHEST)
    encoder = complexity_fit.Encoder(model, revision_of(model), pooling) if model else None
    fit = complexity_fit.fit_complexity(examples, encoder, device)
    complexity_fit.save_fit(fit, out)
    print(f"{out}: fitted to {fit.examples} texts, cross-validated R2 {fit.r2:.2f}")
    if fit.r2 <= 0:
        print("That is no better than saying the mean for every text: score more examples, or look for mistakes.")
