"""The local Hub's faults as the real clients see them, where tokens may not go, and the server by itself."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from tests.hub.asking import CARD, CATS, add, ask, commit, download, parquet
from tests.hub.server import Hub

# Faults


@pytest.mark.parametrize("status", [409, 412, 429, 500, 503])
def test_a_failing_commit_is_raised_at_once(hub: Hub, ada: HfApi, naps: list[float], status: int) -> None:
    rule = hub.fail("POST", "/commit/", status=status)
    with pytest.raises(HfHubHTTPError) as caught:
        commit(ada, add("a.txt", "a"))
    assert (caught.value.response.status_code, rule.hits, naps, len(hub.commits(CATS))) == (status, 1, [], 1)
    commit(ada, add("a.txt", "a"))
    assert len(hub.commits(CATS)) == 2


def test_uploads_are_tried_again(hub: Hub, ada: HfApi, naps: list[float]) -> None:
    hub.fail("PUT", "", status=503, times=2)
    hub.fail("POST", "/preupload/", status=429, retry_after=7)
    hub.fail("POST", "/objects/batch", status=500)
    hub.cut("PUT", "", where="upload", after=500)
    hub.cut("PUT", "", where="upload", after=0, reset=True)
    hub.cut("PUT", "", where="response")
    commit(ada, add("a.parquet", parquet(size=100_000)))
    assert hub.file(CATS, "a.parquet") == parquet(size=100_000)
    assert naps == [
        8.0,
        1,
        1,
        2,
        4,
        8,
        8,
    ]  # what Retry-After says and a second; then doubling from 1 to 8 for each call
    assert [one.status for one in hub.requests("PUT")] == [503, 503, 0, 0, 200, 200]
    assert [one.fault for one in hub.requests("PUT")][2] == "cut upload after 500"
    assert not list(hub.repo(CATS).incoming("").iterdir())


def test_a_lost_answer_has_landed(hub: Hub, ada: HfApi) -> None:
    hub.cut("POST", "/commit/", where="response", after=10)
    with pytest.raises(httpx2.RemoteProtocolError):
        commit(ada, add("a.txt", "a"), create_pr=True)
    hub.fail("POST", "/commit/", status=504, landed=True)
    with pytest.raises(HfHubHTTPError, match="504"):
        commit(ada, add("b.txt", "b"))
    assert (len(hub.pulls(CATS)), "b.txt" in hub.tree(CATS)) == (1, True)


def test_an_interrupted_download_goes_on_where_it_was(hub: Hub, ada: HfApi, tmp_path: Path, naps: list[float]) -> None:
    chunk = 10 * 1024 * 1024  # the client keeps whole chunks only
    data = parquet(size=chunk + 90_000)
    commit(ada, add("a.parquet", data))
    hub.cut("GET", "action=get", after=chunk + 50_000)
    assert download(ada, "a.parquet", tmp_path) == data
    assert [(one.status, one.sent) for one in hub.requests("GET", "action=get")] == [
        (200, chunk + 50_000),
        (206, 90_000),
    ]


def test_skipped_and_slow_requests(hub: Hub, ada: HfApi) -> None:
    hub.fail("GET", "/api/datasets", status=500, skip=1)
    hub.slow("GET", "/api/datasets", seconds=0.3, times=1)
    start = time.monotonic()
    ada.dataset_info(CATS)
    assert time.monotonic() - start > 0.3
    with pytest.raises(HfHubHTTPError, match="500"):
        ada.dataset_info(CATS)
    ada.dataset_info(CATS)
    hub.slow("GET", "/api/datasets", seconds=30)
    with pytest.raises(httpx2.ReadTimeout):
        ada.dataset_info(CATS, timeout=0.2)


def test_outage_and_restart_on_the_same_state(hub: Hub, ada: HfApi) -> None:
    commit(ada, add("a.txt", "a"))
    url = hub.url
    hub.stop()
    with pytest.raises(httpx2.ConnectError):
        ada.dataset_info(CATS)
    hub.start()
    assert (hub.url, ada.dataset_info(CATS).sha) == (url, hub.commits(CATS)[0].oid)
    other = Hub(hub.root)
    assert (other.tree(CATS), other.commits(CATS)) == (hub.tree(CATS), hub.commits(CATS))


def test_a_killed_upload_leaves_no_object(hub: Hub, tmp_path: Path) -> None:
    hub.create(CATS)
    (tmp_path / "a.bin").write_bytes(bytes(20_000_000))
    code = f"""
