"""The whole way as a new user goes it: `make demo` and the README's commands, then a stranger who loads what was published."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.hub.server import Hub

ROOT = Path(__file__).parents[2]

# One process for all commands: starting one takes seconds for the imports alone.
USER = """
import json, shlex, sys
from pathlib import Path
from vlit_hub.cli import app, main

own, groups = list(app.registered_commands), list(app.registered_groups)
for line in json.loads({lines!r}):
    app.registered_commands[:], app.registered_groups[:] = own, groups  # plugins add theirs each time
    sys.argv = shlex.split(line, comments=True)
    print("$", line, flush=True)
    try:
        main()
    except SystemExit as stop:
        assert not stop.code, line
    if " sample " in line:  # whose photos' addresses are made up
        for file in Path("demo/data/annotations").glob("*.json"):
            file.write_text(file.read_text().replace("https://example.com/vlit-hub-sample", {photos!r}))
"""

STRANGER = """
import json
import numpy as np
from datasets import load_dataset

found = load_dataset("ada/coco_aa")
train = load_dataset("ada/coco_aa", split="train", revision="v1.0.0")
stream = load_dataset("ada/coco_aa", split="validation", streaming=True)
texts = load_dataset("ada/coco_aa", split="validation", columns=["id", "response"])
linked = load_dataset("ada/linked", split="train")
shown = [number for number, record in enumerate(train.select_columns("input")) if record["input"]["images"]]
for number in shown[:: len(shown) // 5]:
    mine, theirs = (np.asarray(one[number]["input"]["images"][0]) for one in (train, linked))
    assert np.array_equal(mine, theirs)
assert train["id"] == linked["id"]
streamed = next(iter(load_dataset("ada/linked", split="train", streaming=True)))["input"]["images"][0]
assert np.array_equal(np.asarray(streamed), np.asarray(linked[0]["input"]["images"][0]))
print(json.dumps({
    "rows": {name: len(split) for name, split in found.items()},
    "columns": texts.column_names,
    "same": [record["id"] for record in stream] == texts["id"] == found["validation"]["id"],
    "photos": len(shown),
}))
"""


@pytest.fixture
def photos(tmp_path: Path) -> Iterator[str]:
    """The address of a web server that has the demo's photos."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

    folder = tmp_path / "user" / "demo" / "data"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def demo_commands() -> list[str]:
    """Those of `make demo`, on a tenth of the images."""
    recipe = (ROOT / "Makefile").read_text().split("\ndemo:")[1].split("\n\n")[0]
    found = re.findall(r"^\t\$\(BIN\)/(vlit-hub .*)$", recipe, re.MULTILINE)
    return [line.replace("--images 200", "--images 20") for line in found]


def readme_commands() -> list[str]:
    """Those of the README that need no package index and no model."""
    pattern = r"^vlit-hub (?:\w+ (?:coco_aa|vqa_aa|coco_prog)\b|(?:import|export|catalog) ).*$"
    found = re.findall(pattern, (ROOT / "README.md").read_text(), re.MULTILINE)
    ours = {"~/coco": "demo/data", "you/": "ada/", "train2014/": "demo/data/", "--size 100000": "--size 50"}
    return [functools.reduce(lambda text, one: text.replace(*one), ours.items(), line) for line in found]


def write_llava(path: Path) -> None:
    """Other people's data, about photos of the demo."""
    items = [
        {
            "id": f"{number:012}",
            "image": f"{number:012}.jpg",
            "conversations": [
                {"from": "human", "value": "<image>\nWhat is this?"},
                {"from": "gpt", "value": f"Drawing number {number}."},
            ],
        }
        for number in range(1, 13)
    ]
    path.write_text(json.dumps(items))


def count_exported(folder: Path) -> tuple[int, int]:
    """How many samples an export has, and how many records couldn't be one."""
    samples = pl.read_parquet(folder / "train" / "*.parquet", columns=["messages"])
    return len(samples), len((folder / "rejected.jsonl").read_text().splitlines())


def test_the_demo_and_the_readme_from_the_sample_to_a_strangers_load_dataset(
    hub: Hub, tmp_path: Path, photos: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path / "cache"))
    demo, readme = demo_commands(), readme_commands()
    assert [line.split()[1] for line in demo][:2] == ["sample", "build"]
    assert {line.split()[1] for line in readme} == {
        *("build", "show", "info", "score", "filter", "card", "push", "import", "mix", "export", "catalog"),
    }
    [dry] = [line for line in readme if "--dry-run" in line]
    lines = [*demo, *readme, dry.replace("--dry-run", "--tag v1.0.0"), "vlit-hub card coco_aa --check"]
    lines += ["vlit-hub push demo/coco_aa --repo-id ada/linked --images url"]
    home = tmp_path / "user"
    home.mkdir()
    write_llava(home / "llava_instruct_150k.json")
    code = f"import os; os.chdir({str(home)!r})\n" + USER.format(lines=json.dumps(lines), photos=photos)
    done = hub.run(code, hub.token("ada"), home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "built/coco_aa/README.md: good" in done.stdout
    exported, photoless = count_exported(home / "mix_trl")
    assert exported + photoless == 50 and exported > photoless > 0
    assert len(hub.commits("ada/coco_aa")) == len(hub.commits("ada/linked")) == 2
    assert hub.repo("ada/coco_aa").refs["refs/tags/v1.0.0"] == hub.commits("ada/coco_aa")[0].oid
    assert "images.parquet" in hub.tree("ada/linked")

    hub.forget()
    loaded = hub.run(STRANGER, home=tmp_path / "stranger")
    assert loaded.returncode == 0, loaded.stderr
    found = json.loads(loaded.stdout.splitlines()[-1])
    build = json.loads((home / "built/coco_aa/build.json").read_text())
    pushed = json.loads(hub.file("ada/coco_aa", "build.json"))
    assert found["rows"] == {name: split["records"] for name, split in build["splits"].items()}
    assert (found["columns"], found["same"]) == (["id", "response"], True)
    assert 0 < found["photos"] < pushed["published"]["records_with_photo"] < sum(found["rows"].values())
    assert not hub.count("GET", r"plots|examples|images\.parquet")
