"""The local Hub, asked by the real clients over real sockets: downloads, `load_dataset`, cards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    EntryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub import cards
from tests.hub.asking import CARD, CATS, add, ask, commit, download, parquet
from tests.hub.server import Hub

# Reading


def test_a_second_download_sends_no_body(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    commit(ada, add("a.parquet", parquet()), add("b.txt", "b"))
    for name in ("a.parquet", "b.txt"):
        download(ada, name, tmp_path)
    assert hub.sent("GET", "action=get") == 2000
    hub.forget()
    for name in ("a.parquet", "b.txt"):
        download(ada, name, tmp_path)
    assert (hub.count("HEAD", "/resolve/"), hub.count("GET"), hub.sent()) == (2, 0, 0)
    commit(ada, add("b.txt", "changed"))
    assert download(ada, "b.txt", tmp_path) == b"changed"


def test_missing_files_are_entry_not_found(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    with pytest.raises(EntryNotFoundError):
        download(ada, "none.txt", tmp_path)
    assert list(tmp_path.glob("**/.no_exist/*/none.txt")) != []  # the client remembers, by the commit's id
    with pytest.raises(RevisionNotFoundError):
        download(ada, "none.txt", tmp_path, revision="none")


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=1990-", 206, slice(1990, None)),
        ("bytes=-8", 206, slice(-8, None)),
        ("bytes=1999-5000", 206, slice(1999, None)),
        ("bytes=2000-", 416, None),
        ("pages=1-2", 200, slice(None)),
    ],
)
@pytest.mark.parametrize("name", ["a.parquet", "a.txt"])
def test_ranges(hub: Hub, name: str, wanted: str, status: int, part: slice | None) -> None:
    hub.create(CATS)
    data = parquet() if name == "a.parquet" else parquet().hex().encode()[:2000]
    hub.commit_as("ada", CATS, name, data)
    answer = ask(hub, "GET", f"/datasets/{CATS}/resolve/main/{name}", Range=wanted)
    assert answer[0] == status
    if part is not None:
        assert answer[2] == data[part]
    if status == 206:
        start, stop, _ = part.indices(2000) if part else (0, 0, 0)
        assert answer[1]["Content-Range"] == f"bytes {start}-{stop - 1}/2000"


LOAD = """
import json, sys
from datasets import load_dataset
result = {}
plain = load_dataset("vlit_hub/cats")
result["plain"] = {split: list(data["text"]) for split, data in plain.items()}
result["other"] = list(load_dataset("vlit_hub/cats", "other", split="train")["text"])
result["tag"] = list(load_dataset("vlit_hub/cats", split="train", revision="v1")["text"])
result["columns"] = load_dataset("vlit_hub/cats", split="train", columns=["n"]).column_names
stream = load_dataset("vlit_hub/cats", split="train", streaming=True)
result["stream"] = [row["text"] for row in stream]
result["stream columns"] = [row for row in load_dataset("vlit_hub/cats", split="test", columns=["n"], streaming=True)]
json.dump(result, sys.stdout)
"""

CONFIGS = """---
configs:
- config_name: main
  default: true
  data_files:
  - {split: train, path: data/train-*}
  - {split: test, path: data/test-*}
- config_name: other
  data_files: other/train.parquet
---
"""


def test_load_dataset_in_a_fresh_process(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def shard(*texts: str) -> Path:
        path = tmp_path / f"{'-'.join(texts)}.parquet"
        pq.write_table(pa.table({"n": list(range(len(texts))), "text": list(texts)}), path)
        return path

    commit(
        ada,
        add("README.md", CONFIGS),
        add("data/train-0.parquet", shard("one")),
        add("data/test-0.parquet", shard("test")),
    )
    ada.create_tag(CATS, tag="v1", repo_type="dataset")
    commit(ada, add("data/train-1.parquet", shard("two", "three")), add("other/train.parquet", shard("other")))
    hub.repo(CATS).private = True
    hub.forget()
    token = hub.token("ada", "read")
    done = hub.run(LOAD, token, home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "plain": {"train": ["one", "two", "three"], "test": ["test"]},
        "other": ["other"],
        "tag": ["one"],
        "columns": ["n"],
        "stream": ["one", "two", "three"],
        "stream columns": [{"n": 0}],
    }
    assert hub.count(status=206) + hub.count("GET", "action=get", status=200) > 0
    assert {one.user for one in hub.requests(path="^/(api|datasets)/")} == {"ada"}
    assert token not in done.stdout + done.stderr
    done = hub.run("import datasets; datasets.load_dataset('vlit_hub/cats')", home=tmp_path / "other home")
    assert "doesn't exist on the Hub or cannot be accessed" in done.stderr


# Cards


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (CARD, None),
        (CONFIGS, None),
        ("---\nlicense: [mit\n---\n", "YAML: "),
        ("---\n- mit\n---\n", "must be a mapping"),
        ("---\nlicense: my-own\n---\n", '"license"'),
        ("---\nlanguage: english\n---\n", '"language"'),
        ("---\ntags: [1]\n---\n", '"tags"'),
        ("---\npretty_name: [a]\n---\n", '"pretty_name"'),
        ("---\nconfigs: main\n---\n", '"configs"'),
        ("---\nconfigs: [{config_name: a, default: true}, {config_name: b, default: true}]\n---\n", "default"),
        ("---\nconfigs: [{config_name: a}, {config_name: a}]\n---\n", "twice"),
        ("---\nconfigs: [{config_name: a, data_files: [{split: train}]}]\n---\n", "data_files"),
    ],
)
def test_card_checks(text: str, error: str | None) -> None:
    errors, warnings = cards.check(text)
    assert warnings == []
    assert errors == [] if error is None else error in errors[0]


def test_a_broken_card_stops_a_push_before_any_upload(hub: Hub, ada: HfApi) -> None:
    with pytest.raises(ValueError, match=r"Invalid metadata in README\.md.\n- YAML"):
        commit(ada, add("a.parquet", parquet()), add("README.md", "---\nlicense: [mit\n---\n"))
    assert (hub.count("PUT"), len(hub.commits(CATS))) == (0, 1)
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        commit(ada, add("README.md", "# Cats"))
