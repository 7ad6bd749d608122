"""What build.json says of an import, and the command that repeats it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xxhash

from vlit_hub import __version__
from vlit_hub.builder import NAMESPACE
from vlit_hub.importing.importer import Importer, Origin
from vlit_hub.importing.options import ImportOptions
from vlit_hub.importing.recording import STRATEGY

__all__ = ["describe", "files_of", "stem"]


def files_of(importer: Importer, origin: Origin) -> list[dict[str, str]]:
    """Names, splits and digests of what is imported."""
    if importer.files is not None:
        return importer.files(origin)
    return [{"name": origin.file.name, "split": origin.split, "digest": origin.file.digest()}]


def describe(
    importer: Importer,
    origin: Origin,
    options: ImportOptions,
    files: list[dict[str, str]],
    repo_id: str,
    dataset: str,
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """What build.json says: all that is needed to judge the import and to make it again; no path of this machine."""
    how = {
        "dataset": dataset,
        "format": importer.name,
        "version": importer.version,
        "split": origin.split,
        "config": origin.config,
        "columns": dict(sorted(origin.columns.items())),
        "task": options.task,
        "on_error": options.on_error,
        "require_photos": options.require_photos,
        "embed_images": options.embed_images,
        "system": options.system,
        "boxes": list(options.boxes),
        "license": options.license,
        "image_license": options.image_license,
    }
    state = json.dumps([how, files, dict(counts)], sort_keys=True)
    source = {"name": dataset, "version": importer.version, "license": options.license, "url": "", "citation": ""}
    return {
        "repo_id": repo_id,
        "command": _command(importer, origin, options, repo_id, dataset),
        "fingerprint": xxhash.xxh3_64_hexdigest(f"{STRATEGY} {__version__} {state}".encode()),
        "imported": how,
        "options": {"embed_images": options.embed_images},
        "sources": [{**source, "files": files}],
        "counts": dict(counts),
    }


def _command(importer: Importer, origin: Origin, options: ImportOptions, repo_id: str, dataset: str) -> str:
    """The command that imports it again; folders of photos are called IMAGES, and files go by their names."""
    words = ["vlit-hub", "import"]
    place = Path(origin.place).expanduser()
    name = place.name if place.exists() else origin.place
    words += [importer.name, name] if importer.files is None else [f"{importer.name}:{name}"]
    words += [
        word for number in range(len(options.images)) for word in ("--images", f"IMAGES{number + 1 if number else ''}")
    ]
    if origin.columns:
        words += ["--map", ",".join(f"{what}={column}" for what, column in origin.columns.items())]
    given = {
        "--split": (origin.split, "train"),
        "--config": (origin.config, None),
        "--task": (options.task, None),
        "--license": (options.license, "unknown"),
        "--image-license": (options.image_license, None),
        "--on-error": (options.on_error, "skip"),
        "--system": (options.system, "reject"),
        "--boxes": (",".join(options.boxes), ""),
    }
    words += [word for flag, (value, usual) in given.items() if value != usual for word in (flag, str(value))]
    words += [flag for flag in ("--require-photos", "--embed-images") if getattr(options, flag[2:].replace("-", "_"))]
    namespace, _, called = repo_id.rpartition("/")
    words += ["--name", dataset] if dataset != stem(origin) else []
    words += ["--namespace", namespace] if namespace != NAMESPACE else []
    return shlex.join([*words, "-o", called])


def stem(origin: Origin) -> str:
    """The name of the file or repository, without folders and endings."""
    name = Path(origin.place).expanduser().resolve().name if Path(origin.place).exists() else origin.place
    return re.sub(r"(?:\.(?:json|jsonl|parquet|gz))+$", "", name.rpartition("/")[2])
