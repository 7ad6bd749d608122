"""One commit, whatever happens on the way.

The client retries uploads, never the commit: a commit whose answer got lost may have landed, and sent again it would be a
second one. So after every failure the repository is looked at anew, and what still has to change is worked out from what
is there: nothing, if the commit did land. That makes a second attempt, a run after a kill, and a push of unchanged content
the same thing.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete

from vlit_hub.errors import HubError, InputError
from vlit_hub.publishing.card import CARD
from vlit_hub.publishing.changes import Changes
from vlit_hub.publishing.hub_errors import CLIENT_ERRORS, UploadBroke, asked_to_wait, passes
from vlit_hub.publishing.planning import Plan
from vlit_hub.publishing.repository import KIND, Repository, State

__all__ = ["Committed", "Target", "carry_out", "persist"]

T = TypeVar("T")

ATTEMPTS = 6
LONGEST_WAIT = 900  # seconds; the Hub's windows for rate limits are of 300

# A .gitignore in the repository would leave files out of the commit, silently.
_IGNORE_NOTHING = "# every file counts\n"


@dataclass(frozen=True)
class Target:
    """Where a commit goes.

    Attributes:
        revision: A branch, or a pull request's reference.
        opens: Whether the commit opens a pull request onto that branch.
        page: Of the pull request that is open already.
    """

    revision: str
    opens: bool = False
    page: str | None = None


@dataclass(frozen=True)
class Committed:
    """What came of it.

    Attributes:
        plan: The last one.
        commit: The commit that holds the dataset now; it isn't new where the plan had nothing to change.
        page: Of the pull request, if it is one.
    """

    plan: Plan
    commit: str
    page: str | None


def carry_out(
    repository: Repository,
    find_target: Callable[[], Target],
    make_plan: Callable[[State], Plan],
    message: Callable[[Changes], str],
    say: Callable[[str], None],
) -> Committed:
    """Commit, and try again while the Hub is busy or somebody else commits.

    Args:
        repository: Where to.
        find_target: Says where the commit goes; asked before each attempt, since an attempt may have opened a pull request.
        make_plan: Works out what to change, from what is there; asked before each attempt.
        message: Words the commit; the first line is the title of a pull request.
        say: Told of every wait.

    Raises:
        HubError: Somebody else changed the dataset's files meanwhile.
        InputError: The Hub refuses the card.
    """
    first: Plan | None = None

    def attempt() -> Committed:
        nonlocal first
        target = find_target()
        plan = make_plan(repository.state(target.revision))
        if first is not None and plan.changes:
            _check_undisturbed(repository, first.state, plan)
        first = first or plan
        if not plan.changes:
            return Committed(plan, plan.state.commit, target.page)
        commit, page = _commit(repository, target, plan, message(plan.changes), say)
        return Committed(plan, commit, page or target.page)

    return persist(attempt, say)


def persist(attempt: Callable[[], T], say: Callable[[str], None], *, first_contact: bool = False) -> T:
    """Do something with the Hub, and do it again while it fails for a reason that passes.

    Args:
        attempt: May be done several times over.
        say: Told of every wait.
        first_contact: Give up at once where the Hub can't be reached.
    """
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except CLIENT_ERRORS as error:
            wait = asked_to_wait(error)
            wait = min(2**number, 30) if wait is None else wait
            unreachable = first_contact and isinstance(error, httpx2.TransportError | ConnectionError)
            if unreachable or not passes(error) or number == ATTEMPTS - 1 or wait > LONGEST_WAIT:
                raise
            say(f"{_named(error)}; trying again in {wait} s")
            time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _commit(
    repository: Repository, target: Target, plan: Plan, message: str, say: Callable[[str], None]
) -> tuple[str, str | None]:
    additions = [file.operation for file in plan.changes.add]
    title, _, description = message.partition("\n")
    _upload(repository, target, additions)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            done = repository.api.create_commit(
                repository.repo_id,
                [*additions, *(CommitOperationDelete(path, is_folder=False) for path in plan.changes.delete)],
                commit_message=title,
                commit_description=description.strip(),
                repo_type=KIND,
                revision=target.revision,
                create_pr=target.opens,
                parent_commit=plan.state.commit,
            )
        except json.JSONDecodeError as error:
            # the client looks into the answer about the card before it looks whether there is one
            raise ConnectionError("the Hub's answer isn't readable") from error
        except ValueError as error:
            if not str(error).startswith("Invalid metadata"):
                raise
            raise InputError(CARD, f"the Hub refuses it: {' '.join(str(error).split())}", "Mend its YAML.") from None
    for warning in caught:
        if CARD in str(warning.message):  # the Hub's doubts about the card; anything else is between the client's parts
            say(" ".join(str(warning.message).split()))
    return done.oid, done.pr_url


def _upload(repository: Repository, target: Target, additions: list[CommitOperationAdd]) -> None:
    """Send the content of files that isn't there yet. The client tries each several times; that isn't repeated here."""
    try:
        repository.api.preupload_lfs_files(
            repository.repo_id,
            additions,
            repo_type=KIND,
            revision=target.revision,
            create_pr=target.opens,
            free_memory=False,
            gitignore_content=_IGNORE_NOTHING,
        )
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
        raise UploadBroke(error) from error


def _check_undisturbed(repository: Repository, before: State, plan: Plan) -> None:
    """Refuse to write over what somebody else pushed since the first look; an edit of the card is merged instead."""
    now = plan.state
    paths = plan.paths - {CARD}
    changed = sorted(path for path in paths if before.files.get(path) != now.files.get(path))
    if changed:
        raise HubError(
            f"{repository.repo_id}: somebody else changed {changed[0]}"
            + (f" and {len(changed) - 1} files more" if len(changed) > 1 else "")
            + " while this push was under way. Look at it, then run the same command again."
        )


def _named(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"the Hub answered {response.status_code}" if response is not None else "the connection broke"
