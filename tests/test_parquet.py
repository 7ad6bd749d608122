import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Image, List, load_dataset
from PIL import Image as Pillow

from vlit_hub import parquet, records
from vlit_hub.errors import InputError, RecordError
from vlit_hub.parquet import write_shard

Photos = Sequence[Sequence[Path] | None]


def shard(photos: Photos, indicators: dict[str, pa.DataType] | None = None) -> pa.Table:
    """A table of records that show these photos."""
    rows = [
        {
            "id": f"image_captioning-{number}",
            "instruction": "What is to be seen?",
            "input": {
                "images": [{"bytes": None, "path": str(path)} for path in paths or ()],
                "text": "" if number % 2 else "some text",
            },
            "response": f"A thing, number {number}.",
            "history": [{"instruction": "Hello", "response": "Hello."}] if number % 3 == 0 else [],
            "regions": [{"image": 0, "bbox": [0.0, 0.0, 1.5, number], "label": "thing"}] if paths else [],
            "task": "image_captioning",
            "granularity": "global",
            "strategy": "annotation_adaption",
            "source": {
                "datasets": ["coco_captions"],
                "image_ids": [path.stem for path in paths or ()],
                "file_names": [path.name for path in paths or ()],
                "license": "CC-BY-4.0",
                "image_license": None,
            },
            "generation": None,
            "quality": {"annotator_agreement": None, **dict.fromkeys(indicators or {}, 0.5)},
        }
        for number, paths in enumerate(photos)
    ]
    return records.from_rows(rows, indicators)


