"""Pushes that something gets in the way of: a busy Hub, lost answers, concurrent commits, kills."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Hub
from tests.publishing.pushing import REPO, photo, row, run_push, write_dataset
from vlit_hub.errors import HubError
from vlit_hub.publishing.folder import open_folder
from vlit_hub.publishing.hub_errors import UploadBroke, explain
from vlit_hub.publishing.preparing import prepare
from vlit_hub.publishing.push import PushOptions, push


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "toy", [row(number) for number in range(8)])


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that we, and the client, would have slept between attempts; nobody sleeps."""
    slept: list[float] = []
    monkeypatch.setattr("vlit_hub.publishing.committing.time.sleep", slept.append)
    return slept


def push_saying(hub: Hub, folder: Path, **options: object) -> list[str]:
    """What a push of ada's says on the way."""
    said: list[str] = []
    push(folder, REPO, PushOptions(**options), api=hub.api(hub.token("ada")), say=said.append)  # type: ignore[arg-type]
    return said


@pytest.mark.parametrize("landed", [False, True])
def test_a_busy_hub_is_asked_again_and_gets_one_commit(hub: Hub, toy: Path, naps: list[float], landed: bool) -> None:
    for number, status in enumerate((409, 412, 500, 503)):
        hub.fail("POST", "/commit/", status=status, landed=landed and not number)
    if not landed:
        hub.fail("POST", "/commit/", status=429, retry_after=7)
    said = push_saying(hub, toy)
    assert len(hub.commits(REPO)) == 2
    assert naps == ([1] if landed else [1, 2, 4, 8, 7])
    assert said[0] == "the Hub answered 409; trying again in 1 s"
    assert max(hub.uploads().values()) == 1


def test_every_step_is_tried_again(hub: Hub, toy: Path, naps: list[float]) -> None:
    for method, path in (
        ("GET", f"/api/datasets/{REPO}$"),
        ("POST", "/repos/create"),
        ("POST", "/branch/"),
        ("GET", "/revision/"),
        ("GET", "/tree/"),
        ("POST", "/validate-yaml"),
        ("POST", "/tag/"),
    ):
        hub.fail(method, path, status=503)
    done = run_push(hub, toy, revision="v1", tag="v1.0")
    assert hub.repo(REPO).refs["refs/tags/v1.0"] == done.commit == hub.repo(REPO).refs["refs/heads/v1"]
    assert len(hub.commits(REPO, "v1")) == 2
    assert len(naps) == 7


def test_a_hub_that_stays_busy_is_given_up(hub: Hub, toy: Path, naps: list[float]) -> None:
    hub.fail("POST", "/commit/", status=503, times=None)
    with pytest.raises(HubError, match=r"the Hub answered 503: .*Run the same command again"):
        run_push(hub, toy)
    assert naps == [1, 2, 4, 8, 16]
    hub.forget()
    hub.create("ada/other")
    hub.fail("POST", "/commit/", status=429, retry_after=4000, times=None)
    with pytest.raises(HubError, match="the Hub answered 429"):
        run_push(hub, toy, "ada/other")
    assert len(naps) == 5


@pytest.mark.parametrize("create_pr", [False, True])
def test_a_lost_answer_makes_no_second_commit_or_pull_request(
    hub: Hub, toy: Path, naps: list[float], create_pr: bool
) -> None:
    hub.create(REPO)
    hub.cut("POST", "/commit/", where="response")
    done = run_push(hub, toy, create_pr=create_pr)
    assert naps == [1]
    assert hub.count("POST", "/commit/") == 1
    assert len(hub.pulls(REPO)) == int(create_pr)
    revision = "refs/pr/1" if create_pr else "main"
    assert hub.commits(REPO, revision)[0].oid == done.commit
    assert len(hub.commits(REPO, revision)) == 2
    assert done.url.endswith("/discussions/1") == create_pr


def test_an_edit_of_the_card_during_the_push_is_merged(hub: Hub, toy: Path, naps: list[float]) -> None:
    run_push(hub, toy)
    card = hub.file(REPO, "README.md").decode()
    write_dataset(toy, [row(number) for number in range(9)])
    hub.before("POST", "/commit/", lambda: hub.commit_as("bob", REPO, "README.md", card + "\n## Thanks\n\nTo all.\n"))
    hub.before("POST", "/commit/", lambda: hub.commit_as("bob", REPO, "notes.md", "mine"))
    run_push(hub, toy)
    assert [commit.author for commit in hub.commits(REPO)[:3]] == ["ada", "bob", "bob"]
    card = hub.file(REPO, "README.md").decode()
    assert "## Thanks\n\nTo all.\n" in card
    assert "9 records of 1 task" in card
    assert hub.file(REPO, "notes.md") == b"mine"


def test_data_that_somebody_pushes_meanwhile_is_not_overwritten(hub: Hub, toy: Path, naps: list[float]) -> None:
    run_push(hub, toy)
    write_dataset(toy, [row(number) for number in range(9)])
    shard = "data/train-00001-of-00002.parquet"
    hub.before("POST", "/commit/", lambda: hub.commit_as("bob", REPO, shard, b"PAR1 of bob"))
    with pytest.raises(HubError, match=f"somebody else changed {shard} while this push was under way"):
        run_push(hub, toy)
    assert hub.file(REPO, shard) == b"PAR1 of bob"
    run_push(hub, toy)  # who runs it again knows
    assert hub.file(REPO, shard).endswith(b"PAR1")


