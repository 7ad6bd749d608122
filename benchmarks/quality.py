"""Scoring, filtering and clustering: indicators of texts against `datasets.map`, photos against bare decoding, filters of four
conditions, clusters against scikit-learn.

python benchmarks/quality.py                      # everything, at the sizes that the aims name; more than an hour
python benchmarks/quality.py texts filter         # some parts: texts filter photos clusters diversity
python benchmarks/quality.py --quick              # small, to see that it works
python benchmarks/quality.py texts --only lengths,text_copies
python benchmarks/quality.py texts --dataset DIR  # of a dataset that is there; nothing is written into it

Needs `pip install scikit-learn` for `clusters`. Each part's figures are printed, and kept in `work/quality-PART.md`.

Costs of ours are of a process of its own, whole: imports, reading, writing what was measured. `datasets.map` runs a Python
function that gives the same numbers (`quality_functions.py`) over the first 100,000 records, and only the call of `map` itself is
counted, not imports and not reading the dataset into its cache.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from card import CACHES, built
from measure import WORK, Cost, run, table
from quality_functions import FUNCTIONS

PHOTOS = "readable_image,image_sharpness,visual_complexity_jpeg,visual_complexity_edges,image_copies"
OTHERS = (
    "task_label_rules",
    "yes_no_contradicted",
    "object_categories",
    "response_diversity_ngrams",
    "instruction_diversity",
)
MAPPED = 100_000
CONDITIONS = (
    "response_words >= 2 and turns < 5 and text_repetition < 0.5 and (unsafe_words == 0 or task == 'text_recognition')"
)

MAP = """
import json, sys, time
import datasets
datasets.disable_progress_bars()
files = sorted(sys.argv[1] + "/" + name for name in __import__("os").listdir(sys.argv[1]) if name.startswith("train"))
data = datasets.load_dataset("parquet", data_files=files, split="train", columns=%(columns)r, cache_dir=sys.argv[2])
data = data.select(range(min(len(data), int(sys.argv[3]))))
before = None
%(function)s
start = time.process_time()
if before:
    before(data)
found = data.map(measure, remove_columns=data.column_names, load_from_cache_file=False)
cpu = time.process_time() - start
means = {}
for name in found.column_names:
    values = [float(value) for value in found[name] if value is not None]
    means[name] = sum(values) / len(values) if values else None
print(json.dumps({"records": len(found), "cpu": cpu, "means": means}))
"""
MEANS = """
import json, sys
from vlit_hub.dataset.reading import find_dataset
from vlit_hub.quality.measured import Measured
found = Measured(find_dataset(sys.argv[1]))
frame = found.read([name for name in found.indicators if found.indicator_of(name) == sys.argv[2]])[: int(sys.argv[3])]
print(json.dumps({name: frame[name].mean() for name in frame.columns}))
"""
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
start = time.perf_counter(), time.process_time()
found = filter_dataset(find_dataset(sys.argv[1]), Recipe(keep=(sys.argv[2],)), name="it")
print(time.perf_counter() - start[0], time.process_time() - start[1], int(found.survival.keep.sum()))
"""
# One in three vectors is alone; the others are in clusters of about 13, in 384 dimensions.
VECTORS = """
import sys, time
import numpy as np
size = int(sys.argv[1])
draw = np.random.default_rng(0)
centres = draw.normal(size=(size // 20, 384)).astype(np.float32)
vectors = np.empty((size, 384), np.float32)
for first in range(0, size, 50_000):
    part = vectors[first : first + 50_000]
    away = np.where(draw.random((len(part), 1)) < 0.33, 2.0, 0.25).astype(np.float32)
    part[:] = centres[draw.integers(0, len(centres), len(part))]
    part += away * draw.normal(size=part.shape).astype(np.float32)
    part /= np.linalg.norm(part, axis=1, keepdims=True)
"""
OURS = """
import torch
from vlit_hub.quality.density import dbscan
from vlit_hub.quality.models.loading import dtype_of
sift = str(dtype_of("auto", "cpu")) == "torch.bfloat16"
start = time.process_time()
found = dbscan(vectors, [0.1], 5, bfloat16=sift)
print(time.process_time() - start, int(found.labels[0].max()) + 1, len(centres), found.compared)
np.save(sys.argv[2], found.labels[0])
"""
THEIRS = """
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score
start = time.process_time()
labels = DBSCAN(eps=0.1, min_samples=5, metric="cosine", algorithm="brute").fit_predict(vectors)
print(time.process_time() - start, adjusted_rand_score(labels, np.load(sys.argv[2])))
"""
DIVERSITY = """
import sys, time
import polars as pl
from vlit_hub.dataset.reading import find_dataset
from vlit_hub.plugins.quality.instruction_diversity import InstructionDiversity
texts = find_dataset(sys.argv[1]).read(["response", "task"]).filter(pl.col("task") == "image_captioning")["response"]
texts = texts.unique(maintain_order=True)[: int(sys.argv[2])]
records = pl.DataFrame({"instruction": texts, "input.text": [""] * len(texts), "task": ["image_captioning"] * len(texts)})
one = InstructionDiversity()
start = time.process_time()
found = one.summarise(records, one.Options())
print(time.process_time() - start, len(records), found["instruction_communities"])
"""


