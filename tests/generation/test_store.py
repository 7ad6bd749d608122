from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.generation.asking import ask
from vlit_hub.errors import StoreError
from vlit_hub.generation import store as store_module
from vlit_hub.generation.requests import Response, Settings
from vlit_hub.generation.store import Answer, ResponseStore, store_path


def test_what_is_put_is_got(tmp_path: Path) -> None:
    good = Response(
        text="Ein Käse \U0001f9c0\0 it says", model="m-1", prompt_tokens=7, completion_tokens=3, finish_reason="length"
    )
    vain = Response(text="no", error="refused", finish_reason="content_filter")
    with ResponseStore(tmp_path / "new" / "s.sqlite") as store:
        store.put(ask(1, group="region"), good, 0.25)
        store.put(ask(2), vain)
        assert store.get(ask(1).key()) == good  # the group is no part of the key
    with ResponseStore(tmp_path / "new" / "s.sqlite") as store:
        keys = [ask(n).key() for n in range(4)]
        assert store.get_many(keys) == {keys[1]: good, keys[2]: vain}
        found = store.look_up(keys)
        assert (found[keys[1]].model, found[keys[1]].group, found[keys[1]].cost) == ("tiny", "region", 0.25)
        assert found[keys[2]].cost is None
        assert store.get(keys[3]) is None


def test_more_keys_than_sqlite_takes_parameters(tmp_path: Path) -> None:
    requests = [ask(n) for n in range(2_345)]
    with ResponseStore(tmp_path / "s") as store:
        store.put_many(Answer(one.key(), one, Response(text=str(n)), None) for n, one in enumerate(requests))
        found = store.get_many([request.key() for request in requests])
    assert [found[request.key()].text for request in requests] == [str(n) for n in range(2_345)]


def test_a_later_answer_replaces_the_earlier(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "s") as store:
        store.put(ask(1), Response(text="a"))
        store.put(ask(1), Response(text="b"))
        assert store.get(ask(1).key()) == Response(text="b")


def test_half_a_surrogate_pair_can_be_stored(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "s") as store:
        store.put(ask(1), Response(text="a\ud83d!"))
        assert store.get(ask(1).key()) == Response(text="a?!")


def test_all_or_none(tmp_path: Path) -> None:
    def answers() -> object:
        yield Answer("a", ask(1), Response(text="a"), None)
        raise ValueError("in the middle")

    with ResponseStore(tmp_path / "s") as store:
        with pytest.raises(ValueError, match="middle"):
            store.put_many(answers())  # type: ignore[arg-type]
        assert store.get("a") is None
        store.put(ask(2), Response(text="b"))


def test_threads_share_one(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "s") as store, ThreadPoolExecutor(8) as threads:

        def put(n: int) -> bool:
            store.put(ask(n), Response(text=str(n)))
            return store.get(ask(n).key()) == Response(text=str(n))

        assert all(threads.map(put, range(200)))


def test_several_make_it_at_the_same_moment(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def make(path: Path) -> None:
        together.wait()
        with ResponseStore(path) as store:
            assert store.get("a") is None

    with ThreadPoolExecutor(4) as threads:
        for n in range(40):
            for made in [threads.submit(make, tmp_path / str(n)) for _ in range(4)]:
                made.result()


WRITER = """
    import sys
    from pathlib import Path
    from tests.generation.asking import ask
    from vlit_hub.generation.requests import Response
    from vlit_hub.generation.store import ResponseStore

    with ResponseStore(Path(sys.argv[1])) as store:
        for n in range(int(sys.argv[2]), int(sys.argv[3])):
            store.put(ask(n), Response(text=str(n)))
"""


def test_processes_share_one(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), tmp_path / "s", str(start), str(start + 100)], cwd=root
        )
        for start in (0, 100, 200)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    with ResponseStore(tmp_path / "s") as store:
        assert len(store.get_many([ask(n).key() for n in range(300)])) == 300


