"""A million records to each JSON format: ours, and the plain loop of `datasets` and `json`, in one run.

    python benchmarks/export.py            # 1,000,000 records; about ten minutes, and two more to make them the first time
    python benchmarks/export.py --quick    # 50,000; to see that it works

The plain loop is `for record in dataset: file.write(json.dumps(convert(record)))` over `datasets.load_dataset` of the folder,
without decoding photos. It is measured on a slice and scaled; loading the dataset is not counted. It neither links photos nor
looks whether they are there, whether texts can be told from marks, or what cannot be held. Ours is counted whole, start and
imports included, with a hard link made for each photo.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from measure import WORK, run, table
from PIL import Image

from vlit_hub.parquet import write_shard
from vlit_hub.records import schema

QUICK = "--quick" in sys.argv
RECORDS, SLICE = (50_000, 10_000) if QUICK else (1_000_000, 50_000)
SHARED = 13  # records of one photo, as in COCO with six tasks
SHARD = 100_000
FORMATS = {"llava": "link", "llama-factory": "link", "swift": "link", "qwen": "link", "openai": "url"}
TEXT = "a red tram waits at the stop in the rain while two people with umbrellas look at their phones"
WORDS = TEXT.split()


def records(start: int, stop: int, photos: Path) -> Iterator[dict[str, Any]]:
    """One record in five has two earlier turns; one in ten a text below the instruction."""
    for number in range(start, stop):
        image = number // SHARED
        told = " ".join(WORDS[number % 7 : number % 7 + 4 + number % 11])
        turn = {"instruction": f"What else is there, question {number}?", "response": f"There is {told}."}
        yield {
            "id": f"conversation-{number}",
            "instruction": "Describe the picture in one sentence." if number % 2 else 'What does the sign "STOP" say?',
            "input": {
                "images": [{"bytes": None, "path": str(photos / f"{image:012d}.png")}],
                "text": "Answer briefly." if number % 10 == 0 else "",
            },
            "response": f"In the picture, {told}; number {number}.",
            "history": [turn, turn] if number % 5 == 0 else [],
            "regions": [],
            "task": "conversation",
            "granularity": "global",
            "strategy": "annotation_adaption",
            "source": {
                "datasets": ["coco_captions"],
                "image_ids": [str(image)],
                "file_names": [f"{image:012d}.png"],
                "license": "CC-BY-4.0",
                "image_license": "CC-BY-2.0",
            },
            "generation": None,
            "quality": {"annotator_agreement": None, "unsupported_mentions": None},
        }


def make(folder: Path) -> Path:
    """The dataset, made once."""
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    photos = folder / "photos"
    photos.mkdir(parents=True)
    (folder / "data").mkdir()
    first = photos / "first.png"
    Image.new("RGB", (8, 8)).save(first)
    content = first.read_bytes()
    images = -(-RECORDS // SHARED)
    for image in range(images):
        (photos / f"{image:012d}.png").write_bytes(content)
    count = -(-RECORDS // SHARD)
    for shard in range(count):
        part = records(shard * SHARD, min((shard + 1) * SHARD, RECORDS), photos)
        path = folder / "data" / f"train-{shard:05d}-of-{count:05d}.parquet"
        write_shard(pa.Table.from_pylist(list(part), schema=schema()), path)
    names = pl.Series([f"{image:012d}.png" for image in range(images)])
    pl.DataFrame(
        {
            "split": pl.repeat("train", images, eager=True),
            "image_key": pl.Series([str(image) for image in range(images)]),
            "file_name": names,
            "width": pl.repeat(8, images, dtype=pl.Int32, eager=True),
            "height": pl.repeat(8, images, dtype=pl.Int32, eager=True),
            "license": pl.repeat("CC-BY-2.0", images, eager=True),
            "url": "http://example.com/" + names,
            "photo": names,
        }
    ).write_parquet(folder / "images.parquet")
    (folder / "done").touch()
    return folder


def turns(record: dict[str, Any]) -> list[tuple[str, str]]:
    below = record["input"]["text"]
    last = record["instruction"] + (f"\n{below}" if below else "")
    return [(turn["instruction"], turn["response"]) for turn in record["history"]] + [(last, record["response"])]


def messages(
    record: dict[str, Any], role: str, content: str, user: str, assistant: str, tag: str
) -> list[dict[str, str]]:
    found = []
    for number, (instruction, response) in enumerate(turns(record)):
        before = "" if number else tag * len(record["input"]["images"])
        found += [{role: user, content: before + instruction}, {role: assistant, content: response}]
    return found


def names(record: dict[str, Any], folder: str = "images/") -> list[str]:
    return [folder + Path(image["path"]).name for image in record["input"]["images"]]


def to_llava(record: dict[str, Any]) -> dict[str, Any]:
    told = messages(record, "from", "value", "human", "gpt", "<image>\n")
    return {"id": record["id"], "image": names(record)[0], "conversations": told}


def to_sharegpt(record: dict[str, Any]) -> dict[str, Any]:
    return {"messages": messages(record, "role", "content", "user", "assistant", "<image>"), "images": names(record)}


def to_swift(record: dict[str, Any]) -> dict[str, Any]:
    return {**to_sharegpt(record), "images": names(record, "/data/images/")}


def to_qwen(record: dict[str, Any]) -> dict[str, Any]:
    told = messages(record, "from", "value", "human", "gpt", "<image>\n")
    return {"id": record["id"], "image": names(record), "conversations": told}


def to_openai(record: dict[str, Any]) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    for number, (instruction, response) in enumerate(turns(record)):
        urls = [] if number else names(record, "http://example.com/")
        blocks: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        told.append({"role": "user", "content": [*blocks, {"type": "text", "text": instruction}]})
        told.append({"role": "assistant", "content": [{"type": "text", "text": response}]})
    return {"messages": told}


LOOPS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "llava": to_llava,
    "llama-factory": to_sharegpt,
    "swift": to_swift,
    "qwen": to_qwen,
    "openai": to_openai,
}


def plain(folder: Path, name: str, out: Path) -> float:
    """CPU seconds of the plain loop over the slice."""
    from datasets import Features, List, load_dataset
    from datasets import Image as ImageFeature

    dataset = load_dataset("parquet", data_files=str(folder / "data" / "*.parquet"), split=f"train[:{SLICE}]")
    features = Features(dataset.features)
    features["input"] = {**features["input"], "images": List(ImageFeature(decode=False))}
    dataset = dataset.cast(features)
    convert = LOOPS[name]
    start = time.process_time()
    with out.open("w") as file:
        for record in dataset:
            file.write(json.dumps(convert(record), ensure_ascii=False) + "\n")
    return time.process_time() - start


def same(loop: Path, ours: Path) -> bool:
    """Whether both wrote the same first samples, but for the folder of photos that swift names.

    Lines are read one by one: memory that this process takes counts as that of the processes it starts.
    """
    made, found = (list(islice(lines(file), 200)) for file in (loop, ours))
    for sample in (*made, *found):
        if "images" in sample:
            sample["images"] = [Path(one).name for one in sample["images"]]
    return made == found


def lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open() as opened:
        for line in opened:
            if line not in ("[\n", "]\n"):
                yield json.loads(line.removesuffix(",\n"))


def main() -> None:
    if "--plain" in sys.argv:
        folder, name, out = sys.argv[sys.argv.index("--plain") + 1 :][:3]
        print(plain(Path(folder), name, Path(out)))
        return
    folder = make(WORK / f"export-{RECORDS}")
    small = make_small(folder)
    rows: list[list[object]] = []
    for name, images in FORMATS.items():
        loop, out = WORK / "export-loop.jsonl", WORK / "export-out"
        words = ["--quick"] if QUICK else []
        cache = str(WORK / "home" / "export")
        took = float(
            run(sys.executable, __file__, *words, "--plain", folder, name, loop, HF_HOME=cache).out.splitlines()[-1]
        )
        scaled = took * RECORDS / SLICE
        costs = {}
        for size, source in ((SHARD, small), (RECORDS, folder)):
            shutil.rmtree(out, ignore_errors=True)
            command = [sys.executable, "-m", "vlit_hub", "export", source, "--to", name, "--images", images, "-o", out]
            costs[size] = run(*command)
        written = next(file for file in out.iterdir() if file.name.startswith("train."))
        if not same(loop, written):
            sys.exit(f"{name}: the loop and the export differ")
        ours = costs[RECORDS]
        rows.append(
            [f"{name} ({images})", scaled, ours.cpu, scaled / ours.cpu, ours.wall, costs[SHARD].peak, ours.peak]
        )
        print(rows[-1], flush=True)
        shutil.rmtree(out)
        loop.unlink()
    headings = ["format", "plain loop, CPU s", "ours, CPU s", "times faster", "ours, wall s"]
    headings += [f"peak MB, {SHARD:,} records", f"peak MB, {RECORDS:,}"]
    print(f"\n{RECORDS:,} records, the loop measured on {SLICE:,} and scaled:\n\n{table(headings, rows)}")


def make_small(folder: Path) -> Path:
    """A dataset of the first shard alone, to see whether memory grows with the records."""
    small = folder / "small"
    if not small.exists():
        (small / "data").mkdir(parents=True)
        shutil.copy(sorted((folder / "data").iterdir())[0], small / "data" / "train-00000-of-00001.parquet")
        shutil.copy(folder / "images.parquet", small / "images.parquet")
    return small


if __name__ == "__main__":
    main()
