"""The command that makes a build again, for `build.json` and the dataset card."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vlit_hub.building.plan import Plan

__all__ = ["portable", "rebuild_command"]


def rebuild_command(plan: Plan) -> str:
    """The `vlit-hub build` call with every option of the strategy in full, so that later defaults don't change it.

    Folders of this machine are left out: the data folder is called DATA, other files and folders go by their names.
    """
    options = plan.options
    words = ["vlit-hub", "build", plan.builder.name, "--data-dir", "DATA"]
    for source, files in sorted(options.files.items()):
        for file in files:
            words += ["--file", f"{source}={file.name}"]
    if options.splits:
        words += ["--split", ",".join(options.splits)]
    given = plan.strategy_options.model_dump(mode="json")
    for name in type(plan.strategy_options).model_fields:
        value = portable(given.get(name))
        if value is None:
            continue
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        words += [f"--{name.replace('_', '-')}", text] if name in _OWN else ["-o", f"{name}={text}"]
    if options.on_error != "fail":
        words += ["--on-error", options.on_error]
    for flag in ("embed_images", "require_photos", "verify_photos"):
        if getattr(options, flag):
            words.append(f"--{flag.replace('_', '-')}")
    return shlex.join(words)


def portable(value: Any) -> Any:
    """An option's value without folders of this machine: what is a file or folder here goes by its name."""
    if isinstance(value, list):
        return [portable(one) for one in value]
    if isinstance(value, dict):
        return {key: portable(one) for key, one in value.items()}
    if isinstance(value, str) and "/" in value and Path(value).expanduser().exists():
        return Path(value).name
    return value


_OWN = ("tasks", "per_image", "seed")  # options of every strategy have flags of their own
