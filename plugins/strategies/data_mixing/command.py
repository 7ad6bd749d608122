"""`vlit-hub mix`."""

from __future__ import annotations

import json as json_module
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.plugins.strategies.data_mixing.recipe import Recipe

__all__ = ["mix"]


def mix(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="RECIPE | SOURCE[:SHARE]...", help="A recipe (YAML), or datasets with shares."),
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write.")] = None,
    size: Annotated[int | None, typer.Option(help="Records of the mix. [default: as many as the shares allow]")] = None,
    seed: Annotated[int | None, typer.Option(help="Draws other records. [default: 0]")] = None,
    normalise: Annotated[
        bool, typer.Option("--normalise", help="Take the shares as weights: 3, 5 and 2, say.")
    ] = False,
    upsample: Annotated[bool, typer.Option("--upsample", help="Repeat records of a source that is too small.")] = False,
    temperature: Annotated[
        float | None, typer.Option(help="Shares of sources by n^(1/T): 1 as large as they are, larger more even.")
    ] = None,
    balance: Annotated[str | None, typer.Option(help="Spread the records evenly over: task, granularity.")] = None,
    text_only: Annotated[
        str | None, typer.Option(help="Records without images: keep, or drop. [default: keep]")
    ] = None,
    near_duplicates: Annotated[
        str | None, typer.Option(help="Near-duplicates across sources: keep, or remove. [default: keep]")
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="interleave the sources, or one source after the other. [default: interleave]")
    ] = None,
    namespace: Annotated[str, typer.Option(envvar="VLIT_HUB_NAMESPACE", help="Of the Hub name.")] = "vlit_hub",
    force: Annotated[bool, typer.Option("--force", help="Write over a dataset that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what each source would give; write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines: build.json, or what --dry-run says.")] = False,
) -> None:
    """Mix datasets into one.

    A source is a dataset that was built here, by its name, or a dataset's folder. Its share is of the whole mix; without shares,
    all records of all sources are taken. A recipe says more: tasks, caps, filters, splits (docs/mixing.md). Options given here
    win.

    Examples:

      vlit-hub mix coco_aa:0.3 coco_si:0.5 llava/:0.2 --size 100000 --seed 7 -o mix/

      vlit-hub mix coco_aa:3 coco_si:5 --normalise --dry-run

      vlit-hub mix recipe.yaml -o mix/
    """
    from vlit_hub.building.from_datasets import write_folder
    from vlit_hub.dataset.folder import check_out
    from vlit_hub.plugins.strategies.data_mixing.mixing import MixPlan
    from vlit_hub.plugins.strategies.data_mixing.strategy import DataMixing

    if out is None and not dry_run:
        raise UsageError("no folder is named. Pass -o DIR, or --dry-run to see what each source would give.")
    given = {
        "size": size,
        "seed": seed,
        "normalise": normalise or None,
        "upsample": upsample or None,
        "temperature": temperature,
        "balance": balance,
        "text_only": text_only,
        "near_duplicates": near_duplicates,
        "order": order,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    plan = MixPlan(_recipe(sources, changes))
    if out is not None:
        if any(out.resolve() == source.dataset.path.resolve() for source in plan.sources):
            raise UsageError(f"--out {out}: that is one of the sources. Choose another folder.")
        check_out(out, force)
    if dry_run:
        _show(plan.preview(), as_json=json)
        return
    assert out is not None
    name = out.resolve().name
    command = f"{_command(sources, changes)} -o {shlex.quote(name)}"
    build = write_folder(DataMixing(), plan, out, f"{namespace}/{name}", command=command)
    if json:
        print(json_module.dumps(build, indent=2, ensure_ascii=False))
    else:
        records = sum(split["records"] for split in build["splits"].values())
        _show({"records": records, "mixed_from": build["mixed_from"]}, as_json=False)
        _tell(build, out)


_RECIPES = (".yaml", ".yml")


def _recipe(sources: list[str], changes: dict[str, Any]) -> Recipe:
    from vlit_hub.plugins.strategies.data_mixing.recipe import load_recipe, make_recipe

    recipes = [text for text in sources if text.endswith(_RECIPES)]
    if not recipes:
        return make_recipe(sources, changes)
    if len(sources) > 1:
        raise UsageError(f"{recipes[0]} is a recipe: it names all sources. Give it alone.")
    return load_recipe(Path(recipes[0]).expanduser(), changes)


def _command(sources: list[str], changes: dict[str, Any]) -> str:
    """The command without folders of this machine."""
    words = ["vlit-hub", "mix"]
    for text in sources:
        path, colon, share = text.rpartition(":")
        words.append(_name(path) + colon + share if colon else _name(text))
    for key, value in changes.items():
        words += [f"--{key.replace('_', '-')}", *([] if value is True else [str(value)])]
    return shlex.join(words)


def _name(path: str) -> str:
    return Path(path).name if Path(path).expanduser().exists() else path


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json_module.dumps(found, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("source", box=None, pad_edge=False)
    for column in ("there", "left out", "asked", "gives", "share", "repeats"):
        table.add_column(column, justify="right")
    whole = found["records"]
    for one in found["mixed_from"]:
        cells = (one["there"], sum(one["left_out"].values()), _asked(one["asked"]), one["records"])
        shown = [f"{cell:,}" if isinstance(cell, int) else cell for cell in cells]
        table.add_row(
            Text(one["name"]), *shown, f"{one['records'] / whole:.1%}" if whole else "-", f"{one['repeats']:,}"
        )
    table.add_section()
    table.add_row(
        "all together", "", "", "", f"{whole:,}", "", f"{sum(one['repeats'] for one in found['mixed_from']):,}"
    )
    console = Console()
    console.print(table)
    for one in found["mixed_from"]:
        for reason, count in one["left_out"].items():
            console.print(
                f"left out of {one['name']}: {reason}: {count:,}", highlight=False, markup=False, soft_wrap=True
            )


def _asked(asked: dict[str, Any]) -> str:
    if asked["share"] is not None:
        return f"{asked['share']:.4g}"
    return f"{asked['records']:,}" if asked["records"] else "all"


def _tell(build: dict[str, Any], out: Path) -> None:
    from rich.console import Console

    lines = [f"{what.replace('_', ' ')}: {count:,}" for what, count in build["counts"].items() if count]
    lines += [f"written to {out}", f"look at it: vlit-hub show {out}", f"publish it: vlit-hub push {out}"]
    console = Console()
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
