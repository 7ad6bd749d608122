"""LFS: the Hub's batch and verify calls, and its storage, a second origin where signatures stand for tokens."""

from __future__ import annotations

import hashlib
import math
import re
import secrets
from pathlib import Path
from typing import Any

from tests.hub import refusals
from tests.hub.access import proposable, writable
from tests.hub.store import Repo
from tests.hub.wire import CHUNK, REPO, Reply, Request, file_reply, json_reply, route

_OID = re.compile(r"[0-9a-f]{64}")


def _lfs_json(value: object) -> Reply:
    return json_reply(value, headers={"Content-Type": "application/vnd.git-lfs+json"})


@route("POST", rf"/datasets/{REPO}\.git/info/lfs/objects/batch")
def batch(request: Request, repo: str) -> Reply:
    """Where to upload what isn't here yet. Without a ref the client prepares a pull request: reading is enough then."""
    body = request.json()
    found = (writable if body.get("ref") else proposable)(request, repo)
    if body.get("operation") != "upload":
        raise refusals.bad_request("Only uploads: files are downloaded through /resolve/")
    multipart = "multipart" in body.get("transfers", [])
    objects: list[dict[str, Any]] = []
    parts = False
    for item in body["objects"]:
        oid, size = item["oid"], item["size"]
        row: dict[str, Any] = {"oid": oid, "size": size, "authenticated": True}
        if not _OID.fullmatch(oid):
            row = {"oid": oid, "size": size, "error": {"code": 422, "message": "Invalid oid"}}
        elif not found.has_lfs(oid):
            upload: dict[str, Any] = {"href": request.hub.signed("put", repo, oid, size)}
            if multipart and size > request.hub.multipart_over:
                parts = True
                upload = _multipart(request, repo, oid, size)
            verify = f"{request.hub.url}/datasets/{repo}.git/info/lfs/objects/verify"
            row["actions"] = {"upload": upload, "verify": {"href": verify, "header": {}}}
        objects.append(row)
    return _lfs_json({"transfer": "multipart" if parts else "basic", "objects": objects})


def _multipart(request: Request, repo: str, oid: str, size: int) -> dict[str, Any]:
    """An upload in parts: one address a part, and one to say that all are there."""
    upload = secrets.token_hex(8)
    step = request.hub.part_size
    header = {"chunk_size": str(step)}
    for number in range(1, math.ceil(size / step) + 1):
        length = min(step, size - (number - 1) * step)
        header[str(number)] = request.hub.signed("part", repo, oid, length, f"{upload}.{number}")
    return {"href": request.hub.signed("complete", repo, oid, size, upload), "header": header}


@route("POST", rf"/datasets/{REPO}\.git/info/lfs/objects/verify")
def verify(request: Request, repo: str) -> Reply:
    found = proposable(request, repo)
    body = request.json()
    if not found.has_lfs(body["oid"]) or found.lfs_path(body["oid"]).stat().st_size != body["size"]:
        raise refusals.Refusal(404, "Object does not exist")
    return _lfs_json({})


def _s3_error(status: int, code: str) -> Reply:
    return Reply(status, {"Content-Type": "application/xml"}, f"<Error><Code>{code}</Code></Error>".encode())


_OBJECT = rf"/{REPO}/(?P<oid>[0-9a-f]{{64}})"


def _signed(request: Request, action: str, repo: str, oid: str) -> Repo | None:
    """The repository of a signed address, None where the signature doesn't fit what is done with it."""
    query = request.query
    size, part = int(query.get("size", -1)), query.get("part", "")
    if query.get("action") != action or query.get("signature") != request.hub.signature(action, repo, oid, size, part):
        return None
    return request.hub.store.get(repo)


@route("GET", _OBJECT, plane="storage")
def download(request: Request, repo: str, oid: str) -> Reply:
    found = _signed(request, "get", repo, oid)
    if found is None:
        return _s3_error(403, "SignatureDoesNotMatch")
    return file_reply(request, found.lfs_path(oid), int(request.query["size"]), {"ETag": f'"{oid}"'})


@route("PUT", _OBJECT, plane="storage")
def upload(request: Request, repo: str, oid: str) -> Reply:
    """A whole object, or a part of one. Nothing shows under its name before it is whole and its hash is right."""
    part = request.query.get("part", "")
    found = _signed(request, "part" if part else "put", repo, oid)
    if found is None:
        return _s3_error(403, "SignatureDoesNotMatch")
    if request.left != int(request.query["size"]):
        return _s3_error(400, "IncompleteBody")
    path = found.incoming(f"{oid}.{part}" if part else f"{oid}.{secrets.token_hex(4)}")
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    try:
        with path.open("wb") as file:
            for chunk in request.chunks():
                file.write(chunk)
                sha256.update(chunk)
                md5.update(chunk)
    except ConnectionError:
        path.unlink()
        raise
    if not part:
        if sha256.hexdigest() != oid:
            path.unlink()
            return _s3_error(400, "BadDigest")
        found.put_lfs(path, oid)
    return Reply(200, {"ETag": f'"{md5.hexdigest()}"'})


@route("POST", _OBJECT, plane="storage")
def complete(request: Request, repo: str, oid: str) -> Reply:
    """Put the parts of an upload together."""
    found = _signed(request, "complete", repo, oid)
    if found is None:
        return _s3_error(403, "SignatureDoesNotMatch")
    given = {item["partNumber"]: item["etag"].strip('"') for item in request.json()["parts"]}
    paths = [found.incoming(f"{oid}.{request.query['part']}.{number}") for number in sorted(given)]
    whole = found.incoming(f"{oid}.{request.query['part']}")
    sha256 = hashlib.sha256()
    with whole.open("wb") as file:
        for path, etag in zip(paths, (given[number] for number in sorted(given)), strict=True):
            if not path.exists() or _copied(path, file, sha256) != etag:
                return _s3_error(400, "InvalidPart")
    if sha256.hexdigest() != oid:
        return _s3_error(400, "BadDigest")
    found.put_lfs(whole, oid)
    for path in paths:
        path.unlink()
    return json_reply({})


def _copied(path: Path, target: Any, sha256: Any) -> str:
    """Append a part to the whole; gives the part's MD5."""
    md5 = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            target.write(chunk)
            sha256.update(chunk)
            md5.update(chunk)
    return md5.hexdigest()
