"""`vlit-hub export`."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.export.exporter import Export, Exporter

__all__ = ["export"]


def export(
    name: Annotated[str | None, typer.Argument(help="A dataset built here, or a dataset's folder.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The format: see --list.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write.")] = None,
    images: Annotated[
        str | None, typer.Option(help="Photos: link, copy, embed, url or none. [default: as --list says]")
    ] = None,
    split: Annotated[str | None, typer.Option(help="One split only. [default: all]")] = None,
    boxes: Annotated[
        str, typer.Option(help="Boxes in texts: keep, pixels, unit, thousand, or objects (swift).")
    ] = "keep",
    on_unfit: Annotated[
        str, typer.Option(help="What the format can't hold: reject it with the reason, or fail there.")
    ] = "reject",
    shard_size: Annotated[
        int | None, typer.Option(min=1, help="Records of a file. [default: one file a split, or as the format needs]")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="KEY=VALUE", help="An option of the format: see --list.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an export that is there.")] = False,
    list_formats: Annotated[bool, typer.Option("--list", help="Show the formats and their options.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Write a dataset in the format that a trainer reads.

    A record becomes a whole conversation. Photos are hard links in OUT/images, if the format allows it. What the format can't
    hold lies in OUT/rejected.jsonl with the reason; OUT/README.md has the command to train. A run that was stopped goes on
    where it was.

    Examples:

      vlit-hub export coco_aa --to trl -o coco_aa_trl

      vlit-hub export mix/ --to llama-factory --split train -o out/

      vlit-hub export mix/ --to swift --boxes objects --images copy -o out/
    """
    from vlit_hub import plugin_manager

    if list_formats:
        _print_formats(plugin_manager.exporters(), json)
        return
    if name is None or to is None or out is None:
        raise UsageError("give a dataset, --to FORMAT and --out DIR; --list shows the formats.")
    if on_unfit not in ("reject", "fail"):
        raise UsageError(f"--on-unfit {on_unfit}: there are reject and fail.")
    options = {}
    for pair in option or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--option {pair}: write it as KEY=VALUE.")
        options[key.replace("-", "_")] = value
    exporter = plugin_manager.get_exporter(to)

    from vlit_hub.dataset.reading import find_dataset
    from vlit_hub.export.engine import Settings, as_json
    from vlit_hub.export.engine import export as run

    settings = Settings(images, split, boxes, on_unfit == "fail", shard_size, options, force)
    done = run(find_dataset(name), exporter, out, settings)
    if json:
        print(json_module.dumps(as_json(done), indent=2, ensure_ascii=False))
    else:
        _print(done, exporter, out)


def _print(done: Export, exporter: Exporter, out: Path) -> None:
    for split in done.splits:
        print(f"{split.name}: {split.samples:,} conversations in {out / split.path}")
    if done.photos:
        how = {"link": "linked", "copy": "copied", "embed": "in the files"}[done.job.images]
        print(f"photos: {done.photos:,}, {how}")
    if done.linked_by_name:
        print(
            f"{done.linked_by_name:,} photos are symbolic links, since they lie on another file system or may not be linked; "
            "they end with the originals: --images copy"
        )
    for what, count in done.counts.items():
        print(f"{count:,} {what}")
    if done.rejected:
        print(f"rejected: {sum(done.rejected.values()):,} of {done.read:,} records; see {out / 'rejected.jsonl'}")
        for reason, count in done.rejected.items():
            print(f"  {count:,}: {reason}")
    print(f"how to train with {exporter.trainer}: {out / 'README.md'}")


def _print_formats(exporters: dict[str, Exporter], json: bool) -> None:
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "trainer": one.trainer,
            "images": list(one.images),
            "boxes": list(one.boxes),
            "most_images": one.most_images,
            "interleaved": one.interleaved,
            "shardable": one.shardable,
            "options": {key: field.description for key, field in one.Options.model_fields.items()},
        }
        for one in exporters.values()
    ]
    if json:
        print(json_module.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        print(f"{row['name']}: {row['title']}")
        print(
            f"    --images {', '.join(_first_is_default(row['images']))}; --boxes {', '.join(_first_is_default(row['boxes']))}"
        )
        options: dict[str, Any] = row["options"]  # type: ignore[assignment]
        for key, told in options.items():
            print(f"    --option {key}=...: {told}")


def _first_is_default(names: Any) -> list[str]:
    return [f"{name} (default)" if place == 0 else name for place, name in enumerate(names)]
