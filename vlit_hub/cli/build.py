"""`vlit-hub build`."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.building.run import BuildResult

__all__ = ["build"]


def build(
    name: Annotated[
        str, typer.Argument(help="The builder: coco_aa, coco_si, coco_prog, vqa_aa, ocr_aa, or a plugin's.")
    ],
    data_dir: Annotated[Path, typer.Option(help="Folder with annotation files and photos.")] = Path("data"),
    file: Annotated[list[str] | None, typer.Option(metavar="SOURCE=FILE", help="A file given by hand; wins.")] = None,
    images_dir: Annotated[list[Path] | None, typer.Option(help="Where photos are, if not in the data folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write. [default: built/NAME]")] = None,
    split: Annotated[str | None, typer.Option(help="Splits to build, with commas. [default: all]")] = None,
    tasks: Annotated[str | None, typer.Option(help="Tasks to make, with commas. [default: all]")] = None,
    per_image: Annotated[int | None, typer.Option(help="At most so many records of one task an image.")] = None,
    seed: Annotated[int | None, typer.Option(help="Every draw depends on it. [default: 0]")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="KEY=VALUE", help="More options: see vlit-hub info NAME."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="For coco_si: the language model, as its server calls it. [default: gpt-4o-mini]")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Its server, up to and with /v1. [default: OpenAI's]")] = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            help="What it writes, with commas: global, negative, region, reasoning, description, knowledge.",
        ),
    ] = None,
    n: Annotated[int | None, typer.Option(help="So many of each kind an image.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Of its sampling. [default: 0.8]")] = None,
    vision: Annotated[bool, typer.Option("--vision", help="It sees the photo too.")] = False,
    max_cost: Annotated[float | None, typer.Option(help="In dollars: stops before more is spent.")] = None,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Submit to the Batch API; run again to collect."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Ten prompts, numbers and cost; nothing is sent."),
    ] = False,
    num_proc: Annotated[int, typer.Option(help="Processes that make records.")] = 1,
    on_error: Annotated[str, typer.Option(help="At a broken annotation: fail, or skip it.")] = "fail",
    embed_images: Annotated[bool, typer.Option("--embed-images", help="Write the photos into the files.")] = False,
    require_photos: Annotated[bool, typer.Option("--require-photos", help="Reject records without a photo.")] = False,
    verify_photos: Annotated[bool, typer.Option("--verify-photos", help="Decode every photo (slow).")] = False,
    download: Annotated[bool, typer.Option("--download", help="First fetch the official annotations.")] = False,
    download_photos: Annotated[bool, typer.Option("--download-photos", help="First fetch the photos too.")] = False,
    mirror: Annotated[str | None, typer.Option(help="Fetch from this server instead.")] = None,
    namespace: Annotated[str, typer.Option(envvar="VLIT_HUB_NAMESPACE", help="Of the Hub name.")] = "vlit_hub",
    force: Annotated[bool, typer.Option("--force", help="Make everything anew.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print build.json.")] = False,
) -> None:
    """Build a dataset from a folder of annotations.

    The result opens with datasets.load_dataset("vlit_hub/NAME") on this machine, and lies as Parquet in built/NAME.

    Examples:

      vlit-hub build coco_aa --data-dir data/

      vlit-hub build vqa_aa --data-dir ~/coco --split train --num-proc 2

      vlit-hub build coco_aa --tasks object_detection,object_counting -o box_format=unit

      vlit-hub build coco_si --model gpt-4o-mini --kinds global,region --n 5 --max-cost 20 --dry-run

      vlit-hub build coco_si --model llama3.2 --base-url http://localhost:11434/v1
    """
    from vlit_hub.building.download import fetch
    from vlit_hub.building.plan import BuildOptions
    from vlit_hub.building.run import build as run
    from vlit_hub.building.run import preview
    from vlit_hub.cli.previewing import print_preview

    if num_proc < 1:
        raise UsageError(f"--num-proc {num_proc}: there must be at least one process.")
    if on_error not in ("fail", "skip"):
        raise UsageError(f"--on-error {on_error}: there are fail and skip.")
    flags: dict[str, Any] = {
        "tasks": tuple(_listed(tasks)) if tasks else None,
        "per_image": per_image,
        "seed": seed,
        "model": model,
        "base_url": base_url,
        "kinds": kinds,
        "n": n,
        "temperature": temperature,
        "sees": "both" if vision else None,
        "max_cost": max_cost,
        "batch": True if batch else None,
    }
    strategy = _pairs("--option", option) | {key: value for key, value in flags.items() if value is not None}
    by_hand: dict[str, list[Path]] = {}
    for source, path in (_pair("--file", text) for text in file or []):
        by_hand.setdefault(source, []).append(Path(path))
    if download or download_photos:
        fetch(name, data_dir, photos=download_photos, mirror=mirror)
    options = BuildOptions(
        data_dir=data_dir,
        files={source: tuple(paths) for source, paths in by_hand.items()},
        images_dirs=tuple(images_dir or ()),
        splits=tuple(_listed(split)) if split else None,
        strategy=strategy,
        on_error=on_error,
        embed_images=embed_images,
        require_photos=require_photos,
        verify_photos=verify_photos,
    )
    if dry_run:
        print_preview(preview(name, options), as_json=json)
        return
    result = run(name, options, out=out, namespace=namespace, num_proc=num_proc, force=force)
    if json:
        print(json_module.dumps(result.summary, indent=2, ensure_ascii=False))
    else:
        _print(result)


_REASONS = 8


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pair(flag: str, text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"{flag} {text}: must be KEY=VALUE.")
    return key.strip().replace("-", "_"), value


def _pairs(flag: str, texts: list[str] | None) -> dict[str, Any]:
    return dict(_pair(flag, text) for text in texts or [])


def _print(result: BuildResult) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    splits = {name: split for name, split in result.summary["splits"].items() if split["records"]}
    table = Table(title=None, box=None, pad_edge=False)
    table.add_column("task")
    for name in splits:
        table.add_column(name, justify="right")
    tasks = sorted({task for split in splits.values() for task in split["tasks"]})
    for task in tasks:
        table.add_row(task, *(f"{split['tasks'].get(task, 0):,}" for split in splits.values()))
    table.add_section()
    for label, key in (("records", "records"), ("images", "images"), ("images with a photo", "images_with_photo")):
        table.add_row(label, *(f"{split[key]:,}" for split in splits.values()))
    table.add_row("rejected", *(f"{_rejected(split):,}" for split in splits.values()))
    console.print(table)
    for line in _notes(result):
        console.print(line, highlight=False, soft_wrap=True)


def _rejected(split: dict[str, Any]) -> int:
    return sum(sum(reasons.values()) for reasons in split["rejected"].values())


def _notes(result: BuildResult) -> list[str]:
    lines = [""]
    reasons: dict[str, int] = dict(result.summary["left_out"])
    for split in result.summary["splits"].values():
        for some in split["rejected"].values():
            for reason, count in some.items():
                reasons[reason] = reasons.get(reason, 0) + count
    most = sorted(reasons.items(), key=lambda one: -one[1])
    lines += [f"rejected: {reason}: {count:,}" for reason, count in most[:_REASONS]]
    if len(most) > _REASONS:
        lines.append(f"rejected: {len(most) - _REASONS} more reasons, in build.json")
    for one in result.summary.get("mixed_from", []):
        lines.append(f"from {one['name']}: {one['records']:,} records of {one['there']:,}")
        lines += [f"left out of {one['name']}: {reason}: {count:,}" for reason, count in one["left_out"].items()]
    lines += [f"{what.replace('_', ' ')}: {count:,}" for what, count in result.summary["counts"].items() if count]
    if result.ignored:
        lines.append(f"JSON files that no source of this builder knows: {result.ignored:,}")
    name = result.repo_id.split("/")[-1]
    lines += [
        ("up to date: " if result.reused else "written to ") + str(result.folder),
        f'load it:    load_dataset("{result.repo_id}")',
        f"look at it: vlit-hub show {name}",
    ]
    return lines
