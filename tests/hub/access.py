"""May the asker see, download, change this repository? Each function gives it, or refuses as the Hub would."""

from __future__ import annotations

from tests.hub import refusals
from tests.hub.accounts import READ
from tests.hub.store import Commit, Repo
from tests.hub.wire import Request


def visible(request: Request, repo_id: str) -> Repo:
    """The repository, where the asker may know that it exists (a gated one's card and file list are public)."""
    repo = request.hub.store.get(repo_id)
    if repo is None or not request.hub.accounts.may_read(request.token, repo_id, private=repo.private):
        raise refusals.repo_not_found(request.token)
    return repo


def readable(request: Request, repo_id: str) -> Repo:
    """The repository, where the asker may have its files."""
    repo = visible(request, repo_id)
    token = request.token
    if repo.gated and not (
        token is not None
        and token.permits(READ, repo_id)
        and (token.user in repo.allowed or request.hub.accounts.role_in(token.user, repo_id.split("/")[0]))
    ):
        raise refusals.gated(token, repo_id, request.hub.url)
    return repo


def writable(request: Request, repo_id: str) -> Repo:
    """The repository, where the asker may commit to it."""
    repo = proposable(request, repo_id)
    if not request.hub.accounts.may_write(request.token, repo_id):
        raise refusals.not_a_writer()
    return repo


def proposable(request: Request, repo_id: str) -> Repo:
    """The repository, where the asker may open a pull request: everyone who reads it, with a token that writes."""
    repo = readable(request, repo_id)
    if request.token is None:
        raise refusals.repo_not_found(None)
    if request.token.role == "read":
        raise refusals.read_only_token()
    return repo


def at(repo: Repo, revision: str | None) -> Commit:
    """The commit at a revision, `main` by default."""
    commit = repo.find(revision or "main")
    if commit is None:
        raise refusals.revision_not_found(revision or "main")
    return commit
