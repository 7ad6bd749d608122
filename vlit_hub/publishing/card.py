"""The dataset card: README.md with its plots and examples, LICENSE.md and croissant.json, made of a dataset's folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vlit_hub import readme
from vlit_hub.atomic import write_aside
from vlit_hub.building.output import IMAGES_FILE
from vlit_hub.publishing import croissant, plots
from vlit_hub.publishing.examples import Example, make_examples
from vlit_hub.publishing.folder import DatasetFolder, open_folder
from vlit_hub.publishing.licenses import License, describe, strictest
from vlit_hub.publishing.limits import license_notes, limits
from vlit_hub.publishing.measuring import measure
from vlit_hub.publishing.metadata import make_metadata
from vlit_hub.publishing.rendering import cell, code, pipes, render_blocks, render_template
from vlit_hub.publishing.sections import SectionText, plugin_sections
from vlit_hub.publishing.summary import Counted, Summary, summarise
from vlit_hub.records import BASE_INDICATORS

__all__ = ["CARD", "CROISSANT", "LICENSE", "LICENSE_MARK", "CardFiles", "Written", "make_card", "write_card"]

CARD = "README.md"
LICENSE = "LICENSE.md"
CROISSANT = "croissant.json"

_SECTIONS_AFTER = "limits"  # where plugins' sections stand
LICENSE_MARK = "<!-- vlit-hub writes this file; take this line out to keep it as it is -->\n"
_PICTURE = re.compile(r"(?:\]\(|src=\")((?:plots|examples)/[\w.-]+)")
_PHOTO_LINES = {
    "embedded": "{with_photo} of {records} records have theirs in the Parquet files",
    "address": "{with_photo} of {records} records link theirs by web address",
    "file": "not in the files, which have only their paths on the machine that built them; `source.file_names` and "
    "`source.image_ids` name them",
    "none": "not in the files; `source.file_names` and `source.image_ids` name them",
}
_PHOTO_FIELDS = {
    "embedded": "the photos, as `datasets.Image`; empty where there is none",
    "address": "web addresses of the photos, as `datasets.Image`, which fetches them; empty where there is none",
    "file": "the photos, as `datasets.Image`, once they are put there (see [Load it](#load-it))",
    "none": "empty here; see [Load it](#load-it)",
}
_COUNTED = {
    "split_conflicts": "images that sources put into different splits; the first source of the builder decided",
    "photos_found": "images whose photo was found",
    "photos_missing": "images whose photo wasn't found",
    "photos_unreadable": "images whose photo can't be read; their records were rejected",
    "photos_unfit": "images whose photo doesn't fit the annotations; their records were rejected",
    "photos_grayscale": "photos in shades of gray",
    "photos_cmyk": "photos in CMYK colors",
    "photos_exif_rotated": "photos that have to be turned upright, as their EXIF data say",
}


@dataclass(frozen=True)
class CardFiles:
    """A card that was made and isn't written yet.

    Attributes:
        text: README.md, of generated parts alone: `vlit_hub.readme.merge` brings in what people wrote.
        files: What lies beside it, by its path in the dataset's folder: plots, examples, LICENSE.md, croissant.json.
    """

    text: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Written:
    """A card that was written.

    Attributes:
        folder: Where.
        files: Paths in the folder, README.md first.
        kept: What somebody had changed and was therefore left as it was.
    """

    folder: Path
    files: tuple[str, ...]
    kept: tuple[str, ...]


def make_card(folder: DatasetFolder, repo_id: str | None = None) -> CardFiles:
    """Compute the card of a dataset; the same data gives the same bytes.

    Args:
        folder: The dataset.
        repo_id: The Hub name that the card tells readers to load; the one of the build if none.

    Raises:
        InputError: A Parquet file can't be read.
    """
    repo_id = repo_id or folder.repo_id
    found = measure(folder)
    summary = summarise(folder, found)
    examples = make_examples(found.examples, (task.name for task in summary.tasks))
    sections = plugin_sections(folder, summary)
    files: dict[str, bytes] = {
        "plots/tasks.png": plots.plot_tasks(summary),
        "plots/lengths.png": plots.plot_lengths(summary),
    }
    if quality := plots.plot_quality(summary, found.numbers):
        files["plots/quality.png"] = quality
    files |= {example.picture: example.copy for example in examples if example.copy}
    for section in sections.values():
        files |= section.files
    metadata = make_metadata(folder, summary, found.arrow_bytes, repo_id)
    context = _context(folder, summary, examples, repo_id, "plots/quality.png" in files)
    context["license_tables"] = license_tables = _license_tables(summary)
    blocks = _with_sections(render_blocks("README.md.jinja", context), sections)
    head = f"{LICENSE_MARK}\n# Licences of {repo_id}\n\n"
    files[LICENSE] = (head + license_tables + "\n").encode()
    files[CROISSANT] = croissant.make_croissant(folder, summary, repo_id, metadata, str(context["description"]))
    return CardFiles(readme.compose(metadata, blocks), files)


def write_card(path: Path, repo_id: str | None = None, *, force: bool = False) -> Written:
    """Compute the card of the dataset in a folder and write it there, with what people wrote into the one that is there.

    Args:
        path: The dataset's folder.
        repo_id: As in `make_card`.
        force: Replace generated parts that somebody edited; `vlit_hub.readme.merge` says what else.

    Raises:
        InputError: The folder holds no dataset; README.md has broken YAML; a file can't be read or written.
    """
    folder = open_folder(path)
    there = path / CARD
    old = readme.read(there)  # one that can't be merged is told before the work, not after it
    card = make_card(folder, repo_id)
    merged = readme.merge(old, card.text, force=force)
    files, kept = dict(card.files), list(merged.kept)
    license_file = path / LICENSE
    if license_file.exists() and not license_file.read_text(encoding="utf-8").startswith(LICENSE_MARK) and not force:
        del files[LICENSE]
        kept.append(LICENSE)
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        write_aside(path / name, data)
    write_aside(there, merged.text.encode())
    shown = set(_PICTURE.findall(merged.text))
    for block in readme.parse(old).blocks.values():
        for name in set(_PICTURE.findall(block.text)) - shown:
            (path / name).unlink(missing_ok=True)
    return Written(path, (CARD, *sorted(files)), tuple(kept))


def _with_sections(blocks: dict[str, str], sections: Mapping[str, SectionText]) -> dict[str, str]:
    whole = {}
    for name, text in blocks.items():
        whole[name] = text
        if name == _SECTIONS_AFTER:
            whole |= {f"section-{own}": section.markdown for own, section in sections.items()}
    return whole


def _context(
    folder: DatasetFolder, summary: Summary, examples: Sequence[Example], repo_id: str, has_quality_plot: bool
) -> dict[str, Any]:
    """What the template is filled in from."""
    build = {"vlit_hub": "", "builder": None, "sources": [], "command": "", **folder.build}
    strategy = build.get("strategy")
    sources = build["sources"]
    splits = build.get("splits", {})
    mixed = build.get("mixed_from", [])
    numbers = {"records": f"{summary.records:,}", "with_photo": f"{summary.records_with_photo:,}"}
    return {
        "s": summary,
        "build": build,
        "name": repo_id.split("/")[-1],
        "repo_id": repo_id,
        "description": (build["builder"] or {}).get("description", "")
        or "Vision-language instruction data: instructions, images and responses.",
        "source_names": ", ".join(cell(one["dataset"]) for one in mixed)
        or ", ".join(
            f"[{cell(source['name'])}]({source['url']})" if source["url"] else cell(source["name"])
            for source in sources
        )
        or ", ".join(cell(source.name) for source in summary.sources),
        "strategy_names": ", ".join(pipes(code(one.name)) for one in summary.strategies),
        "photo_line": _PHOTO_LINES[summary.photos].format_map(numbers),
        "photo_field": _PHOTO_FIELDS[summary.photos],
        "photo_column": "records whose photo was there" if summary.photos == "file" else "records with a photo",
        "license_line": _license_line,
        "examples": examples,
        "pictured": any(example.copy for example in examples),
        "boxed": any(example.copy and example.record["regions"] for example in examples),
        "record_counts": {source.name: source.count for source in summary.sources},
        "strategy": {"description": "", **strategy} if strategy else None,
        "options": [
            (key, ", ".join(value) if isinstance(value, list) else value)
            for key, value in ((strategy or {}).get("options", {})).items()
            if value is not None and not mixed
        ],
        "mixed": _mixed(mixed),
        "recipe": yaml.safe_dump(strategy["options"], sort_keys=False, allow_unicode=True)
        if strategy and mixed
        else "",
        "strictest": [
            (what, strictest(counted.name for _, counted in rows), any(not license.known for license, _ in rows))
            for what, rows in (("annotations", summary.annotation_licenses), ("photos", summary.image_licenses))
        ],
        "settled": [
            (_COUNTED.get(what, what.replace("_", " ")), count)
            for what, count in build.get("counts", {}).items()
            if count
        ],
        "has_quality_plot": has_quality_plot,
        "has_images_file": (folder.path / IMAGES_FILE).is_file(),
        "only_base_indicators": set(folder.indicators) == set(BASE_INDICATORS),
        "boxes_in_text": summary.records_with_regions and "box_format" in (strategy or {}).get("options", {}),
        "rejected": _rejected(splits),
        "rejected_splits": list(splits),
        "left_out": sorted(build.get("left_out", {}).items(), key=lambda row: (-row[1], row[0])),
        "capped": sum(split.get("capped", 0) for split in splits.values()),
        "limits": limits(summary),
        "interleaved": any(one.name == "interleaved" for one in summary.granularities),
        "uneven": summary.tasks[0].records > 2 * summary.tasks[-1].records,
        "inputs": [(source["name"], file) for source in sources for file in source["files"]],
        "citations": list(dict.fromkeys(source["citation"] for source in sources if source.get("citation"))),
    }


def _mixed(datasets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The datasets of a mix, with their share of its records, the names of their licences, and why records were left out."""
    whole = sum(one["records"] for one in datasets)
    return [
        {
            **one,
            "share": one["records"] / whole,
            "annotations": ", ".join(describe(name).name for name in one["licenses"]),
            "photos": ", ".join(describe(name).name for name in one["image_licenses"]),
            "reasons": ", ".join(f"{reason} ({count:,})" for reason, count in one["left_out"].items()),
        }
        for one in datasets
    ]


