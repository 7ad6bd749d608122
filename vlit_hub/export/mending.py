"""What a user can do about records that a format can't hold."""

from __future__ import annotations

from collections.abc import Mapping

from vlit_hub import plugin_manager
from vlit_hub.errors import UsageError
from vlit_hub.export.exporter import Exporter
from vlit_hub.export.turns import ABSENT, WITHIN

__all__ = ["mend", "none_fits"]


def mend(reason: str) -> str:
    """What to do, as a sentence."""
    if reason.startswith("it shows more than"):
        return f"Export to a format that holds several photos: {_names(lambda one: one.most_images is None)}."
    if reason == WITHIN:
        return f"Export to a format in which photos may stand within the text: {_names(lambda one: one.interleaved)}."
    if "taken for something else" in reason:
        return "Escape it with --option literal=escape."
    if reason == ABSENT:
        return "Build the dataset with its photos, or name them only: --images none."
    if "marks" in reason or "a turn of it" in reason:
        return "Mend the record."
    return "Put the photo back, or leave such records out: --on-unfit reject."


def none_fits(exporter: Exporter, rejected: Mapping[str, int]) -> UsageError:
    """The error that says that nothing is left."""
    reasons = sorted(rejected.items(), key=lambda pair: (-pair[1], pair[0]))
    told = "; ".join(f"{count:,}: {reason}" for reason, count in reasons[:3])
    return UsageError(
        f"{exporter.name} can hold none of the records, nothing was written ({told}). {mend(reasons[0][0])}"
    )


def _names(can: object) -> str:
    assert callable(can)
    return ", ".join(name for name, one in plugin_manager.exporters().items() if can(one))
