"""Dataset cards: the YAML at the head of README.md, read and checked (parsed with PyYAML, as the client does)."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.hub import refusals
from tests.hub.store import Commit, Repo
from tests.hub.wire import Reply, Request, json_reply, route

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_STRINGS = ("pretty_name", "license_name", "license_link", "viewer")
_LISTS = """
    annotations_creators language language_creators license multilinguality size_categories source_datasets tags
    task_categories task_ids
"""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*|code|multilingual")
_SIZES = """
    n<1K 1K<n<10K 10K<n<100K 100K<n<1M 1M<n<10M 10M<n<100M 100M<n<1B 1B<n<10B 10B<n<100B 100B<n<1T n>1T
"""
# The common ones; the Hub's own list is longer.
_LICENSES = """
    apache-2.0 mit openrail bigscience-openrail-m bsd bsd-2-clause bsd-3-clause cc cc0-1.0 cc-by-2.0 cc-by-2.5
    cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
    cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-permissive-1.0 cdla-permissive-2.0
    cdla-sharing-1.0 gpl gpl-2.0 gpl-3.0 lgpl lgpl-3.0 agpl-3.0 mpl-2.0 odbl odc-by pddl unlicense wtfpl c-uda unknown
    other
"""


def check(text: str) -> tuple[list[str], list[str]]:
    """Errors and warnings of a card's YAML: its syntax, and the fields whose values the Hub restricts."""
    match = _FRONT.match(text)
    if match is None:
        return [], ["empty or missing yaml metadata in repo card"]
    try:
        data = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        return [f"YAML: {' '.join(str(error).split())}"], []
    if data is None:
        return [], ["empty or missing yaml metadata in repo card"]
    if not isinstance(data, dict):
        return ["The YAML metadata must be a mapping"], []
    return _check_fields(data)


def _check_fields(data: dict[Any, Any]) -> tuple[list[str], list[str]]:
    errors, warnings = [], []
    errors += [f'"{name}" must be a string' for name in _STRINGS if not isinstance(data.get(name, ""), str | bool)]
    values: dict[str, list[Any]] = {}
    for name in _LISTS.split():
        given = data.get(name, [])
        values[name] = given if isinstance(given, list) else [given]
        errors += [
            f'"{name}" must be a string or a list of strings' for item in values[name] if not isinstance(item, str)
        ]
    errors += [
        f'"license" must be one of the known ones, not "{item}"'
        for item in values["license"]
        if item not in _LICENSES.split()
    ]
    errors += [
        f'"language" must be an ISO 639 code, not "{item}"'
        for item in values["language"]
        if not _LANGUAGE.fullmatch(str(item))
    ]
    warnings += [
        f'"{item}" is not one of the size categories'
        for item in values["size_categories"]
        if item not in _SIZES.split()
    ]
    errors += _check_configs(data.get("configs", []))
    return errors, warnings


def _check_configs(configs: Any) -> list[str]:
    if not isinstance(configs, list) or not all(isinstance(item, dict) for item in configs):
        return ['"configs" must be a list of mappings']
    errors = []
    names = [item.get("config_name", "default") for item in configs]
    errors += [
        f'"configs[{i}].config_name" must be a string' for i, name in enumerate(names) if not isinstance(name, str)
    ]
    errors += [
        f'"configs" names "{name}" twice'
        for name in dict.fromkeys(map(str, names))
        if list(map(str, names)).count(name) > 1
    ]
    if sum(item.get("default") is True for item in configs) > 1:
        errors.append('Only one of "configs" can be the default')
    for i, item in enumerate(configs):
        files = item.get("data_files", [])
        if isinstance(files, list) and not all(
            isinstance(row, str) or (isinstance(row, dict) and {"split", "path"} <= row.keys()) for row in files
        ):
            errors.append(f'"configs[{i}].data_files" must be paths, or have "split" and "path"')
        elif not isinstance(files, list | str | dict):
            errors.append(f'"configs[{i}].data_files" must be a path, a list or a mapping')
    return errors


@route("POST", "/api/validate-yaml")
def validate(request: Request) -> Reply:
    errors, warnings = check(str(request.json().get("content", "")))
    answer = {"errors": [{"message": text} for text in errors], "warnings": [{"message": text} for text in warnings]}
    return json_reply(answer, 400 if errors else 200)


def require_valid(data: bytes) -> None:
    """Refuse the commit of a README.md that the Hub would refuse."""
    errors, _ = check(data.decode("utf-8", errors="replace"))
    if errors:
        raise refusals.bad_request("Invalid metadata in README.md. " + " ".join(errors))


def metadata(repo: Repo, commit: Commit) -> dict[str, Any]:
    """The YAML of the commit's README.md, {} where there is none that can be read."""
    entry = commit.tree.get("README.md")
    match = _FRONT.match(repo.path(entry).read_text(encoding="utf-8", errors="replace")) if entry else None
    try:
        data = yaml.safe_load(match[1]) if match else {}
    except yaml.YAMLError:
        return {}
    return data if isinstance(data, dict) else {}


def tags(card: dict[str, Any]) -> list[str]:
    """The tags by which the Hub filters, made of the card's YAML."""
    result = []
    for name in ("task_categories", "task_ids", "language", "license", "size_categories"):
        values = card.get(name) or []
        result += [f"{name}:{value}" for value in (values if isinstance(values, list) else [values])]
    return result + list(card.get("tags") or [])
