from __future__ import annotations

import pytest
from huggingface_hub import HfApi

from tests.hub.asking import CATS
from tests.hub.server import Hub


@pytest.fixture
def ada(hub: Hub) -> HfApi:
    """Ada's client; the dataset vlit_hub/cats is there, empty."""
    hub.create(CATS)
    return hub.api(hub.token("ada"))


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client would have slept between its attempts; it doesn't sleep."""
    slept: list[float] = []
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", slept.append)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", slept.append)
    return slept
