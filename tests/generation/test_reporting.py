"""The bar of a run, on a real terminal."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest

from tests.generation.asking import ask, settings_of
from tests.llm.answers import completion
from tests.llm.server import Llm
from tests.llm.wire import Reply
from vlit_hub.generation.run import generate


def test_the_bar_tells_answers_tokens_and_dollars(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prices.yaml").write_text("[{models: {tiny: {prompt: 1000, completion: 1000}}}]")
    llm.rule = lambda body: Reply(delay=0.02, body=completion("good").body)
    settings = settings_of(llm, tmp_path, prices=str(tmp_path / "prices.yaml"), concurrency=4)
    generate([ask(n) for n in range(5)], settings)
    reading, writing = pty.openpty()
    with open(writing, "w") as terminal:  # noqa: PTH123 (it is no path)
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("COLUMNS", "150")
        monkeypatch.setenv("TERM", "xterm")
        generate([ask(n) for n in range(100)], settings)
        terminal.flush()
        shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", os.read(reading, 2**20).decode())
    os.close(reading)
    last = [line for line in re.split(r"[\r\n]+", shown) if line.strip()][-1]
    assert "100/100" in last
    assert "5 stored" in last and "14,250 tokens" in last and "$14.25" in last
    assert "/s" in last and "failed" not in last
