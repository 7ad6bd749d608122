"""What a push changes, worked out from what the repository holds now: the card merged, files of others left alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vlit_hub import readme
from vlit_hub.building.output import BUILD_FILE
from vlit_hub.errors import HubError, InputError
from vlit_hub.publishing.card import CARD, LICENSE, LICENSE_MARK
from vlit_hub.publishing.changes import Changes, OutgoingFile, compare, earlier_push, find_strangers
from vlit_hub.publishing.contents import card_faults
from vlit_hub.publishing.preparing import Prepared
from vlit_hub.publishing.repository import Repository, State

__all__ = ["Plan", "Planner", "refuse_strangers"]


@dataclass(frozen=True)
class Plan:
    """What is to be changed.

    Attributes:
        state: What it was worked out from; the commit goes through only on top of it.
        changes: The changes.
        paths: Of all files of the dataset, those included that an earlier push put there.
        card_diff: The change of README.md, as a unified diff; empty where there is none yet.
        card_kept: What of README.md people had changed online and stays as it is.
        beside: Somebody else's files, which are left alone.
    """

    state: State
    changes: Changes
    paths: frozenset[str]
    card_diff: str
    card_kept: tuple[str, ...]
    beside: tuple[str, ...]


class Planner:
    """Works out plans for one dataset.

    Args:
        repository: Where it goes.
        prepared: The dataset as it is published.
        files: All its files.
        force: Take a repository that holds somebody else's files.
        say: Told what is doubtful about a card that people wrote into online.
    """

    def __init__(
        self,
        repository: Repository,
        prepared: Prepared,
        files: Sequence[OutgoingFile],
        force: bool,
        say: Callable[[str], None],
    ) -> None:
        self.repository = repository
        self.prepared = prepared
        self.files = files
        self.force = force
        self.say = say
        self._told: set[str] = set()

    def plan(self, state: State) -> Plan:
        """What makes the repository hold the dataset, as it is now.

        Raises:
            InputError: The card online has broken YAML.
            HubError: The repository holds somebody else's files.
        """
        card, diff, kept = self._merge_card(state)
        files = [card if file.path == CARD else file for file in self.files]
        if self._has_own_license(state):
            files = [file for file in files if file.path != LICENSE]
        ours, beside = refuse_strangers(self.repository, files, state, self.force)
        # a part of the card that people edited may show an earlier picture
        shown = {path for path in ours if path.endswith((".png", ".jpg")) and path.encode() in card.data}
        changes = compare(files, state.files, ours.difference(shown, {LICENSE}).intersection(state.files))
        return Plan(state, changes, frozenset(ours.union(file.path for file in files)), diff, kept, beside)

    def _merge_card(self, state: State) -> tuple[OutgoingFile, str, tuple[str, ...]]:
        """The card with what people wrote into the one online, the change as a diff, and what of theirs stays."""
        new = next(file for file in self.files if file.path == CARD)
        old = self.repository.read(CARD, state.commit) if CARD in state.files else ""
        try:
            merged = readme.merge(old, new.data.decode())
        except InputError as error:  # not of the new one, which was checked
            raise InputError(f"{CARD} of {self.repository.repo_id}", error.reason, error.mend) from None
        card = OutgoingFile(CARD, merged.text.encode())
        if card.data not in (new.data, old.encode()):
            faults = card_faults(self.prepared, [card, *(file for file in self.files if file is not new)], state.files)
            for fault in faults:
                if fault not in self._told:  # there may be several attempts
                    self.say(f"doubtful, as people wrote it online: {fault}")
            self._told.update(faults)
        names = (f"{CARD} (online)", f"{CARD} (pushed)")
        lines = difflib.unified_diff(old.splitlines(), merged.text.splitlines(), *names, lineterm="")
        return card, "\n".join(lines) if old else "", merged.kept

    def _has_own_license(self, state: State) -> bool:
        """Whether people wrote the LICENSE.md online, which is left to them then."""
        return LICENSE in state.files and not self.repository.read(LICENSE, state.commit).startswith(LICENSE_MARK)


def refuse_strangers(
    repository: Repository, files: Sequence[OutgoingFile], state: State, force: bool
) -> tuple[set[str], tuple[str, ...]]:
    """The files in a repository that a push may write over or delete, and those of others.

    Raises:
        HubError: Files of others are in the way.
    """
    earlier = earlier_push(repository.read(BUILD_FILE, state.commit) if BUILD_FILE in state.files else None)
    found = find_strangers(files, state.files, earlier)
    if found.in_the_way and not force:
        more = f" and {len(found.in_the_way) - 1} more" if len(found.in_the_way) > 1 else ""
        raise HubError(
            f"{repository.repo_id} holds files that vlit-hub didn't push: {found.in_the_way[0]}{more}. Choose another "
            "--repo-id, or pass --force: it replaces files of the same names and leaves the others."
        )
    return {*(earlier or ()), *found.replaced}, found.beside
