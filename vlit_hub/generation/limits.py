"""How many requests go out at a time, and how long a failed one waits."""

from __future__ import annotations

import random

__all__ = ["Concurrency", "backoff"]

_FIRST = 0.5  # seconds before the second try, doubled at every further one
_LONGEST = 60.0
_WINDOW = 20  # at least so many answers before the limit is judged
_TOLERATED = 0.1  # share of throttled answers that is no sign of overload
_GROWTH = 16  # windows without overload until the full concurrency is reached again


class Concurrency:
    """Additive increase, multiplicative decrease, judged a window of answers at a time.

    A window is as many answers as may be in flight. If more than a tenth of them were "too many requests", the limit is
    halved; else it grows by a sixteenth of the maximum. Judging windows, not single answers, keeps a server that
    turns down one request in fifty at random from being asked one request at a time.

    Args:
        maximum: Where the limit starts, and what it never exceeds.

    Attributes:
        limit: At most so many requests in flight now.
        held_until: No request starts before this time, by the clock that `throttled` is given.
    """

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self.limit = maximum
        self.held_until = 0.0
        self._answers = 0
        self._throttled = 0

    def answered(self) -> None:
        """The server answered one, well or not."""
        self._count()

    def throttled(self, now: float, retry_after: float | None) -> None:
        """The server turned one down; `retry_after` seconds it wants rest, which is given to it if it is overloaded."""
        self._throttled += 1
        if self._count() and retry_after:
            self.held_until = max(self.held_until, now + min(retry_after, _LONGEST))

    def _count(self) -> bool:
        """Whether this answer ended a window of overload."""
        self._answers += 1
        overloaded = self._throttled > _TOLERATED * max(self.limit, _WINDOW)
        if not overloaded and self._answers < max(self.limit, _WINDOW):
            return False
        if overloaded:
            self.limit = max(1, self.limit // 2)
        else:
            self.limit = min(self.maximum, self.limit + max(1, self.maximum // _GROWTH))
        self._answers = self._throttled = 0
        return overloaded


def backoff(tries: int, retry_after: float | None = None) -> float:
    """Seconds that a request waits after so many failed tries: doubled each time, by chance a half more or less.

    Never less than `retry_after`, what the server asks for, and never more than a minute unless it asks for more.
    """
    wait = min(_LONGEST, _FIRST * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.5)
    return max(wait, retry_after * random.uniform(1.0, 1.1)) if retry_after else wait
