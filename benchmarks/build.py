"""A build at COCO 2014's size: ours, the limit, and the plain way, in one run; and how the cost grows.

python benchmarks/build.py            # 10k to 82,783 images; about ten minutes
python benchmarks/build.py --quick    # 2,000 images; to see that it works
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from measure import WORK, run, table

HERE = Path(__file__).parent
TASKS = "image_captioning,visual_question_answering,text_recognition,object_detection"
SIZES = [int(size) for size in sys.argv[1:]] or [10_000, 20_000, 41_000, 82_783]


def main() -> None:
    rows = []
    for size in SIZES:
        data = WORK / f"coco-{size}"
        if not data.exists():
            run(sys.executable, "-m", "vlit_hub", "sample", data, "--images", size, "--no-photos")
        rows.append((size, *measured(data, plain=size == SIZES[-1])))
    print(
        f"`coco_aa` with {TASKS} on `vlit-hub sample --no-photos`; CPU seconds of whole processes, user and system.\n"
    )
    headings = ["images", "records", "build", "limit", "build / limit", "peak MB", "second build", "ms an image"]
    cells = []
    for size, records, first, again, limit, _ in rows:
        ratio, each = f"{first.cpu / limit:.2f}", f"{1000 * first.cpu / size:.3f}"
        cells.append([f"{size:,}", f"{records:,}", first.cpu, limit, ratio, round(first.peak), again.cpu, each])
    print(table(headings, cells))
    size, _, first, _, _, plain = rows[-1]
    print(
        f"\nThe plain way (`json.load`, `GeneratorBasedBuilder`) at {size:,} images: {plain.cpu:.1f} CPU s, {plain.peak:.0f} MB;"
    )
    print(f"ours takes 1/{plain.cpu / first.cpu:.1f} of the CPU and 1/{plain.peak / first.peak:.1f} of the memory.")


def measured(data: Path, plain: bool):
    home = WORK / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    caches = {"HF_HOME": str(home / "hf"), "VLIT_HUB_CACHE": str(home / "cache"), "HF_HUB_OFFLINE": "1"}
    build = [sys.executable, "-m", "vlit_hub", "build", "coco_aa", "--data-dir", data, "--tasks", TASKS, "--json"]
    first = run(*build, "--out", home / "built", **caches)
    again = run(*build, "--out", home / "again", "--seed", "1", **caches)
    splits = json.loads(first.out)["splits"].values()
    costs = json.loads(run(sys.executable, HERE / "limit.py", data, home / "built", home / "limit.parquet").out)
    slow = run(sys.executable, HERE / "plain_builder.py", data, home / "plain", **caches) if plain else None
    return sum(split["records"] for split in splits), first, again, costs["parse"] + costs["write"], slow


if __name__ == "__main__":
    main()