def noise(folder: Path, count: int, size: int = 5_000) -> list[Path]:
    """Files of random bytes, as incompressible as photos; no two of one size."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:012d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(np.random.default_rng(number).bytes(size + number))
    return paths


def shown(table: pa.Table) -> list[list[dict[str, object]]]:
    return [row["images"] for row in table["input"].to_pylist()]


def embedded(photos: Photos) -> list[list[dict[str, object]]]:
    return [[{"bytes": path.read_bytes(), "path": path.name} for path in paths or ()] for paths in photos]


LAYOUTS: dict[str, Callable[[list[Path]], Photos]] = {
    "one photo a record": lambda p: [[path] for path in p],
    "fifteen records a photo": lambda p: [[path] for path in p for _ in range(15)],
    "several photos a record": lambda p: [[p[0], p[1]], [p[0], p[1]], [p[1]], [p[2], p[2]], [p[3], p[0]]],
    "records without photos": lambda p: [None, [p[0]], [p[0]], None, None, [p[1]], None],
    "no photo at all": lambda p: [None, None],
    "one photo between others again": lambda p: [[p[0]], [p[1]], [p[0]], [p[1]], [p[0]]],
    "no record": lambda p: [],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("group", [1, 12_000, 32 << 20])
def test_photos_are_read_back_as_they_were(
    tmp_path: Path, layout: str, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_GROUP", group)
    photos = LAYOUTS[layout](noise(tmp_path, 5))
    table = shard(photos)
    path = tmp_path / "train.parquet"
    write_shard(table, path, embed=True)
    found = pq.read_table(path)
    assert shown(found) == embedded(photos)
    assert found.schema.field("input").type == table.schema.field("input").type  # plain bytes, whatever the file has
    assert found.drop_columns("input").equals(table.drop_columns("input"))
    assert [row["text"] for row in found["input"].to_pylist()] == [row["text"] for row in table["input"].to_pylist()]
    frame = pl.read_parquet(path)
    assert frame["input"].struct.field("images").to_list() == embedded(photos)


def test_a_slice_of_a_table_of_several_chunks_is_embedded_by_itself(tmp_path: Path) -> None:
    photos = [[path] for path in noise(tmp_path, 12) for _ in range(2)]
    whole = pa.concat_tables([shard(photos[:7]), shard(photos[7:])])
    write_shard(whole.slice(3, 15), tmp_path / "part.parquet", embed=True)
    assert shown(pq.read_table(tmp_path / "part.parquet")) == embedded(photos[3:18])


def test_a_photo_is_stored_once_for_all_records_that_follow_each_other(tmp_path: Path) -> None:
    paths = noise(tmp_path, 40, 100_000)
    size = sum(path.stat().st_size for path in paths)
    write_shard(shard([[path] for path in paths for _ in range(15)]), tmp_path / "shared.parquet", embed=True)
    assert size < (tmp_path / "shared.parquet").stat().st_size < 1.02 * size
    write_shard(shard([[path] for path in paths]), tmp_path / "own.parquet", embed=True)
    assert size < (tmp_path / "own.parquet").stat().st_size < 1.02 * size


def test_row_groups_hold_whole_images_of_32_mib(tmp_path: Path) -> None:
    paths = noise(tmp_path, 30, 1_000_000)
    write_shard(shard([[path] for path in paths for _ in range(7)]), tmp_path / "a.parquet", embed=True)
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert rows == [28] * 7 + [14]  # four photos of 1 MB, seven times each in memory


@pytest.mark.parametrize("embed", [False, True])
def test_row_groups_of_text_are_bounded_too(tmp_path: Path, embed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_GROUP", 100_000)
    table = shard([None] * 3000)
    write_shard(table, tmp_path / "a.parquet", embed=embed)
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert sum(rows) == 3000
    assert 0.9 < max(rows) / (100_000 / (table.nbytes / 3000)) <= 1


def test_an_image_with_too_many_records_to_decode_at_once_is_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_GROUP", 20_000)
    monkeypatch.setattr(parquet, "_LARGEST", 50_000)
    photos = [[path] for path in noise(tmp_path, 2, 5_000) for _ in range(20)]
    write_shard(shard(photos), tmp_path / "a.parquet", embed=True)
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert max(rows) < 10
    assert shown(pq.read_table(tmp_path / "a.parquet")) == embedded(photos)


def test_a_record_with_more_photos_than_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_LARGEST", 20_000)
    paths = noise(tmp_path, 6)
    with pytest.raises(RecordError, match=r"^image_captioning-1: input\.images: has photos of 0\.0 GB, too much"):
        write_shard(shard([[paths[0]], paths]), tmp_path / "a.parquet", embed=True)


def test_equal_photos_under_two_names_are_read_back_as_they_were(tmp_path: Path) -> None:
    first, second, third = noise(tmp_path, 3)
    second.write_bytes(first.read_bytes())
    photos = [[path] for path in (first, second, third) for _ in range(3)]
    write_shard(shard(photos), tmp_path / "a.parquet", embed=True)
    assert shown(pq.read_table(tmp_path / "a.parquet")) == embedded(photos)


@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_gives_records_and_photos(tmp_path: Path, embed: bool, streaming: bool) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        Pillow.new("RGB", (4 + number, 5), (number, 0, 0)).save(path)
    table = shard([[path] for path in paths for _ in range(4)], {"text_length": pa.float32()})
    write_shard(table, tmp_path / "train.parquet", embed=embed)
    if embed:
        for path in paths:
            path.unlink()
    found = load_dataset(
        "parquet",
        data_files=str(tmp_path / "train.parquet"),
        split="train",
        streaming=streaming,
        cache_dir=str(tmp_path / "cache"),
    )
    assert found.features == records.features({"text_length": pa.float32()})
    assert found.features["input"]["images"] == List(Image())
    for number, record in enumerate(found):
        (image,) = record["input"]["images"]
        assert (image.size, image.getpixel((0, 0))) == ((4 + number // 4, 5), (number // 4, 0, 0))
        assert record["quality"] == {"annotator_agreement": None, "unsupported_mentions": None, "text_length": 0.5}
    assert number == 11


def test_without_embedding_paths_stay(tmp_path: Path) -> None:
    table = shard([[path] for path in noise(tmp_path, 2) for _ in range(3)])
    write_shard(table, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(table)


def test_photos_that_are_embedded_already_stay_when_not_embedding_and_are_refused_otherwise(tmp_path: Path) -> None:
    photos = [[path] for path in noise(tmp_path, 2)]
    write_shard(shard(photos), tmp_path / "a.parquet", embed=True)
    table = pq.read_table(tmp_path / "a.parquet")
    write_shard(table, tmp_path / "b.parquet")
    assert shown(pq.read_table(tmp_path / "b.parquet")) == embedded(photos)
    with pytest.raises(ValueError, match="embedded already"):
        write_shard(table, tmp_path / "c.parquet", embed=True)


SCRIPT = """
import sys
import pyarrow.parquet as pq
from pathlib import Path
from vlit_hub.parquet import write_shard
folder = Path(sys.argv[1])
table = pq.read_table(folder / "paths.parquet")
for embed in (False, True):
    write_shard(table, folder / f"{embed}-again.parquet", embed=embed)
