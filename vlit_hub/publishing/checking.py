"""Whether a dataset's card holds: what the Hub asks of its YAML, and whether it agrees with the files. Without network.

The Hub's own check (`DatasetCard.validate`) asks a server, and looks at the YAML alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from vlit_hub import readme
from vlit_hub.errors import InputError
from vlit_hub.publishing.card import CARD
from vlit_hub.publishing.folder import DatasetFolder
from vlit_hub.publishing.hub_terms import size_category, terms
from vlit_hub.publishing.metadata import make_features
from vlit_hub.readme import Card

__all__ = ["check_card"]

# The Hub gives no number, but answers "413 Payload Too Large" to large cards (github.com/embeddings-benchmark/mteb/issues/1892).
_LARGEST_CARD = 1_000_000
_LARGEST_YAML = 500_000

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*|code|multilingual")
_SPLIT = re.compile(r"\w+(?:\.\w+)*")  # as `datasets.NamedSplit` has it
_LINK = re.compile(r"(?:\]\(|(?:src|href)=\")(?!https?:|#|mailto:)([^)\s\"]+)")
_PLACEHOLDER = "[More Information Needed]"

_STRINGS = ("pretty_name", "license_name", "license_link")
_NEEDED = ("license", "task_categories", "size_categories", "configs")


def check_card(folder: DatasetFolder) -> list[str]:
    """The faults of a dataset's README.md, a line each: `README.md: line 5: ...`; none where it is good."""
    file = folder.path / CARD
    if not file.exists():
        return [f"{CARD}: is missing. Run: vlit-hub card {folder.path}"]
    try:
        text = readme.read(file)
    except InputError as error:
        return [str(error)]
    card = readme.parse(text)
    faults = (*_text(folder.path, text, card), *_values(folder, card), *_configs(folder, card), *_info(folder, card))
    return [f"{CARD}: {fault}" for fault in faults]


def _text(folder: Path, text: str, card: Card) -> Iterator[str]:
    """Sizes, links, and what a template left open."""
    if len(text.encode()) > _LARGEST_CARD:
        yield f"has {len(text.encode()):,} bytes; the Hub refuses cards of over about {_LARGEST_CARD:,}"
    if (size := len("".join(card.front.texts.values()).encode())) > _LARGEST_YAML:
        yield f"has {size:,} bytes of YAML; the Hub refuses more than about {_LARGEST_YAML:,}"
    for number, line in enumerate(text.splitlines(), 1):
        if _PLACEHOLDER in line:
            yield f"line {number}: {_PLACEHOLDER} is left from a template"
        for link in _LINK.findall(line):
            if not (folder / link.split("#")[0]).exists():
                yield f"line {number}: links to {link}, which isn't there"


def _values(folder: DatasetFolder, card: Card) -> Iterator[str]:
    """What the Hub restricts."""
    known = terms()
    allowed: Mapping[str, Callable[[str], bool]] = {
        "language": lambda value: _LANGUAGE.fullmatch(value) is not None,
        "license": known.licenses.__contains__,
        "task_categories": known.task_categories.__contains__,
        "task_ids": known.task_ids.__contains__,
        "annotations_creators": known.annotations_creators.__contains__,
        "language_creators": known.language_creators.__contains__,
        "multilinguality": known.multilinguality.__contains__,
        "size_categories": known.size_categories.__contains__,
        "source_datasets": bool,
        "tags": bool,
    }
    values = card.front.values
    yield from (f"the YAML lacks the key `{key}`" for key in _NEEDED if key not in values)
    for key in _STRINGS:
        if key in values and not isinstance(values[key], str):
            yield f"{_at(card, key)}: {values[key]!r} is no text"
    for key, allows in allowed.items():
        given = values.get(key, [])
        for value in given if isinstance(given, list) else [given]:
            if not isinstance(value, str) or not allows(value):
                hint = " (write it in quotes)" if isinstance(value, bool) else ""
                yield f"{_at(card, key)}: the Hub doesn't know {value!r}{hint}"
    if "other" in (given := values.get("license", [])) or given == "other":
        yield from (f"`license` is other, but there is no `{key}`" for key in _STRINGS[1:] if key not in values)
    link = values.get("license_link")
    if isinstance(link, str) and not link.startswith("http") and not (folder.path / link).is_file():
        yield f"{_at(card, 'license_link')}: {link} is neither an address nor a file that is there"
    right = size_category(sum(file.rows for file in folder.files))
    if values.get("size_categories", [right]) not in ([right], right):
        yield f"{_at(card, 'size_categories')}: the files have so many records that it is {right}"


