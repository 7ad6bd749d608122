"""Accounts and repositories: who am I, create, delete, settings, information, refs, discussions."""

from __future__ import annotations

from typing import Any

from tests.hub import cards, refusals
from tests.hub.access import at, proposable, readable, visible, writable
from tests.hub.store import Commit, Discussion, Repo, valid_repo_id
from tests.hub.wire import REPO, Reply, Request, json_reply, route


@route("GET", "/api/whoami-v2")
def whoami(request: Request) -> Reply:
    if request.token is None:
        raise refusals.Refusal(401, "Invalid username or password.")
    return json_reply(request.hub.accounts.whoami(request.token))


def _named(request: Request) -> tuple[str, dict[str, Any]]:
    """The repository that a create or delete request names, and the request's body."""
    body = request.json()
    if body.get("type", "model") != "dataset":
        raise refusals.bad_request("This server keeps datasets only: pass repo_type='dataset'")
    namespace = body.get("organization") or (request.token.user if request.token else "")
    repo_id = f"{namespace}/{body.get('name', '')}"
    if not valid_repo_id(repo_id):
        raise refusals.bad_request(f"Invalid repository name {repo_id!r}")
    return repo_id, body


def _private(body: dict[str, Any]) -> bool:
    return bool(body.get("private")) or body.get("visibility") == "private"


@route("POST", "/api/repos/create")
def create(request: Request) -> Reply:
    repo_id, body = _named(request)
    token = request.token
    if token is None:
        raise refusals.Refusal(401, "Invalid username or password.")
    if not request.hub.accounts.may_write(token, repo_id):
        raise refusals.foreign_namespace(repo_id.split("/")[0])
    url = f"{request.hub.url}/datasets/{repo_id}"
    try:
        request.hub.store.create(repo_id, token.user, private=_private(body))
    except FileExistsError:
        known = {"url": url, "name": repo_id}
        raise refusals.Refusal(409, "You already created this dataset repo", body=known) from None
    return json_reply({"url": url, "name": repo_id, "id": repo_id.encode().hex()})


@route("DELETE", "/api/repos/delete")
def delete(request: Request) -> Reply:
    repo = writable(request, _named(request)[0])
    request.hub.store.delete(repo.id)
    return Reply(200)


@route("PUT", rf"/api/datasets/{REPO}/settings")
def settings(request: Request, repo: str) -> Reply:
    found = writable(request, repo)
    body = request.json()
    if "visibility" in body or "private" in body:
        found.private = _private(body)
    if "gated" in body:
        found.gated = body["gated"]
    found.save()
    return json_reply({"private": found.private, "gated": found.gated})


@route("GET", rf"/api/datasets/{REPO}")
def info(request: Request, repo: str) -> Reply:
    found = visible(request, repo)
    return json_reply(_info(found, at(found, None), blobs="blobs" in request.query))


@route("GET", rf"/api/datasets/{REPO}/revision/(?P<revision>[^/]+)")
def info_at(request: Request, repo: str, revision: str) -> Reply:
    found = visible(request, repo)
    return json_reply(_info(found, at(found, revision), blobs="blobs" in request.query))


def _info(repo: Repo, commit: Commit, *, blobs: bool) -> dict[str, Any]:
    siblings: list[dict[str, Any]] = []
    for path, entry in commit.tree.items():
        sibling: dict[str, Any] = {"rfilename": path}
        if blobs:
            sibling |= {"size": entry.size, "blobId": entry.oid}
            if entry.lfs:
                sibling["lfs"] = {"sha256": entry.lfs, "size": entry.size, "pointerSize": entry.pointer_size}
        siblings.append(sibling)
    card = cards.metadata(repo, commit)
    return {
        "_id": repo.id.encode().hex(),
        "id": repo.id,
        "author": repo.id.split("/")[0],
        "sha": commit.oid,
        "createdAt": repo.created,
        "lastModified": commit.date,
        "private": repo.private,
        "gated": repo.gated,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": cards.tags(card),
        "cardData": card,
        "siblings": siblings,
        "usedStorage": sum(entry.size for entry in commit.tree.values()),
    }


@route("GET", rf"/api/datasets/{REPO}/auth-check(?P<write>/write)?")
def auth_check(request: Request, repo: str, write: str | None) -> Reply:
    (writable if write else readable)(request, repo)
    return json_reply({})


@route("GET", rf"/api/datasets/{REPO}/refs")
def refs(request: Request, repo: str) -> Reply:
    found = visible(request, repo)

    def under(prefix: str) -> list[dict[str, str]]:
        names = sorted(ref for ref in found.refs if ref.startswith(prefix))
        return [{"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": found.refs[ref]} for ref in names]

    answer: dict[str, Any] = {"branches": under("refs/heads/"), "tags": under("refs/tags/"), "converts": []}
    if "include_prs" in request.query:
        answer["pullRequests"] = [{**item, "name": item["ref"]} for item in under("refs/pr/")]
    return json_reply(answer)


