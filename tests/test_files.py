"""Annotation files: plain, gzipped, and members of archives."""

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile

TEXT = b'{"annotations": []}'


def packed(folder: Path, how: str) -> AnnotationFile:
    plain = folder / "captions_val2014.json"
    if how == "plain":
        plain.write_bytes(TEXT)
        return AnnotationFile(plain)
    if how == "gz":
        (folder / "captions_val2014.json.gz").write_bytes(gzip.compress(TEXT))
        return AnnotationFile(folder / "captions_val2014.json.gz")
    if how == "gz without its suffix":
        plain.write_bytes(gzip.compress(TEXT))
        return AnnotationFile(plain)
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        if how == "gz in zip":
            archive.writestr("annotations/captions_val2014.json.gz", gzip.compress(TEXT))
            return AnnotationFile(folder / "all.zip", "annotations/captions_val2014.json.gz")
        archive.writestr("annotations/captions_val2014.json", TEXT)
    return AnnotationFile(folder / "all.zip", "annotations/captions_val2014.json")


@pytest.mark.parametrize("how", ["plain", "gz", "gz without its suffix", "zip", "gz in zip"])
def test_content_and_names(tmp_path: Path, how: str) -> None:
    file = packed(tmp_path, how)
    assert file.read() == TEXT
    assert list(file.blocks(7)) == [TEXT[:7], TEXT[7:14], TEXT[14:]]
    assert file.base_name == "captions_val2014.json"
    assert file.digest() == file.digest()
    assert file.digest().startswith("xxh3:")


def test_members_are_named_with_their_archive(tmp_path: Path) -> None:
    assert packed(tmp_path, "zip").name == "all.zip:annotations/captions_val2014.json"
    assert packed(tmp_path, "plain").name == "captions_val2014.json"


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    file = packed(tmp_path, "plain")
    before = file.digest()
    file.path.write_bytes(TEXT.replace(b"[]", b"[1]"))
    assert file.digest() != before
    file.path.write_bytes(TEXT)
    os.utime(file.path, (1, 1))
    assert file.digest() == before


def test_a_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = packed(tmp_path, "plain")
    before = file.digest()
    monkeypatch.setattr(Path, "open", None)  # a second look would fail
    assert file.digest() == before


def _cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def _damage(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("how", "harm"),
    [
        # a download that was broken off
        ("gz", _cut),
        ("zip", _cut),
        # a byte that isn't what it was: the checksum tells
        ("gz", _damage),
        ("zip", _damage),
    ],
)
def test_damaged_archives(tmp_path: Path, how: str, harm: object) -> None:
    file = packed(tmp_path, how)
    harm(file.path)  # type: ignore[operator]
    for read in (file.read, lambda: list(file.blocks())):
        with pytest.raises(InputError, match=r"the archive is damaged .*Fetch it again"):
            read()


def test_a_member_that_is_gone(tmp_path: Path) -> None:
    there = packed(tmp_path, "zip")
    for use in (AnnotationFile(there.path, "other.json").read, AnnotationFile(there.path, "other.json").digest):
        with pytest.raises(InputError, match="damaged"):
            use()


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    file = AnnotationFile(tmp_path / "gone.json")
    for use in (file.read, file.digest, lambda: list(file.blocks())):
        with pytest.raises(InputError, match=r"gone\.json: can't be read \(No such file or directory\)"):
            use()


def test_files_sort_by_path_member_and_split(tmp_path: Path) -> None:
    first, second = AnnotationFile(tmp_path / "a.zip", "b.json"), AnnotationFile(tmp_path / "a.zip", "c.json")
    assert sorted([AnnotationFile(tmp_path / "b.json"), second, first]) == [
        first,
        second,
        AnnotationFile(tmp_path / "b.json"),
    ]
