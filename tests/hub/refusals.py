"""Answers that refuse, worded and coded as the Hub does: the client picks its exception by these headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.hub.accounts import Token


class Refusal(Exception):
    """A request that is refused.

    Args:
        status: The HTTP status.
        message: For people; goes into the body and into `X-Error-Message` (all that a HEAD request shows).
        code: `X-Error-Code`, by which the client tells apart the kinds of 401, 403 and 404.
        body: Further members of the JSON body.
        headers: Further headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.code = code
        self.body = dict(body or {})
        self.headers = dict(headers or {})


def bad_token() -> Refusal:
    return Refusal(401, "Invalid credentials in Authorization header")


def repo_not_found(token: Token | None) -> Refusal:
    """A repository that isn't there, or that the asker may not know of: the Hub answers both alike.

    For https addresses the client takes any 401 for this; over plain http it needs the code, so it is always sent.
    """
    if token is None:
        return Refusal(401, "Invalid username or password.", "RepoNotFound")
    return Refusal(404, "Repository not found", "RepoNotFound")


def revision_not_found(revision: str) -> Refusal:
    return Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def entry_not_found(message: str, commit: str) -> Refusal:
    """A file that the commit doesn't have; the client remembers its absence by `X-Repo-Commit`."""
    return Refusal(404, message, "EntryNotFound", headers={"X-Repo-Commit": commit})


def gated(token: Token | None, repo_id: str, url: str) -> Refusal:
    if token is None:
        message = (
            f"Access to dataset {repo_id} is restricted. You must have access to it and be authenticated to access it. "
            "Please log in."
        )
        return Refusal(401, message, "GatedRepo")
    message = (
        f"Access to dataset {repo_id} is restricted and you are not in the authorized list. "
        f"Visit {url}/datasets/{repo_id} to ask for access."
    )
    return Refusal(403, message, "GatedRepo")


def read_only_token() -> Refusal:
    return Refusal(403, "Forbidden: you must use a write token to upload to a repository.")


def not_a_writer() -> Refusal:
    return Refusal(403, "You have read access but not the required permissions for this operation")


def foreign_namespace(namespace: str) -> Refusal:
    return Refusal(403, f'You don\'t have the rights to create a dataset under the namespace "{namespace}"')


def stale_parent() -> Refusal:
    return Refusal(412, "A commit has happened since. Please refresh and try again.")


def bad_request(message: str) -> Refusal:
    return Refusal(400, message)
