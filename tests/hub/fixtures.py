"""The `hub` fixture; `tests/conftest.py` imports it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Hub


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A running Hub with `ada`, who may write in the organisation `vlit_hub`, and `bob`, a stranger to it.

    Fails the test if the server itself failed, or if a token went where it must not.
    """
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("NO_PROXY", "*")
    from huggingface_hub import close_session

    close_session()  # an earlier test's proxies and connections
    with Hub(tmp_path / "hub") as hub:
        hub.user("ada", {"vlit_hub": "write"})
        hub.user("bob")
        yield hub
        close_session()
    assert not hub.crashes, "\n".join(hub.crashes)
    assert not hub.leaks(), "\n".join(hub.leaks())