def version(path: Path, number: int, *statements: str) -> Path:
    made = sqlite3.connect(path)
    for statement in statements:
        made.execute(statement)
    made.execute(f"PRAGMA user_version = {number}")
    made.commit()
    made.close()
    return path


OURS = f"PRAGMA application_id = {store_module.APPLICATION}"
TABLE = "CREATE TABLE responses (key TEXT PRIMARY KEY, text TEXT)"


@pytest.mark.parametrize(
    ("number", "statements", "told"),
    [
        (
            0,
            [TABLE],
            "s: the response store is of an older vlit-hub (version 0, this one writes 1). Its answers can't be used.",
        ),
        (
            99,
            [TABLE, OURS],
            "was written by a newer vlit-hub (version 99, this one knows 1). Upgrade with: pip install -U",
        ),
        (0, ["CREATE TABLE cats (name)"], "it is an SQLite file of another program"),
        (1, ["CREATE TABLE cats (name)"], "it is an SQLite file of another program"),
    ],
)
def test_a_store_of_another_version(tmp_path: Path, number: int, statements: list[str], told: str) -> None:
    path = version(tmp_path / "s", number, *statements)
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        ResponseStore(path)
    assert told in str(caught.value)
    assert "name another file with --store" in str(caught.value).lower()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1
    assert path.read_bytes() == before


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("Dear diary, " * 200)
    with pytest.raises(StoreError, match=r"s: it isn't an SQLite file\. Name another file with --store\.$"):
        ResponseStore(tmp_path / "s")
    assert (tmp_path / "s").read_text() == "Dear diary, " * 200


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        ResponseStore(tmp_path)


def test_a_full_database(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "s") as store:
        store.connection.execute("PRAGMA max_page_count = 40")
        stored = 0
        with pytest.raises(StoreError) as caught:
            for n in range(1000):
                store.put(ask(n), Response(text="x" * 3000))
                stored = n
        assert "the disk is full" in str(caught.value) and "run the same command again to go on" in str(caught.value)
        assert store.get(ask(stored).key()) is not None  # what was stored before is there
    with ResponseStore(tmp_path / "s") as store:
        store.put(ask("room"), Response(text="again"))
        assert len(store.get_many([ask(n).key() for n in range(1000)])) == stored + 1


FILLER = """
    import resource, sys
    from pathlib import Path
    from tests.generation.asking import ask
    from vlit_hub.errors import StoreError
    from vlit_hub.generation.requests import Response
    from vlit_hub.generation.store import ResponseStore

    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    with ResponseStore(Path(sys.argv[1])) as store:
        try:
            for n in range(1000):
                store.put(ask(n), Response(text="x" * 3000))
                print(n, flush=True)
        except StoreError as error:
            print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limits of file sizes here")
def test_a_file_that_can_grow_no_further(tmp_path: Path) -> None:
    filler = [sys.executable, "-c", textwrap.dedent(FILLER), str(tmp_path / "s")]
    done = subprocess.run(filler, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    *counted, told = done.stdout.splitlines()
    assert done.returncode == 0 and done.returncode != -signal.SIGXFSZ, done.stderr
    assert len(counted) > 10
    assert "can't be written" in told and "make room on the disk" in told
    with ResponseStore(tmp_path / "s") as store:
        assert len(store.get_many([ask(n).key() for n in range(1000)])) == len(counted)


def test_another_process_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_BUSY", 0.2)
    with ResponseStore(tmp_path / "s") as store:
        other = sqlite3.connect(tmp_path / "s", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process has kept it locked"):
            store.put(ask(1), Response(text="a"))
        other.execute("ROLLBACK")
        store.put(ask(1), Response(text="a"))
        other.close()


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path))
    assert store_path(Settings()) == tmp_path / "responses.sqlite"
    assert store_path(Settings(store="there.db")) == Path("there.db")
