"""A LLaVA file of LLaVA-Instruct-150K's size into a dataset's folder: time and memory of `vlit-hub import`.

python benchmarks/importing.py            # 157,712 conversations, 361,000 pairs of turns, 200 MB
python benchmarks/importing.py --quick    # 5,000; to see that it works

The texts are drawn; lengths and numbers of turns are like the original's: 58,000 conversations of several turns, 23,000 detailed
descriptions and 77,000 questions that take reasoning, one turn each. There are no photos.
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

from measure import WORK, run, table

LIMIT_SECONDS = 10
WORDS = re.findall(
    r"\w+",
    "a the of in on with and man woman people street bus dog cat table red white large small standing sitting near behind "
    "image scene appears several other various it is are which can be seen while background left side right",
)


def main() -> None:
    count = 5_000 if "--quick" in sys.argv else 157_712
    file = WORK / f"llava-{count}.json"
    if not file.exists():
        write(file, count)
    out = WORK / "imported"
    command = [sys.executable, "-m", "vlit_hub", "import", "llava", file, "-o", out, "--force", "--json"]
    costs = [run(*command) for _ in range(3)]
    build = json.loads(costs[0].out)
    records = build["splits"]["train"]["records"]
    megabytes = file.stat().st_size / 1e6
    print(
        f"\n`vlit-hub import llava`, {count:,} conversations, {megabytes:.0f} MB, {records:,} records; the whole process.\n"
    )
    rows = [[number, cost.wall, cost.cpu, round(cost.peak)] for number, cost in enumerate(costs, 1)]
    print(table(["run", "seconds", "CPU seconds", "peak MB"], rows))
    best = min(cost.wall for cost in costs)
    print(f"\nThe aim is under {LIMIT_SECONDS} s: {'met' if best < LIMIT_SECONDS else 'missed'}.")


def write(file: Path, count: int) -> None:
    """A file of so many conversations."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draw = random.Random(0)

    def text(least: int, most: int) -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(least, most))).capitalize() + "."

    items = []
    for _ in range(count):
        image = f"{draw.randrange(82_000):012d}"
        several = draw.random() < 0.37
        turns = []
        for turn in range(draw.randint(3, 6) if several else 1):
            asked = ("<image>\n" + text(6, 14)) if turn == 0 else text(6, 14)
            turns.append({"from": "human", "value": asked})
            turns.append({"from": "gpt", "value": text(10, 60) if several else text(110, 240)})
        items.append({"id": image, "image": f"{image}.jpg", "conversations": turns})
    file.write_text(json.dumps(items))


if __name__ == "__main__":
    main()
