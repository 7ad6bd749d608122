"""A dataset's folder to the Hub, as one commit: what is sent, what is deleted, what is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub.server import Hub
from tests.publishing.pushing import REPO, photo, row, run_push, write_dataset
from vlit_hub.errors import HubError

CARD_FILES = ["LICENSE.md", "README.md", "build.json", "croissant.json"]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Eight records in two shards, without photos."""
    return write_dataset(tmp_path / "toy", [row(number) for number in range(8)])


def shards(hub: Hub, revision: str = "main") -> list[str]:
    return [path.removeprefix("data/") for path in hub.tree(REPO, revision) if path.startswith("data/")]


def test_sixty_shards_and_a_card_are_one_commit(hub: Hub, tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "toy", [row(number) for number in range(120)], shards=60)
    done = run_push(hub, folder)
    assert hub.commits(REPO)[0].oid == done.commit
    assert len(hub.commits(REPO)) == 2  # the other made the repository
    assert len(shards(hub)) == 60
    assert set(CARD_FILES) < set(hub.tree(REPO))
    assert done.creates
    assert (done.url, done.repo_id) == (f"{hub.url}/datasets/{REPO}", REPO)
    assert max(hub.uploads().values()) == 1
    assert not list(tmp_path.glob(".toy.push*"))


def test_what_was_rejected_stays_here(hub: Hub, toy: Path) -> None:
    (toy / "rejected").mkdir()
    (toy / "rejected/train-00000.parquet").write_bytes((toy / "data/train-00000-of-00002.parquet").read_bytes())
    run_push(hub, toy)
    assert not [path for path in hub.tree(REPO) if path.startswith("rejected")]


def test_unchanged_content_makes_no_commit(hub: Hub, toy: Path) -> None:
    first = run_push(hub, toy)
    hub.forget()
    again = run_push(hub, toy)
    assert again.commit == first.commit
    assert (not again.changes, again.creates, again.changes.same) == (True, False, len(first.changes.add))
    assert {exchange.method for exchange in hub.requests()} == {"GET"}


def test_only_what_changed_is_sent_and_what_is_stale_goes(hub: Hub, toy: Path) -> None:
    write_dataset(toy, [row(90)], shards=1, split="validation")
    run_push(hub, toy)
    hub.forget()
    changed = [row(number) for number in range(8)]
    changed[7]["response"] = "Something else."
    write_dataset(toy, changed)
    done = run_push(hub, toy)
    sent = {file.path for file in done.changes.add}
    assert "data/train-00001-of-00002.parquet" in sent
    assert not sent & {"data/train-00000-of-00002.parquet", "data/validation-00000-of-00001.parquet"}
    write_dataset(toy, changed, shards=3)
    for path in (toy / "data").glob("validation-*"):
        path.unlink()
    done = run_push(hub, toy)
    assert done.changes.delete == (
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
        "data/validation-00000-of-00001.parquet",
    )
    assert shards(hub) == [f"train-{number:05d}-of-00003.parquet" for number in range(3)]
    assert len(hub.commits(REPO)) == 4


def test_build_json_says_what_was_published(hub: Hub, toy: Path) -> None:
    run_push(hub, toy)
    build = json.loads(hub.file(REPO, "build.json"))
    assert {key: build[key] for key in ("format", "repo_id")} == {"format": 1, "repo_id": REPO}
    assert build["published"]["files"] == sorted(set(hub.tree(REPO)) - {".gitattributes"})
    assert (build["published"]["images"], build["published"]["records_with_photo"]) == ("none", 0)
    assert str(toy.parent) not in json.dumps(build)


def test_a_dry_run_changes_nothing_online_and_leaves_nothing(hub: Hub, toy: Path, tmp_path: Path) -> None:
    new = run_push(hub, toy, dry_run=True)
    assert (new.creates, new.commit, new.changes.delete) == (True, None, ())
    assert {"data/train-00000-of-00002.parquet", *CARD_FILES} <= {file.path for file in new.changes.add}
    assert hub.store.get(REPO) is None
    run_push(hub, toy)
    hub.commit_as("bob", REPO, "README.md", hub.file(REPO, "README.md").decode() + "\n## Thanks\n\nTo all.\n")
    write_dataset(toy, [row(number) for number in range(9)], shards=1)
    before = hub.tree(REPO)
    hub.forget()
    done = run_push(hub, toy, dry_run=True)
    assert {exchange.method for exchange in hub.requests()} == {"GET"}
    assert hub.tree(REPO) == before
    assert done.changes.delete == ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet")
    assert "-8 records of 1 task" in done.card_diff
    assert "+9 records of 1 task" in done.card_diff
    assert "To all." not in done.card_diff.replace(" To all.", "")  # it is context, no change
    assert not list(tmp_path.glob(".toy.push*"))