@route("POST", rf"/api/datasets/{REPO}/branch/(?P<branch>[^/]+)")
def create_branch(request: Request, repo: str, branch: str) -> Reply:
    found = writable(request, repo)
    if branch.startswith("refs/"):
        raise refusals.bad_request(f"Invalid reference for a branch: {branch}")
    start = at(found, request.json().get("startingPoint"))
    return _set_ref(found, f"refs/heads/{branch}", start)


@route("DELETE", rf"/api/datasets/{REPO}/branch/(?P<branch>[^/]+)")
def delete_branch(request: Request, repo: str, branch: str) -> Reply:
    if branch == "main":
        raise refusals.Refusal(403, "The main branch is protected")
    return _drop_ref(writable(request, repo), f"refs/heads/{branch}", branch)


@route("POST", rf"/api/datasets/{REPO}/tag/(?P<revision>[^/]+)")
def create_tag(request: Request, repo: str, revision: str) -> Reply:
    found = writable(request, repo)
    return _set_ref(found, f"refs/tags/{request.json()['tag']}", at(found, revision))


@route("DELETE", rf"/api/datasets/{REPO}/tag/(?P<tag>[^/]+)")
def delete_tag(request: Request, repo: str, tag: str) -> Reply:
    return _drop_ref(writable(request, repo), f"refs/tags/{tag}", tag)


def _set_ref(repo: Repo, ref: str, commit: Commit) -> Reply:
    with repo.lock:
        if ref in repo.refs:
            raise refusals.Refusal(409, f"Reference {ref} already exists")
        repo.refs[ref] = commit.oid
        repo.save()
    return Reply(201)


def _drop_ref(repo: Repo, ref: str, name: str) -> Reply:
    with repo.lock:
        if ref not in repo.refs:
            raise refusals.revision_not_found(name)
        del repo.refs[ref]
        repo.save()
    return Reply(200)


@route("GET", rf"/api/datasets/{REPO}/discussions")
def discussions(request: Request, repo: str) -> Reply:
    found = visible(request, repo)
    kind, status, author = (request.query.get(name, "all") for name in ("type", "status", "author"))
    items = [
        item
        for item in reversed(found.discussions)
        if kind in ("all", "pull_request" if item.base else "discussion")
        and (status == "all" or (status == "closed") == (item.status in ("closed", "merged")))
        and author in ("all", item.author)
    ]
    size = 10
    start = int(request.query.get("p", 0)) * size
    page = [_discussion(found, item) for item in items[start : start + size]]
    return json_reply({"discussions": page, "count": len(items), "start": start})


@route("POST", rf"/api/datasets/{REPO}/discussions")
def open_discussion(request: Request, repo: str) -> Reply:
    """A discussion, or with `pullRequest` an empty draft that commits to `refs/pr/N` fill."""
    found = proposable(request, repo)
    body = request.json()
    assert request.token is not None  # proposable() has seen to it
    base = "refs/heads/main" if body.get("pullRequest") else None
    status = "draft" if base else "open"
    item = found.discuss(body["title"], body.get("description", ""), request.token.user, base=base, status=status)
    return json_reply(
        {"num": item.num, "title": item.title, "url": f"{request.hub.url}/datasets/{repo}/discussions/{item.num}"}
    )


@route("GET", rf"/api/datasets/{REPO}/discussions/(?P<num>\d+)")
def discussion(request: Request, repo: str, num: str) -> Reply:
    found = visible(request, repo)
    item = next((item for item in found.discussions if item.num == int(num)), None)
    if item is None:
        raise refusals.Refusal(404, f"No discussion {num}")
    author = {"name": item.author}
    comment = {"edited": False, "hidden": False, "latest": {"raw": item.description}}
    events = [{"id": "0", "type": "comment", "createdAt": item.date, "author": author, "data": comment}]
    answer = {**_discussion(found, item), "events": events}
    if item.base:
        base, head = found.load(found.refs[item.base]), found.load(found.refs[item.ref])
        own = [commit for commit in reversed(found.history(head)) if commit not in found.history(base)]
        events += [
            {
                "id": commit.oid,
                "type": "commit",
                "createdAt": commit.date,
                "author": {"name": commit.author},
                "data": {"subject": commit.title, "oid": commit.oid},
            }
            for commit in own
        ]
        answer |= {"changes": {"base": item.base}, "filesWithConflicts": [], "diff": ""}
    return json_reply(answer)


def _discussion(repo: Repo, item: Discussion) -> dict[str, Any]:
    return {
        "num": item.num,
        "title": item.title,
        "author": {"name": item.author},
        "createdAt": item.date,
        "status": item.status,
        "isPullRequest": item.base is not None,
        "repo": {"name": repo.id, "type": "dataset"},
    }