def test_an_upload_that_breaks_off_is_gone_on_with(hub: Hub, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    hub.cut("PUT", "", where="upload", after=1000, skip=1, times=None)
    with pytest.raises(HubError, match=r"the upload broke off: can't reach .*Run the same command again") as caught:
        run_push(hub, toy)
    assert "\n" not in str(caught.value)
    assert list(hub.tree(REPO)) == [".gitattributes"]
    hub.faults.clear()
    run_push(hub, toy)
    assert max(hub.uploads().values()) == 1
    assert len(hub.commits(REPO)) == 2


def test_xet_that_fails_is_told_in_a_line(hub: Hub, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users upload by Xet, which the local Hub hasn't: what it raises is what a broken upload raises."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    with pytest.raises(HubError, match="the upload broke off") as caught:
        run_push(hub, toy)
    assert "\n" not in str(caught.value)
    assert hub.count("GET", "xet-write-token") >= 1
    assert list(hub.tree(REPO)) == [".gitattributes"]


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        (PermissionError("Unauthorized"), "the upload broke off (Unauthorized). Run the same command again"),
        (RuntimeError("no space"), "the upload broke off (no space). Run the same command again"),
        (ConnectionError("Request error"), "the upload broke off: can't reach http://hub (Request error)."),
    ],
)
def test_whatever_breaks_an_upload_is_one_line(cause: Exception, line: str) -> None:
    wrapped = RuntimeError("Error while uploading 'a.parquet' to the Hub.")
    wrapped.__cause__ = cause
    for error in (UploadBroke(cause), UploadBroke(wrapped)):
        assert str(explain(error, REPO, "http://hub")).startswith(line)


class Pusher:
    """A process that forks one for each push, so that killing one costs no start of Python."""

    CODE = """
import os, sys
from pathlib import Path
import datasets, matplotlib.pyplot
from tests.publishing.drawing import kept_in
from vlit_hub.publishing import plots
from vlit_hub.publishing.folder import open_folder
from vlit_hub.publishing.hub_errors import UploadBroke, explain
from vlit_hub.publishing.preparing import prepare
from vlit_hub.publishing.push import push
vars(plots).update(kept_in(Path(sys.argv[1])))
matplotlib.pyplot.figure().savefig(os.devnull)  # reads the fonts
for line in sys.stdin:
    folder, repo_id = line.split()
    pid = os.fork()
    if not pid:
        sys.stdin.close()
        push(Path(folder), repo_id)
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

    def __init__(self, env: dict[str, str], drawings: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.CODE, str(drawings)],
            env=env | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = 0

    def push(self, folder: Path, repo_id: str) -> int:
        """The exit code of a push."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{folder} {repo_id}\n")
        self.process.stdin.flush()
        self.pid = int(self.process.stdout.readline())
        return int(self.process.stdout.readline())

    def kill(self) -> None:
        """Kill the push that is under way."""
        os.kill(self.pid, 9)


@pytest.fixture
def pusher(hub: Hub, tmp_path: Path, drawings: Path) -> Iterator[Pusher]:
    pusher = Pusher(hub.env(hub.token("ada"), home=tmp_path / "home"), drawings)
    yield pusher
    assert pusher.process.stdin
    pusher.process.stdin.close()
    pusher.process.wait(30)


def content(hub: Hub) -> dict[str, str]:
    """The shards online with their digests, and the names of all other files."""
    return {path: entry.lfs or "" if path.startswith("data/") else "" for path, entry in hub.tree(REPO).items()}


def prepared(folder: Path, staging: Path) -> dict[str, str]:
    """The shards that a push of the folder puts online, with their digests."""
    files = prepare(open_folder(folder), "embed", (), staging).dataset.files
    return {f"data/{file.path.name}": hashlib.sha256(file.path.read_bytes()).hexdigest() for file in files}


def test_killed_at_any_moment_and_run_again_ends_in_the_same_tree(hub: Hub, pusher: Pusher, tmp_path: Path) -> None:
    """Ten random moments of updates that add, change and delete: main is the old tree or the new one, never another."""
    rows = [row(number, photo(tmp_path / "photos" / f"{number}.jpg", number)) for number in range(48)]
    folder = write_dataset(tmp_path / "toy", rows[:8], shards=3)
    assert pusher.push(folder, REPO) == 0
    write_dataset(folder, rows[4:12], shards=4)
    hub.forget()
    assert pusher.push(folder, REPO) == 0
    requests = len(hub.requests())
    for number, moment in enumerate(random.Random(0).sample(range(requests), 10), start=2):
        write_dataset(folder, rows[4 * number : 4 * number + 8], shards=3 + number % 2)
        before, commits = content(hub), len(hub.commits(REPO))
        others = {path: "" for path in before if not path.startswith("data/")}
        after = others | prepared(folder, tmp_path / f"staging{number}")
        assert before.keys() != after.keys()
        hub.forget()
        hub.before("", "", pusher.kill, skip=moment)
        assert pusher.push(folder, REPO) == -9
        assert content(hub) in (before, after)
        sent = set(hub.uploads())
        hub.forget()
        assert pusher.push(folder, REPO) == 0
        assert content(hub) == after
        assert len(hub.commits(REPO)) == commits + 1
        assert not sent & set(hub.uploads())
        assert not list(tmp_path.glob(".toy.push*"))
