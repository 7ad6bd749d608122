"""Repositories on disk, content-addressed, so that a test (or a person) can look at them and a restart loses nothing.

root/datasets/NAMESPACE/NAME/
    repo.json          visibility, refs, discussions; replaced as a whole, which is what makes a commit atomic
    commits/OID.json   author, message, parent, and the whole tree
    blobs/SHA1         files that git holds, by git's blob id
    lfs/SHA256         files that LFS holds; present or absent per repository, as on the Hub
    incoming/          uploads under way
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.hub import git
from tests.hub.git import Entry

Changes = Callable[[Mapping[str, Entry]], Mapping[str, Entry]]
"""From the tree of the parent commit to the tree of the new one."""

_REPO_ID = re.compile(r"[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*", re.ASCII)


def valid_repo_id(repo_id: str) -> bool:
    """Whether the Hub takes the id: two names of up to 96 of `A-Za-z0-9_.-`, no `--`, `..`, final `-`, `.` or `.git`."""
    if not _REPO_ID.fullmatch(repo_id) or "--" in repo_id or ".." in repo_id:
        return False
    return all(len(name) <= 96 and not name.endswith(("-", ".", ".git", ".ipynb")) for name in repo_id.split("/"))


@dataclass(frozen=True)
class Commit:
    oid: str
    parent: str | None
    author: str
    date: str
    title: str
    description: str
    tree: dict[str, Entry]


@dataclass
class Discussion:
    """A discussion, or a pull request where `base` names the ref that it would change."""

    num: int
    title: str
    description: str
    author: str
    date: str
    status: str
    base: str | None

    @property
    def ref(self) -> str:
        return f"refs/pr/{self.num}"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write(path: Path, data: bytes) -> None:
    """Write aside, then rename: whoever reads finds the old or the new, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)


