"""The local Hub as a test sees it: start it, fill it, break it, look into it."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.hub.accounts import Accounts, Role, TokenRole
from tests.hub.faults import Plan, Rule, Where
from tests.hub.git import Entry
from tests.hub.handler import Server
from tests.hub.log import Exchange, Log
from tests.hub.store import Commit, Discussion, Repo, Store

if TYPE_CHECKING:
    from huggingface_hub import HfApi


class Hub:
    """A Hub on 127.0.0.1 for datasets, and its storage on a second port (a second origin: tokens must not go there).

    Args:
        root: Folder of its state; an earlier server's is gone on with.
        port: Port of the Hub, 0 for any free one; kept over `stop()` and `start()`.
        page_size: Most entries that one page of a file list holds.
        multipart_over: LFS files larger than this are asked for in parts, in bytes.
        part_size: Size of those parts, in bytes.
        echo: Called with each finished exchange.
    """

    def __init__(
        self,
        root: Path,
        *,
        port: int = 0,
        page_size: int = 1000,
        multipart_over: int = 5_000_000_000,
        part_size: int = 16_000_000,
        echo: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.root = root
        self.page_size = page_size
        self.multipart_over = multipart_over
        self.part_size = part_size
        self.accounts = Accounts()
        self.store = Store(root)
        self.log = Log(echo)
        self.faults = Plan()
        self.stopping = threading.Event()
        self._ports = [port, 0]
        self._key = secrets.token_bytes(16)
        self._servers: list[Server] = []
        self._threads: list[threading.Thread] = []

    # Running

    def start(self) -> Hub:
        """Listen; requests are answered from now on."""
        self.stopping.clear()
        self._servers = [Server(self, plane, port) for plane, port in zip(("hub", "storage"), self._ports, strict=True)]
        self._ports = [server.server_address[1] for server in self._servers]
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in self._servers]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Close all connections and stop listening: the Hub can't be reached until `start()`."""
        self.stopping.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._servers, self._threads = [], []

    def __enter__(self) -> Hub:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What `HF_ENDPOINT` has to be."""
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def storage_url(self) -> str:
        return f"http://127.0.0.1:{self._ports[1]}"

    def signature(self, action: str, repo_id: str, oid: str, size: int, part: str) -> str:
        text = "\n".join([action, repo_id, oid, str(size), part])
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()

    def signed(self, action: str, repo_id: str, oid: str, size: int, part: str = "") -> str:
        """An address of the storage that permits one action on one object, without a token."""
        tail = f"&part={part}" if part else ""
        signature = self.signature(action, repo_id, oid, size, part)
        return f"{self.storage_url}/{repo_id}/{oid}?action={action}&size={size}{tail}&signature={signature}"

    # People

    def user(self, name: str, orgs: Mapping[str, Role] | None = None) -> None:
        """Add a user, with their roles in organisations: `hub.user("ada", {"vlit_hub": "write"})`."""
        self.accounts.add_user(name, orgs)

    def token(self, user: str, role: TokenRole = "write", scopes: Mapping[str, Iterable[str]] | None = None) -> str:
        """A new token: `write`, `read`, or `fineGrained` with scopes such as `{"ada/cats": ["repo.write"]}`."""
        return self.accounts.issue(user, role, scopes).value

    def revoke(self, token: str) -> None:
        """From now on the token is invalid."""
        self.accounts.revoke(token)

    # Repositories

    def repo(self, repo_id: str) -> Repo:
        """The repository's state.

        Raises:
            LookupError: there is none of that name.
        """
        repo = self.store.get(repo_id)
        if repo is None:
            raise LookupError(f"no repository {repo_id}")
        return repo

    def create(
        self,
        repo_id: str,
        *,
        private: bool = False,
        gated: Literal["auto", "manual", False] = False,
        allowed: Iterable[str] = (),
    ) -> Repo:
        """Make a repository without asking over HTTP; `allowed` are the users who may have a gated one's files."""
        repo = self.store.create(repo_id, repo_id.split("/")[0], private=private)
        repo.gated, repo.allowed = gated, list(allowed)
        repo.save()
        return repo

    def tree(self, repo_id: str, revision: str = "main") -> dict[str, Entry]:
        """Path -> size, git id and LFS id of every file; equal where the files are equal."""
        return dict(self._at(repo_id, revision).tree)

    def file(self, repo_id: str, path: str, revision: str = "main") -> bytes:
        """The content of a file."""
        return self.repo(repo_id).path(self._at(repo_id, revision).tree[path]).read_bytes()

    def commits(self, repo_id: str, revision: str = "main") -> list[Commit]:
        """The commits, newest first; the last is the "initial commit" that made the repository."""
        return self.repo(repo_id).history(self._at(repo_id, revision))

    def pulls(self, repo_id: str) -> list[Discussion]:
        """The pull requests, oldest first; `.ref` is the revision that holds their files."""
        return [item for item in self.repo(repo_id).discussions if item.base is not None]

    def commit_as(
        self,
        user: str,
        repo_id: str,
        path: str,
        content: bytes | str | None,
        *,
        revision: str = "main",
        title: str | None = None,
    ) -> str:
        """Somebody edits (with None: deletes) one file, as on the website; the new commit's id."""
        repo = self.repo(repo_id)
        data = content.encode() if isinstance(content, str) else content

        def edit(tree: Mapping[str, Entry]) -> Mapping[str, Entry]:
            if data is None:
                return {name: entry for name, entry in tree.items() if name != path}
            return {**tree, path: repo.add(path, data, tree)}

        ref = revision if revision.startswith("refs/") else f"refs/heads/{revision}"
        title = title or f"{'Delete' if data is None else 'Update'} {path}"
        return repo.commit(ref, edit, author=user, title=title).oid

    def _at(self, repo_id: str, revision: str) -> Commit:
        commit = self.repo(repo_id).find(revision)
        if commit is None:
            raise LookupError(f"no revision {revision} in {repo_id}")
        return commit

    # Faults. `method` "" is any; `path` is a regular expression, searched in path and query; `times` None is always.

    def fail(
        self,
        method: str,
        path: str,
        *,
        status: int,
        times: int | None = 1,
        skip: int = 0,
        retry_after: int | None = None,
        message: str | None = None,
        landed: bool = False,
    ) -> Rule:
        """Answer with an error status; with `landed`, after the request has been carried out (a lost answer)."""
        rule = Rule(method, re.compile(path), "fail", times, skip, status=status, message=message, landed=landed)
        rule.retry_after = retry_after
        return self.faults.add(rule)

    def cut(
        self,
        method: str,
        path: str,
        *,
        where: Where = "response",
        after: int = 0,
        times: int | None = 1,
        skip: int = 0,
        reset: bool = False,
    ) -> Rule:
        """Close the connection in the middle of the request's body, or of the answer (the request has landed then).

        Args:
            after: So many bytes of the body get through; of an answer, 0 means that not even its status does.
            reset: Reset the connection, which the client sees as another error than a close.
        """
        rule = Rule(method, re.compile(path), "cut", times, skip, where=where, after=after, reset=reset)
        return self.faults.add(rule)

    def slow(self, method: str, path: str, *, seconds: float, times: int | None = None, skip: int = 0) -> Rule:
        """Wait before the request is read and answered."""
        return self.faults.add(Rule(method, re.compile(path), "slow", times, skip, seconds=seconds))

    def before(
        self, method: str, path: str, action: Callable[[], object], *, times: int | None = 1, skip: int = 0
    ) -> Rule:
        """Do something at the very moment that a request comes in: a concurrent push, a kill of the client."""
        return self.faults.add(Rule(method, re.compile(path), "before", times, skip, action=action))

    # Log

    @property
    def crashes(self) -> list[str]:
        """Tracebacks of the server itself: each is a mistake in it."""
        return self.log.crashes

    def requests(self, method: str = "", path: str = "", *, status: int | None = None) -> list[Exchange]:
        """The requests so far that fit, in the order they came."""
        return self.log.select(method, path, status=status)

    def count(self, method: str = "", path: str = "", *, status: int | None = None) -> int:
        return len(self.requests(method, path, status=status))

    def received(self, method: str = "", path: str = "") -> int:
        """Bytes of request bodies that arrived."""
        return sum(exchange.received for exchange in self.requests(method, path))

    def sent(self, method: str = "", path: str = "") -> int:
        """Bytes of answers' bodies that were sent."""
        return sum(exchange.sent for exchange in self.requests(method, path))

    def uploads(self) -> Counter[str]:
        """SHA-256 of an LFS object -> how many times it (or each of its parts) was uploaded in full."""
        done = self.log.select("PUT", status=200, plane="storage")
        found = [re.search(r"/([0-9a-f]{64})\?.*?(?:part=\w+(\.\d+))?&signature", exchange.target) for exchange in done]
        return Counter(match[1] + (match[2] or "") for match in found if match)

    def leaks(self) -> list[str]:
        """Requests with a token anywhere but in the Hub's Authorization header; must be empty."""
        return [f"{note}: {exchange}" for exchange in self.requests() for note in exchange.leaks]

    def forget(self) -> None:
        """Forget the log and the faults, not the repositories."""
        self.log.clear()
        self.faults.clear()

    # Clients

    def api(self, token: str | Literal[False] = False) -> HfApi:
        """A client in this process (without a token: anonymous)."""
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.url, token=token)

    def env(self, token: str | None = None, *, home: Path) -> dict[str, str]:
        """The environment of a client's process: this Hub, its own `HF_HOME`, no proxies, no Xet, no telemetry."""
        unwanted = re.compile(r"(HF|HUGGING_?FACE|DATASETS)_.*|.*_PROXY", re.IGNORECASE)
        env = {name: value for name, value in os.environ.items() if not unwanted.fullmatch(name)}
        env |= {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
            "NO_PROXY": "*",
        }
        return env | ({"HF_TOKEN": token} if token else {})

    def run(
        self, command: list[str] | str, token: str | None = None, *, home: Path, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command (a string: Python code) in a fresh process with `env()`; its output is in the result."""
        argv = [sys.executable, "-c", command] if isinstance(command, str) else command
        return subprocess.run(
            argv, env=self.env(token, home=home), capture_output=True, text=True, timeout=timeout, check=False
        )
