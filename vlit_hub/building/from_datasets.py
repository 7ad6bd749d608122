"""Writes what a `DatasetStrategy` makes: a folder, as `vlit-hub build` gives folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vlit_hub.dataset.folder import FolderWriter
from vlit_hub.strategy import DatasetPlan, DatasetStrategy

__all__ = ["write_folder"]


def write_folder(
    strategy: DatasetStrategy,
    plan: DatasetPlan,
    out: Path,
    repo_id: str,
    *,
    command: str,
    builder: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a dataset's folder, which is whole or not there.

    Args:
        strategy: It.
        plan: What it is about to make.
        out: The folder; `vlit_hub.dataset.folder.check_out` says whether it may be written.
        repo_id: Its Hub name.
        command: The command that makes it again.
        builder: The builder, for build.json; None where there is none.

    Returns:
        The content of build.json.

    Raises:
        VlitHubError: The records can't be made or written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with FolderWriter(out) as writer:
        told = dict(plan.write(writer))
        told["strategy"] = {
            "name": strategy.name,
            "version": strategy.version,
            "description": " ".join((type(strategy).__doc__ or "").split()),
            **told.get("strategy", {}),
        }
        about = {"repo_id": repo_id, "builder": builder, "command": command, "fingerprint": plan.fingerprint}
        return writer.finish({**about, **told}, plan.about)
