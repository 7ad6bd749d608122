"""A build that is killed again and again ends in the dataset of an undisturbed one, and pays for nothing twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sqlite3
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import polars as pl

from tests.llm.answers import server_error
from tests.plugins.self_instruct.talker import talk
from vlit_hub.sample import write_sample

KILLS = 10
IN_FLIGHT = 4

processes = multiprocessing.get_context("forkserver")  # starts a process without importing everything again
processes.set_forkserver_preload(
    [
        "vlit_hub.building.run",
        "vlit_hub.builders.coco_si",
        "vlit_hub.plugins.strategies.self_instruct.strategy",
        "vlit_hub.generation.openai_backend",
        "vlit_hub.sources.coco",
        "aiohttp",
        "openai.resources",
        "py3langid.langid",
    ]
)


def build(home: Path, data: Path, url: str) -> None:
    os.environ.update(VLIT_HUB_CACHE=str(home / "cache"), HF_HOME=str(home / "hf"), HF_HUB_OFFLINE="1", NO_PROXY="*")
    from vlit_hub.building.plan import BuildOptions
    from vlit_hub.building.run import build

    strategy = {"model": "tiny", "base_url": url, "concurrency": IN_FLIGHT, "n": 3, "kinds": "global,region"}
    build("coco_si", BuildOptions(data_dir=data, strategy=strategy), out=home / "built")


def start(home: Path, data: Path, url: str) -> BaseProcess:
    started = processes.Process(target=build, args=(home, data, url))
    started.start()
    return started


def stored(home: Path) -> int:
    """How many answers the store has."""
    file = home / "cache" / "responses.sqlite"
    if not file.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as store:
            return int(store.execute("SELECT count(*) FROM responses").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def records(home: Path) -> dict[str, str]:
    """All records and rejected drafts, without the place where this home lies."""
    return {
        str(file.relative_to(home)): json.dumps(pl.read_parquet(file).to_dicts(), default=str).replace(str(home), "")
        for file in sorted((home / "built").glob("*/*.parquet"))
    }


def test_kills_and_failures_leave_no_trace(llm, tmp_path):
    random.seed(5)
    data = tmp_path / "data"
    write_sample(data, images=30)
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    llm.rule = talk
    whole = start(undisturbed, data, llm.url)
    whole.join()
    assert whole.exitcode == 0
    asked = len(llm.asked)
    llm.asked.clear()
    failed = 0

    def rule(body):
        nonlocal failed
        time.sleep(0.005)
        if random.random() < 0.05:
            failed += 1
            return server_error()
        return talk(body)

    llm.rule = rule
    for _ in range(KILLS):
        goal = stored(killed) + random.randrange(1, asked // 12)
        victim = start(killed, data, llm.url)
        while victim.is_alive() and stored(killed) < goal:
            time.sleep(0.002)
        victim.kill()
        victim.join()
    assert 0 < stored(killed) < asked
    last = start(killed, data, llm.url)
    last.join()
    assert last.exitcode == 0
    assert records(killed) == records(undisturbed)
    answered = len(llm.asked) - failed
    assert asked <= answered <= asked + KILLS * IN_FLIGHT  # twice only what was on its way when a process died