"""


def test_the_same_table_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    table = shard([[path] for path in noise(tmp_path, 20) for _ in range(5)])
    write_shard(table, tmp_path / "paths.parquet")
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], check=True, env=environment)
    for embed in (False, True):
        write_shard(table, tmp_path / f"{embed}.parquet", embed=embed)
        assert (tmp_path / f"{embed}-again.parquet").read_bytes() == (tmp_path / f"{embed}.parquet").read_bytes()


def test_content_defined_chunking_shares_pages_after_a_change(tmp_path: Path) -> None:
    # Long texts that don't compress, of which one near the start is taken away.
    texts = [np.random.default_rng(number).bytes(4000).hex() for number in range(1500)]
    table = shard([None] * 1500).set_column(3, "response", pa.array(texts))
    rest = pa.concat_tables([table.slice(0, 10), table.slice(11)])

    def pages(some: pa.Table, chunking: bool) -> list[bytes]:
        path = tmp_path / "a.parquet"
        write_shard(some, path, content_defined_chunking=chunking)
        return path.read_bytes().split(b"\x28\xb5\x2f\xfd")  # where zstd frames begin

    def kept(chunking: bool) -> float:
        old, new = (pages(some, chunking) for some in (table, rest))
        return sum(len(page) for page in new if page in old) / sum(map(len, new))

    assert kept(False) < 0.2
    assert kept(True) > 0.5


# --- faults


def gone(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (gone, "can't be read (No such file or directory)"),
        (emptied, "is empty"),
        (made_a_folder, "can't be read (Is a directory)"),
    ],
)
@pytest.mark.parametrize("share", [1, 3])
def test_a_photo_that_cannot_be_read_is_an_error(
    tmp_path: Path, fault: Callable[[Path], None], reason: str, share: int
) -> None:
    paths = noise(tmp_path / "photos", 4)
    table = shard([[path] for path in paths for _ in range(share)])
    fault(paths[2])
    with pytest.raises(InputError) as caught:
        write_shard(table, tmp_path / "a.parquet", embed=True)
    record = f"image_captioning-{2 * share}"
    assert str(caught.value) == f"{paths[2]}: the photo of record {record} {reason}. Start the build again."
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.parametrize("change", [-10, 10])
def test_a_photo_that_changes_meanwhile_is_an_error(
    tmp_path: Path, change: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = noise(tmp_path / "photos", 3)
    table = shard([[path] for path in paths])
    groups = parquet._row_groups

    def change_first(*arguments: object) -> Iterator[tuple[int, int]]:
        paths[1].write_bytes(b"x" * (paths[1].stat().st_size + change))
        yield from groups(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(parquet, "_row_groups", change_first)
    with pytest.raises(InputError, match="record image_captioning-1 changed while it was being read"):
        write_shard(table, tmp_path / "a.parquet", embed=True)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_an_image_without_a_path_cannot_be_embedded(tmp_path: Path) -> None:
    (path,) = noise(tmp_path, 1)
    rows = shard([[path], [path]]).to_pylist()
    rows[1]["input"]["images"][0]["path"] = None
    with pytest.raises(RecordError, match=r"^image_captioning-1: input\.images: has no path to embed"):
        write_shard(records.from_rows(rows), tmp_path / "a.parquet", embed=True)


def test_photos_written_as_nulls_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = [[path] for path in noise(tmp_path / "photos", 3)]
    write = pq.ParquetWriter.write_table

    def write_nulls(writer: pq.ParquetWriter, table: pa.Table, **options: object) -> None:
        write(writer, shard(photos).cast(table.schema), **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", write_nulls)
    with pytest.raises(InputError, match="row group 0 was written without its photos"):
        write_shard(shard(photos), tmp_path / "a.parquet", embed=True)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@contextmanager
def no_files_over(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("embed", [False, True])
def test_no_space_left_is_an_error_and_keeps_what_was_there(tmp_path: Path, embed: bool) -> None:
    paths = noise(tmp_path / "photos", 20)
    path = tmp_path / "a.parquet"
    path.write_bytes(b"the old file")
    table = shard([[path] for path in paths for _ in range(200)])
    with no_files_over(5_000), pytest.raises(InputError, match=r"a\.parquet: can't be written \(File too large\)"):
        write_shard(table, path, embed=embed)
    assert path.read_bytes() == b"the old file"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "photos"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere/a\.parquet: can't be written \(No such file or directory\)"):
        write_shard(shard([None]), tmp_path / "nowhere/a.parquet")


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pq.ParquetWriter, "write_table", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_shard(shard([None]), tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures as Linux does")
def test_memory_stays_bounded(tmp_path: Path) -> None:
    """300 MB of photos, of which half would be too much."""
    script = """
import re, sys
import pyarrow.parquet as pq
from pathlib import Path
from vlit_hub.parquet import write_shard
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
folder = Path(sys.argv[1])
table = pq.read_table(folder / "paths.parquet")
write_shard(table, folder / "warm.parquet")
before = peak()
write_shard(table, folder / "a.parquet", embed=True)
print(peak() - before)
"""
    (path,) = noise(tmp_path, 1, 4_000_000)
    links = [tmp_path / f"link{number}.jpg" for number in range(75)]
    for link in links:
        link.hardlink_to(path)
    write_shard(shard([[link] for link in links]), tmp_path / "paths.parquet")
    arguments = [sys.executable, "-c", script, str(tmp_path)]
    grown = int(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)
    assert (tmp_path / "a.parquet").stat().st_size > 300_000_000
    assert 30 < grown < 150  # MiB; one row group is 32