def test_text_that_people_write_online_is_never_lost(hub: Hub, toy: Path) -> None:
    run_push(hub, toy)
    card = hub.file(REPO, "README.md").decode()
    edited = card.replace("pretty_name: toy", "pretty_name: A toy").replace("\n## Load it\n", "\n## Load the toy\n")
    hub.commit_as("bob", REPO, "README.md", edited + "\n## Thanks\n\nTo all.\n")
    unchanged = run_push(hub, toy)
    assert not unchanged.changes
    write_dataset(toy, [row(number) for number in range(9)])
    done = run_push(hub, toy)
    assert done.card_kept == ("YAML key pretty_name", "block loading")
    card = hub.file(REPO, "README.md").decode()
    for text in ("pretty_name: A toy\n", "## Load the toy\n", "## Thanks\n\nTo all.\n", "9 records of 1 task"):
        assert text in card
    assert not run_push(hub, toy).changes


def test_what_people_wrote_into_the_folder_is_published(hub: Hub, toy: Path) -> None:
    (toy / "README.md").write_text("---\ntags:\n- mine\n---\n## Why\n\nFor fun.\n")
    (toy / "LICENSE.md").write_text("Ask me.\n")
    run_push(hub, toy)
    card = hub.file(REPO, "README.md").decode()
    assert "## Why\n\nFor fun.\n" in card
    assert "- mine\n" in card
    assert hub.file(REPO, "LICENSE.md") == b"Ask me.\n"


def test_a_licence_that_people_wrote_online_stays(hub: Hub, toy: Path) -> None:
    run_push(hub, toy)
    hub.commit_as("ada", REPO, "LICENSE.md", "Ask me.\n")
    write_dataset(toy, [row(number) for number in range(9)])
    done = run_push(hub, toy)
    assert done.changes.delete == ()
    assert hub.file(REPO, "LICENSE.md") == b"Ask me.\n"


def test_pictures_that_no_card_shows_any_more_go(hub: Hub, toy: Path, tmp_path: Path) -> None:
    write_dataset(toy, [row(number, photo(tmp_path / "photos" / f"{number}.jpg", number)) for number in range(8)])
    run_push(hub, toy)
    assert "examples/image_captioning.jpg" in hub.tree(REPO)
    done = run_push(hub, toy, images="none")
    assert done.changes.delete == ("examples/image_captioning.jpg",)


def test_a_private_repository(hub: Hub, toy: Path) -> None:
    for private in (True, True, False):
        run_push(hub, toy, private=private)
        assert hub.repo(REPO).private
    hub.create("ada/toy")
    with pytest.raises(HubError, match="is there and public"):
        run_push(hub, toy, "ada/toy", private=True)


def test_a_branch_is_made_from_main_and_main_stays(hub: Hub, toy: Path) -> None:
    run_push(hub, toy)
    main = hub.tree(REPO)
    write_dataset(toy, [row(number) for number in range(9)])
    would = run_push(hub, toy, revision="v1", dry_run=True)
    assert would.changes
    assert list(hub.repo(REPO).refs) == ["refs/heads/main"]
    run_push(hub, toy, revision="v1")
    assert hub.tree(REPO) == main != hub.tree(REPO, "v1")
    assert len(hub.commits(REPO, "v1")) == 3
    assert not run_push(hub, toy, revision="v1").changes


def test_a_new_repository_with_a_branch_and_a_tag(hub: Hub, toy: Path) -> None:
    done = run_push(hub, toy, revision="draft", tag="v1.0.0")
    assert list(hub.tree(REPO)) == [".gitattributes"]
    assert hub.repo(REPO).refs["refs/tags/v1.0.0"] == done.commit
    run_push(hub, toy, revision="draft", tag="v1.0.0")  # the same content, the same tag
    write_dataset(toy, [row(number) for number in range(9)])
    hub.forget()
    with pytest.raises(HubError, match=f"has a tag v1.0.0 already, at {str(done.commit)[:7]}"):
        run_push(hub, toy, revision="draft", tag="v1.0.0")
    assert {exchange.method for exchange in hub.requests()} == {"GET", "POST"}
    assert not hub.count("POST", "preupload|commit")
    with pytest.raises(HubError, match="is a tag of"):
        run_push(hub, toy, revision="v1.0.0")


