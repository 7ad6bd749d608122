import os
from pathlib import Path

import polars as pl
import pytest

from vlit_hub.errors import InputError
from vlit_hub.frames import SCHEMAS, conform
from vlit_hub.image_ids import image_id
from vlit_hub.photos import find, match


def lay_out(folder: Path, *names: str) -> Path:
    """Files that hold their own names: those of one name are copies."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())
    return folder


def images(*rows: tuple[str, str | None] | tuple[str, str | None, str]) -> pl.DataFrame:
    keys = [row[0] for row in rows]
    frame = pl.DataFrame(
        {
            "image_id": [image_id(key) for key in keys],
            "image_key": keys,
            "file_name": pl.Series([row[1] for row in rows], dtype=pl.String()),
            "split": [row[2] if len(row) > 2 else None for row in rows],
        },
        schema_overrides={"split": pl.String()},
    )
    return conform("images", frame)


def photo_of(folder: Path, key: str, name: str | None, split: str | None = None) -> str | None:
    """Where the image's photo was found, below the folder."""
    wanted = images((key, name, split) if split else (key, name))
    found = match(wanted, find(folder))["photo"].item()
    return None if found is None else Path(found).relative_to(folder).as_posix()


# --- find


def test_find_takes_photos_by_their_endings(tmp_path: Path) -> None:
    names = ["a.jpg", "b.JPG", "c.jpeg", "d.Png", "e.webp", "f.bmp", "g.gif", "h.tiff", "deep/er/i.jpg"]
    others = ["notes.txt", "j.jpg.part", "jpg", ".hidden.jpg", "._a.jpg", ".cache/k.jpg", "deep/.git/l.png"]
    index = find(lay_out(tmp_path, *names, *others))
    found = [f"{folder}/{base}".lstrip("/") for folder, base in index.select("folder", "base").iter_rows()]
    assert sorted(found) == sorted(names)
    assert index["photo"].is_sorted()
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in index["photo"])


def test_find_takes_relative_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, "data/a.jpg")
    monkeypatch.chdir(tmp_path)
    assert find(Path("data/../data"))["photo"].to_list() == [str(tmp_path / "data/a.jpg")]


def test_find_of_an_empty_folder_has_its_columns(tmp_path: Path) -> None:
    index = find(tmp_path)
    assert index.schema == {"photo": pl.String(), "folder": pl.String(), "base": pl.String()}
    assert match(images(("9", None)), index)["photo"].to_list() == [None]


def test_find_follows_links_once(tmp_path: Path) -> None:
    lay_out(tmp_path, "data/train/a.jpg", "elsewhere/b.jpg")
    (tmp_path / "data/loop").symlink_to(tmp_path / "data")
    (tmp_path / "data/train/up").symlink_to("..")
    (tmp_path / "data/outside").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data/again").symlink_to(tmp_path / "data/train")
    (tmp_path / "data/c.jpg").symlink_to(tmp_path / "elsewhere/b.jpg")
    (tmp_path / "data/broken.jpg").symlink_to("nowhere.jpg")
    found = find(tmp_path / "data")["photo"].to_list()
    assert found == [str(tmp_path / "data" / name) for name in ("c.jpg", "outside/b.jpg", "train/a.jpg")]


def test_find_reads_a_folder_given_twice_once(tmp_path: Path) -> None:
    lay_out(tmp_path, "train/a.jpg", "val/b.jpg")
    index = find([tmp_path / "train", tmp_path, tmp_path])
    assert index["photo"].to_list() == [str(tmp_path / "train/a.jpg"), str(tmp_path / "val/b.jpg")]
    assert index["folder"].to_list() == ["", "val"]


