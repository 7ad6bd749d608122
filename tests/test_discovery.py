"""Which files of a folder belong to which source."""

import gzip
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from vlit_hub.discovery import Found, discover, split_of
from vlit_hub.errors import InputError
from vlit_hub.files import FileHead
from vlit_hub.source import Source


def source(name: str, patterns: tuple[str, ...], *keys: str) -> Source:
    def sniff(head: FileHead) -> bool:
        return set(keys) <= head.first.get("annotations", frozenset())

    return Source(name=name, read=lambda files, on_error: {}, patterns=patterns, sniff=sniff)


CAPTIONS = source("captions", ("captions_*.json",), "caption")
BOXES = source("boxes", ("instances_*.json", "boxes.pkl"), "bbox")
SOURCES = [CAPTIONS, BOXES]

CAPTION = {"annotations": [{"id": 1, "caption": "a"}]}
BOX = {"annotations": [{"id": 1, "bbox": [1, 2, 3, 4]}]}


def put(folder: Path, name: str, content: Any = CAPTION) -> Path:
    """A file, packed as its name says; `a.zip:b.json` adds to an archive."""
    archive, _, member = name.rpartition(":")
    path = folder / (archive or name)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    data = gzip.compress(data) if name.endswith(".gz") else data
    if archive:
        with zipfile.ZipFile(path, "a") as opened:
            opened.writestr(member, data)
    else:
        path.write_bytes(data)
    return path


def found(folder: Path, **by_hand: list[Path]) -> Found:
    return discover(folder, SOURCES, by_hand)


def names(found: Found) -> dict[str, list[str]]:
    return {name: [file.name for file in files] for name, files in found.files.items()}


def splits(found: Found) -> Mapping[str, list[str]]:
    return {name: [file.split for file in files] for name, files in found.files.items()}


@pytest.mark.parametrize(
    ("name", "content", "owner"),
    [
        # by name, plain and packed, in folders; whatever is in it
        ("captions_train2014.json", b"", "captions"),
        ("annotations/deep/er/captions_val.json", b"", "captions"),
        ("captions_train2014.json.gz", b"", "captions"),
        ("all.zip:annotations/captions_train2014.json", b"", "captions"),
        ("all.ZIP:captions_train2014.json.gz", b"", "captions"),
        ("Captions_Train.JSON", b"", "captions"),
        # a name that isn't JSON's
        ("boxes.pkl", b"", "boxes"),
        # by its keys
        ("mine.json", CAPTION, "captions"),
        ("mine.json", BOX, "boxes"),
        ("mine.json.gz", BOX, "boxes"),
        ("all.zip:mine.json", BOX, "boxes"),
        # the name counts before the keys
        ("instances_mine.json", CAPTION, "boxes"),
    ],
)
def test_whose_a_file_is(tmp_path: Path, name: str, content: Any, owner: str) -> None:
    put(tmp_path, name, content)
    assert names(found(tmp_path)) == {owner: [name.rsplit("/", 1)[-1] if ":" not in name else name]}


@pytest.mark.parametrize(
    "name",
    [
        ".hidden/captions_a.json",
        ".captions_a.json",
        "captions_a.json.txt",
        "captions.csv",
        "all.zip:__MACOSX/._captions_a.json",
        "all.zip:.git/captions_a.json",
    ],
)
def test_what_is_passed_over(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    put(tmp_path, "captions_b.json")
    both = found(tmp_path)
    assert names(both) == {"captions": ["captions_b.json"]}
    assert both.ignored == ()


def test_unknown_json_is_listed(tmp_path: Path) -> None:
    put(tmp_path, "captions_a.json")
    put(tmp_path, "build.json", {"splits": {}})
    put(tmp_path, "broken.json", b"{")
    put(tmp_path, "rows.jsonl", b'{"a": 1}\n{"a": 2}\n')
    assert [file.name for file in found(tmp_path).ignored] == ["broken.json", "build.json", "rows.jsonl"]


@pytest.mark.parametrize(
    ("files", "used", "copies"),
    [
        # unpacked beside the archive, and gzipped
        (["all.zip:x/captions_a.json", "captions_a.json", "captions_a.json.gz"], ["captions_a.json"], 2),
        (["all.zip:captions_a.json", "captions_a.json.gz"], ["captions_a.json.gz"], 1),
        # in two archives, in another folder of each
        (["a.zip:x/captions_a.json", "b.zip:captions_a.json"], ["a.zip:x/captions_a.json"], 1),
        # in two folders
        (["b/captions_a.json", "a/captions_a.json"], ["captions_a.json"], 1),
    ],
)
def test_copies_are_used_once(tmp_path: Path, files: list[str], used: list[str], copies: int) -> None:
    for name in files:
        put(tmp_path, name)
    both = found(tmp_path)
    assert names(both) == {"captions": used}
    assert len(both.copies) == copies
    assert sorted(path.relative_to(tmp_path).as_posix() for path in {f.path for f in both.files["captions"]})[0] == (
        "a/captions_a.json" if "a/captions_a.json" in files else used[0].split(":")[0]
    )


def test_one_name_and_two_contents_are_two_files(tmp_path: Path) -> None:
    put(tmp_path, "a/captions_a.json", CAPTION)
    put(tmp_path, "b/captions_a.json", {"annotations": []})
    assert len(found(tmp_path).files["captions"]) == 2


def test_links(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "captions_a.json")
    data = tmp_path / "data"
    data.mkdir()
    (data / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (data / "round").symlink_to(data, target_is_directory=True)
    (data / "captions_b.json").symlink_to(put(tmp_path / "cache", "0a1b", BOX))
    (data / "captions_gone.json").symlink_to(tmp_path / "gone")
    assert names(found(data)) == {"captions": ["captions_b.json", "captions_a.json"]}


def test_the_order_of_the_file_system_doesnt_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "c/captions_a.json",
        "b/captions_a.json",
        "captions_z.json",
        "z.zip:captions_b.json",
        "a.zip:captions_b.json",
    ):
        put(tmp_path, name)
    there = found(tmp_path)
    import os

    walk = os.walk

    def backwards(*args: Any, **options: Any) -> Any:
        for place, folders, files in walk(*args, **options):
            folders.reverse()
            files.reverse()
            yield place, folders, files

    monkeypatch.setattr(os, "walk", backwards)
    assert found(tmp_path) == there


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("captions_train2014.json", "train"),
        ("instances_val2017.json", "validation"),
        ("image_info_test-dev2015.json", "test"),
        ("v2_OpenEnded_mscoco_test2015_questions.json", "test"),
        ("TextVQA_0.5.1_val.json", "validation"),
        ("lvis_v1_minival.json", "validation"),
        ("dev.json", "validation"),
        ("VALID.json", "validation"),
        ("cocotext.v2.json", ""),
        # parts of other words
        ("training_notes.json", ""),
        ("contest.json", ""),
        ("interval_devices.json", ""),
        # two splits
        ("captions_trainval2014.json", ""),
        ("captions_train_val.json", ""),
    ],
)
def test_split_of(name: str, split: str) -> None:
    assert split_of(name) == split


