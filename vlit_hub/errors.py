"""Errors that a user can mend. The command line prints them in one line, without a traceback.

VlitHubError                 exit code 1
├── InputError               a file or a record is wrong: names file, record, reason and mend
├── RecordError              a record breaks its definition: names record and field
├── PluginError              a plugin can't be loaded, or two claim one name
├── HubError                 the Hub refuses, or can't be reached
├── ModelError               a language model's server refuses, can't be reached, or isn't one
├── StoreError               the response store can't be read or written
├── BudgetReached            --max-cost is reached: says what was spent and what is left
├── BatchPending             batches of requests aren't finished yet: the same command collects them; exit code 3
├── RequestsFailed           some requests to a language model failed at every try; the others are answered
├── MissingExtra             an optional dependency isn't installed: names the command that installs it
└── UsageError               the call itself is wrong; exit code 2
    └── UnknownName          no builder, strategy, source or task of that name; suggests the nearest
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BatchPending",
    "BudgetReached",
    "HubError",
    "InputError",
    "MissingExtra",
    "ModelError",
    "PluginError",
    "RecordError",
    "RequestsFailed",
    "StoreError",
    "UnknownName",
    "UsageError",
    "VlitHubError",
]


class VlitHubError(Exception):
    """Something that the user can mend; the message says how."""

    exit_code = 1


class InputError(VlitHubError):
    """Input that can't be used: `file: reason. mend`.

    Args:
        file: The file (or folder) at fault, as the user would name it.
        reason: What is wrong, naming the record where there is one.
        mend: What to do, as a sentence; may name the next command.
    """

    def __init__(self, file: object, reason: str, mend: str = "") -> None:
        self.file = str(file)
        self.reason = reason
        self.mend = mend
        end = "" if reason.endswith(("?", ".")) else "."
        super().__init__(f"{self.file}: {reason}{end}" + (f" {mend}" if mend else ""))


class RecordError(VlitHubError):
    """A record that breaks the definition in `vlit_hub.records`.

    Args:
        record: The record's id, or `record N` (counted from 0) where it has none.
        field: The field at fault, dotted (`source.image_ids`).
        reason: What is wrong with it.
    """

    def __init__(self, record: str, field: str, reason: str) -> None:
        self.record = record
        self.field = field
        self.reason = reason
        super().__init__(f"{record}: {field}: {reason}")


class PluginError(VlitHubError):
    """A plugin that can't be loaded or clashes with another."""


class HubError(VlitHubError):
    """The Hugging Face Hub refuses, or can't be reached."""


class ModelError(VlitHubError):
    """A language model's server refuses, can't be reached, or isn't one: asking on is in vain until that is mended."""


class StoreError(VlitHubError):
    """The response store can't be read or written: `file: reason. mend`.

    Args:
        file: The store's file.
        reason: What is wrong with it.
        mend: What to do, as a sentence.
    """

    def __init__(self, file: object, reason: str, mend: str) -> None:
        super().__init__(f"{file}: {reason}. {mend}")


class BudgetReached(VlitHubError):
    """`--max-cost` is reached. What was answered is stored."""


class BatchPending(VlitHubError):
    """Batches of requests that a server hasn't finished. Nothing is wrong: the same command collects them later."""

    exit_code = 3


class RequestsFailed(VlitHubError):
    """Requests to a language model that failed at every try. All others were answered and are stored."""


class MissingExtra(VlitHubError):
    """An optional dependency that isn't installed.

    Args:
        feature: What needs it, as the subject of a sentence.
        extra: The extra of vlit-hub that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'vlit-hub[{extra}]'")


class UsageError(VlitHubError):
    """A call with wrong arguments."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that nothing has, with the nearest that something has.

    Args:
        kind: What was looked for: `builder`, `task`, ...
        name: The name given.
        known: The names there are.
        listing: What to say instead of all names where none is near, if they are too many for a line.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], listing: str = "") -> None:
        names = sorted(known)
        folded = {known_name.casefold(): known_name for known_name in names}
        near = difflib.get_close_matches(name.casefold(), folded, n=1)
        hint = f"Did you mean {folded[near[0]]!r}?" if near else listing or f"There are: {', '.join(names) or 'none'}."
        super().__init__(f"no {kind} {name!r}. {hint}")
