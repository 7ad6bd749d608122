"""The card of a dataset at COCO 2014's size, without embedded photos: time and memory of `vlit-hub card`.

python benchmarks/card.py            # 82,783 images, about 1.2 million records; a quarter of an hour the first time
python benchmarks/card.py --quick    # 2,000 images; to see that it works
python benchmarks/card.py FOLDER     # of a dataset that is there; its README.md is written
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from measure import WORK, run, table

TASKS = "image_captioning,visual_question_answering,text_recognition,object_detection"
CACHES = {"HF_HOME": str(WORK / "home" / "hf"), "VLIT_HUB_CACHE": str(WORK / "home" / "cache"), "HF_HUB_OFFLINE": "1"}
LIMIT_SECONDS, LIMIT_MB = 10, 1000


def main() -> None:
    given = [word for word in sys.argv[1:] if not word.startswith("-")]
    folder = Path(given[0]) if given else built(2_000 if "--quick" in sys.argv else 82_783)
    card = [sys.executable, "-m", "vlit_hub", "card", folder, "--json"]
    costs = [run(*card, **CACHES) for _ in range(3)]
    records = sum(split["records"] for split in json.loads((folder / "build.json").read_text())["splits"].values())
    print(f"\n`vlit-hub card`, {records:,} records, three times; the whole process.\n")
    rows = [[number, cost.wall, cost.cpu, round(cost.peak)] for number, cost in enumerate(costs, 1)]
    print(table(["run", "seconds", "CPU seconds", "peak MB"], rows))
    best = min(costs, key=lambda cost: cost.wall)
    print(f"\nThe aim is under {LIMIT_SECONDS} s and {LIMIT_MB} MB: ", end="")
    print("met." if best.wall < LIMIT_SECONDS and best.peak < LIMIT_MB else "missed.")


def built(images: int) -> Path:
    """A build of a sample of so many images; made once."""
    data, folder = WORK / f"coco-{images}", WORK / f"card-{images}"
    if not folder.exists():
        if not data.exists():
            run(sys.executable, "-m", "vlit_hub", "sample", data, "--images", images, "--no-photos")
        build = ["build", "coco_aa", "--data-dir", data, "--tasks", TASKS, "--out", folder, "--json"]
        run(sys.executable, "-m", "vlit_hub", *build, **CACHES)
    return folder


if __name__ == "__main__":
    main()
