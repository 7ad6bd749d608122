"""`vlit-hub pool`: list and expand instruction pools."""

from __future__ import annotations

import json as json_module
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vlit_hub.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from vlit_hub.generation.options import ModelOptions
    from vlit_hub.plugins.strategies.annotation_adaption.expansion.expanding import Expansion
    from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec

__all__ = ["pool"]

pool = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_ALIASES = {"captioning": "image_captioning"}
_REASONS = 6

_Pools = Annotated[str | None, typer.Option(help="Folders of your own pools, with commas; they go first.")]


@pool.command("list")
def list_pools(
    pools: _Pools = None, json: Annotated[bool, typer.Option("--json", help="For machines.")] = False
) -> None:
    """List the instruction pools: how many instructions and forms of responses each style has.

    Examples:

      vlit-hub pool list

      vlit-hub pool list --pools my_pools
    """
    from vlit_hub.plugins.strategies.annotation_adaption.pools import contents
    from vlit_hub.plugins.strategies.annotation_adaption.strategy import POOLS

    found = contents(POOLS, list(POOLS), _listed(pools), ())
    rows: list[dict[str, Any]] = [
        {
            "pool": name,
            **{
                style: {
                    "instructions": len(texts.instructions),
                    "responses": sum(len(forms) for forms in texts.responses.values()),
                }
                for style, texts in styles.items()
            },
        }
        for name, styles in found.items()
    ]
    if json:
        print(json_module.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("pool", "short", "sentence", box=None, pad_edge=False)
    for row in rows:
        cells = (f"{row[style]['instructions']} ({row[style]['responses']})" for style in ("short", "sentence"))
        table.add_row(row["pool"], *cells)
    console = Console()
    console.print(table)
    console.print(
        "Instructions and, in parentheses, forms of responses. More: vlit-hub pool expand POOL --to 100 --model NAME"
    )


@pool.command("expand")
def expand_pool(
    name: Annotated[str, typer.Argument(metavar="POOL", help="The pool: see vlit-hub pool list.")],
    to: Annotated[int, typer.Option(help="So many instructions each style is to have.")],
    rewrite: Annotated[bool, typer.Option("--rewrite", help="First have those there are rewritten.")] = False,
    style: Annotated[str, typer.Option(help="short, sentence, or both.")] = "both",
    pools: _Pools = None,
    out: Annotated[Path | None, typer.Option(help="The file to write. [default: pools/POOL.yaml]")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over that file.")] = False,
    model: Annotated[
        str | None, typer.Option(help="The language model, as its server calls it. [default: gpt-4o-mini]")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Its server, up to and with /v1. [default: OpenAI's]")] = None,
    backend: Annotated[str, typer.Option(help="openai, or transformers for a model in this process.")] = "openai",
    api_key_env: Annotated[str, typer.Option(help="Environment variable that holds the key.")] = "OPENAI_API_KEY",
    temperature: Annotated[float, typer.Option(help="Of its sampling.")] = 0.8,
    seed: Annotated[int, typer.Option(help="Every draw depends on it.")] = 0,
    max_cost: Annotated[float | None, typer.Option(help="In dollars: stops before more is spent.")] = None,
    prices: Annotated[Path | None, typer.Option(help="YAML file of prices that go first.")] = None,
    store: Annotated[Path | None, typer.Option(help="File of the response store.")] = None,
) -> None:
    """Have a language model write more instructions for a pool.

    What it writes is checked (placeholders, length, language, form of the answer, near-duplicates). What passes goes into a
    pool file that extends the pool, the rest with its reasons into a file beside it. Answers are stored: the same command
    asks nothing twice.

    Examples:

      vlit-hub pool expand captioning --to 100 --model gpt-4o-mini --max-cost 1

      vlit-hub pool expand object_counting --to 60 --model llama3.2 --base-url http://localhost:11434/v1

      vlit-hub build coco_aa --data-dir data/ -o pools=pools
    """
    from vlit_hub.generation.options import default_model
    from vlit_hub.plugins.strategies.annotation_adaption.expansion.expanding import expand
    from vlit_hub.plugins.strategies.annotation_adaption.expansion.pool_requests import prompt_version
    from vlit_hub.plugins.strategies.annotation_adaption.expansion.writing import write
    from vlit_hub.plugins.strategies.annotation_adaption.pools import STYLES, contents
    from vlit_hub.plugins.strategies.annotation_adaption.strategy import POOLS

    spec = POOLS[_pool_name(name, POOLS)]
    if style not in ("both", *STYLES):
        raise UsageError(f"--style {style}: there are short, sentence and both.")
    path = out or Path("pools") / f"{spec.name.replace('/', '_')}.yaml"
    if path.exists() and not force:
        raise UsageError(f"{path} is there already. Name another file with --out, or pass --force to write over it.")
    model = model or default_model(backend, base_url)
    options = _options(
        backend=backend,
        model=model,
        base_url=base_url,
        api_key_env=api_key_env,
        temperature=temperature,
        seed=seed,
        max_cost=max_cost,
        prices=prices,
        store=store,
    )
    wanted = STYLES if style == "both" else (style,)
    texts = contents(POOLS, [spec.name], _listed(pools), wanted)[spec.name]
    existing = {one: texts[one].instructions for one in wanted}
    if all(len(there) >= to for there in existing.values()):
        counts = " and ".join(f"{len(there)} {one}" for one, there in existing.items())
        raise UsageError(f"--to {to}: {spec.name} has {counts} instructions already. Ask for more.")
    expansion = expand(spec, existing, to, options, rewrite=rewrite)
    origin = (
        f"Written by {model} (backend {backend}, prompt {prompt_version()}, temperature {temperature:g}, seed {seed})."
    )
    write(path, spec, expansion, origin)
    _print(spec, existing, to, expansion, path)


def _pool_name(name: str, pools: dict[str, PoolSpec] | Any) -> str:
    """The pool that a user means.

    Raises:
        UnknownName: There is none; the nearest is named.
    """
    plain = name.replace("-", "_")
    plain = _ALIASES.get(plain, plain)
    if plain in pools:
        return plain
    kinds = [known for known in pools if known.startswith(f"{plain}/")]
    if kinds:
        raise UsageError(f"{name} has several pools: {', '.join(kinds)}. Name one of them.")
    raise UnknownName("instruction pool", name, [*pools, *_ALIASES])


def _options(**given: Any) -> ModelOptions:
    import pydantic

    from vlit_hub.generation.options import ModelOptions

    if given["model"] is None:
        raise UsageError("no model is named. Pass --model NAME, as the server calls it.")
    try:
        return ModelOptions(**given)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise UsageError(f"--{name}: {first['msg']} (given: {first['input']!r})") from None


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _print(spec: PoolSpec, existing: dict[str, list[str]], to: int, expansion: Expansion, path: Path) -> None:
    from rich.console import Console

    from vlit_hub.plugins.strategies.annotation_adaption.expansion.writing import rejected_file

    console = Console(highlight=False, soft_wrap=True)
    for style, taken in expansion.taken.items():
        before = len(existing[style])
        short_of = "" if before + len(taken) >= to else f" of {to}: the model had nothing new to say any more"
        console.print(f"{spec.name}, {style}: {before} -> {before + len(taken)} instructions{short_of}")
    if expansion.rejected:
        reasons = Counter(one.reason for one in expansion.rejected).most_common()
        told = ", ".join(f"{reason} ({count})" for reason, count in reasons[:_REASONS])
        more = f", and {len(reasons) - _REASONS} other reasons" if len(reasons) > _REASONS else ""
        console.print(f"{len(expansion.rejected)} rejected: {told}{more}; see {rejected_file(path)}", markup=False)
    asked = sum(run.answered for run in expansion.runs)
    costs = [run.cost for run in expansion.runs if run.cost is not None]
    cost = f", ${sum(costs):.2f}" if costs else ""
    stored = sum(run.stored for run in expansion.runs)
    console.print(
        f"{asked} requests answered, {stored} from the store, {sum(run.tokens for run in expansion.runs):,} tokens{cost}"
    )
    console.print(
        f"In {path}. Read it, then: vlit-hub build coco_aa --data-dir DIR -o pools={path.parent}", markup=False
    )
