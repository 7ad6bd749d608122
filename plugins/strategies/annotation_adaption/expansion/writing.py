"""The files of an expanded pool: what was taken, for `-o pools=...`, and beside it what wasn't, with the reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from vlit_hub.atomic import write_aside
from vlit_hub.drafting.pool_files import REJECTED
from vlit_hub.plugins.strategies.annotation_adaption.expansion.expanding import Expansion
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec

__all__ = ["rejected_file", "write"]

_WIDE = 1 << 16  # an instruction a line


def rejected_file(path: Path) -> Path:
    """Where the rejected instructions of a pool file go."""
    return path.with_name(f"{path.stem}{REJECTED}")


def write(path: Path, spec: PoolSpec, expansion: Expansion, origin: str) -> None:
    """Write the pool file, which extends the pool; and the rejected ones, or no file where there are none.

    Args:
        path: Of the pool file; its folder is made.
        spec: The pool's.
        expansion: What to write.
        origin: One line on who wrote it, for its head.
    """
    content: dict[str, Any] = {"task": spec.task}
    if spec.kind:
        content["kind"] = spec.kind
    content["extend"] = True
    content |= {style: {"instructions": taken} for style, taken in expansion.taken.items() if taken}
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = rejected_file(path)
    if expansion.rejected:
        entries = [
            {"style": one.style, "instruction": one.instruction, "reason": one.reason} for one in expansion.rejected
        ]
        write_aside(aside, _yaml(f"Not taken into {path.name}. {origin}", entries))
    else:
        aside.unlink(missing_ok=True)
    write_aside(path, _yaml(f"{origin} Checked by rule, not by people: read it before you train on it.", content))


def _yaml(head: str, content: Any) -> bytes:
    body = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_WIDE)
    return f"# {head}\n{body}".encode()
