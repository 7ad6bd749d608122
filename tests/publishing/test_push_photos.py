"""How photos are published: embedded where their licence allows it, by URL, or not at all; never as a path of this machine."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.hub.server import Hub
from tests.publishing.pushing import REPO, photo, row, run_push, write_dataset
from vlit_hub.errors import InputError, RecordError, UsageError
from vlit_hub.publishing.folder import open_folder
from vlit_hub.publishing.photo_modes import may_embed, publish_photos
from vlit_hub.publishing.preparing import choose_mode, prepare, staging_folder
from vlit_hub.records import from_rows


def published(hub: Hub, split: str = "train") -> list[list[dict[str, object]]]:
    """The images of every record online, in order."""
    paths = sorted(path for path in hub.tree(REPO) if path.startswith(f"data/{split}-"))
    tables = [pq.read_table(io.BytesIO(hub.file(REPO, path))) for path in paths]
    return [images for table in tables for images in table["input"].combine_chunks().field("images").to_pylist()]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return [photo(tmp_path / "photos" / f"COCO_{number}.jpg", number) for number in range(6)]


LICENSES = ["CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-ND-2.0", None, "no-known-copyright-restrictions", "CC-BY-SA-2.0"]


@pytest.fixture
def toy(tmp_path: Path, photos: list[Path]) -> Path:
    """Two records a photo, six photos of six licences."""
    rows = [row(number, photos[number // 2], LICENSES[number // 2]) for number in range(12)]
    return write_dataset(tmp_path / "toy", rows)


@pytest.mark.parametrize(
    ("license", "opened", "may"),
    [
        ("CC-BY-4.0", (), True),
        ("CC0-1.0", (), True),
        ("US-Government-Work", (), True),
        ("CC-BY-NC-2.0", (), False),
        ("CC-BY-NC-2.0", ("cc-by-nc-2.0",), True),
        ("CC-BY-NC-SA-2.0", ("cc-by-nc-2.0",), False),
        ("CC-BY-ND-2.0", (), False),
        ("unknown", (), False),
        ("unknown", ("unknown",), True),
        ("Ask me", (), False),
        ("CC-BY-4.0 AND CC-BY-NC-2.0", (), False),
        ("CC-BY-4.0 AND CC-BY-NC-2.0", ("cc-by-nc-2.0",), True),
    ],
)
def test_licences_that_may_be_embedded(license: str, opened: tuple[str, ...], may: bool) -> None:
    assert may_embed(license, opened) == may


def test_photos_are_embedded_where_their_licence_allows_it(hub: Hub, toy: Path, photos: list[Path]) -> None:
    done = run_push(hub, toy)
    assert (done.images, done.photos.records, done.photos.kept) == ("embed", 12, 6)
    assert done.photos.refused == {"CC-BY-NC-2.0": 2, "CC-BY-ND-2.0": 2, "unknown": 2}
    card = hub.file(REPO, "README.md").decode()
    assert "as the annotation files say it of each (some are part of the files)" in card
    for license, share, shown in (("Attribution 4.0", "17%", 2), ("Attribution-NonCommercial 2.0", "17%", 0)):
        assert re.search(rf"\| \[Creative Commons {license}\]\(.*?\) \| 2 \| {share} \| {shown} \|", card)
    expected = [
        [{"bytes": path.read_bytes(), "path": path.name}] if number in (0, 4, 5) else []
        for number, path in enumerate(photos)
        for _ in range(2)
    ]
    assert published(hub) == expected


def test_licences_are_opened_by_name(hub: Hub, toy: Path) -> None:
    done = run_push(hub, toy, allow_licenses=("cc-by-nc-2.0", "Unknown"))
    assert (done.photos.kept, done.photos.refused) == (10, {"CC-BY-ND-2.0": 2})
    assert [bool(images) for images in published(hub)] == [True] * 4 + [False] * 2 + [True] * 6


def test_no_photos(hub: Hub, toy: Path) -> None:
    done = run_push(hub, toy, images="none")
    assert (done.images, done.photos.kept, done.photos.refused) == ("none", 0, {})
    assert published(hub) == [[]] * 12


def test_photos_by_url(hub: Hub, toy: Path) -> None:
    with pytest.raises(UsageError, match=r"the dataset has no images\.parquet"):
        run_push(hub, toy, images="url")
    names = [f"COCO_{number // 2}.jpg" for number in range(12)]
    keys = [str(number) for number in range(12)]
    frame = pl.DataFrame({"image_key": keys, "file_name": names, "photo": names}).with_columns(
        url=pl.lit(None, dtype=pl.String())
    )
    frame.write_parquet(toy / "images.parquet")
    with pytest.raises(UsageError, match=r"the annotations give no photo's URL\. Pass --images embed or none"):
        run_push(hub, toy, images="url")
    frame.drop("photo").write_parquet(toy / "images.parquet")
    with pytest.raises(InputError, match=r"images\.parquet: can't be read \(.*photo.*Build the dataset again\."):
        run_push(hub, toy, images="url")
    urls = [f"http://images.example/{number}.jpg" if number != 3 else None for number in range(12)]
    frame = frame.with_columns(url=pl.Series(urls))
    pl.concat([frame, frame.with_columns(file_name=pl.lit("another's"), url=pl.lit("http://wrong"))]).write_parquet(
        toy / "images.parquet"
    )
    done = run_push(hub, toy, images="url")
    assert (done.images, done.photos.kept, done.photos.lost) == ("url", 11, 1)
    assert published(hub) == [[{"bytes": None, "path": url}] if url else [] for url in urls]
    assert "images.parquet" in hub.tree(REPO)


def test_a_dataset_of_urls_stays_one(tmp_path: Path) -> None:
    url = "https://images.example/1.jpg"
    rows = [{**row(1), "input": {"images": [{"bytes": None, "path": url}], "text": ""}}]
    dataset = open_folder(write_dataset(tmp_path / "toy", rows, shards=1))
    assert choose_mode(dataset, None) == "url"
    (file,) = prepare(dataset, "url", (), tmp_path / "staging").dataset.files
    assert pq.read_table(file.path)["input"].to_pylist() == [{"images": [{"bytes": None, "path": url}], "text": ""}]
    with pytest.raises(UsageError, match="the records have their URLs"):
        choose_mode(dataset, "embed")


def test_records_of_several_images_have_all_or_none() -> None:
    def images(*names: str) -> dict[str, object]:
        return {"images": [{"bytes": None, "path": f"/photos/{name}"} for name in names], "text": "x"}

    def source(*names: str) -> dict[str, object]:
        return {**row(0)["source"], "image_ids": list(names), "file_names": list(names)}

    rows = [
        {**row(1), "input": images("a", "b"), "source": source("a", "b")},
        {**row(2), "input": images(), "source": source("c")},
        {**row(3), "input": images("a"), "source": {**source("a"), "image_license": "CC-BY-NC-2.0"}},
        {**row(4), "input": images("b", "c"), "source": source("b", "c")},
    ]
    records = from_rows(rows)
    named = {"image_key": ["a", "b"], "file_name": ["a", "b"], "photo": ["a", "b"]}
    urls = pl.DataFrame({**named, "url": ["http://a", "http://b"]})
    kept, tally = publish_photos(records, "url", urls=urls)
    shown = [[image["path"] for image in one["images"]] for one in kept["input"].to_pylist()]
    assert shown == [["http://a", "http://b"], [], ["http://a"], []]
    assert (tally.records, tally.kept, tally.lost) == (4, 2, 2)
    kept, tally = publish_photos(records, "embed")
    shown = [[image["path"] for image in one["images"]] for one in kept["input"].to_pylist()]
    assert shown == [["/photos/a", "/photos/b"], [], [], ["/photos/b", "/photos/c"]]
    assert (tally.kept, tally.lost, tally.refused) == (2, 1, {"CC-BY-NC-2.0": 1})
    assert kept.drop_columns(["input"]).equals(records.drop_columns(["input"]))
    assert kept.schema == records.schema
    rows[1]["source"]["file_names"] = []
    with pytest.raises(RecordError, match=r"image_captioning-2: source\.file_names: aren't as many"):
        publish_photos(from_rows(rows), "url", urls=urls)


@pytest.mark.parametrize("embedded", [False, True])
def test_a_copy_with_a_region_drawn_in_is_embedded_and_never_a_url(hub: Hub, tmp_path: Path, embedded: bool) -> None:
    """Its address would show the plain photo, which isn't what the text speaks of."""
    plain = photo(tmp_path / "photos" / "COCO_val_1.jpg", 1)  # named otherwise than the annotations do
    marked = photo(tmp_path / "marked" / "1-a3f0.jpg", 2)
    names = {"source": {**row(1)["source"], "file_names": ["1.jpg"]}}
    region = {"image": 0, "bbox": [1.0, 1.0, 9.0, 9.0], "label": "wave"}
    rows = [row(1, plain, **names), {**row(1, marked, **names), "id": "marked", "regions": [region]}, row(3)]
    folder = write_dataset(tmp_path / "toy", rows, shards=1, embed=embedded)
    images = {"image_key": ["1", "3"], "file_name": ["1.jpg", "000000000003.jpg"], "photo": [plain.name, None]}
    urls = [f"http://images.example/{key}.jpg" for key in images["image_key"]]
    pl.DataFrame({**images, "url": urls}).write_parquet(folder / "images.parquet")
    done = run_push(hub, folder, images="url")
    assert (done.photos.kept, done.photos.drawn, done.photos.lost) == (2, 1, 0)
    assert published(hub) == [[{"bytes": None, "path": urls[0]}], [], [{"bytes": None, "path": urls[1]}]]
    build = json.loads(hub.file(REPO, "build.json"))
    assert build["published"]["drawn_left_out"] == 1
    whole = pq.read_table(io.BytesIO(hub.file(REPO, "data/train-00000-of-00001.parquet"))).to_pylist()
    assert (whole[1]["regions"], whole[1]["response"]) == ([region], rows[1]["response"])
    run_push(hub, folder, images="embed")
    contents = [[image["bytes"] for image in images] for images in published(hub)]
    assert contents == [[plain.read_bytes()], [marked.read_bytes()], []]


