"""One of several processes that make a sample: `python -m vlit_hub.sample.worker WORK_FOLDER NUMBER COUNT`.

Processes are started so, since Python's own spawn would import the caller's script a second time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from vlit_hub.sample.parts import Job, make_parts

__all__: list[str] = []


def _main(folder: str, number: str, count: str) -> int:
    """Make every `count`-th stretch of the job; what goes wrong is said in one line on standard output."""
    job = Job.load(Path(folder))
    assert job is not None
    try:
        for _ in make_parts(job, Path(folder), int(number), int(count)):
            pass
    except OSError as error:
        print(f"{error.filename or folder}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