def _configs(folder: DatasetFolder, card: Card) -> Iterator[str]:
    """That there is one default, and every pattern finds files."""
    if "configs" not in card.front.values:
        return
    given = card.front.values["configs"]
    at = _at(card, "configs")
    if not isinstance(given, list) or not all(isinstance(config, dict) for config in given):
        yield f"{at}: is no list of configurations"
        return
    names = [config.get("config_name", "default") for config in given]
    yield from (f"{at}: {name!r} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1)
    defaults = sum(config.get("default") is True for config in given)
    if defaults != 1:
        yield f"{at}: {defaults} of the configurations have `default: true`; it must be one"
    paths = sorted(str(file.relative_to(folder.path).as_posix()) for file in folder.path.rglob("*") if file.is_file())
    found = set()
    for name, config in zip(names, given, strict=True):
        for split, pattern in _data_files(config.get("data_files")):
            hits = [path for path in paths if fnmatch(path, pattern)]
            found.update(hits)
            if not hits:
                yield f"{at}: {name}: no file is named {pattern}"
            if not _SPLIT.fullmatch(split):
                yield f"{at}: {name}: {split!r} can't be the name of a split"
    for file in folder.files:
        path = file.path.relative_to(folder.path).as_posix()
        if path not in found:
            yield f"{at}: no configuration has {path}"


def _data_files(given: Any) -> Iterator[tuple[str, str]]:
    """Splits and patterns of `data_files`, in each of the ways that it may be written."""
    for row in given if isinstance(given, list) else [given]:
        if isinstance(row, dict):
            pairs = [(row["split"], row["path"])] if {"split", "path"} <= row.keys() else list(row.items())
            for split, patterns in pairs:
                yield from ((str(split), str(one)) for one in (patterns if isinstance(patterns, list) else [patterns]))
        else:
            yield "train", str(row)


def _info(folder: DatasetFolder, card: Card) -> Iterator[str]:
    """That sizes and features are those of the files."""
    given = card.front.values.get("dataset_info")
    if given is None:
        return
    at = _at(card, "dataset_info")
    infos = [info for info in (given if isinstance(given, list) else [given]) if isinstance(info, dict)]
    info = next((info for info in infos if info.get("config_name", "default") == "default"), None)
    if info is None:
        yield f"{at}: says nothing of the configuration `default`"
        return
    splits = {split.get("name"): split for split in info.get("splits", []) if isinstance(split, dict)}
    for name, files in folder.splits.items():
        rows = sum(file.rows for file in files)
        if name not in splits:
            yield f"{at}: lacks the split {name}"
        elif splits[name].get("num_examples") != rows:
            yield f"{at}: {name} has {rows} records, not {splits[name].get('num_examples')}"
    yield from (f"{at}: there is no split {name}" for name in splits if name not in folder.splits)
    size = sum(file.size for file in folder.files)
    if info.get("download_size") != size:
        yield f"{at}: download_size is {size}, not {info.get('download_size')}"
    if info.get("dataset_size") != sum(split.get("num_bytes", 0) for split in splits.values()):
        yield f"{at}: dataset_size isn't the sum of the splits' num_bytes"
    if info.get("features") != make_features(folder):
        yield f"{at}: the features aren't those of the files"


def _at(card: Card, key: str) -> str:
    line = card.front.lines.get(key)
    return f"line {line}: {key}" if line else key
