"""Pushes that can't be done: one line each, which says what to do, before anything is sent."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.hub.server import Hub
from tests.publishing.pushing import REPO, row, run_push, write_dataset
from vlit_hub.errors import HubError, InputError, UsageError, VlitHubError
from vlit_hub.publishing.push import PushOptions, push


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "toy", [row(number) for number in range(4)])


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in on this machine."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))


def refusal(hub: Hub, folder: Path, token: str | None, repo_id: str = REPO, **options: object) -> str:
    """The line that a push ends in."""
    with pytest.raises(VlitHubError) as caught:
        push(folder, repo_id, PushOptions(**options), api=hub.api(token or False), say=print)  # type: ignore[arg-type]
    line = str(caught.value)
    assert "\n" not in line
    assert token is None or token not in line
    assert not hub.count("POST", "preupload|commit|create") or caught.type is InputError
    return line


def test_no_token(hub: Hub, toy: Path) -> None:
    line = "pushing needs a token that may write. Log in: hf auth login (or set HF_TOKEN)"
    assert refusal(hub, toy, None) == line
    hub.create(REPO)
    assert refusal(hub, toy, None) == line
    done = push(toy, REPO, PushOptions(dry_run=True), api=hub.api())  # who only looks needs none
    assert done.changes


def test_a_token_that_is_none(hub: Hub, toy: Path) -> None:
    token = hub.token("ada")
    hub.revoke(token)
    for _ in range(2):
        assert refusal(hub, toy, token) == (
            "the Hub doesn't take this token (the Hub answered 401: Invalid credentials in Authorization header). "
            "Log in with one that is valid: hf auth login"
        )
        if hub.store.get(REPO) is None:
            hub.create(REPO)


def test_a_token_without_write_access(hub: Hub, toy: Path) -> None:
    token = hub.token("ada", "read")
    line = f"ada's token may only read. Make one that may write at {hub.url}/settings/tokens, then: hf auth login"
    assert refusal(hub, toy, token) == line
    hub.create(REPO)
    assert refusal(hub, toy, token) == line
    assert refusal(hub, toy, token, create_pr=True) == line
    narrow = hub.token("ada", "fineGrained", {REPO: ["repo.content.read"]})
    assert refusal(hub, toy, narrow).startswith(f"ada may not write to {REPO}. Propose the change with --create-pr")


def test_a_token_for_other_repositories_of_the_namespace(hub: Hub, toy: Path) -> None:
    token = hub.token("ada", "fineGrained", {"ada/other": ["repo.write"]})
    with pytest.raises(HubError, match=r"this token may not write to ada/toy \(the Hub answered 403"):
        push(toy, "ada/toy", api=hub.api(token))


def test_a_namespace_that_isnt_yours(hub: Hub, toy: Path) -> None:
    token = hub.token("bob")
    assert refusal(hub, toy, token) == (
        "vlit_hub isn't yours: the token is bob's, who may write to bob. Pass --repo-id bob/toy, or ask to join vlit_hub."
    )
    assert refusal(hub, toy, token, dry_run=True).startswith("vlit_hub isn't yours")
    hub.create("ada/secret", private=True)
    assert refusal(hub, toy, token, "ada/secret").startswith("ada isn't yours")
    hub.create(REPO)
    assert refusal(hub, toy, token) == (
        f"bob may not write to {REPO}. Propose the change with --create-pr, or push to --repo-id bob/toy."
    )


def test_no_network_is_told_quickly(hub: Hub, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token, api = hub.token("ada"), hub.api(hub.token("ada"))
    monkeypatch.setattr("vlit_hub.publishing.repository.FIRST_CONTACT", 0.3)
    hub.slow("GET", "", seconds=5)
    start = time.monotonic()
    assert refusal(hub, toy, token).startswith(f"can't reach {hub.url} (timed out)")
    hub.stop()
    with pytest.raises(HubError, match=rf"can't reach {hub.url} \(.*\)\. Check the network\."):
        push(toy, REPO, api=api)
    assert time.monotonic() - start < 3
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set"):
        push(toy, REPO, api=api)
    hub.start()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("toy", "must be NAMESPACE/NAME"),
        ("a/b/c", "Repo id must be in the form"),
        ("me/to y", "must use alphanumeric"),
        ("me/a--b", "Cannot have -- or .."),
        ("me/toy.git", "cannot end by '.git'"),
        ("me/" + "x" * 97, "maximum length is 96"),
    ],
)
def test_a_name_that_the_hub_refuses(hub: Hub, toy: Path, name: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        push(toy, name, api=hub.api(hub.token("ada")))
    assert str(caught.value).startswith(f"--repo-id {name}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not hub.requests()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"revision": "a b"}, "--revision a b: is no name of a branch"),
        ({"revision": "refs/pr/1"}, "--revision refs/pr/1: is no name of a branch"),
        ({"tag": "v1..2"}, "--tag v1..2: is no name"),
        ({"create_pr": True, "tag": "v1"}, "a pull request has no tag"),
        ({"images": "none", "allow_licenses": ("CC-BY-NC-2.0",)}, "--images none embeds none"),
    ],
)
def test_options_that_make_no_sense(hub: Hub, toy: Path, options: dict[str, object], reason: str) -> None:
    assert reason in refusal(hub, toy, hub.token("ada"), **options)
    assert not hub.requests()


def test_a_pull_request_to_nothing(hub: Hub, toy: Path) -> None:
    token = hub.token("ada")
    assert refusal(hub, toy, token, create_pr=True) == f"{REPO} isn't there yet. Push without --create-pr to make it."
    hub.create(REPO)
    assert "no branch v9" in refusal(hub, toy, token, create_pr=True, revision="v9")


def test_a_folder_that_isnt_a_dataset(hub: Hub, toy: Path, tmp_path: Path) -> None:
    token = hub.token("ada")
    (tmp_path / "empty").mkdir()
    assert "no dataset that vlit-hub wrote (build.json is missing)" in refusal(hub, tmp_path / "empty", token)
    assert "is no folder" in refusal(hub, tmp_path / "gone", token)
    (toy / "data/train-00001-of-00002.parquet").unlink()
    assert "train-00001-of-00002.parquet is missing" in refusal(hub, toy, token)
    (toy / "build.json").write_text("{")
    assert "build.json: line 1" in refusal(hub, toy, token)
    assert not hub.requests()


def test_a_card_with_broken_yaml(hub: Hub, toy: Path) -> None:
    token = hub.token("ada")
    (toy / "README.md").write_text("---\ntags: [mine\n---\n")
    assert refusal(hub, toy, token).startswith(f"{toy / 'README.md'}: line 3, column 1: ")
    (toy / "README.md").unlink()
    run_push(hub, toy)
    hub.commit_as("ada", REPO, "README.md", "---\ntags: [mine\n---\n")
    hub.forget()
    assert refusal(hub, toy, token).startswith(f"README.md of {REPO}: line 3, column 1: ")


def test_a_card_that_only_the_hub_refuses(hub: Hub, toy: Path) -> None:
    """The Hub's lists grow and shrink: what it says counts, and no data has been committed by then."""
    hub.fail("POST", "/validate-yaml", status=400, message='"tags" must not be empty')
    line = refusal(hub, toy, hub.token("ada"))
    assert line.startswith("README.md: the Hub refuses it: ")
    assert list(hub.tree(REPO)) == [".gitattributes"]


def test_a_card_that_a_check_finds_fault_with(hub: Hub, toy: Path) -> None:
    (toy / "README.md").write_text("---\nlicense: mine\n---\nSee [there](there.md).\n")
    assert refusal(hub, toy, hub.token("ada")) == (
        f"README.md: links to there.md, which isn't there (the first of 2 faults). Mend the one in {toy}."
    )


def test_a_folder_that_nothing_can_be_written_beside(hub: Hub, toy: Path) -> None:
    (toy.parent / ".toy.push").write_text("")
    assert refusal(hub, toy, hub.token("ada")).endswith(
        "can't be made (Not a directory). Files are made ready beside the dataset's folder."
    )