def main() -> None:
    parts = {"texts": texts, "filter": filters, "photos": photos, "clusters": clusters, "diversity": diversity}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)}; all, if none")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--only", default="", help="indicators of texts, with commas")
    given = parser.parse_args()
    if wrong := set(given.parts) - set(parts):
        parser.error(f"no part {sorted(wrong)[0]!r}: there are {', '.join(parts)}")
    for name in given.parts or parts:
        text = f"A load of {os.getloadavg()[0]:.1f} when it began.\n\n{parts[name](given)}\n"
        print(f"## {name}\n\n{text}", flush=True)
        (WORK / f"quality-{name}.md").write_text(text)


def texts(given: argparse.Namespace) -> str:
    """Indicators of texts, each against the same as a mapped function where there is one."""
    dataset = linked(given)
    records = _records(dataset)
    rows: list[list[object]] = []
    told = []
    chosen = [name for name in given.only.split(",") if name] or [*FUNCTIONS, *OTHERS]
    for name in chosen:
        cost = score(dataset, name)
        rate = records / cost.cpu
        faster = ""
        if name in FUNCTIONS:
            mapped = _mapped(dataset, name)
            faster = f"{rate / (mapped['records'] / mapped['cpu']):.1f}"
            ours = json.loads(run(sys.executable, "-c", MEANS, dataset, name, mapped["records"], **CACHES).out)
            means = ((column, ours[column], mapped["means"].get(column)) for column in ours)
            told += [f"{column} {one:.6g} and {other:.6g}" for column, one, other in means if other is not None]
        rows.append([name, cost.wall, cost.cpu, round(cost.peak), f"{rate:,.0f}", faster])
        print(rows[-1], file=sys.stderr, flush=True)
    head = ["indicator", "s", "CPU s", "peak MB", "records a CPU s", "times datasets.map"]
    compared = f"\n\nMeans over the mapped records, ours and theirs: {'; '.join(told)}." if told else ""
    return f"{records:,} records.\n\n{table(head, rows)}{compared}"


def _mapped(dataset: Path, name: str) -> dict[str, object]:
    columns, function = FUNCTIONS[name]
    cache = WORK / "quality-map"
    code = MAP % {"columns": columns, "function": function}
    try:
        return dict(json.loads(run(sys.executable, "-c", code, dataset / "data", cache, MAPPED, **CACHES).out))
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def filters(given: argparse.Namespace) -> str:
    """A filter of four conditions: counted, and written."""
    dataset = linked(given)
    for name in ("lengths", "text_repetition", "unsafe_words"):
        score(dataset, name)
    out = WORK / "quality-filtered"
    shutil.rmtree(out, ignore_errors=True)
    wall, cpu, kept = (
        float(word) for word in run(sys.executable, "-c", FILTER, dataset, CONDITIONS, **CACHES).out.split()
    )
    command = [sys.executable, "-m", "vlit_hub", "filter", dataset, CONDITIONS]
    whole, written = run(*command, **CACHES), run(*command, "--out", out, **CACHES)
    shutil.rmtree(out)
    rows: list[list[object]] = [
        ["survival table, imports not counted", f"{wall:.2f}", f"{cpu:.2f}", ""],
        ["`vlit-hub filter`, whole", f"{whole.wall:.2f}", f"{whole.cpu:.2f}", round(whole.peak)],
        ["`vlit-hub filter --out`, whole", f"{written.wall:.2f}", f"{written.cpu:.2f}", round(written.peak)],
    ]
    return f"{_records(dataset):,} records, {kept:,.0f} kept.\n\n{table(['', 's', 'CPU s', 'peak MB'], rows)}"


