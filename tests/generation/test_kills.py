"""Runs that are killed, or stopped with Ctrl-C, and run again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from tests.generation.asking import settings_of, texts
from tests.generation.killing import REQUESTS, asked, fresh, repair, run, run_in_notebook
from tests.llm.answers import completion, server_error
from tests.llm.server import Llm, last_words
from tests.llm.wire import Reply
from vlit_hub.generation.requests import Settings
from vlit_hub.generation.run import generate

IN_FLIGHT = 16
ALL = REQUESTS + REQUESTS // 10  # with the follow-ups


def answer(body: dict[str, Any]) -> str:
    return last_words(body) + "!"


def slowly(body: dict[str, Any]) -> Reply:
    return Reply(delay=0.02, body=completion(answer(body)).body)


def start(llm: Llm, folder: Path, what: Callable[[Settings], None] = run) -> BaseProcess:
    process = fresh.Process(target=what, args=(settings_of(llm, folder, concurrency=IN_FLIGHT),))
    process.start()
    return process


def wait_for(llm: Llm, process: BaseProcess, requests: int) -> None:
    """Until so many requests have come, or the run is over."""
    while process.is_alive() and len(llm.asked) < requests:
        time.sleep(0.001)


def test_killed_ten_times(llm: Llm, tmp_path: Path) -> None:
    """While the server fails one request in twenty: the store ends as of an undisturbed run, nothing stored is asked again."""
    (tmp_path / "calm").mkdir()
    llm.rule = answer
    generate(asked(), settings_of(llm, tmp_path / "calm"), follow_up=repair)
    calm = texts(tmp_path / "calm")
    assert len(calm) == ALL

    llm.asked.clear()
    draw = random.Random()
    good: Counter[str] = Counter()  # how often each was answered well

    def failing(body: dict[str, Any]) -> Reply:
        if draw.random() < 0.05:
            return draw.choice([server_error(), Reply(cut=-1)])
        good[last_words(body)] += 1
        return slowly(body)

    llm.rule = failing
    stored: set[str] = set()
    kills = 0
    while True:
        before = len(llm.asked)
        process = start(llm, tmp_path)
        # The moment is drawn by requests, not by seconds: so a slow machine gets as far as a fast one.
        wait_for(llm, process, before + draw.randint(1, 90) if kills < 10 else 10**9)
        process.kill()
        process.join()
        assert not stored & {answer(body) for body in llm.asked[before:]}, "asked again though it was stored"
        stored = set(texts(tmp_path).values())
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        kills += 1
    assert kills >= 10
    assert texts(tmp_path) == calm
    # What was answered twice was in flight when a run was killed, or in the moment's answers that weren't written yet.
    assert sum(count - 1 for count in good.values()) <= kills * 3 * IN_FLIGHT


@pytest.mark.parametrize("what", [run, run_in_notebook])
def test_ctrl_c_keeps_what_was_answered(llm: Llm, tmp_path: Path, what: Callable[[Settings], None]) -> None:
    llm.rule = slowly
    process = start(llm, tmp_path, what)
    wait_for(llm, process, 200)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    process.join(30)
    assert process.exitcode == 1  # of KeyboardInterrupt
    kept = len(texts(tmp_path))
    sent = len(llm.asked)
    assert sent - IN_FLIGHT <= kept <= sent < REQUESTS
    summary = generate(asked(), settings_of(llm, tmp_path), follow_up=repair)
    assert (summary.stored, summary.stored + summary.answered) == (kept, ALL)


def test_two_runs_at_once_share_a_store(llm: Llm, tmp_path: Path) -> None:
    llm.rule = slowly
    processes = [start(llm, tmp_path) for _ in range(2)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(texts(tmp_path)) == ALL