@pytest.mark.parametrize("opened", [(), ("cc-by-nc-2.0", "cc-by-nd-2.0", "unknown")])
def test_photos_that_the_build_embedded(hub: Hub, tmp_path: Path, photos: list[Path], opened: tuple[str, ...]) -> None:
    """They are taken as they are, or taken out where the licence asks for it; the files of the build itself may be gone."""
    rows = [row(number, photos[number // 2], LICENSES[number // 2]) for number in range(12)]
    folder = write_dataset(tmp_path / "toy", rows, embed=True)
    content = [path.read_bytes() for path in photos]
    for path in photos:
        path.unlink()
    run_push(hub, folder, allow_licenses=opened)
    assert published(hub) == [
        [{"bytes": content[number // 2], "path": photos[number // 2].name}]
        if opened or number // 2 in (0, 4, 5)
        else []
        for number in range(12)
    ]
    if opened:
        shard = "data/train-00000-of-00002.parquet"
        assert hub.file(REPO, shard) == (folder / shard).read_bytes()
    else:
        assert run_push(hub, folder, images="none").photos.kept == 0
        assert published(hub) == [[]] * 12


def test_photos_that_are_gone_are_told_before_anything_is_sent(hub: Hub, toy: Path, photos: list[Path]) -> None:
    hub.create(REPO)
    photos[5].unlink()
    photos[1].unlink()  # its licence forbids to embed it: nobody needs it
    hub.forget()
    with pytest.raises(InputError) as caught:
        run_push(hub, toy)
    assert str(caught.value) == (
        f"{photos[5]}: the photo of record image_captioning-10 is gone since the build. "
        "Put it back, or pass --images url or none."
    )
    assert not hub.count("POST")
    assert not list(toy.parent.glob(".toy.push/**/*.parquet"))
    run_push(hub, toy, images="none")


def test_embedding_needs_photos(tmp_path: Path) -> None:
    dataset = open_folder(write_dataset(tmp_path / "toy", [row(1)], shards=1))
    assert choose_mode(dataset, None) == "none"
    with pytest.raises(UsageError, match="built without photos"):
        choose_mode(dataset, "embed")


def test_no_path_of_this_machine_is_ever_published(hub: Hub, toy: Path, tmp_path: Path) -> None:
    run_push(hub, toy)
    assert not [path for path in hub.tree(REPO) if str(tmp_path).encode() in hub.file(REPO, path)]
    for file in open_folder(toy).files:  # the paths may be compressed there
        assert str(tmp_path) not in str(pq.read_table(io.BytesIO(hub.file(REPO, f"data/{file.path.name}"))).to_pylist())
    rows = [{**row(1), "input": {"images": [{"bytes": b"photo", "path": "home/me/1.jpg"}], "text": ""}}]
    dataset = open_folder(write_dataset(tmp_path / "odd", rows, shards=1))
    with pytest.raises(InputError, match=r"would publish the path home/me/1\.jpg"):
        prepare(dataset, "embed", (), tmp_path / "staging")


def test_what_an_earlier_run_prepared_is_taken_up_unless_a_photo_changed(toy: Path, photos: list[Path]) -> None:
    dataset, staging = open_folder(toy), staging_folder(toy)
    first = prepare(dataset, "embed", (), staging)
    stamps = {file.path: file.path.stat().st_mtime_ns for file in first.dataset.files}
    content = {file.path.name: file.path.read_bytes() for file in first.dataset.files}
    again = prepare(dataset, "embed", (), staging)
    assert again.photos == first.photos
    assert {file.path: file.path.stat().st_mtime_ns for file in again.dataset.files} == stamps
    assert {file.path for file in prepare(dataset, "none", (), staging).dataset.files}.isdisjoint(stamps)
    photo(photos[5], 99)
    changed = prepare(dataset, "embed", (), staging)
    names = [file.path.name for file in changed.dataset.files if file.path.read_bytes() != content[file.path.name]]
    assert names == ["train-00001-of-00002.parquet"]


def test_the_same_dataset_gives_the_same_bytes(toy: Path, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        prepared = prepare(open_folder(toy), "embed", (), tmp_path / name)
        contents.append([file.path.read_bytes() for file in prepared.dataset.files])
    assert contents[0] == contents[1]
