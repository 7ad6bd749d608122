"""`vlit-hub filter`."""

from __future__ import annotations

import json as json_module
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.quality.filtering import Filtered

__all__ = ["filter"]


def filter(
    name: Annotated[str, typer.Argument(help="A dataset built here, or a dataset's folder.")],
    expression: Annotated[str | None, typer.Argument(help="Conditions on indicators, as in the examples.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A named filter (review, duplicates, safe), or a YAML file.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write. [default: only count]")] = None,
    unknown: Annotated[
        str | None, typer.Option(help="What isn't measured for a record: keep it, or reject it.")
    ] = None,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="Measure what isn't: cheap conditions first, dear ones on what is left.")
    ] = False,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="INDICATOR.OPTION=VALUE", help="With --cascade: an option of an indicator."),
    ] = None,
    device: Annotated[str, typer.Option(help="With --cascade, where models run: cpu, cuda, ...")] = "auto",
    random_baseline: Annotated[
        bool, typer.Option("--random-baseline", help="Write a random subset of the same size to OUT-random.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Write over a dataset that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Keep the records that conditions hold for; show what each condition costs.

    Conditions compare what vlit-hub score measured, with and, or, not, in, is None, and quantile(SHARE). A record for which one
    can't be said, since something wasn't measured for it, is kept, unless --unknown reject. What is rejected lies in
    OUT/rejected with the reason. Without --out nothing is written.

    With --cascade conditions are applied from cheap to dear, and what they need is measured of the records that are left by then.

    Examples:

      vlit-hub filter coco_aa 'readable_image and image_sharpness > quantile(0.05)'

      vlit-hub filter coco_aa 'response_words >= 2 and not yes_no_contradicted' -o clean/

      vlit-hub filter coco_aa --recipe review -o clean/

      vlit-hub filter coco_aa 'readable_image and response_words > 1 and text_readability > -6' --cascade \
        --option text_readability.model=openai-community/gpt2
    """
    from vlit_hub.dataset.reading import find_dataset
    from vlit_hub.quality.filtering import filter_dataset
    from vlit_hub.quality.planning import is_private, parse_options
    from vlit_hub.quality.recipes import Recipe, load_recipe

    if (expression is None) == (recipe is None):
        raise UsageError("give an expression or --recipe NAME, one of the two.")
    if unknown not in (None, "keep", "reject"):
        raise UsageError(f"--unknown {unknown}: there are keep and reject.")
    if random_baseline and out is None:
        raise UsageError("--random-baseline needs --out DIR.")
    if option and not cascade:
        raise UsageError("--option needs --cascade; else vlit-hub score measures.")
    chosen = load_recipe(recipe) if recipe is not None else Recipe(keep=(expression or "",))
    changes: dict[str, object] = {"unknown": unknown} if unknown else {}
    if random_baseline:
        changes["random_baseline"] = True
    chosen = chosen.model_copy(update=changes)
    told = f"--recipe {shlex.quote(Path(recipe).name)}" if recipe is not None else shlex.quote(expression or "")
    told += f" --unknown {unknown}" if unknown else ""
    told += " --cascade" if cascade else ""
    measure = parse_options(option or []) if cascade else None
    told += "".join(f" --option {shlex.quote(text)}" for text in option or [] if not is_private(text))
    found = filter_dataset(
        find_dataset(name), chosen, name=told, out=out, seed=seed, force=force, measure=measure, device=device
    )
    if json:
        print(json_module.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        _print(found, out)


def _print(found: Filtered, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table("condition", box=None, pad_edge=False)
    for column in ("kept", "share", "rejected", "by it alone", "unknown"):
        table.add_column(column, justify="right")
    for one in found.survival.conditions:
        numbers = [
            f"{one.kept:,}",
            f"{one.kept / max(one.kept + one.rejected, 1):.1%}",
            f"{one.rejected:,}",
            "" if one.alone is None else f"{one.alone:,}",
            f"{one.unknown:,}",
        ]
        table.add_row(Text(one.condition), *numbers)
    kept = int(found.survival.keep.sum())
    table.add_section()
    table.add_row("all together", f"{kept:,}", f"{kept / found.records:.1%}", f"{found.records - kept:,}")
    if found.balanced is not None:
        table.add_row("balanced sample", f"{found.balanced:,}", f"{found.balanced / found.records:.1%}")
    console.print(table)
    for indicator, told in (found.cascade or {}).items():
        hidden = " and ".join(f"{condition} hid {count:,}" for condition, count in told["hidden_by"].items())
        line = f"{indicator} was measured of {told['measured']:,} records" + (f": {hidden}" if hidden else "")
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for text, why in found.left_out.items():
        console.print(f"left out: {text}: {why}", highlight=False, markup=False, soft_wrap=True)
    for folder, records in found.written.items():
        console.print(f"written to {folder}: {records:,} records", highlight=False, markup=False, soft_wrap=True)
    if out is None:
        console.print("nothing was written; to write what is kept: -o DIR", highlight=False)
