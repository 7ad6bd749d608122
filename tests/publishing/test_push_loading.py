"""What was pushed, loaded by people who have never heard of this project: another process, an empty cache.

Photos by URL are loaded in test_demo.py.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.hub.server import Hub
from tests.publishing.pushing import REPO, photo, row, run_push, write_dataset

PLAIN = f"""
import json
from datasets import get_dataset_config_names, get_dataset_split_names, load_dataset

found = load_dataset({REPO!r})
texts = load_dataset({REPO!r}, split="validation", columns=["id", "response"])
stream = load_dataset({REPO!r}, split="train", streaming=True)
some = load_dataset({REPO!r}, split="train", streaming=True, columns=["id"])
first = next(iter(stream))
print(json.dumps({{
    "configs": get_dataset_config_names({REPO!r}),
    "splits": get_dataset_split_names({REPO!r}),
    "rows": {{name: len(split) for name, split in found.items()}},
    "texts": texts[0],
    "first": [first["id"], first["source"]["file_names"], first["input"]["images"][0].size],
    "some": [row["id"] for row in some.take(2)],
    "named": len(load_dataset({REPO!r}, "default", split="train[:10]")),
    "tag": len(load_dataset({REPO!r}, split="validation", revision="v1.0")),
}}))
"""

# Run where the dataset's own folder is: are records and photos online those?
BIT_EQUAL = """
import io, sys
from pathlib import Path
import numpy as np
import pyarrow.parquet as pq
from datasets import Image, List, load_dataset
from PIL import Image as Pillow

found = load_dataset({repo!r}, split="train")
local = [row for file in sorted(Path({folder!r}, "data").glob("train-*")) for row in pq.read_table(file).to_pylist()]
assert len(found) == len(local) == 1000
features = found.features.copy()
features["input"]["images"] = List(Image(decode=False))
raw = found.cast(features)
for ours, theirs, shown in zip(local, raw, found, strict=True):
    (mine,), (image,) = ours["input"].pop("images"), theirs["input"].pop("images")
    assert ours == theirs, (ours, theirs)
    data = Path(mine["path"]).read_bytes()
    assert image == {{"bytes": data, "path": Path(mine["path"]).name}}
    with Pillow.open(io.BytesIO(data)) as photo:
        assert np.array_equal(np.asarray(photo), np.asarray(shown["input"]["images"][0]))
print("equal")
"""


def test_plain_load_dataset(hub: Hub, tmp_path: Path) -> None:
    rows = [row(number, photo(tmp_path / "photos" / f"{number}.jpg", number)) for number in range(40)]
    folder = write_dataset(tmp_path / "toy", rows[:30], shards=3)
    write_dataset(folder, rows[30:], shards=1, split="validation")
    run_push(hub, folder, private=True, tag="v1.0")
    hub.forget()
    done = hub.run(PLAIN, hub.token("ada"), home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "configs": ["default"],
        "splits": ["train", "validation"],
        "rows": {"train": 30, "validation": 10},
        "texts": {"id": "image_captioning-30", "response": "A picture of 30 waves."},
        "first": ["image_captioning-0", ["0.jpg"], [48, 48]],
        "some": ["image_captioning-0", "image_captioning-1"],
        "named": 10,
        "tag": 10,
    }
    assert not hub.count("GET", "plots|examples")


def test_a_thousand_records_with_photos_come_back_bit_equal(hub: Hub, tmp_path: Path) -> None:
    rows = [row(number, photo(tmp_path / "photos" / f"{number}.jpg", number, side=32)) for number in range(1000)]
    folder = write_dataset(tmp_path / "toy", rows, shards=4)
    assert run_push(hub, folder).photos.kept == 1000
    done = hub.run(BIT_EQUAL.format(repo=REPO, folder=str(folder)), home=tmp_path / "home")
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["equal"]), done.stderr
