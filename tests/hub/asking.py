"""How the tests of the local Hub ask it: with the real client, or without any."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi

from tests.hub.server import Hub

CATS = "vlit_hub/cats"
CARD = "---\nlicense: mit\nlanguage:\n- en\n---\n# Cats\n"


def parquet(number: int = 0, size: int = 2000) -> bytes:
    """Bytes that LFS takes by the file's name; no Parquet reader sees them."""
    return b"".join(hashlib.sha256(f"{number} {i}".encode()).digest() for i in range(size // 32 + 1))[:size]


def add(path: str, content: bytes | str | Path) -> CommitOperationAdd:
    return CommitOperationAdd(path, content.encode() if isinstance(content, str) else content)


def commit(api: HfApi, *operations: Any, repo_id: str = CATS, **options: Any) -> Any:
    return api.create_commit(repo_id, list(operations), repo_type="dataset", commit_message="push", **options)


def download(api: HfApi, path: str, cache: Path, **options: Any) -> bytes:
    return Path(
        api.hf_hub_download(options.pop("repo_id", CATS), path, repo_type="dataset", cache_dir=cache, **options)
    ).read_bytes()


def ask(hub: Hub, method: str, path: str, token: str | None = None, body: object = None, **headers: str) -> Any:
    """A request without a client library; the answer's status, headers and body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        hub.url + path, data, {k.replace("_", "-"): v for k, v in headers.items()}, method=method
    )
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
