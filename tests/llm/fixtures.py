"""The `llm` fixture; `tests/conftest.py` imports it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.llm.server import Llm


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Llm]:
    """A running server of OpenAI's protocol; fails the test if the server itself failed."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    with Llm() as llm:
        yield llm
    assert not llm.crashes, "\n".join(llm.crashes)