def test_a_pull_request_is_one_and_is_gone_on_with(hub: Hub, toy: Path) -> None:
    hub.create(REPO)
    done = run_push(hub, toy, user="bob", create_pr=True)
    (pull,) = hub.pulls(REPO)
    assert (pull.author, done.url) == ("bob", f"{hub.url}/datasets/{REPO}/discussions/1")
    assert len(shards(hub, pull.ref)) == 2
    assert list(hub.tree(REPO)) == [".gitattributes"]
    again = run_push(hub, toy, user="bob", create_pr=True)
    assert (not again.changes, again.url, len(hub.pulls(REPO))) == (True, done.url, 1)
    run_push(hub, toy, create_pr=True)  # ada's is another
    assert len(hub.pulls(REPO)) == 2
    write_dataset(toy, [row(number) for number in range(9)], shards=1)
    run_push(hub, toy, create_pr=True)
    assert shards(hub, hub.pulls(REPO)[1].ref) == ["train-00000-of-00001.parquet"]
    assert len(hub.pulls(REPO)) == 2


def test_files_that_people_added_are_left_alone(hub: Hub, toy: Path) -> None:
    run_push(hub, toy)
    hub.commit_as("bob", REPO, "notes/how.md", "like this")
    hub.commit_as("bob", REPO, "data/extra-00000-of-00001.parquet", b"PAR1")
    write_dataset(toy, [row(number) for number in range(8)], shards=1)
    done = run_push(hub, toy)
    assert done.beside == ("data/extra-00000-of-00001.parquet", "notes/how.md")
    assert {"notes/how.md", "data/extra-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"} <= set(
        hub.tree(REPO)
    )


def test_somebody_elses_repository_is_refused_unless_forced(hub: Hub, toy: Path) -> None:
    hub.create(REPO)
    hub.commit_as("ada", REPO, "README.md", "---\nlicense: mit\n---\n# Mine\n")
    hub.commit_as("ada", REPO, "LICENSE", "MIT")
    hub.commit_as("ada", REPO, "data/train-00000-of-00001.parquet", b"PAR1 of push_to_hub")
    hub.commit_as("ada", REPO, "code/train.py", "print()")
    hub.forget()
    with pytest.raises(HubError, match=r"files that vlit-hub didn't push: code/train\.py and 1 more.*--force"):
        run_push(hub, toy)
    assert not hub.count("POST")
    assert not list(toy.parent.glob(".toy.push*"))  # refused before files were made ready
    done = run_push(hub, toy, force=True)
    assert done.changes.delete == ("data/train-00000-of-00001.parquet",)
    assert done.beside == ("code/train.py",)
    assert {"LICENSE", "code/train.py"} <= set(hub.tree(REPO))
    assert "# Mine" in hub.file(REPO, "README.md").decode()
    run_push(hub, toy)  # now it is ours


def test_a_strange_shard_of_a_split_of_ours_is_in_the_way(hub: Hub, toy: Path) -> None:
    run_push(hub, toy)
    hub.commit_as("bob", REPO, "data/train-more.parquet", b"PAR1")
    with pytest.raises(HubError, match=r"data/train-more\.parquet"):
        run_push(hub, toy)
    assert run_push(hub, toy, force=True).changes.delete == ("data/train-more.parquet",)


def test_a_repository_with_a_card_alone_is_taken(hub: Hub, toy: Path) -> None:
    hub.create(REPO)
    hub.commit_as("ada", REPO, "README.md", "---\nlicense: mit\n---\n# My toy\n\nSoon.\n")
    run_push(hub, toy)
    card = hub.file(REPO, "README.md").decode()
    assert "# My toy\n\nSoon.\n" in card
    assert "license: mit\n" in card


def test_a_gitignore_online_leaves_nothing_out(hub: Hub, toy: Path) -> None:
    hub.create(REPO)
    hub.commit_as("ada", REPO, ".gitignore", "data/\n*.png\nREADME.md\n")
    done = run_push(hub, toy)
    assert {file.path for file in done.changes.add} == set(hub.tree(REPO)) - {".gitattributes", ".gitignore"}
    assert "plots/tasks.png" in hub.tree(REPO)
