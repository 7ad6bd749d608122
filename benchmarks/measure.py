"""CPU seconds and peak memory of whole processes, and where benchmarks keep their data."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

WORK = Path(__file__).parent / "work"


@dataclass
class Cost:
    """What a process took: CPU seconds with its children, wall seconds, and the peak of its memory in MB."""

    cpu: float
    wall: float
    peak: float
    out: str


def run(*command: object, **environment: str) -> Cost:
    """Run a command; its standard output is kept, and a failure ends the benchmark.

    The memory is the largest of the process and its children, as the kernel counts resident pages.
    """
    words = [str(word) for word in command]
    start = time.perf_counter()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "VLIT_"))}
    process = subprocess.Popen(
        words,
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    out = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"{' '.join(words)} ended with exit code {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, out)


def table(headings: list[str], rows: list[list[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "| --- " + "| ---: " * (len(headings) - 1) + "|"]
    lines += [
        "| " + " | ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row) + " |"
        for row in rows
    ]
    return "\n".join(lines)
