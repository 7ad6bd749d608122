"""Croissant metadata: the dataset described in JSON-LD for search engines and for tools of other frameworks.

Written by ourselves after version 1.0 of the format (docs.mlcommons.org/croissant/docs/croissant-spec.html), so that no
extra is needed; `validate` asks the reference implementation, mlcroissant.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from vlit_hub.errors import MissingExtra
from vlit_hub.publishing.folder import DatasetFolder
from vlit_hub.publishing.licenses import describe
from vlit_hub.publishing.limits import limits
from vlit_hub.publishing.summary import Summary

__all__ = ["make_croissant", "validate"]

_HUB = "https://huggingface.co/datasets"
_FILES = "parquet-files"
_RECORDS = "records"
_PAPER = "https://openreview.net/forum?id=ul2tbUPtIQ"

_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "conformsTo": "dct:conformsTo",
    **{term: f"cr:{term}" for term in _TERMS},
}
_PHOTOS = {"embedded": "sc:ImageObject", "address": "sc:URL"}
_TYPES = (
    (pa.types.is_boolean, "sc:Boolean"),
    (pa.types.is_integer, "sc:Integer"),
    (pa.types.is_floating, "sc:Float"),
    (pa.types.is_string, "sc:Text"),
)


def make_croissant(
    folder: DatasetFolder, summary: Summary, repo_id: str, metadata: Mapping[str, Any], description: str
) -> bytes:
    """The content of croissant.json.

    Args:
        folder: The dataset.
        summary: Its numbers.
        repo_id: Its Hub name.
        metadata: The card's YAML.
        description: What the dataset is, in a sentence.
    """
    address = f"{_HUB}/{repo_id}"
    repository = {
        "@type": "cr:FileObject",
        "@id": "repo",
        "name": "repo",
        "description": "The dataset's git repository on the Hub.",
        "contentUrl": address,
        "encodingFormat": "git+https",
        # of a repository there is no digest; the Hub's own files say it in the same way
        "sha256": "https://github.com/mlcommons/croissant/issues/80",
    }
    files = {
        "@type": "cr:FileSet",
        "@id": _FILES,
        "name": _FILES,
        "description": f"{len(folder.files)} Parquet files: {', '.join(folder.splits)}.",
        "containedIn": {"@id": "repo"},
        "encodingFormat": "application/x-parquet",
        "includes": "data/*.parquet",
    }
    records = {
        "@type": "cr:RecordSet",
        "@id": _RECORDS,
        "name": _RECORDS,
        "description": f"{summary.records} records on {summary.images} images.",
        "field": [_field(field, _RECORDS, field.name, (), summary.photos) for field in folder.schema],
    }
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": repo_id.split("/")[-1],
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "description": description,
        "url": address,
        "license": _licenses(summary),
        "keywords": metadata["tags"],
        "citeAs": _PAPER,
        **({"inLanguage": summary.language} if summary.language else {}),
        "rai:dataLimitations": limits(summary),
        "distribution": [repository, files],
        "recordSet": records,
    }
    if builder := folder.build.get("builder"):
        document["version"] = builder["version"]
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def validate(file: Path) -> list[str]:
    """What mlcroissant finds wrong with a croissant.json, a line each. Its recommendations aren't faults.

    Raises:
        MissingExtra: mlcroissant isn't installed.
    """
    try:
        import mlcroissant
    except ImportError:
        raise MissingExtra(f"checking {file.name}", "croissant") from None
    log = logging.getLogger("absl")  # where it prints its recommendations
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        mlcroissant.Dataset(json.loads(file.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        return [f"{file.name}: line {error.lineno}: {error.msg}"]
    except mlcroissant.ValidationError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        return [f"{file.name}: {line.strip(' -')}" for line in lines if line.startswith("-")] or [
            f"{file.name}: {lines[0]}"
        ]
    finally:
        log.setLevel(level)
    return []


def _licenses(summary: Summary) -> list[str]:
    """Addresses of all licences, of annotations and photos; names where there is no address."""
    names = (license for license, _ in (*summary.annotation_licenses, *summary.image_licenses))
    return list(dict.fromkeys(license.url or describe(license.id).name for license in names))


def _field(field: pa.Field, parent: str, column: str, steps: tuple[str, ...], photos: str) -> dict[str, Any]:
    """A column, or a field within one.

    Args:
        field: Its Arrow field.
        parent: The id of what holds it.
        column: The column that it is in.
        steps: JSON paths that lead to it from the column, each from an element of the list that the one before it ends in.
        photos: Where photos are, as in `Summary.photos`.
    """
    kind, repeated = field.type, False
    while pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        kind, repeated = kind.value_type, True
    found: dict[str, Any] = {"@type": "cr:Field", "@id": f"{parent}/{field.name}", "name": field.name}
    if repeated:
        found["repeated"] = True
    if pa.types.is_struct(kind) and [inner.name for inner in kind] == ["bytes", "path"]:  # a photo
        steps, term = (*steps, "bytes" if photos == "embedded" else "path"), _PHOTOS.get(photos, "sc:Text")
    elif pa.types.is_struct(kind):
        # within a list a new step begins; within a struct the path goes on
        whole, last = (steps, "") if repeated or not steps else (steps[:-1], f"{steps[-1]}.")
        found["subField"] = [_field(inner, found["@id"], column, (*whole, last + inner.name), photos) for inner in kind]
        return found
    else:
        term = next((term for fits, term in _TYPES if fits(kind)), "sc:Text")
    found["dataType"] = term
    found["source"] = {"fileSet": {"@id": _FILES}, "extract": {"column": column}}
    if steps:
        found["source"]["transform"] = [{"jsonPath": step} for step in steps]
    return found
