"""Shards made by several processes.

The workers are plain subprocesses that read their job from the work folder. Forking would copy Polars' locked threads, and
Python's own spawn would import the caller's script a second time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl
from pydantic_core import to_jsonable_python

from vlit_hub import plugin_manager
from vlit_hub.building.plan import check_options
from vlit_hub.building.shards import Shard, ShardMaker
from vlit_hub.errors import VlitHubError
from vlit_hub.frames import SCHEMAS, Annotations
from vlit_hub.progress import progress
from vlit_hub.strategy import Strategy

__all__ = ["make_in_processes"]

_POLL = 0.1  # seconds


def make_in_processes(maker: ShardMaker, shards: Sequence[Shard], num_proc: int) -> None:
    """Make the shards that aren't finished, in up to `num_proc` processes.

    Raises:
        VlitHubError: A worker failed; the message is the worker's.
    """
    missing = [shard for shard in shards if not maker.finished(shard)]
    if not missing:
        return
    assert maker.folder is not None
    _write_job(maker, missing, maker.folder)
    count = min(num_proc, len(missing))
    command = [sys.executable, "-m", "vlit_hub.building.workers", str(maker.folder)]
    workers = [
        subprocess.Popen(
            [*command, str(number), str(count)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        for number in range(count)
    ]
    try:
        with progress("making records", len(missing)) as advance:
            done = 0
            while any(worker.poll() is None for worker in workers):
                now = sum(maker.finished(shard) for shard in missing)
                advance(now - done)
                done = now
                if any(worker.poll() for worker in workers):
                    break
                time.sleep(_POLL)
    finally:
        for worker in workers:
            worker.terminate()
    for worker in workers:
        said, _ = worker.communicate()
        if worker.returncode > 0:
            raise VlitHubError(said.strip() or f"a worker ended with exit code {worker.returncode}")
    if lost := [shard.name for shard in missing if not maker.finished(shard)]:
        raise VlitHubError(f"a worker was killed before it finished {lost[0]} (out of memory?). Run the command again.")


def _write_job(maker: ShardMaker, shards: Sequence[Shard], folder: Path) -> None:
    for kind, frame in maker.annotations.frames().items():
        if kind != "rejected":
            (folder / "frames").mkdir(parents=True, exist_ok=True)
            frame.write_ipc(folder / "frames" / f"{kind}.arrow", compression="uncompressed")
    job = {
        "strategy": maker.strategy.name,
        # model_dump would leave out what is no part of the build's name
        "options": {name: to_jsonable_python(value) for name, value in maker.options},
        "licenses": dict(maker.licenses),
        "embed_images": maker.embed_images,
        "shards": [asdict(shard) for shard in shards],
    }
    (folder / "job.json").write_text(json.dumps(job))


def _read_job(folder: Path) -> tuple[ShardMaker, list[Shard]]:
    job = json.loads((folder / "job.json").read_text())
    strategy = plugin_manager.get_strategy(job["strategy"])
    assert isinstance(strategy, Strategy)
    frames: Mapping[str, pl.DataFrame] = {
        kind: pl.read_ipc(folder / "frames" / f"{kind}.arrow") for kind in SCHEMAS if kind != "rejected"
    }
    maker = ShardMaker(
        Annotations.of(frames),
        strategy,
        check_options(strategy, job["options"]),
        job["licenses"],
        folder,
        job["embed_images"],
    )
    return maker, [Shard(**shard) for shard in job["shards"]]


def _work(folder: Path, number: int, count: int) -> int:
    """Make every `count`-th shard; what goes wrong is said in one line on standard output."""
    try:
        maker, shards = _read_job(folder)
        for shard in shards[number::count]:
            maker.make(shard)
    except VlitHubError as error:
        print(error)
        return error.exit_code
    except OSError as error:
        print(f"{error.filename or folder}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(_work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