def test_find_leaves_out_names_that_are_not_utf8_and_what_is_no_file(tmp_path: Path) -> None:
    lay_out(tmp_path, "a.jpg")
    (tmp_path / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert find(tmp_path)["base"].to_list() == ["a.jpg"]


def test_find_names_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: photos can't be looked for here \\(No such file or directory\\)"):
        find(tmp_path / "nowhere")


# --- match

COCO = ["train2014/COCO_train2014_000000000009.jpg", "val2017/000000000025.jpg"]


@pytest.mark.parametrize(
    ("files", "key", "name", "found"),
    [
        # the whole path below the folder
        (["a/1.jpg", "b/1.jpg"], "1", "b/1.jpg", "b/1.jpg"),
        (["a/1.jpg"], "1", "./a/1.jpg", "a/1.jpg"),
        (["1.jpg", "a/1.jpg"], "1", "1.jpg", "1.jpg"),
        # the folder it is in, when the path begins higher up
        (["a/1.jpg", "b/1.jpg"], "1", "photos/b/1.jpg", "b/1.jpg"),
        (["photos/a/1.jpg", "photos/b/1.jpg"], "1", "b/1.jpg", "photos/b/1.jpg"),
        # the bare name
        (["a/1.jpg"], "1", "other/1.jpg", "a/1.jpg"),
        (["b/1.jpg", "a/1.jpg"], "1", "1.jpg", "a/1.jpg"),  # copies: the first
        # COCO's number, whichever year the annotation names
        (COCO, "9", None, COCO[0]),
        (COCO, "9", "000000000009.jpg", COCO[0]),
        (COCO, "25", "COCO_val2014_000000000025.jpg", COCO[1]),
        (["COCO_test-dev_000000000009.png"], "9", None, None),  # no such style
        (["000000000009.PNG"], "9", None, "000000000009.PNG"),
        # numbers that aren't COCO's
        (["IMG_0009.jpg", "9.jpg", "0009.jpg", "x000000000009.jpg", "000000000009.1.jpg"], "9", None, None),
        # names of another kind, or of another image, don't fall back to the number
        (COCO, "9", "mine.jpg", None),
        (COCO, "9", "000000000010.jpg", None),
        # a key that is no number, as stem
        (["train/0a1b2c3d4e5f6071.jpg"], "0a1b2c3d4e5f6071", None, "train/0a1b2c3d4e5f6071.jpg"),
        (["0a1b.jpg", "0a1b.png"], "0a1b", None, "0a1b.jpg"),
        (["0a1b.jpg"], "0a1", None, None),
        # endings and capitals are part of a name
        (["1.JPG"], "1", "1.jpg", None),
        (["a b/été.jpg"], "1", "a b/été.jpg", "a b/été.jpg"),
        (["1.jpg"], "1", "", None),
    ],
)
def test_match(tmp_path: Path, files: list[str], key: str, name: str | None, found: str | None) -> None:
    assert photo_of(lay_out(tmp_path, *files), key, name) == found


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "../secret.jpg",
        "a/../../secret.jpg",
        "..",
        "/etc/passwd.jpg",
        "C:/secret.jpg",
        "c:secret.jpg",
        "..\\secret.jpg",
        "\\\\host\\secret.jpg",
        "a.jpg\0.png",
    ],
)
def test_match_refuses_names_that_lead_outside(tmp_path: Path, name: str) -> None:
    lay_out(tmp_path, "photos/a.jpg", "photos/000000000009.jpg", "secret.jpg", "photos/secret.jpg")
    matched = match(images(("9", name)), find(tmp_path / "photos"))
    assert matched["photo"].to_list() == [None]
    shown = name.replace("\0", "\\0")
    assert matched["photo_fault"].to_list() == [f"file name {shown} leads outside the photo folder"]


def test_match_takes_a_bare_name_in_the_folder_of_its_split(tmp_path: Path) -> None:
    lay_out(tmp_path, "Train2014/1.jpg", "val/1.jpg", "test_set/deep/1.jpg")
    assert photo_of(tmp_path, "1", "1.jpg", "train") == "Train2014/1.jpg"
    assert photo_of(tmp_path, "1", "1.jpg", "validation") == "val/1.jpg"
    assert photo_of(tmp_path, "1", "1.jpg", "test") == "test_set/deep/1.jpg"


def test_match_does_not_guess_between_different_photos(tmp_path: Path) -> None:
    lay_out(tmp_path, "a/1.jpg", "b/1.jpg")
    (tmp_path / "b/1.jpg").write_bytes(b"another")
    matched = match(images(("1", "1.jpg")), find(tmp_path))
    assert matched["photo"].to_list() == [None]
    assert matched["photo_fault"].to_list() == ["file name 1.jpg fits 2 different photos"]


def test_match_does_not_give_one_photo_to_images_that_share_a_bare_name(tmp_path: Path) -> None:
    lay_out(tmp_path, "1.jpg")
    matched = match(images(("1", "a/1.jpg"), ("2", "b/1.jpg"), ("3", "3.jpg")), find(tmp_path))
    assert matched["photo"].to_list() == [None, None, None]
    assert matched["photo_fault"].to_list() == [
        "file name a/1.jpg isn't there, and 2 images would share 1.jpg",
        "file name b/1.jpg isn't there, and 2 images would share 1.jpg",
        None,
    ]


def test_match_leaves_a_photo_to_the_image_that_names_it_whole(tmp_path: Path) -> None:
    lay_out(tmp_path, "train/1.jpg")
    matched = match(images(("7", "val/1.jpg"), ("8", "train/1.jpg")), find(tmp_path))
    assert matched["photo"].to_list() == [None, str(tmp_path / "train/1.jpg")]
    both = match(images(("7", "train/1.jpg"), ("8", "train/1.jpg")), find(tmp_path))
    assert both["photo"].to_list() == [str(tmp_path / "train/1.jpg")] * 2


def test_match_keeps_rows_and_their_order(tmp_path: Path) -> None:
    lay_out(tmp_path, *(f"{number:012d}.jpg" for number in range(0, 50, 2)))
    wanted = images(*((str(number), None) for number in reversed(range(50))))
    matched = match(wanted, find(tmp_path))
    assert matched.drop("photo", "photo_fault").equals(wanted)
    assert matched["photo"].is_not_null().to_list() == [number % 2 == 0 for number in reversed(range(50))]
    assert matched.schema == {**SCHEMAS["images"], "photo": pl.String(), "photo_fault": pl.String()}
