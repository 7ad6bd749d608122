"""Reading: file lists, commits, and the files themselves."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from tests.hub import git, refusals
from tests.hub.access import at, readable, visible
from tests.hub.store import Commit, Repo
from tests.hub.wire import REPO, Reply, Request, file_reply, json_reply, route


def _rows(repo: Repo, commit: Commit, paths: list[str], *, expand: bool) -> list[dict[str, Any]]:
    """What the API says of files and folders of a commit."""
    folders = git.folder_ids(commit.tree)
    last = repo.last_commits(commit, paths) if expand else {}
    rows = []
    for path in paths:
        row: dict[str, Any]
        if entry := commit.tree.get(path):
            row = {"type": "file", "oid": entry.oid, "size": entry.size, "path": path}
            if entry.lfs:
                row["lfs"] = {"oid": entry.lfs, "size": entry.size, "pointerSize": entry.pointer_size}
        else:
            row = {"type": "directory", "oid": folders[path], "size": 0, "path": path}
        if path in last:
            row["lastCommit"] = {"id": last[path].oid, "title": last[path].title, "date": last[path].date}
        rows.append(row)
    return rows


@route("GET", rf"/api/datasets/{REPO}/tree/(?P<revision>[^/]+)(?:/(?P<path>.*))?")
def tree(request: Request, repo: str, revision: str, path: str | None) -> Reply:
    """Files and folders below a folder, by path, in pages."""
    found = visible(request, repo)
    commit = at(found, revision)
    folders = git.folder_ids(commit.tree)
    folder = (path or "").strip("/")
    if folder not in folders:
        raise refusals.entry_not_found(f"{folder} does not exist on {revision!r}", commit.oid)
    prefix = f"{folder}/" if folder else ""
    inside = sorted(name for name in {*commit.tree, *folders} if name and name.startswith(prefix))
    if request.query.get("recursive", "false").lower() not in ("true", "1"):
        inside = [name for name in inside if "/" not in name.removeprefix(prefix)]
    expand = request.query.get("expand", "false").lower() in ("true", "1")
    size = min(int(request.query.get("limit", 1000)), 50 if expand else request.hub.page_size)
    page = [name for name in inside if name > request.query.get("cursor", "")][:size]
    headers = _next_page(request, page[-1]) if page and page[-1] != inside[-1] else {}
    return json_reply(_rows(found, commit, page, expand=expand), headers=headers)


def _next_page(request: Request, cursor: str) -> dict[str, str]:
    query = urlencode({**request.query, "cursor": cursor})
    return {"Link": f'<{request.hub.url}{request.path}?{query}>; rel="next"'}


@route("POST", rf"/api/datasets/{REPO}/paths-info/(?P<revision>[^/]+)")
def paths_info(request: Request, repo: str, revision: str) -> Reply:
    """Some files and folders; what doesn't exist is left out. The client sends a form, JSON is taken too."""
    found = readable(request, repo)
    commit = at(found, revision)
    body = request.body()
    if request.headers.get_content_type() == "application/json":
        data = json.loads(body)
        wanted, expand = data["paths"], bool(data.get("expand"))
    else:
        form = parse_qs(body.decode())
        wanted, expand = form.get("paths", []), form.get("expand", ["false"])[-1].lower() in ("true", "1")
    folders = git.folder_ids(commit.tree)
    present = [path for path in wanted if path and (path in commit.tree or path in folders)]
    return json_reply(_rows(found, commit, present, expand=expand))


@route("GET", rf"/api/datasets/{REPO}/commits/(?P<revision>[^/]+)")
def commits(request: Request, repo: str, revision: str) -> Reply:
    found = visible(request, repo)
    history = found.history(at(found, revision))
    page = int(request.query.get("p", 0))
    rows = [
        {
            "id": commit.oid,
            "title": commit.title,
            "message": commit.description,
            "date": commit.date,
            "authors": [{"user": commit.author}],
        }
        for commit in history[page * 50 : (page + 1) * 50]
    ]
    more = (page + 1) * 50 < len(history)
    link = f'<{request.hub.url}{request.path}?{urlencode({**request.query, "p": page + 1})}>; rel="next"'
    return json_reply(rows, headers={"Link": link} if more else {})


@route("GET", rf"/datasets/{REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
def resolve(request: Request, repo: str, revision: str, path: str) -> Reply:
    """A file: answered here if git holds it, by a redirect to the storage (another origin) if LFS does."""
    found = readable(request, repo)
    commit = at(found, revision)
    entry = commit.tree.get(path)
    if entry is None:
        raise refusals.entry_not_found("Entry not found", commit.oid)
    name = path.rpartition("/")[2]
    headers = {
        "X-Repo-Commit": commit.oid,
        "ETag": f'"{entry.content_id}"',
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}; filename=\"{quote(name)}\";",
    }
    if entry.lfs is None:
        return file_reply(request, found.path(entry), entry.size, headers)
    headers |= {
        "Location": request.hub.signed("get", found.id, entry.lfs, entry.size),
        "X-Linked-Size": str(entry.size),
        "X-Linked-Etag": headers.pop("ETag"),
        "Content-Type": "text/plain; charset=utf-8",
    }
    return Reply(302, headers, b"Found. Redirecting to the storage.")
