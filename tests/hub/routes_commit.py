"""Writing: which files go to LFS, and commits."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.hub import cards, git, refusals
from tests.hub.access import at, proposable, writable
from tests.hub.git import Entry
from tests.hub.store import Repo
from tests.hub.wire import REPO, Reply, Request, json_reply, route


def _is_proposal(request: Request) -> bool:
    return request.query.get("create_pr") == "1"


@route("POST", rf"/api/datasets/{REPO}/preupload/(?P<revision>[^/]+)")
def preupload(request: Request, repo: str, revision: str) -> Reply:
    """For each file whether it goes to LFS, whether it is ignored, and what is there now under its name."""
    found = (proposable if _is_proposal(request) else writable)(request, repo)
    tree = at(found, revision).tree
    attributes = found.attributes(tree)
    body = request.json()
    ignored = body.get("gitIgnore")
    if ignored is None and ".gitignore" in tree:
        ignored = found.path(tree[".gitignore"]).read_text()
    files = []
    for item in body["files"]:
        path, size, sample = item["path"], item["size"], base64.b64decode(item.get("sample", ""))
        mode = "lfs" if git.wants_lfs(path, size, sample, attributes) else "regular"
        row: dict[str, Any] = {"path": path, "uploadMode": mode}
        row["shouldIgnore"] = git.ignores(ignored or "", path)
        if path in tree:
            row["oid"] = tree[path].content_id
        files.append(row)
    return json_reply({"files": files})


@route("POST", rf"/api/datasets/{REPO}/commit/(?P<revision>[^/]+)")
def commit(request: Request, repo: str, revision: str) -> Reply:
    """One commit from NDJSON lines, all or nothing; with `create_pr`, onto a new pull request."""
    proposal = _is_proposal(request)
    found = (proposable if proposal else writable)(request, repo)
    assert request.token is not None  # either function has seen to it
    header, operations = _read(request, found)
    ref = next((ref for ref in (f"refs/heads/{revision}", revision) if ref in found.refs), None)
    if ref is None:
        raise refusals.revision_not_found(revision)
    url = f"{request.hub.url}/datasets/{repo}"
    answer: dict[str, Any] = {"success": True, "hookOutput": ""}
    title, description, parent = header["summary"], header.get("description", ""), header.get("parentCommit")
    with found.lock:
        head = found.load(found.refs[ref])
        if parent and not head.oid.startswith(parent.lower()):
            raise refusals.stale_parent()
        _applied(head.tree, operations, head.oid)  # refuses here what can't be done, before a pull request is opened
        if proposal:
            discussion = found.discuss(title, description, request.token.user, base=ref, status="open")
            ref = discussion.ref
            answer["pullRequestUrl"] = f"{url}/discussions/{discussion.num}"
        done = found.commit(
            ref,
            lambda tree: _applied(tree, operations, head.oid),
            author=request.token.user,
            title=title,
            description=description,
        )
    return json_reply({**answer, "commitOid": done.oid, "commitUrl": f"{url}/commit/{done.oid}"})


Operation = tuple[str, str, Entry | None]
"""What (`add`, `delete`, `delete folder`), path, and the file where one is added."""


def _read(request: Request, repo: Repo) -> tuple[dict[str, Any], list[Operation]]:
    """The header and the operations of a commit; what git holds is stored on the way."""
    header: dict[str, Any] | None = None
    operations: list[Operation] = []
    for line in request.body().splitlines():
        try:
            key, value = (item := json.loads(line))["key"], item["value"]
        except (ValueError, KeyError, TypeError):
            raise refusals.bad_request("The body is not NDJSON of key and value") from None
        if key == "header":
            header = value
            continue
        path = value["path"]
        if not path or any(part in ("", ".", "..", ".git") for part in path.rstrip("/").split("/")):
            raise refusals.bad_request(f"Invalid path {path!r}")
        if key == "file":
            operations.append(("add", path, _regular(request, repo, path, value)))
        elif key == "lfsFile":
            if not repo.has_lfs(value["oid"]):
                raise refusals.bad_request(
                    f"Your push was rejected because an LFS pointer pointed to a file that does not exist: {path}"
                )
            operations.append(("add", path, git.lfs_entry(value["oid"], repo.lfs_path(value["oid"]).stat().st_size)))
        elif key in ("deletedFile", "deletedFolder"):
            operations.append(("delete" if key == "deletedFile" else "delete folder", path.rstrip("/"), None))
        else:
            raise refusals.bad_request(f"Unknown operation {key!r}")
    if header is None or not header.get("summary"):
        raise refusals.bad_request("The commit has no summary")
    return header, operations


def _regular(request: Request, repo: Repo, path: str, value: Mapping[str, Any]) -> Entry:
    data = base64.b64decode(value["content"]) if value.get("encoding") == "base64" else value["content"].encode()
    if len(data) >= git.LFS_SIZE:
        raise refusals.bad_request(f"{path} is too large for git: use LFS")
    if path == "README.md":
        cards.require_valid(data)
    request.look_for_tokens(data, f"content of {path}")
    return repo.put(data)


def _applied(tree: Mapping[str, Entry], operations: list[Operation], head: str) -> dict[str, Entry]:
    """The tree after the operations, in their order."""
    result = dict(tree)
    for what, path, entry in operations:
        if entry is not None:
            result[path] = entry
            continue
        gone = [name for name in result if name == path] if what == "delete" else []
        gone = gone or [name for name in result if what == "delete folder" and name.startswith(path + "/")]
        if not gone:
            raise refusals.entry_not_found(
                f"A {'file' if what == 'delete' else 'folder'} with this name doesn't exist: {path}", head
            )
        for name in gone:
            del result[name]
    try:
        git.folder_ids(result)
    except ValueError as error:
        raise refusals.bad_request(str(error)) from None
    return result