from huggingface_hub import HfApi
HfApi().upload_file(path_or_fileobj={str(tmp_path / "a.bin")!r}, path_in_repo="a.bin", repo_id={CATS!r}, repo_type="dataset")
"""
    process = subprocess.Popen([sys.executable, "-c", code], env=hub.env(hub.token("ada"), home=tmp_path / "home"))
    hub.before("PUT", "", process.kill)
    assert process.wait(60) == -9
    deadline = time.monotonic() + 10
    while not (puts := hub.requests("PUT")) or not puts[0].seconds:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (puts[0].fault, puts[0].received < 20_000_000) == ("before", True)
    assert sorted(hub.tree(CATS)) == [".gitattributes"]
    assert not list(hub.repo(CATS).folder.glob("lfs/*")) + list(hub.repo(CATS).folder.glob("incoming/*"))


# Tokens


def test_tokens_are_in_no_log_and_no_state(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    commit(ada, add("a.parquet", parquet()), create_pr=True)
    commit(ada, add("README.md", CARD))
    download(ada, "README.md", tmp_path / "cache")
    ask(hub, "GET", f"/api/datasets/{CATS}?token={ada.token}")
    assert any("?token=<token>" in one.target for one in hub.requests())
    everything = (
        "".join(map(repr, hub.requests())) + "".join(map(str, hub.requests())) + repr(hub.accounts.__dict__["users"])
    )
    everything += "".join(path.read_text(errors="replace") for path in hub.root.rglob("*") if path.is_file())
    assert str(ada.token) not in everything
    assert str(ada.token) not in repr(hub.accounts.issue("ada", value=str(ada.token)))
    hub.forget()


def test_leaked_tokens_are_seen(hub: Hub, ada: HfApi) -> None:
    token = str(ada.token)
    ask(hub, "GET", f"/api/datasets/{CATS}?token={token}")
    ask(hub, "GET", f"/api/datasets/{CATS}", User_Agent=f"me/{token}")
    commit(ada, add("README.md", f"{CARD}{token}"))
    commit(ada, add("a.parquet", parquet() + token.encode()))
    commit(ada, add("b.parquet", parquet(1)), commit_description=f"by {token}")
    notes = [re.match("[^:]+", leak)[0] for leak in hub.leaks()]  # type: ignore[index]
    where = ["address", "header User-Agent", "body", "content of README.md", "body", "body"]
    assert notes == [f"ada's token in the {place}" for place in where]
    hub.forget()


def test_the_storage_gets_no_token_and_wants_a_signature(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    commit(ada, add("a.parquet", parquet()))
    download(ada, "a.parquet", tmp_path)
    assert (hub.count("PUT", "^/vlit_hub"), hub.count("GET", "^/vlit_hub")) == (1, 1)
    assert hub.leaks() == []
    oid = hashlib.sha256(parquet()).hexdigest()
    address = f"{hub.storage_url}/{CATS}/{oid}?action=get&size=2000&signature="
    for forged in (address + "0" * 64, address.replace("get", "put") + hub.signature("get", CATS, oid, 2000, "")):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(forged, timeout=10)
    with urllib.request.urlopen(hub.signed("get", CATS, oid, 2000), timeout=10) as answer:
        assert answer.read() == parquet()
    assert all(one.target.endswith("signature=...") for one in hub.requests(path="signature="))


def test_the_storage_takes_no_wrong_bytes(hub: Hub) -> None:
    hub.create(CATS)
    oid = hashlib.sha256(parquet()).hexdigest()
    for data in (parquet(1), parquet(size=1999)):  # another content, another size
        request = urllib.request.Request(hub.signed("put", CATS, oid, 2000), data, method="PUT")
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(request, timeout=10)
    assert not list(hub.repo(CATS).folder.glob("lfs/*")) + list(hub.repo(CATS).folder.glob("incoming/*"))


# By itself


def test_it_runs_by_itself(tmp_path: Path) -> None:
    options = ["--port", "0", "--root", str(tmp_path), "--token", "eve=hf_eve", "--org", "cats=eve"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hub", *options],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stderr
        try:
            process.stdout.readline()
            match = re.search("HF_ENDPOINT=(http://127.0.0.1:[0-9]+)", process.stdout.readline())
            assert match
            api = HfApi(endpoint=match[1], token="hf_eve")
            assert api.create_repo("cats/eve", repo_type="dataset").repo_id == "cats/eve"
            assert "eve      POST   200" in process.stderr.readline()
        finally:
            process.terminate()
    assert (tmp_path / "datasets/cats/eve/repo.json").exists()
