"""Scoring and filtering: text indicators against `datasets.map`, photos against bare decoding, and a filter of four conditions.

python benchmarks/quality.py            # 82,783 images, about 1.4 million records, and 500 photos
python benchmarks/quality.py --quick    # 2,000 images and 60 photos; to see that it works
python benchmarks/quality.py FOLDER     # of a dataset that is there; nothing is written into it

Each figure is of a process of its own, whole: imports, reading, writing what was measured. `datasets.map` runs a Python function
of the same definition over a part of the records (100,000), in one process, and is compared by records a CPU second.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from card import CACHES, built
from measure import WORK, Cost, run, table

TEXTS = ("lengths", "text_repetition", "personal_data", "unsafe_words", "text_word_order", "text_copies")
PHOTOS = "readable_image,image_sharpness,visual_complexity_jpeg,visual_complexity_edges,image_copies"
MAPPED = 100_000

MAP = """
import sys
from datasets import load_dataset
files = sys.argv[1] + "/data/*.parquet"
data = load_dataset("parquet", data_files=files, split="train", columns=%(columns)r, cache_dir=sys.argv[2])
data = data.select(range(min(len(data), int(sys.argv[3]))))
%(function)s
print(len(data.map(measure, remove_columns=data.column_names, load_from_cache_file=False)))
"""
FUNCTIONS = {
    "lengths": (
        ["instruction", "input", "response", "history"],
        """
def measure(record):
    asked = len(record["instruction"].split()) + len(record["input"]["text"].split())
    return {"asked": asked, "answered": len(record["response"].split()), "turns": 1 + len(record["history"])}
""",
    ),
    "text_repetition": (
        ["response"],
        r"""
import re
EDGES = re.compile(r"^[\W_]+|[\W_]+$")
def measure(record):
    words = [word for word in (EDGES.sub("", piece) for piece in record["response"].lower().split()) if word]
    grams = list(zip(words, words[1:], words[2:]))
    return {"repetition": 1 - len(set(grams)) / len(grams) if grams else None}
""",
    ),
}
DECODE = """
import sys
from pathlib import Path
from vlit_hub import plugin_manager
from vlit_hub.quality.photo import Photo
known = plugin_manager.indicators()
wanted = [known[name] for name in sys.argv[2].split(",") if name != "image_copies"] + [known["image_hash"]]
for path in sorted(Path(sys.argv[1]).rglob("*.jpg")):
    photo = Photo.decode(path.read_bytes())
    if sys.argv[3] == "all":
        for one in wanted:
            one.measure([photo], one.Options(), None)
"""
FILTER = """
import sys, time
from vlit_hub.dataset.reading import find_dataset
from vlit_hub.quality.filtering import filter_dataset
from vlit_hub.quality.recipes import Recipe
keep = "response_words >= 2 and turns < 5 and text_repetition < 0.5 and (unsafe_words == 0 or task == 'text_recognition')"
start = time.perf_counter(), time.process_time()
found = filter_dataset(find_dataset(sys.argv[1]), Recipe(keep=(keep,)), name=keep)
print(time.perf_counter() - start[0], time.process_time() - start[1], int(found.survival.keep.sum()))
"""


def main() -> None:
    quick = "--quick" in sys.argv
    given = [Path(word) for word in sys.argv[1:] if not word.startswith("-")]
    dataset = linked(given[0] if given else built(2_000 if quick else 82_783))
    records = sum(split["records"] for split in json.loads((dataset / "build.json").read_text())["splits"].values())
    lines = [f"{records:,} records; a load of {os.getloadavg()[0]:.1f} when it began.\n"]
    rows: list[list[object]] = []
    for name in TEXTS:
        cost = score(dataset, name)
        rate = records / cost.cpu
        mapped: Cost | None = None
        if name in FUNCTIONS:
            columns, function = FUNCTIONS[name]
            code = MAP % {"columns": columns, "function": function}
            cache = WORK / "quality-map"
            mapped = run(
                sys.executable, "-c", code, dataset, cache, MAPPED, **CACHES, HF_DATASETS_DISABLE_PROGRESS_BARS="1"
            )
            shutil.rmtree(cache, ignore_errors=True)
        faster = round(rate / (int(mapped.out) / mapped.cpu), 1) if mapped else "-"
        rows.append([name, cost.wall, cost.cpu, round(cost.peak), f"{rate:,.0f}", faster])
    lines.append(table(["indicator", "s", "CPU s", "peak MB", "records a CPU s", "times datasets.map"], rows))
    wall, cpu, kept = (float(word) for word in run(sys.executable, "-c", FILTER, dataset, **CACHES).out.split())
    lines.append(
        f"\nFour conditions, survival table included, imports not: {wall:.2f} s ({cpu:.2f} CPU s), {kept:,.0f} kept."
    )
    lines.append(photos(60 if quick else 500))
    text = "\n".join(lines)
    print(text)
    (WORK / "quality.md").write_text(text + "\n")


def linked(folder: Path) -> Path:
    """The same dataset without what was measured of it, by links."""
    target = WORK / f"quality-{folder.name}"
    shutil.rmtree(target, ignore_errors=True)
    (target / "data").mkdir(parents=True)
    for file in (folder / "build.json", *(folder / "data").iterdir()):
        os.link(file, target / file.relative_to(folder))
    return target


def score(dataset: Path, names: str) -> Cost:
    return run(sys.executable, "-m", "vlit_hub", "score", dataset, "--indicators", names, **CACHES)


def photos(images: int) -> str:
    """All indicators of photos, against a loop that decodes and measures and does nothing else."""
    data, folder = WORK / f"coco-photos-{images}", WORK / f"quality-photos-{images}"
    if not data.exists():
        run(sys.executable, "-m", "vlit_hub", "sample", data, "--images", images)
    if not folder.exists():
        run(sys.executable, "-m", "vlit_hub", "build", "coco_aa", "--data-dir", data, "--out", folder, **CACHES)
    shutil.rmtree(folder / "quality", ignore_errors=True)
    whole = score(folder, PHOTOS)
    again = score(folder, PHOTOS)
    bare = {way: run(sys.executable, "-c", DECODE, data, PHOTOS, way, **CACHES) for way in ("decode", "all")}
    count = len(list(data.rglob("*.jpg")))
    rows: list[list[object]] = [
        ["decode", bare["decode"].cpu, bare["decode"].wall],
        ["decode and measure", bare["all"].cpu, bare["all"].wall],
        ["vlit-hub score", whole.cpu, whole.wall],
        ["vlit-hub score again", again.cpu, again.wall],
    ]
    return f"\n{count} photos, five indicators.\n\n{table(['', 'CPU s', 's'], rows)}"


if __name__ == "__main__":
    main()
