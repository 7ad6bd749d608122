"""`vlit-hub import`."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["import_"]

_REASONS = 8


def import_(
    format: Annotated[str, typer.Argument(help="llava, sharegpt, swift, qwen, ...: see below; hf:REPO_OR_FOLDER.")],
    file: Annotated[str | None, typer.Argument(help="The file: JSON, JSON Lines (also .gz) or Parquet.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write.")] = None,
    images: Annotated[list[Path] | None, typer.Option(help="Folder of photos; more than once if need be.")] = None,
    split: Annotated[str, typer.Option(help="The records' split; with hf the one that is read.")] = "train",
    config: Annotated[str | None, typer.Option(help="With hf, of a dataset that has several.")] = None,
    columns: Annotated[
        str | None, typer.Option("--map", help="With hf: instruction=question,response=answer,images=image")
    ] = None,
    task: Annotated[str | None, typer.Option(help="Of all records. [default: as the file tells]")] = None,
    license: Annotated[str, typer.Option(help="Of the texts, an SPDX id.")] = "unknown",
    image_license: Annotated[str | None, typer.Option(help="Of the photos, an SPDX id. [default: unknown]")] = None,
    on_error: Annotated[
        str, typer.Option(help="skip: keep what can't be a record aside, with the reason; fail: stop there.")
    ] = "skip",
    require_photos: Annotated[
        bool, typer.Option("--require-photos", help="A photo that isn't found is an error.")
    ] = False,
    embed_images: Annotated[bool, typer.Option("--embed-images", help="Put the photos into the files.")] = False,
    system: Annotated[
        str, typer.Option(help="System prompts: reject, drop, or prepend to the instruction.")
    ] = "reject",
    boxes: Annotated[
        str | None, typer.Option(help="More notations of boxes to read, with commas: shikra. [default: tagged ones]")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What records name as their source. [default: the file's name]")
    ] = None,
    namespace: Annotated[
        str, typer.Option(envvar="VLIT_HUB_NAMESPACE", help="Of the Hub name; the folder gives its other half.")
    ] = "vlit_hub",
    force: Annotated[bool, typer.Option("--force", help="Write over a dataset that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print build.json.")] = False,
) -> None:
    """Import instruction data that somebody else made, as a dataset of records.

    Formats: llava, sharegpt (LLaMA-Factory), swift (ms-swift), qwen, trl, coco_arc, alpaca, m3it; hf:REPO or hf:FOLDER for
    anything that datasets loads, with --map. Conversations become records with history; what no record can hold lies in
    OUT/rejected with the reason. Then: vlit-hub show, score, filter, card, push OUT.

    Examples:

      vlit-hub import llava llava_instruct_150k.json --images train2014/ -o llava/

      vlit-hub import trl train.parquet --license MIT -o chats/

      vlit-hub import hf:ada/signs --map instruction=question,response=answer,images=photo -o signs/
    """
    if out is None:
        raise UsageError("where to? Give a folder: -o DIR.")
    format, _, place = format.partition(":")
    if bool(place) == bool(file):
        raise UsageError(f"what to import? Give one file: vlit-hub import {format} FILE -o {out}")
    for flag, value, known in (
        ("--on-error", on_error, ("skip", "fail")),
        ("--system", system, ("reject", "drop", "prepend")),
    ):
        if value not in known:
            raise UsageError(f"{flag} {value}: there are {', '.join(known)}.")
    from vlit_hub import plugin_manager
    from vlit_hub.errors import UnknownName
    from vlit_hub.importing.boxes import NOTATIONS
    from vlit_hub.importing.importer import Origin
    from vlit_hub.importing.running import ImportOptions, import_dataset

    importer = plugin_manager.get_importer(format)
    notations = [part.strip() for part in (boxes or "").split(",") if part.strip()]
    for notation in notations:
        if notation not in NOTATIONS:
            raise UnknownName("notation of boxes", notation, NOTATIONS)
    found = import_dataset(
        importer,
        Origin(place or str(file), split, config, _columns(columns)),
        out,
        ImportOptions(
            images=tuple(folder.expanduser() for folder in images or ()),
            task=task,
            license=license,
            image_license=image_license,
            on_error=on_error,  # type: ignore[arg-type]  # checked above
            require_photos=require_photos,
            embed_images=embed_images,
            system=system,  # type: ignore[arg-type]
            boxes=tuple(notations),
        ),
        repo_id=f"{namespace}/{out.resolve().name}",
        name=name,
        force=force,
    )
    if json:
        print(json_module.dumps(found.build, indent=2, ensure_ascii=False))
    else:
        _print(found.build, out)


def _columns(text: str | None) -> dict[str, str]:
    """`a=b,c=d` as a mapping."""
    found = {}
    for pair in (text or "").split(","):
        what, equals, column = (part.strip() for part in pair.partition("="))
        if pair.strip():
            if not (what and equals and column):
                raise UsageError(f"--map {text}: must be instruction=COLUMN,response=COLUMN,...")
            found[what] = column
    return found


def _print(build: Mapping[str, Any], out: Path) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    counts = build["counts"]
    for split, found in build["splits"].items():
        console.print(f"{split}: {found['records']:,} records of {counts['conversations']:,} conversations")
        console.print(f"  tasks: {', '.join(f'{task} {count:,}' for task, count in found['tasks'].items())}")
        images = f"{found['images']:,} images, {found['images_with_photo']:,} with photo"
        console.print(f"  {images}; {found['records_with_photo']:,} records have their photos")
        reasons: dict[str, int] = {}
        for counted in found["rejected"].values():
            for reason, count in counted.items():
                reasons[reason] = reasons.get(reason, 0) + count
        most = sorted(reasons.items(), key=lambda row: (-row[1], row[0]))
        for reason, count in most[:_REASONS]:
            console.print(f"  rejected: {count:,}: {reason}")
        if len(most) > _REASONS:
            console.print(f"  rejected: {len(most) - _REASONS} more reasons, in build.json")
    for what, text in _BOXES.items():
        if counts[what]:
            console.print(f"  {counts[what]:,} {text}")
    console.print(f"written to {out}. Next: vlit-hub show {out}")


_BOXES = {
    "boxes_as_regions": "boxes in texts are regions too",
    "boxes_without_size": "boxes are in texts alone: their photo's size isn't known (--images)",
    "boxes_of_several_photos": "boxes are in texts alone: which of several photos they are in isn't told",
    "boxes_outside": "boxes are in texts alone: they lie outside their photo, or end before they begin",
}
