"""`vlit-hub push`."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.publishing.push import PushOptions, PushResult

__all__ = ["push"]

_MOST = 20  # files that are listed


def push(
    name: Annotated[str, typer.Argument(help="A dataset built here, or its folder.")],
    repo_id: Annotated[str | None, typer.Option(help="NAMESPACE/NAME on the Hub. [default: as built]")] = None,
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    create_pr: Annotated[bool, typer.Option("--create-pr", help="Open a pull request.")] = False,
    revision: Annotated[str | None, typer.Option(help="Branch; made if it isn't there. [default: main]")] = None,
    tag: Annotated[str | None, typer.Option(help="Tag what is pushed.")] = None,
    images: Annotated[
        str | None, typer.Option(help="Photos: embed, url or none. [default: embed where there are some]")
    ] = None,
    allow_license: Annotated[
        list[str] | None, typer.Option(help="Embed photos of this licence too; several, or with commas.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Though the repository holds somebody else's files.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Publish a dataset on the Hugging Face Hub, as one commit.

    Log in first with: hf auth login (or set HF_TOKEN). What is there already isn't sent again.

    Examples:

      vlit-hub push coco_aa --repo-id me/coco_aa --dry-run

      vlit-hub push coco_aa --repo-id me/coco_aa --private --tag v1.0.0

      vlit-hub push ./some/folder --repo-id me/mine --images none
    """
    from vlit_hub.publishing.photo_modes import MODES
    from vlit_hub.publishing.push import PushOptions
    from vlit_hub.publishing.push import push as run

    mode = next((mode for mode in MODES if mode == images), None)
    if images is not None and mode is None:
        raise UsageError(f"--images {images}: there are {', '.join(MODES)}.")
    options = PushOptions(
        private=private,
        create_pr=create_pr,
        revision=revision,
        tag=tag,
        dry_run=dry_run,
        force=force,
        images=mode,
        allow_licenses=tuple(part.strip() for text in allow_license or [] for part in text.split(",") if part.strip()),
    )
    result = run(_folder(name), repo_id, options)
    if json:
        print(json_module.dumps(_plain(result), indent=2, ensure_ascii=False))
        return
    if dry_run:
        _print_changes(result)
    for line in _notes(result, options):
        print(line)


def _folder(name: str) -> Path:
    from vlit_hub.registry import find_folder

    try:
        return find_folder(name)
    except UsageError:
        if not Path(name).expanduser().exists():
            raise
        return Path(name).expanduser()  # no dataset: push says what it lacks


def _plain(result: PushResult) -> dict[str, Any]:
    return {
        "repo_id": result.repo_id,
        "url": result.url,
        "creates": result.creates,
        "commit": result.commit,
        "add": {file.path: file.size for file in result.changes.add},
        "delete": list(result.changes.delete),
        "same": result.changes.same,
        "images": result.images,
        "records": result.photos.records,
        "records_with_photo": result.photos.kept,
        "photos_left_out": dict(sorted(result.photos.refused.items())),
        "drawn_left_out": result.photos.drawn,
        "card_kept": list(result.card_kept),
        "card_diff": result.card_diff,
        "beside": list(result.beside),
    }


def _print_changes(result: PushResult) -> None:
    from rich.filesize import decimal

    for sign, paths in (
        ("add   ", [f"{file.path}  {decimal(file.size)}" for file in result.changes.add]),
        ("delete", list(result.changes.delete)),
    ):
        for path in paths[:_MOST]:
            print(f"{sign} {path}")
        if len(paths) > _MOST:
            print(f"{sign} and {len(paths) - _MOST:,} more")
    if result.card_diff:
        print(f"\n{result.card_diff}\n")


def _notes(result: PushResult, options: PushOptions) -> list[str]:
    from rich.filesize import decimal

    changes = result.changes
    what = f"{len(changes.add):,} files ({decimal(changes.bytes)})"
    what += f", {len(changes.delete):,} deleted, {changes.same:,} as they were"
    if options.dry_run:
        to = "a new repository" if result.creates else "the repository"
        first = f"nothing would change: {result.url}" if not changes else f"would push to {to} {result.repo_id}: {what}"
    else:
        first = f"up to date: {result.url}" if not changes else f"pushed {what}: {result.url}"
    lines = [first, *_photo_notes(result)]
    if result.card_kept:
        lines.append(f"kept in README.md, as people changed it online: {', '.join(result.card_kept)}")
    if result.beside:
        more = f" and {len(result.beside) - 3:,} more" if len(result.beside) > 3 else ""
        lines.append(f"left alone, not vlit-hub's: {', '.join(result.beside[:3])}{more}")
    if not options.dry_run and not options.create_pr:
        at = f', revision="{options.tag or options.revision}"' if options.tag or options.revision else ""
        lines.append(f'load it: load_dataset("{result.repo_id}"{at})')
    return lines


def _photo_notes(result: PushResult) -> list[str]:
    photos = result.photos
    how = {"embed": "with their photos", "url": "with their photos' URLs", "none": "with photos"}[result.images]
    lines = [f"records {how}: {photos.kept:,} of {photos.records:,}"]
    if photos.refused:
        named = ", ".join(f"{name} ({count:,})" for name, count in sorted(photos.refused.items()))
        lines.append(
            f"records without, since copies of the photo aren't allowed or its licence isn't known: {named}; "
            f"--allow-license {','.join(sorted(photos.refused))} embeds them on your word"
        )
    if photos.drawn:
        lines.append(
            f"records without, since their picture is a copy with regions drawn in, which has no URL: {photos.drawn:,}"
        )
    return lines