def _rejected(splits: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, list[int]]]:
    """Reason, task, and how many in each split; the most frequent first."""
    pairs = {
        (reason, task)
        for split in splits.values()
        for task, reasons in split.get("rejected", {}).items()
        for reason in reasons
    }
    rows = [
        (reason, task, [split.get("rejected", {}).get(task, {}).get(reason, 0) for split in splits.values()])
        for reason, task in sorted(pairs)
    ]
    return sorted(rows, key=lambda row: -sum(row[2]))


def _license_line(rows: Sequence[tuple[License, Counted]], whole: str) -> str:
    """The one licence there is, or how many there are."""
    if not rows:
        return f"no {whole}"
    license, counted = rows[0]
    if len(rows) == 1:
        return f"[{license.name}]({license.url})" if license.url else cell(license.name)
    several = f"{len(rows)} different ones, the most frequent {cell(license.name)} ({counted.count:,} {whole})"
    return f"{several}; see [Licences](#licences)"


def _license_tables(summary: Summary) -> str:
    which = "they" if summary.records_with_photo == summary.records else "some"
    photos = {
        "embedded": f"{which} are part of the files",
        "address": f"the files link {which.replace('they', 'them')}",
        "file": "they are not part of the files",
        "none": "they are not part of the files",
    }[summary.photos]
    return render_template(
        "licences.md.jinja",
        {
            "annotations": summary.annotation_licenses,
            "images": summary.image_licenses,
            "photos": photos,
            "published": summary.published_photos if summary.photos in ("embedded", "address") else None,
            "notes": "\n".join(f"- {note}" for note in license_notes(summary)),
        },
    ).strip("\n")