def photos(given: argparse.Namespace) -> str:
    """All indicators of photos, against a loop that decodes and measures and does nothing else."""
    images = 60 if given.quick else 500
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
        ["decode", bare["decode"].cpu, bare["decode"].wall, round(bare["decode"].peak)],
        ["decode and measure", bare["all"].cpu, bare["all"].wall, round(bare["all"].peak)],
        ["`vlit-hub score`", whole.cpu, whole.wall, round(whole.peak)],
        ["`vlit-hub score` again", again.cpu, again.wall, round(again.peak)],
    ]
    ratio = f"`vlit-hub score` / decode and measure: {whole.cpu / bare['all'].cpu:.2f}"
    return f"{count} photos, five indicators.\n\n{table(['', 'CPU s', 's', 'peak MB'], rows)}\n\n{ratio}."


def clusters(given: argparse.Namespace) -> str:
    """Exact clusters against scikit-learn's; approximate ones by the planted ones that they find."""
    sizes = (10_000, 155_000) if given.quick else (50_000, 150_000, 1_000_000)
    labels = WORK / "quality-labels.npy"
    rows: list[list[object]] = []
    for size in sizes:
        ours = run(sys.executable, "-c", VECTORS + OURS, size, labels)
        cpu, found, planted, compared = (float(word) for word in ours.out.split())
        exact = compared == 1
        told = ["", "", ""]
        if exact:
            theirs = run(sys.executable, "-c", VECTORS + THEIRS, size, labels)
            their_cpu, rand = (float(word) for word in theirs.out.split())
            told = [f"{their_cpu:.1f}", f"{cpu / their_cpu:.2f}", f"{rand:.4f}"]
        kind = "exact" if exact else f"approximate ({compared:.1%} of pairs)"
        rows.append([f"{size:,}", kind, cpu, round(ours.peak), f"{found:,.0f} of {planted:,.0f}", *told])
        print(rows[-1], file=sys.stderr, flush=True)
    labels.unlink()
    head = ["vectors", "", "CPU s", "peak MB", "planted clusters found", "scikit-learn CPU s", "ours / theirs", "ARI"]
    return f"384 dimensions, eps 0.1, 5 neighbours.\n\n{table(head, rows)}"


def diversity(given: argparse.Namespace) -> str:
    """Instruction diversity of different texts of one task: its one large graph."""
    wanted = 5_000 if given.quick else 150_000
    done = run(sys.executable, "-c", DIVERSITY, _dataset(given), wanted, **CACHES)
    cpu, texts, communities = (float(word) for word in done.out.split())
    return f"{texts:,.0f} different instructions: {cpu:.1f} CPU s, {done.peak:,.0f} MB, {communities:.0f} communities."


def _dataset(given: argparse.Namespace) -> Path:
    return given.dataset or built(2_000 if given.quick else 82_783)


def _records(dataset: Path) -> int:
    return sum(split["records"] for split in json.loads((dataset / "build.json").read_text())["splits"].values())


def linked(given: argparse.Namespace) -> Path:
    """The same dataset without what was measured of it, by links."""
    folder = _dataset(given)
    target = WORK / f"quality-{folder.name}"
    shutil.rmtree(target, ignore_errors=True)
    (target / "data").mkdir(parents=True)
    for file in (folder / "build.json", *(folder / "data").iterdir()):
        os.link(file, target / file.relative_to(folder))
    return target


def score(dataset: Path, names: str) -> Cost:
    return run(sys.executable, "-m", "vlit_hub", "score", dataset, "--indicators", names, **CACHES)


if __name__ == "__main__":
    main()
