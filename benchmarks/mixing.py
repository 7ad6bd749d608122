"""What mixing costs, beside reading and writing the chosen records alone.

python benchmarks/mixing.py            # one and ten million records out of five and ten sources; minutes the first time
python benchmarks/mixing.py --quick    # some 20,000 records; to see that it works

The sources are copies of a build of `coco_aa` with other ids and images; for near-duplicates, parts of it with the same images.
`copy` reads the records of the finished mix, a row group at a time, and writes them again, and does nothing else.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measure import WORK, Cost, run, table

from vlit_hub.parquet import write_groups, write_shard

QUICK = "--quick" in sys.argv
IMAGES = 500 if QUICK else 10_000
SHARES = (0.35, 0.25, 0.2, 0.15, 0.05)
CACHES = {"HF_HOME": str(WORK / "home" / "hf"), "VLIT_HUB_CACHE": str(WORK / "home" / "cache"), "HF_HUB_OFFLINE": "1"}
ROUNDS = 1 if QUICK else 3


def main() -> None:
    records = base()
    size = len(records) if QUICK else 1_000_000
    rows = [
        case(name, size, [source(f"{n}", int(size * of / 5), records) for n in range(5)])
        for name, of in (("two thirds of five sources", 1.5), ("a third of five sources", 3.0))
    ]
    parts = [
        source(f"part-{n}", int(size * 1.5 / 5), records.take(pa.array(range(n, len(records), 5))), "x")
        for n in range(5)
    ]
    rows.append(case("near-duplicates removed", size, parts, "--near-duplicates", "remove"))
    if not QUICK:
        ten = [source(f"{n}", 1_100_000, records) for n in range(10)]
        rows.append(case("ten million of ten sources", 10_000_000, ten))
    headings = ["", "records", "mix, CPU s", "copy, CPU s", "mix / copy", "mix, wall s", "copy, wall s", "peak MB"]
    print(table(headings, rows))


def case(name: str, size: int, sources: list[Path], *options: str) -> list[object]:
    """A row of the table: the cheapest of some rounds, in which mixing and copying take turns."""
    out = WORK / "mixed"
    shares = SHARES if len(sources) == len(SHARES) else (1 / len(sources),) * len(sources)
    words = [f"{path}:{share}" for path, share in zip(sources, shares, strict=True)]
    mixes: list[Cost] = []
    copies: list[Cost] = []
    for _ in range(ROUNDS if size < 5_000_000 else 1):
        command = ["mix", *words, "--size", size, "--upsample", "-o", out, "--force", "--json", *options]
        mixes.append(run(sys.executable, "-m", "vlit_hub", *command, **CACHES))
        copies.append(run(sys.executable, __file__, "--copy", out, **CACHES))
    mix, copy = (min(costs, key=lambda cost: cost.cpu) for costs in (mixes, copies))
    made = sum(split["records"] for split in json.loads((out / "build.json").read_text())["splits"].values())
    shutil.rmtree(out)
    return [name, f"{made:,}", mix.cpu, copy.cpu, f"{mix.cpu / copy.cpu:.2f}", mix.wall, copy.wall, f"{mix.peak:,.0f}"]


def copy(folder: Path) -> None:
    """Read a dataset and write it again."""
    aside = WORK / "copied"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for path in sorted((folder / "data").glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            write_groups(groups(file), file.schema_arrow, aside / path.name)
    shutil.rmtree(aside)


def groups(file: pq.ParquetFile) -> Iterator[pa.Table]:
    for number in range(file.num_row_groups):
        yield file.read_row_group(number)


def base() -> pa.Table:
    """The records that sources are made of."""
    data, folder = WORK / f"coco-{IMAGES}", WORK / f"mix-base-{IMAGES}"
    if not data.exists():
        run(sys.executable, "-m", "vlit_hub", "sample", data, "--images", IMAGES, "--no-photos")
    if not folder.exists():
        run(
            sys.executable,
            "-m",
            "vlit_hub",
            "build",
            "coco_aa",
            "--data-dir",
            data,
            "--out",
            folder,
            "--json",
            **CACHES,
        )
    return pa.concat_tables(
        [pq.read_table(path) for path in sorted(folder.glob("data/train-*.parquet"))]
    ).combine_chunks()


def source(name: str, rows: int, records: pa.Table, images: str = "") -> Path:
    """A dataset of so many records, written once; its images are its own, or those of all datasets with the same `images`."""
    folder = WORK / f"mix-{name}-{rows}"
    if (folder / "README.md").exists():
        return folder
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for copy, first in enumerate(range(0, rows, len(records))):
        part = records.slice(0, min(len(records), rows - first))
        path = folder / "data" / f"train-{copy:05d}.parquet"
        write_shard(renamed(part, f"{name}-{copy}", f"{images or name}-{copy}"), path)
    (folder / "README.md").write_text("Made by benchmarks/mixing.py.\n")
    return folder


def renamed(records: pa.Table, ids: str, images: str) -> pa.Table:
    """Records with other ids, of other images."""
    records = records.combine_chunks()
    whole = records["source"].combine_chunks()
    parts = []
    for field in whole.type:
        part = whole.field(field.name)
        if field.name in ("image_ids", "file_names"):
            part = pa.ListArray.from_arrays(part.offsets, pc.binary_join_element_wise(images, part.values, "-"))
        parts.append(part)
    changed = {
        "id": pc.binary_join_element_wise(records["id"], ids, "-"),
        "source": pa.StructArray.from_arrays(parts, fields=list(whole.type)),
    }
    for name, column in changed.items():
        records = records.set_column(records.column_names.index(name), records.schema.field(name), column)
    return records


if __name__ == "__main__":
    if "--copy" in sys.argv:
        copy(Path(sys.argv[-1]))
    else:
        main()