def test_splits_of_files(tmp_path: Path) -> None:
    # its name, before its folder's
    put(tmp_path, "val/captions_train.json", {"annotations": [1]})
    # its folder's
    put(tmp_path, "test2015/captions_b.json", {"annotations": [2]})
    put(tmp_path, "train/captions_c.json.gz", {"annotations": [3]})
    put(tmp_path, "annotations_trainval.zip:annotations/val2014/captions_d.json", {"annotations": [4]})
    # a folder of which nobody knows
    put(tmp_path, "my_test_of_it/captions_e.json", {"annotations": [5]})
    by_name = {file.base_name[9:10]: file.split for file in found(tmp_path).files["captions"]}
    assert by_name == {"t": "train", "b": "test", "c": "train", "d": "validation", "e": ""}


def test_the_data_folders_own_name_says_nothing(tmp_path: Path) -> None:
    put(tmp_path / "test", "captions_a.json")
    assert splits(found(tmp_path / "test")) == {"captions": [""]}


def test_a_file_given_by_hand_wins(tmp_path: Path) -> None:
    put(tmp_path, "data/captions_train.json")
    put(tmp_path, "data/instances_train.json", BOX)
    given = put(tmp_path, "mine_val.json")
    both = found(tmp_path / "data", captions=[given, given])
    assert names(both) == {"boxes": ["instances_train.json"], "captions": ["mine_val.json"]}
    assert splits(both)["captions"] == ["validation"]


def test_files_given_by_hand_need_no_folder(tmp_path: Path) -> None:
    given = put(tmp_path, "mine.json")
    assert names(found(tmp_path / "gone", captions=[given])) == {"captions": ["mine.json"]}


def test_an_archive_given_by_hand(tmp_path: Path) -> None:
    for name in ("captions_train.json", "instances_train.json", "other.json"):
        given = put(tmp_path, f"all.zip:{name}", BOX)
    assert names(found(tmp_path / "gone", captions=[given])) == {"captions": ["all.zip:captions_train.json"]}
    assert len(found(tmp_path / "gone", boxes=[given]).files["boxes"]) == 3  # two by their keys


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("mine.json", BOX, "isn't captions: it looks like boxes."),
        ("instances_train.json", BOX, "isn't captions: it looks like boxes."),
        ("mine.json", {"records": [], "version": 1}, "isn't captions: it looks like an object of records, version."),
        ("photo.jpg", b"\xff\xd8\xff\xe0", "isn't captions: it looks like a JPEG image."),
        ("mine.json", b"<html>", "isn't captions: it looks like a web page."),
        ("all.zip:instances_train.json", BOX, "has no captions in it. Looked for captions_*.json."),
    ],
)
def test_a_file_of_another_kind_given_by_hand(tmp_path: Path, name: str, content: Any, said: str) -> None:
    given = put(tmp_path, name, content)
    with pytest.raises(InputError) as error:
        found(tmp_path, captions=[given])
    assert str(error.value).startswith(f"{given}: {said}")


def test_a_file_given_by_hand_that_isnt_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.json: no such file\. It was given for captions"):
        found(tmp_path, captions=[tmp_path / "gone.json"])
    with pytest.raises(InputError, match="isn't a file\\. It was"):
        found(tmp_path, captions=[tmp_path])


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone: no such folder\. Pass --data-dir"):
        found(tmp_path / "gone")
    with pytest.raises(InputError, match=r"x\.json: isn't a folder"):
        found(put(tmp_path, "x.json"))


def test_nothing_known(tmp_path: Path) -> None:
    put(tmp_path, "other.json", {})
    put(tmp_path, "photo.jpg", b"")
    with pytest.raises(InputError) as error:
        found(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: nothing in it or its folders is known (1 JSON files looked into). Looked for captions: captions_*.json; "
        "boxes: instances_*.json, boxes.pkl. Pass --data-dir FOLDER, or a file by hand: --file SOURCE=FILE."
    )


def test_a_damaged_archive(tmp_path: Path) -> None:
    put(tmp_path, "captions_a.json")
    put(tmp_path, "all.zip", b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"all\.zip: the archive is damaged .*Fetch it again, or move it away"):
        found(tmp_path)
