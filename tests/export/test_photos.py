"""Photos of an export: named, linked, copied; and what is no photo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.export.making import exported, make, photo, record, samples, text_only
from tests.quality.making import data_of, scene
from vlit_hub.errors import UsageError
from vlit_hub.export.photos import PhotoShelf, safe_name, sniff


def names(out: Path) -> list[str]:
    return sorted(file.name for file in (out / "images").iterdir())


def images(out: Path) -> list[str]:
    return [name for sample in samples(out / "train.jsonl") for name in sample["images"]]


@pytest.mark.parametrize(
    ("name", "kind", "safe"),
    [
        ("tram.jpg", "JPEG", "tram.jpg"),
        ("a/b\\c d.JPEG", "JPEG", "c_d.jpeg"),
        ("../../etc/passwd", "PNG", "passwd.png"),
        ("", "PNG", "image.png"),
        (".hidden", "GIF", "hidden.gif"),
        ("-rf.png", "PNG", "rf.png"),
        ("tram.png", "JPEG", "tram.png.jpg"),  # a trainer that goes by suffixes must not be misled
        ("train<image>, 100%.webp", "WEBP", "train_image_100.webp"),
        ("электричка.jpg", "JPEG", "электричка.jpg"),
        ("x" * 300 + ".bmp", "BMP", "x" * 120 + ".bmp"),
    ],
)
def test_safe_names(name: str, kind: str, safe: str) -> None:
    assert safe_name(name, kind) == safe


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_formats_are_told_by_their_content(kind: str) -> None:
    assert sniff(data_of(scene(0, 24, 20, 1), kind)[:12]) == kind
    assert sniff(b"<html>404</html>"[:12]) is None


def test_photos_of_one_name_don_t_collide_and_one_photo_is_there_once(tmp_path: Path) -> None:
    one, two, three = (
        photo(tmp_path / folder / name, seed)
        for seed, (folder, name) in enumerate((("a", "tram.png"), ("b", "tram.png"), ("c", "TRAM.png")))
    )
    rows = [record(number, [file]) for number, file in enumerate((one, two, one, three, two))]
    done = exported(make(tmp_path / "set", *rows), "llama-factory", tmp_path / "out")
    assert images(tmp_path / "out") == [f"images/{name}.png" for name in ("tram", "tram-2", "tram", "TRAM-3", "tram-2")]
    assert done.photos == 3 and len({name.casefold() for name in names(tmp_path / "out")}) == 3
    for name, file in zip(images(tmp_path / "out"), (one, two, one, three, two), strict=True):
        assert (tmp_path / "out" / name).read_bytes() == file.read_bytes()


def test_hard_links_outlive_the_originals_and_take_no_space(tmp_path: Path) -> None:
    file = photo(tmp_path / "tram.png")
    dataset = make(tmp_path / "set", record(1, [file]))
    exported(dataset, "llama-factory", tmp_path / "out")
    linked = tmp_path / "out" / "images" / "tram.png"
    assert not linked.is_symlink() and linked.samefile(file)
    content = file.read_bytes()
    file.unlink()
    assert linked.read_bytes() == content


def test_a_link_to_a_photo_is_followed(tmp_path: Path) -> None:
    file = photo(tmp_path / "blobs" / "0123.png")
    (tmp_path / "snapshot").mkdir()
    shown = tmp_path / "snapshot" / "tram.png"
    shown.symlink_to(file)
    exported(make(tmp_path / "set", record(1, [shown])), "llama-factory", tmp_path / "out")
    linked = tmp_path / "out" / "images" / "tram.png"
    assert not linked.is_symlink() and linked.samefile(file)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_another_file_system_gets_symbolic_links_and_says_so(tmp_path: Path) -> None:
    import shutil
    import tempfile

    elsewhere = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        if elsewhere.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("the same file system")
        file = photo(elsewhere / "tram.png")
        done = exported(make(tmp_path / "set", record(1, [file])), "llama-factory", tmp_path / "out")
        linked = tmp_path / "out" / "images" / "tram.png"
        assert linked.is_symlink() and linked.readlink() == file.resolve()
        assert done.linked_by_name == 1
        assert "1 are symbolic links" in (tmp_path / "out" / "README.md").read_text()
    finally:
        shutil.rmtree(elsewhere)


def test_copies_are_files_of_their_own(tmp_path: Path) -> None:
    file = photo(tmp_path / "tram.png")
    exported(make(tmp_path / "set", record(1, [file])), "llama-factory", tmp_path / "out", images="copy")
    copy = tmp_path / "out" / "images" / "tram.png"
    assert copy.read_bytes() == file.read_bytes() and not copy.samefile(file)


@pytest.mark.parametrize("mode", ["link", "copy"])
def test_embedded_photos_are_written_out_once_each(tmp_path: Path, mode: str) -> None:
    one, two = photo(tmp_path / "a" / "tram.png", 1), photo(tmp_path / "b" / "tram.png", 2)
    rows = [record(number, [file]) for number, file in enumerate((one, one, two, one))]
    dataset = make(tmp_path / "set", *rows, embed=True)
    contents = [file.read_bytes() for file in (one, one, two, one)]
    one.unlink()
    two.unlink()
    done = exported(dataset, "llama-factory", tmp_path / "out", images=mode)
    assert done.photos == 2 and names(tmp_path / "out") == ["tram-2.png", "tram.png"]
    assert [(tmp_path / "out" / name).read_bytes() for name in images(tmp_path / "out")] == contents


def test_embedded_photos_stay_embedded(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    file = photo(tmp_path / "tram.png")
    dataset = make(tmp_path / "set", *[record(number, [file]) for number in range(3)], embed=True)
    content = file.read_bytes()
    file.unlink()
    exported(dataset, "trl", tmp_path / "out")
    [made] = (tmp_path / "out" / "train").iterdir()
    shown = pq.read_table(made)["images"].to_pylist()
    assert shown == [[{"bytes": content, "path": "tram.png"}]] * 3
    assert not list((tmp_path / "out").glob("embedded"))


def bad(tmp_path: Path, kind: str) -> Path:
    file = tmp_path / "bad.png"
    if kind == "empty":
        file.touch()
    elif kind == "page":
        file.write_text("<html>404</html>")
    elif kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "dangling":
        file.symlink_to(tmp_path / "nothing")
    elif kind == "loop":
        file.symlink_to(file)
    return file


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "its photo isn't there"),
        ("dangling", "its photo isn't there"),
        ("loop", "its photo can't be read (Too many levels of symbolic links)"),
        ("empty", "its photo is empty"),
        ("page", "its photo is no image file"),
        ("folder", "its photo is no file"),
        ("pipe", "its photo is no file"),
    ],
)
def test_what_is_no_photo_is_rejected_with_the_reason(tmp_path: Path, kind: str, reason: str) -> None:
    good = photo(tmp_path / "good.png")
    rows = [record(1, [good]), record(2, [bad(tmp_path, kind)])]
    done = exported(make(tmp_path / "set", *rows), "llama-factory", tmp_path / "out")
    assert done.rejected == {reason: 1} and done.samples == 1
    [aside] = samples_of_rejected(tmp_path / "out")
    assert aside == {"id": "caption-2", "split": "train", "task": "image_captioning", "reason": reason}
    assert names(tmp_path / "out") == ["good.png"]


def samples_of_rejected(out: Path) -> list[dict[str, Any]]:
    import json

    return [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]


def test_a_record_without_its_photo_isn_t_taken_for_text(tmp_path: Path) -> None:
    rows = [record(1), text_only(2)]
    done = exported(make(tmp_path / "set", *rows), "llama-factory", tmp_path / "out")
    assert done.rejected == {"its photo isn't in the dataset": 1}
    assert [sample["images"] for sample in samples(tmp_path / "out" / "train.jsonl")] == [[]]


def test_without_photos_samples_have_the_annotations_names(tmp_path: Path) -> None:
    drawn = photo(tmp_path / "tram-box-1-2-3-4.jpg")
    rows = [record(1), record(2, [tmp_path / "gone.png"]), record(3, [drawn])]
    done = exported(make(tmp_path / "set", *rows), "llama-factory", tmp_path / "out", images="none")
    assert images(tmp_path / "out") == ["000000000001.png", "000000000002.png"]
    assert not (tmp_path / "out" / "images").exists()
    assert list(done.rejected) == ["its picture is a copy with a region drawn in, which only this machine has"]
    assert "media_dir=YOUR_PHOTOS" in (tmp_path / "out" / "README.md").read_text()


def test_urls(tmp_path: Path) -> None:
    import polars as pl

    rows = [record(1), record(2), record(3), text_only(4)]
    rows[2]["input"] = {"images": [{"bytes": None, "path": "https://example.com/own.png"}], "text": ""}
    dataset = make(tmp_path / "set", *rows)
    with pytest.raises(UsageError, match=r"the dataset has no images\.parquet"):
        exported(dataset, "openai", tmp_path / "out", images="url")
    pl.DataFrame(
        {
            "image_key": ["1", "2", "3"],
            "file_name": [f"{number:012d}.png" for number in (1, 2, 3)],
            "url": ["http://example.com/1.png", None, "http://example.com/3.png"],
            "photo": ["1.png"] * 3,
        }
    ).write_parquet(tmp_path / "set" / "images.parquet")
    done = exported(dataset, "openai", tmp_path / "out", images="url")
    assert done.rejected == {"its photo has no URL": 1}
    shown = [
        [block["image_url"]["url"] for block in sample["messages"][0]["content"] if block["type"] == "image_url"]
        for sample in samples(tmp_path / "out" / "train.jsonl")
    ]
    assert shown == [["http://example.com/1.png"], ["https://example.com/own.png"], []]


def test_a_photo_on_the_web_can_t_be_linked(tmp_path: Path) -> None:
    row = record(1)
    row["input"] = {"images": [{"bytes": None, "path": "https://example.com/1.png"}], "text": ""}
    with pytest.raises(UsageError, match="its photo is on the web, not on this machine"):
        exported(make(tmp_path / "set", row), "llama-factory", tmp_path / "out")


def test_photos_by_relative_path_lie_in_the_dataset(tmp_path: Path) -> None:
    photo(tmp_path / "set" / "photos" / "tram.png")
    dataset = make(tmp_path / "set", record(1, [Path("photos/tram.png")]))
    exported(dataset, "swift", tmp_path / "out")
    assert images(tmp_path / "out") == [str(tmp_path / "out" / "images" / "tram.png")]


def test_a_format_that_the_trainer_doesn_t_read_is_rejected(tmp_path: Path) -> None:
    files = [photo(tmp_path / "a.gif"), photo(tmp_path / "b.png")]
    done = exported(
        make(tmp_path / "set", *[record(n, [file]) for n, file in enumerate(files)]), "openai", tmp_path / "out"
    )
    assert done.rejected == {"its photo is a GIF file, which the trainer doesn't read": 1}


def test_a_journal_gives_the_same_names(tmp_path: Path) -> None:
    files = [str(photo(tmp_path / folder / "tram.png", seed)) for seed, folder in enumerate("abcd")]
    whole = PhotoShelf(tmp_path / "whole", "link", tmp_path, frozenset())
    whole.numbers(files)
    first, second = (PhotoShelf(tmp_path / name, "link", tmp_path, frozenset()) for name in ("first", "second"))
    first.numbers(files[:2])
    second.restore(first.journal(0))
    assert second.numbers(files) == [0, 1, 2, 3]
    assert [one.name for one in second.photos] == [one.name for one in whole.photos]
