"""The folder that a build ends in: Parquet shards, README.md, build.json, and what was rejected.

README.md                      YAML configs, so that `load_dataset(<folder>)` and the Hub find the files
build.json                     versions, options, digests of every input, counts
images.parquet                 a row an image: size, licence, URL, and the name of its photo here
data/train-00000-of-00012.parquet
rejected/train-00000.parquet   drafts that became no record, with the reason; annotations.parquet: what the sources left out
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from vlit_hub import __version__, readme
from vlit_hub.building.command import portable, rebuild_command
from vlit_hub.dataset.configs import loading_configs
from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.building.gathering import Gathered
    from vlit_hub.building.plan import Plan
    from vlit_hub.building.shards import Shard, Tally

__all__ = ["BUILD_FILE", "IMAGES_FILE", "README", "check_target", "finish", "is_build", "read_build"]

BUILD_FILE = "build.json"
IMAGES_FILE = "images.parquet"
README = "README.md"


@dataclass(frozen=True)
class _Split:
    shards: list[Shard]
    tallies: list[Tally]


def is_build(folder: Path) -> bool:
    """Whether a build was written there."""
    return (folder / BUILD_FILE).is_file()


def read_build(folder: Path) -> dict[str, Any]:
    """The content of a build's `build.json`."""
    return dict(json.loads((folder / BUILD_FILE).read_text()))


