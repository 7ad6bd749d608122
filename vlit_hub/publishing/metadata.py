"""The YAML of a card: what the Hub filters by, and what `load_dataset` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vlit_hub.dataset.configs import loading_configs
from vlit_hub.publishing.folder import DatasetFolder
from vlit_hub.publishing.hub_terms import size_category, task_terms
from vlit_hub.publishing.licenses import for_hub
from vlit_hub.publishing.summary import Summary
from vlit_hub.records import BASE_INDICATORS, features

__all__ = ["make_features", "make_metadata"]

_TAGS = ("vision-language", "visual-instruction-tuning", "vlit-hub")


def make_metadata(
    folder: DatasetFolder, summary: Summary, arrow_bytes: Mapping[str, int], repo_id: str
) -> dict[str, Any]:
    """The YAML's keys and values, in the order in which the Hub's own template has them.

    Only what is known: no `language` where the texts don't tell it.
    """
    words = task_terms(task.name for task in summary.tasks)
    licenses = [license.id for license, _ in (*summary.annotation_licenses, *summary.image_licenses)]
    written = ["found"] + ["machine-generated"] * bool(summary.generated)
    tags = [*_TAGS, *words.tags, *(["synthetic"] * bool(summary.generated))]
    metadata: dict[str, Any] = {"pretty_name": repo_id.split("/")[-1]}
    if summary.language:
        metadata["language"] = [summary.language]
        metadata["multilinguality"] = ["monolingual"]
    metadata |= for_hub(licenses)
    metadata |= {
        "annotations_creators": written,
        "language_creators": list(written),
        "size_categories": [size_category(summary.records)],
        "source_datasets": [f"extended|other-{source.name.replace('_', '-')}" for source in summary.sources],
        "task_categories": list(words.categories),
    }
    if words.ids:
        metadata["task_ids"] = list(words.ids)
    return metadata | {
        "tags": tags,
        "configs": loading_configs({name: [file.path for file in files] for name, files in folder.splits.items()}),
        "dataset_info": _dataset_info(folder, arrow_bytes),
    }


def _dataset_info(folder: DatasetFolder, arrow_bytes: Mapping[str, int]) -> dict[str, Any]:
    """Features and sizes, which `load_dataset` would otherwise read from the files; it checks the counts against them.

    Args:
        folder: The dataset.
        arrow_bytes: The size of each split in memory.
    """
    splits = [
        {"name": name, "num_bytes": arrow_bytes[name], "num_examples": sum(file.rows for file in files)}
        for name, files in folder.splits.items()
    ]
    return {
        "features": make_features(folder),
        "splits": splits,
        "download_size": sum(file.size for file in folder.files),
        "dataset_size": sum(arrow_bytes.values()),
    }


def make_features(folder: DatasetFolder) -> list[dict[str, Any]]:
    """The records' `datasets.Features` as YAML has them."""
    extra = {name: field.type for name, field in folder.indicators.items() if name not in BASE_INDICATORS}
    found: list[dict[str, Any]] = features(extra)._to_yaml_list()
    return found
