"""README.md of an export: what it has, how to train with it, under which licences, and what it lacks."""

from __future__ import annotations

from pathlib import Path

import yaml

from vlit_hub import __version__
from vlit_hub.export.exporter import BoxMode, Export, Exporter, ImageMode, Split
from vlit_hub.publishing.licenses import describe
from vlit_hub.publishing.rendering import cell

__all__ = ["write_readme"]

_PHOTOS: dict[ImageMode, str] = {
    "link": "`images/` has hard links: the photos stay when the originals are deleted, and take no space of their own. Who "
    "changes a file in place changes both; `cp -rL` makes copies. Photos that the dataset has embedded are files of their own.",
    "copy": "`images/` has copies.",
    "embed": "They are in the samples' files.",
    "url": "The samples have their URLs, from which the trainer fetches them.",
    "none": "They aren't here: the samples have the names that the annotations have, for a folder of photos that you have.",
}
_BOXES: dict[BoxMode, str] = {
    "keep": "",
    "pixels": "Boxes in texts are in pixels of the upright photo.",
    "unit": "Boxes in texts go from 0 to 1, in shares of the photo's width and height.",
    "thousand": "Boxes in texts go from 0 to 1000, relative to the photo's size.",
    "objects": "The places of boxes in texts are `<bbox>`; the boxes are in `objects`, in pixels of the upright photo.",
}


def write_readme(path: Path, exporter: Exporter, export: Export) -> None:
    """Write it."""
    sections = [
        f"# {export.dataset}, for {exporter.trainer}",
        f"{export.samples:,} of {export.read:,} records, exported by vlit-hub {__version__} as `{exporter.name}` "
        f"({exporter.title}).",
        f"## Train\n\n{exporter.guide(export)}",
        _contents(export),
        _licences(export),
        _rejected(export),
    ]
    front = yaml.safe_dump({"configs": _configs(exporter, export)}, sort_keys=False)
    body = "\n\n".join(section for section in sections if section)
    path.write_text(f"---\n{front}---\n\n{body}\n", encoding="utf-8")


def _configs(exporter: Exporter, export: Export) -> list[dict[str, object]]:
    """Which files `load_dataset(FOLDER)` opens: those of one kind, since others have other columns.

    Its cache goes by the folder's name and these entries, not by the files: the description tells one export from another.
    """
    about = f"vlit-hub export {export.fingerprint}"
    kinds: dict[str, list[dict[str, str]]] = {}
    for split in export.splits:
        for kind, path in sorted(_paths(exporter, split).items()):
            kinds.setdefault(kind, []).append({"split": split.name, "path": path})
    if len(kinds) == 1:
        [files] = kinds.values()
        return [{"config_name": "default", "default": True, "description": about, "data_files": files}]
    return [{"config_name": kind, "description": about, "data_files": files} for kind, files in sorted(kinds.items())]


def _paths(exporter: Exporter, split: Split) -> dict[str, str]:
    """The split's file, or the pattern of its shards, of each kind."""
    if exporter.sorts:
        names = (Path(file).name.removeprefix(f"{split.name}-") for file in split.files)
        return {kind: f"{split.name}/{split.name}-{kind}-*" for kind in (name.rsplit("-", 3)[0] for name in names)}
    return {"": split.path if len(split.files) == 1 and "/" not in split.files[0] else f"{split.path}/*"}


def _contents(export: Export) -> str:
    lines = ["## What is here", "", "| split | samples | files |", "| --- | ---: | --- |"]
    for split in export.splits:
        files = f"`{split.files[0]}`" + (f" and {len(split.files) - 1:,} more" if len(split.files) > 1 else "")
        lines.append(f"| {split.name} | {split.samples:,} | {files} |")
    told = [_PHOTOS[export.job.images]]
    if export.photos:
        told.insert(0, f"{export.photos:,} photos.")
    if export.linked_by_name:
        told.append(
            f"{export.linked_by_name:,} are symbolic links, since the originals lie on another file system or may not be linked: "
            "those end with the originals."
        )
    texts = [" ".join(told), _BOXES[export.job.boxes], *(f"{count:,} {name}." for name, count in export.counts.items())]
    return "\n".join(lines) + "\n\n" + "\n\n".join(text for text in texts if text)


def _licences(export: Export) -> str:
    lines = ["## Licences", "", "| of | licence | asks | samples |", "| --- | --- | --- | ---: |"]
    for kind, title in (("annotations", "annotations"), ("images", "photos")):
        for name, count in export.licenses[kind].items():
            parts = [describe(part) for part in name.split(" AND ")]
            named = " and ".join(f"[{one.name}]({one.url})" if one.url else cell(one.name) for one in parts)
            asks = "; ".join(dict.fromkeys(one.conditions for one in parts))
            lines.append(f"| {title} | {named} | {asks} | {count:,} |")
    return "\n".join(lines)


def _rejected(export: Export) -> str:
    if not export.rejected:
        return ""
    lines = ["## Rejected", "", "`rejected.jsonl` names each record.", "", "| reason | records |", "| --- | ---: |"]
    lines += [f"| {cell(reason)} | {count:,} |" for reason, count in export.rejected.items()]
    return "\n".join(lines)
