"""Faults on purpose: rules that say which requests fail, how, and how often."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Where = Literal["upload", "response"]


@dataclass
class Rule:
    """One rule. `hits` counts the requests that it was applied to."""

    method: str
    path: re.Pattern[str]
    kind: Literal["fail", "cut", "slow", "before"]
    times: int | None = 1
    skip: int = 0
    hits: int = 0
    status: int = 0
    message: str | None = None
    retry_after: int | None = None
    landed: bool = False
    where: Where = "response"
    after: int = 0
    reset: bool = False
    seconds: float = 0.0
    action: Callable[[], object] | None = None

    def __str__(self) -> str:
        detail = {"fail": str(self.status), "cut": f"{self.where} after {self.after}", "slow": f"{self.seconds}s"}
        return f"{self.kind} {detail.get(self.kind, '')}".strip() + (" landed" if self.landed else "")


class Plan:
    """The rules in force, in the order they were given."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> Rule:
        with self._lock:
            self._rules.append(rule)
        return rule

    def take(self, method: str, target: str) -> list[Rule]:
        """The rules for a request, each counted: all that only wait or call, up to the first that breaks it."""
        taken = []
        with self._lock:
            for rule in self._rules:
                if rule.method not in ("", method) or not rule.path.search(target) or rule.times == 0:
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                rule.hits += 1
                taken.append(rule)
                if rule.kind in ("fail", "cut"):
                    break
        return taken

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()


_MESSAGES = {
    409: "Another operation on this repository is in progress. Please retry.",
    412: "A commit has happened since. Please refresh and try again.",
    429: "Too many requests. Please slow down.",
    500: "Internal Error - We're working hard to fix this as soon as possible!",
}


def answer(rule: Rule, plane: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a `fail` rule, as the Hub, its gateway (502-504) or its storage words it."""
    headers: dict[str, str] = {}
    if rule.retry_after is not None:
        headers["Retry-After"] = str(rule.retry_after)
    if rule.status == 429 and plane == "hub":
        headers["RateLimit"] = f'"api";r=0;t={rule.retry_after or 0}'
        headers["RateLimit-Policy"] = '"fixed window";"api";q=500;w=300'
    if plane == "storage":
        headers["Content-Type"] = "application/xml"
        return rule.status, headers, f"<Error><Code>{rule.message or 'SlowDown'}</Code></Error>".encode()
    if rule.status in (502, 503, 504):
        headers["Content-Type"] = "text/html"
        return (
            rule.status,
            headers,
            f"<html><body><h1>{rule.status} {rule.message or 'Unavailable'}</h1></body></html>".encode(),
        )
    message = rule.message or _MESSAGES.get(rule.status, "Error")
    headers["Content-Type"] = "application/json; charset=utf-8"
    headers["X-Error-Message"] = message
    return rule.status, headers, json.dumps({"error": message}).encode()