class Repo:
    """One dataset repository."""

    def __init__(self, folder: Path, repo_id: str) -> None:
        self.folder = folder
        self.id = repo_id
        self.lock = threading.RLock()
        self._commits: dict[str, Commit] = {}
        meta = json.loads((folder / "repo.json").read_bytes())
        self.created: str = meta["created"]
        self.private: bool = meta["private"]
        self.gated: str | bool = meta["gated"]
        self.allowed: list[str] = meta["allowed"]
        self.refs: dict[str, str] = meta["refs"]
        self.discussions = [Discussion(**item) for item in meta["discussions"]]

    def save(self) -> None:
        meta = {
            "created": self.created,
            "private": self.private,
            "gated": self.gated,
            "allowed": self.allowed,
            "refs": self.refs,
            "discussions": [asdict(item) for item in self.discussions],
        }
        _write(self.folder / "repo.json", json.dumps(meta, indent=1).encode())

    def load(self, oid: str) -> Commit:
        """A commit by its full id."""
        if oid not in self._commits:
            data = json.loads((self.folder / "commits" / f"{oid}.json").read_bytes())
            data["tree"] = {path: Entry(*row) for path, row in data["tree"].items()}
            self._commits[oid] = Commit(**data)
        return self._commits[oid]

    def find(self, revision: str) -> Commit | None:
        """The commit of a branch, a tag, a full ref or a commit id (at least seven digits of it)."""
        for ref in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            if ref in self.refs:
                return self.load(self.refs[ref])
        if re.fullmatch(r"[0-9a-f]{7,40}", revision):
            for path in sorted((self.folder / "commits").glob(f"{revision}*.json")):
                return self.load(path.stem)
        return None

    def history(self, head: Commit) -> list[Commit]:
        """The commit and its ancestors, newest first."""
        commits = [head]
        while commits[-1].parent:
            commits.append(self.load(commits[-1].parent))
        return commits

    def last_commits(self, head: Commit, paths: Iterable[str]) -> dict[str, Commit]:
        """For each path of a file or folder of the tree the newest commit that changed it."""
        found: dict[str, Commit] = {}
        wanted = list(paths)
        for commit in self.history(head):
            before = self.load(commit.parent).tree if commit.parent else {}
            changed = {path for path in {*commit.tree, *before} if commit.tree.get(path) != before.get(path)}
            for path in wanted:
                if path not in found and any(name == path or name.startswith(path + "/") for name in changed):
                    found[path] = commit
        return found

    def commit(self, ref: str, changes: Changes, *, author: str, title: str, description: str = "") -> Commit:
        """Commit onto a ref, all or nothing; `changes` sees the tree under the repository's lock."""
        with self.lock:
            head = self.load(self.refs[ref]) if ref in self.refs else None
            tree = dict(sorted(changes(head.tree if head else {}).items()))
            date = now()
            message = f"{title}\n\n{description}".strip()
            seconds = int(datetime.fromisoformat(date).timestamp())
            oid = git.commit_id(tree, head.oid if head else None, author, seconds, message)
            commit = Commit(oid, head.oid if head else None, author, date, title, description, tree)
            record = {**vars(commit), "tree": {path: [e.size, e.oid, e.lfs] for path, e in tree.items()}}
            _write(self.folder / "commits" / f"{oid}.json", json.dumps(record).encode())
            self.refs[ref] = oid
            self.save()
            return commit

    def discuss(self, title: str, description: str, author: str, *, base: str | None, status: str) -> Discussion:
        """Open a discussion; with `base`, a pull request whose ref starts where that one stands."""
        with self.lock:
            discussion = Discussion(len(self.discussions) + 1, title, description, author, now(), status, base)
            self.discussions.append(discussion)
            if base is not None:
                self.refs[discussion.ref] = self.refs[base]
            self.save()
            return discussion

    def put(self, data: bytes) -> Entry:
        """Keep a file that git holds."""
        entry = Entry(len(data), git.object_id("blob", data))
        path = self.folder / "blobs" / entry.oid
        if not path.exists():
            _write(path, data)
        return entry

    def add(self, path: str, data: bytes, tree: Mapping[str, Entry]) -> Entry:
        """Keep a file where the tree's `.gitattributes` says: with LFS or with git."""
        if not git.wants_lfs(path, len(data), data[:512], self.attributes(tree)):
            return self.put(data)
        sha256 = hashlib.sha256(data).hexdigest()
        _write(self.lfs_path(sha256), data)
        return git.lfs_entry(sha256, len(data))

    def put_lfs(self, incoming: Path, sha256: str) -> None:
        """Take over an uploaded file, already checked, as an LFS object."""
        target = self.lfs_path(sha256)
        target.parent.mkdir(exist_ok=True)
        incoming.replace(target)

    def has_lfs(self, sha256: str) -> bool:
        return re.fullmatch(r"[0-9a-f]{64}", sha256) is not None and self.lfs_path(sha256).exists()

    def lfs_path(self, sha256: str) -> Path:
        return self.folder / "lfs" / sha256

    def incoming(self, name: str) -> Path:
        """A place for an upload under way."""
        folder = self.folder / "incoming"
        folder.mkdir(exist_ok=True)
        return folder / name

    def path(self, entry: Entry) -> Path:
        """The file on disk with the entry's content."""
        return self.lfs_path(entry.lfs) if entry.lfs else self.folder / "blobs" / entry.oid

    def attributes(self, tree: Mapping[str, Entry]) -> str:
        entry = tree.get(".gitattributes")
        return self.path(entry).read_text() if entry else ""


class Store:
    """All repositories under a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.RLock()
        self._repos: dict[str, Repo] = {}

    def get(self, repo_id: str) -> Repo | None:
        with self._lock:
            if repo_id not in self._repos:
                folder = self.root / "datasets" / repo_id
                if not valid_repo_id(repo_id) or not (folder / "repo.json").exists():
                    return None
                self._repos[repo_id] = Repo(folder, repo_id)
            return self._repos[repo_id]

    def create(self, repo_id: str, author: str, *, private: bool = False) -> Repo:
        """A new repository with its first commit, as the Hub makes it: `.gitattributes` alone.

        Raises:
            FileExistsError: there is one of that name.
        """
        folder = self.root / "datasets" / repo_id
        with self._lock:
            if self.get(repo_id):
                raise FileExistsError(repo_id)
            meta = {"created": now(), "private": private, "gated": False, "allowed": [], "refs": {}, "discussions": []}
            _write(folder / "repo.json", json.dumps(meta).encode())
            repo = self._repos[repo_id] = Repo(folder, repo_id)
        entry = repo.put(git.ATTRIBUTES.encode())
        repo.commit("refs/heads/main", lambda _: {".gitattributes": entry}, author=author, title="initial commit")
        return repo

    def delete(self, repo_id: str) -> None:
        with self._lock:
            del self._repos[repo_id]
            shutil.rmtree(self.root / "datasets" / repo_id)
