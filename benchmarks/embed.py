"""Photos into Parquet: ours, the two ways of `datasets`, and the limit, in one run.

    python benchmarks/embed.py            # 5,000 photos of 100 KB; about five minutes, and two more to draw them the first time
    python benchmarks/embed.py --quick    # 300 photos; to see that it works

Each way runs in processes of its own, three times in turn; the best counts. Imports and the table of records aren't timed. The
photos are in the page cache. A megabyte is one of photos, each counted once.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import WORK, run, table
from PIL import Image

from vlit_hub.parquet import write_shard
from vlit_hub.records import features, schema

COUNT, ROUNDS = (300, 1) if "--quick" in sys.argv else (5_000, 3)
SHARED = 15  # records of one photo


def draw(folder: Path) -> list[Path]:
    """Photos of about 100 KB: blurred noise, which JPEG takes for a busy picture."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:012d}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        if not path.exists():
            noise = np.random.default_rng(number).integers(0, 256, (60, 80, 3), dtype=np.uint8)
            file = BytesIO()
            Image.fromarray(noise).resize((640, 480)).save(file, "JPEG", quality=90)
            path.write_bytes(file.getvalue())
    return paths


def records(paths: list[Path], share: int) -> pa.Table:
    """So many captions a photo."""
    rows = [
        {
            "id": f"image_captioning-{number}-{again}",
            "instruction": "Describe the picture in one sentence.",
            "input": {"images": [{"bytes": None, "path": str(path)}], "text": ""},
            "response": f"A busy picture, number {number}, described for the {again}th time.",
            "history": [],
            "regions": [],
            "task": "image_captioning",
            "granularity": "global",
            "strategy": "annotation_adaption",
            "source": {
                "datasets": ["coco_captions"],
                "image_ids": [str(number)],
                "file_names": [path.name],
                "license": "CC-BY-4.0",
                "image_license": "CC-BY-2.0",
            },
            "generation": None,
            "quality": {"annotator_agreement": None},
        }
        for number, path in enumerate(paths)
        for again in range(share)
    ]
    return pa.Table.from_pylist(rows, schema=schema())


def read_only(paths: list[Path], out: Path) -> Callable[[], None]:
    def work() -> None:
        b"".join(path.read_bytes() for path in paths)

    return work


def raw_copy(paths: list[Path], out: Path) -> Callable[[], None]:
    def work() -> None:
        with (out / "photos.bin").open("wb") as file:
            for path in paths:
                file.write(path.read_bytes())

    return work


def ours(paths: list[Path], out: Path, share: int = 1) -> Callable[[], None]:
    rows = records(paths, share)
    return lambda: write_shard(rows, out / "ours.parquet", embed=True)


def ours_shared(paths: list[Path], out: Path) -> Callable[[], None]:
    return ours(paths, out, SHARED)


def embed_storage(paths: list[Path], out: Path, share: int = 1) -> Callable[[], None]:
    import datasets
    from datasets.table import embed_table_storage

    rows = records(paths, share)

    def work() -> None:
        dataset = datasets.Dataset(rows, info=datasets.DatasetInfo(features=features())).with_format("arrow")
        cache = str(out / "cache.arrow")
        whole = dataset.map(embed_table_storage, batched=True, batch_size=100, cache_file_name=cache)
        whole.to_parquet(str(out / "embedded.parquet"))

    return work


def embed_storage_shared(paths: list[Path], out: Path) -> Callable[[], None]:
    return embed_storage(paths, out, SHARED)


def generator(paths: list[Path], out: Path) -> Callable[[], None]:
    import datasets

    rows = records(paths, 1)

    class Builder(datasets.GeneratorBasedBuilder):  # type: ignore[misc]
        VERSION = datasets.Version("1.0.0")

        def _info(self) -> datasets.DatasetInfo:
            return datasets.DatasetInfo(features=features())

        def _split_generators(self, manager: Any) -> list[datasets.SplitGenerator]:
            return [datasets.SplitGenerator(name="train", gen_kwargs={})]

        def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
            for number, row in enumerate(rows.to_pylist()):
                (image,) = row["input"]["images"]
                image["bytes"] = Path(image["path"]).read_bytes()
                yield number, row

    return lambda: Builder(cache_dir=str(out / "cache")).download_and_prepare(file_format="parquet")


WAYS = {
    "read the files": read_only,
    "copy them into one file": raw_copy,
    "ours, a record a photo": ours,
    f"ours, {SHARED} records a photo": ours_shared,
    "`GeneratorBasedBuilder`, a record a photo": generator,
    "`embed_table_storage` and `to_parquet`, a record a photo": embed_storage,
    f"`embed_table_storage` and `to_parquet`, {SHARED} records a photo": embed_storage_shared,
}


def cpu() -> float:
    times = os.times()
    return times.user + times.system


def one(way: str, out: Path) -> None:
    """Time one way, look whether the photos are there, and print what it took."""
    import datasets  # noqa: F401  (takes a second, which isn't timed)

    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    paths = draw(WORK / "photos")
    work = WAYS[way](paths, out)
    start = time.perf_counter(), cpu()
    work()
    wall, used = time.perf_counter() - start[0], cpu() - start[1]
    written = sorted(out.rglob("*.parquet"))
    size = sum(path.stat().st_size for path in written) or sum(path.stat().st_size for path in out.iterdir())
    for path in written:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=100, columns=["input"]):
            photos = batch["input"].field("images").flatten().field("bytes")
            assert len(photos) and not photos.null_count, f"{way} lost photos"
    shutil.rmtree(out)
    print(json.dumps({"wall": wall, "cpu": used, "size": size}))


def main() -> None:
    photos = sum(path.stat().st_size for path in draw(WORK / "photos")) / 1e6
    environment = {"HF_HOME": str(WORK / "home" / "hf"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for number in range(ROUNDS):
        for way in WAYS:
            if number and way == list(WAYS)[-1]:
                continue  # once will do: it writes every photo fifteen times
            cost = run(sys.executable, __file__, "--way", way, *sys.argv[1:], **environment)
            taken[way].append({**json.loads(cost.out), "peak": cost.peak})
    best = {way: {key: min(cost[key] for cost in costs) for key in costs[0]} for way, costs in taken.items()}
    limit = best["copy them into one file"]
    rows = [
        [
            way,
            round(photos / cost["wall"]),
            round(photos / cost["cpu"]),
            f"{cost['wall'] / limit['wall']:.1f}",
            f"{cost['cpu'] / limit['cpu']:.1f}",
            f"{cost['size'] / photos / 1e6:.3f}" if cost["size"] else "",
            round(cost["peak"]),
        ]
        for way, cost in best.items()
    ]
    headings = ["way", "MB/s", "MB a CPU s", "wall / copy", "CPU / copy", "size / photos", "peak MB"]
    print(f"\n{COUNT:,} photos, {photos:.0f} MB, best of {ROUNDS}.\n\n{table(headings, rows)}")


if __name__ == "__main__":
    if "--way" in sys.argv:
        place = sys.argv.index("--way")
        one(sys.argv[place + 1], WORK / "embed")
    else:
        main()