def check_target(folder: Path) -> None:
    """Refuse to write over what isn't a build.

    Raises:
        UsageError: The folder holds something else.
        InputError: Its README.md is broken, so that what people wrote there would be lost.
    """
    if folder.exists() and not is_build(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and isn't a build. Choose another with --out DIR.")
    readme.read(folder / README)


def finish(
    folder: Path, work: Path, repo_id: str, plan: Plan, gathered: Gathered, tallies: Mapping[Shard, Tally]
) -> None:
    """Turn the work folder, in which all shards are finished, into the build's folder.

    The old folder, if any, is there until the new one is complete. What people wrote into its README.md is taken over.
    """
    splits = _by_split(tallies)
    for split in splits.values():
        whole = [(shard, tally) for shard, tally in zip(split.shards, split.tallies, strict=True) if tally.records]
        for number, (shard, _) in enumerate(whole):
            name = f"{shard.split}-{number:05d}-of-{len(whole):05d}.parquet"
            (work / "data" / f"{shard.name}.parquet").replace(work / "data" / name)
        for shard, tally in zip(split.shards, split.tallies, strict=True):
            if not tally.records:
                (work / "data" / f"{shard.name}.parquet").unlink(missing_ok=True)
    _write_left_out(work / "rejected", gathered.annotations.rejected)
    _write_images(work / IMAGES_FILE, gathered.annotations.images)
    build = describe(repo_id, plan, gathered, splits)
    (work / BUILD_FILE).write_text(json.dumps(build, indent=2, ensure_ascii=False) + "\n")
    (work / README).write_text(_readme(repo_id, build, work, folder / README), encoding="utf-8")
    for leftover in ("frames", "tally"):
        shutil.rmtree(work / leftover, ignore_errors=True)
    (work / "job.json").unlink(missing_ok=True)
    (work / "state").unlink(missing_ok=True)
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    scores = (
        folder / "quality"
    )  # what was measured is found by the shards' content, so that of the same shards is right still
    if scores.is_dir() and not (work / scores.name).exists():
        scores.replace(work / scores.name)
    if folder.exists():
        folder.replace(old)
    work.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def describe(repo_id: str, plan: Plan, gathered: Gathered, splits: Mapping[str, _Split]) -> dict[str, Any]:
    """What `build.json` says: all that is needed to judge the build and to make it again; no path of this machine."""
    options = plan.options
    return {
        "format": 1,
        "vlit_hub": __version__,
        "repo_id": repo_id,
        "builder": {
            "name": plan.builder.name,
            "version": str(plan.builder.VERSION),
            "description": " ".join((plan.builder.__doc__ or "").split()),
        },
        "command": rebuild_command(plan),
        "fingerprint": plan.fingerprint,
        "strategy": {
            "name": plan.strategy.name,
            "version": plan.strategy.version,
            "description": " ".join((type(plan.strategy).__doc__ or "").split()),
            "options": portable(plan.strategy_options.model_dump(mode="json")),
        },
        "options": {
            "splits": options.splits,
            "on_error": options.on_error,
            "embed_images": options.embed_images,
            "require_photos": options.require_photos,
            "verify_photos": options.verify_photos,
        },
        "sources": [
            {
                "name": source.name,
                "version": source.version,
                "license": source.license,
                "url": source.url,
                "citation": source.citation,
                "files": [
                    {"name": file.name, "split": file.split, "digest": plan.digests[file]}
                    for file in sorted(plan.files[source.name], key=lambda file: file.name)
                ],
            }
            for source in plan.sources
        ],
        "counts": gathered.counts,
        "image_licenses": _counts(gathered.annotations.images, "license"),
        # without the box or the size that the reason goes on to name
        "left_out": _counts(
            gathered.annotations.rejected.with_columns(pl.col("reason").str.replace(r"[:,] .*$", "")), "reason"
        ),
        "splits": {name: _split_summary(split, gathered) for name, split in splits.items()},
    }


def _by_split(tallies: Mapping[Shard, Tally]) -> dict[str, _Split]:
    splits: dict[str, _Split] = {}
    for shard, tally in tallies.items():
        split = splits.setdefault(shard.split, _Split([], []))
        split.shards.append(shard)
        split.tallies.append(tally)
    return splits


def _split_summary(split: _Split, gathered: Gathered) -> dict[str, Any]:
    images = gathered.annotations.images.filter(pl.col("split") == split.shards[0].split)
    rejected: dict[str, Counter[str]] = {}
    for tally in split.tallies:
        for task, reasons in tally.rejected.items():
            rejected.setdefault(task, Counter()).update(reasons)
    return {
        "records": sum(tally.records for tally in split.tallies),
        "images": len(images),
        "images_with_photo": len(images) - images["photo"].null_count(),
        "records_with_photo": sum(tally.photos for tally in split.tallies),
        "tasks": dict(sorted(sum((Counter(tally.tasks) for tally in split.tallies), Counter()).items())),
        "rejected": {task: dict(sorted(reasons.items())) for task, reasons in sorted(rejected.items())},
        "capped": sum(tally.capped for tally in split.tallies),
        "shards": sum(tally.records > 0 for tally in split.tallies),
    }


def _counts(frame: pl.DataFrame, column: str) -> dict[str, int]:
    counted = frame.group_by(pl.col(column).fill_null("unknown")).len().sort(column)
    return dict(counted.iter_rows())


def _write_left_out(folder: Path, rejected: pl.DataFrame) -> None:
    if len(rejected):
        folder.mkdir(exist_ok=True)
        rejected.write_parquet(folder / "annotations.parquet")


def _write_images(path: Path, images: pl.DataFrame) -> None:
    """What is known of each image that records may be of; of its photo the name alone, since this file is published."""
    names = ["split", "image_key", "file_name", "width", "height", "license", "url"]
    usable = images.filter(pl.col("photo_fault").is_null())
    name = pl.col("photo").str.extract(r"([^/\\]+)$")
    usable.select(*names, name).write_parquet(path, compression="zstd")


def _readme(repo_id: str, build: Mapping[str, Any], work: Path, there: Path) -> str:
    """The README.md that makes the folder load; `vlit-hub card` writes the whole card."""
    made: Sequence[str] = [name for name, split in build["splits"].items() if split["records"]]
    front = {
        "pretty_name": repo_id.split("/")[-1],
        "configs": loading_configs({name: sorted((work / "data").glob(f"{name}-*.parquet")) for name in made}),
    }
    rows = [f"| {name} | {build['splits'][name]['records']:,} | {build['splits'][name]['images']:,} |" for name in made]
    title = (
        f"# {repo_id}\n\n"
        f"Vision-language instruction data, built by vlit-hub {build['vlit_hub']} with the strategy "
        f"`{build['strategy']['name']}`. `build.json` has the options, the digest of every input, and all counts."
    )
    counts = "\n".join(["| split | records | images |", "| --- | ---: | ---: |", *rows])
    new = readme.compose(front, {"title": title, "counts": counts})
    return readme.merge(readme.read(there), new).text
