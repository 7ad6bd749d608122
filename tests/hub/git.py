"""What git and git-lfs define: object ids, LFS pointers, which files LFS takes."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LFS_PATTERNS = """
    *.7z *.arrow *.bin *.bz2 *.ckpt *.gz *.h5 *.joblib *.lz4 *.msgpack *.npy *.npz *.onnx *.parquet *.pb *.pickle *.pkl
    *.pt *.pth *.rar *.safetensors saved_model/**/* *.tar.* *.tar *.tflite *.tgz *.wasm *.xz *.zip *.zst *.pcm *.sam *.raw
    *.aac *.flac *.mp3 *.ogg *.wav *.bmp *.gif *.png *.tiff *.jpg *.jpeg *.webp *.mp4 *.webm
"""
ATTRIBUTES = "".join(f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in _LFS_PATTERNS.split())
"""The `.gitattributes` that a new dataset repository starts with."""

LFS_SIZE = 10 * 1024 * 1024
"""From this size on every file goes to LFS, in bytes."""


@dataclass(frozen=True)
class Entry:
    """A file in a tree.

    Args:
        size: The file's size in bytes (of the file itself, also where git holds a pointer).
        oid: Git's blob id: of the content, or of the pointer.
        lfs: SHA-256 of the content where LFS holds it.
    """

    size: int
    oid: str
    lfs: str | None = None

    @property
    def content_id(self) -> str:
        """What the client compares with its local file: SHA-256 with LFS, git's blob id without."""
        return self.lfs or self.oid

    @property
    def pointer_size(self) -> int:
        """Size of the pointer that git holds, in bytes, where LFS holds the content."""
        return len(pointer(self.lfs or "", self.size))


def object_id(kind: str, data: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data).hexdigest()


def pointer(sha256: str, size: int) -> bytes:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def lfs_entry(sha256: str, size: int) -> Entry:
    return Entry(size, object_id("blob", pointer(sha256, size)), sha256)


def folder_ids(tree: Mapping[str, Entry]) -> dict[str, str]:
    """Git's tree id of every folder, "" the root.

    Raises:
        ValueError: a path is a file and a folder at once.
    """
    root: dict[str, Any] = {}
    for path, entry in tree.items():
        *folders, name = path.split("/")
        node = root
        for folder in folders:
            node = node.setdefault(folder, {})
            if isinstance(node, Entry):
                raise ValueError(f"{path!r}: {folder!r} is a file")
        if node.setdefault(name, entry) is not entry:
            raise ValueError(f"{path!r} is a folder")
    ids: dict[str, str] = {}

    def write(node: dict[str, Any], folder: str) -> str:
        rows = []
        for name, child in node.items():
            if isinstance(child, Entry):
                rows.append((name, b"100644 ", child.oid))
            else:  # git sorts a folder's name as if it ended in a slash
                rows.append((name + "/", b"40000 ", write(child, f"{folder}/{name}".lstrip("/"))))
        data = b"".join(mode + key.rstrip("/").encode() + b"\0" + bytes.fromhex(oid) for key, mode, oid in sorted(rows))
        ids[folder] = object_id("tree", data)
        return ids[folder]

    write(root, "")
    return ids


def commit_id(tree: Mapping[str, Entry], parent: str | None, author: str, seconds: int, message: str) -> str:
    who = f"{author} <{author}@example.org> {seconds} +0000"
    lines = [f"tree {folder_ids(tree)['']}", *([f"parent {parent}"] if parent else [])]
    return object_id("commit", "\n".join([*lines, f"author {who}", f"committer {who}", "", message]).encode())


def wants_lfs(path: str, size: int, sample: bytes, attributes: str) -> bool:
    """Whether the file goes to LFS: by `.gitattributes`, by size, or because it isn't text. Empty files never do."""
    if size == 0:
        return False
    if size >= LFS_SIZE or b"\0" in sample:
        return True
    patterns = (line.split()[0] for line in attributes.splitlines() if "filter=lfs" in line.split())
    return any(
        fnmatch.fnmatchcase(path if "/" in pattern else path.rpartition("/")[2], pattern) for pattern in patterns
    )


def ignores(patterns: str, path: str) -> bool:
    """Whether a .gitignore leaves a file out; of its rules names, paths, `*` and folders are known, `!` isn't."""
    lines = [line.strip().strip("/") for line in patterns.splitlines() if line.strip() and not line.startswith("#")]
    parts = [path.rpartition("/")[2], path, *(part for part in path.split("/")[:-1])]
    return any(fnmatch.fnmatchcase(part, pattern) for part in parts for pattern in lines)
