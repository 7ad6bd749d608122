"""The local Hub, asked by the real clients over real sockets: writing, permissions, revisions, listings."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationCopy, CommitOperationDelete, HfApi
from huggingface_hub.errors import (
    BadRequestError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub import git
from tests.hub.asking import CARD, CATS, add, ask, commit, download, parquet
from tests.hub.server import Hub

# Writing


def test_sixty_shards_and_a_card_are_one_commit(hub: Hub, ada: HfApi) -> None:
    shards = {f"data/train-{i:05}-of-00060.parquet": parquet(i) for i in range(60)}
    files = {**shards, "README.md": CARD.encode(), "build.json": b"{}", "empty.parquet": b""}
    info = commit(ada, *(add(path, data) for path, data in files.items()))
    assert {path: hub.file(CATS, path) for path in hub.tree(CATS) if path != ".gitattributes"} == files
    assert [one.title for one in hub.commits(CATS)] == ["push", "initial commit"]
    assert hub.commits(CATS)[0].oid == info.oid
    assert hub.count("POST", "/commit/") == 1
    assert hub.uploads() == {hashlib.sha256(data).hexdigest(): 1 for data in shards.values()}
    assert hub.tree(CATS)["README.md"].lfs is None
    assert hub.tree(CATS)["data/train-00000-of-00060.parquet"].lfs is not None


def test_unchanged_content_is_neither_sent_nor_committed_again(hub: Hub, ada: HfApi) -> None:
    commit(ada, add("a.parquet", parquet()), add("README.md", CARD))
    hub.forget()
    commit(ada, add("a.parquet", parquet()), add("README.md", CARD))
    assert (hub.count("PUT"), hub.count("POST", "/commit/")) == (0, 0)
    commit(ada, add("b.parquet", parquet()))  # other name, same content: present already
    assert hub.uploads() == {}
    assert hub.tree(CATS)["b.parquet"] == hub.tree(CATS)["a.parquet"]


def test_an_object_of_another_repository_is_not_present(hub: Hub, ada: HfApi) -> None:
    hub.create("vlit_hub/dogs")
    commit(ada, add("a.parquet", parquet()))
    commit(ada, add("a.parquet", parquet()), repo_id="vlit_hub/dogs")
    assert list(hub.uploads().values()) == [2]


def test_upload_file_and_folder(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    ada.upload_file(path_or_fileobj=b"old", path_in_repo="data/old.txt", repo_id=CATS, repo_type="dataset")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/new.parquet").write_bytes(parquet())
    (tmp_path / "README.md").write_text(CARD)
    ada.upload_folder(
        repo_id=CATS, folder_path=tmp_path, repo_type="dataset", delete_patterns="*.txt", ignore_patterns="hub*"
    )
    assert sorted(hub.tree(CATS)) == [".gitattributes", "README.md", "data/new.parquet"]
    assert len(hub.commits(CATS)) == 3


def test_large_files_go_in_parts(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    hub.multipart_over, hub.part_size = 100_000, 40_000
    (tmp_path / "large.bin").write_bytes(parquet(size=150_001))
    commit(ada, add("large.bin", tmp_path / "large.bin"), add("small.bin", parquet(1, 100_000)))
    assert hub.file(CATS, "large.bin") == parquet(size=150_001)
    assert hub.received("PUT", r"part=") == 150_001
    assert [key[-2:] for key in hub.uploads() if "." in key] == [".1", ".2", ".3", ".4"]
    assert not list(hub.repo(CATS).incoming("").iterdir())


def test_copy_rename_and_delete(hub: Hub, ada: HfApi) -> None:
    commit(ada, add("data/a.parquet", parquet()), add("data/b.txt", "b"), add("old/c.txt", "c"), add("old/d.txt", "d"))
    commit(
        ada,
        CommitOperationCopy("data/a.parquet", "moved.parquet"),
        CommitOperationCopy("data/b.txt", "b.txt"),
        CommitOperationDelete("data/a.parquet"),
        CommitOperationDelete("old/"),
    )
    assert sorted(hub.tree(CATS)) == [".gitattributes", "b.txt", "data/b.txt", "moved.parquet"]
    assert hub.file(CATS, "moved.parquet") == parquet()
    with pytest.raises(RemoteEntryNotFoundError, match="A file with this name doesn't exist"):
        commit(ada, CommitOperationDelete("data/gone.txt"))
    with pytest.raises(BadRequestError, match="is a file"):
        commit(ada, add("b.txt/inner.txt", "x"))
    assert len(hub.commits(CATS)) == 3


def test_stale_parent_commit_is_refused_with_412(hub: Hub, ada: HfApi) -> None:
    head = hub.commits(CATS)[0].oid
    hub.before("POST", "/commit/", lambda: hub.commit_as("bob", CATS, "README.md", CARD))
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as caught:
        commit(ada, add("a.txt", "a"), parent_commit=head)
    assert caught.value.response.status_code == 412
    assert sorted(hub.tree(CATS)) == [".gitattributes", "README.md"]
    commit(ada, add("a.txt", "a"), parent_commit=hub.commits(CATS)[0].oid[:8])
    assert [one.author for one in hub.commits(CATS)] == ["ada", "bob", "vlit_hub"]


def test_create_pr_opens_exactly_one(hub: Hub, ada: HfApi) -> None:
    before = hub.tree(CATS)
    info = commit(ada, *(add(f"{i}.parquet", parquet(i)) for i in range(55)), create_pr=True)
    assert (info.pr_num, info.pr_revision) == (1, "refs/pr/1")
    assert [pull.ref for pull in hub.pulls(CATS)] == ["refs/pr/1"]
    assert hub.tree(CATS) == before
    assert len(hub.tree(CATS, "refs/pr/1")) == 56
    commit(ada, add("more.txt", "more"), revision="refs/pr/1")
    found = list(ada.get_repo_discussions(CATS, repo_type="dataset", discussion_type="pull_request"))
    assert [(pull.num, pull.title, pull.author, pull.git_reference) for pull in found] == [
        (1, "push", "ada", "refs/pr/1")
    ]
    details = ada.get_discussion_details(CATS, 1, repo_type="dataset")
    assert [event.type for event in details.events] == ["comment", "commit", "commit"]
    refs = ada.list_repo_refs(CATS, repo_type="dataset", include_pull_requests=True)
    assert [ref.ref for ref in refs.pull_requests or []] == ["refs/pr/1"]
    assert ada.create_pull_request(CATS, "empty", repo_type="dataset").status == "draft"
    assert len(hub.pulls(CATS)) == 2


def test_a_refused_pull_request_is_not_opened(hub: Hub, ada: HfApi) -> None:
    with pytest.raises(RemoteEntryNotFoundError):
        commit(ada, CommitOperationDelete("gone.txt"), create_pr=True)
    assert hub.pulls(CATS) == []


def test_a_pointer_to_nothing_is_refused(hub: Hub, ada: HfApi) -> None:
    lines = [
        {"key": "header", "value": {"summary": "push"}},
        {"key": "lfsFile", "value": {"path": "a.parquet", "algo": "sha256", "oid": "0" * 64, "size": 5}},
    ]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    status, _, answer = ask(hub, "POST", f"/api/datasets/{CATS}/commit/main", hub.token("ada"), body)
    assert (status, b"file that does not exist" in answer) == (400, True)


# Who may


def test_private_repositories_are_hidden(hub: Hub, tmp_path: Path) -> None:
    hub.create(CATS, private=True)
    hub.commit_as("ada", CATS, "a.txt", "a")
    for api, status in ((hub.api(), 401), (hub.api(hub.token("bob")), 404)):
        for call in (lambda api=api: api.dataset_info(CATS), lambda api=api: download(api, "a.txt", tmp_path)):
            with pytest.raises(RepositoryNotFoundError) as caught:
                call()
            assert caught.value.response.status_code == status
        with pytest.raises(RepositoryNotFoundError) as caught:
            api.dataset_info("vlit_hub/none")  # one that isn't there is answered just so
        assert caught.value.response.status_code == status
    api = hub.api(hub.token("ada", "read"))
    assert api.dataset_info(CATS).private
    assert download(api, "a.txt", tmp_path) == b"a"


def test_gated_repositories_show_their_card_only(hub: Hub, tmp_path: Path) -> None:
    hub.create(CATS, gated="manual", allowed=["eve"])
    hub.user("eve")
    hub.commit_as("ada", CATS, "a.txt", "a")
    for api, status in ((hub.api(), 401), (hub.api(hub.token("bob")), 403)):
        assert api.dataset_info(CATS).gated == "manual"
        for call in (
            lambda api=api: api.auth_check(CATS, repo_type="dataset"),
            lambda api=api: download(api, "a.txt", tmp_path),
        ):
            with pytest.raises(GatedRepoError, match="is restricted") as caught:
                call()
            assert caught.value.response.status_code == status
    for user in ("ada", "eve"):
        assert download(hub.api(hub.token(user)), "a.txt", tmp_path / user) == b"a"


def test_writing_needs_a_writer_and_a_token_that_writes(hub: Hub, ada: HfApi) -> None:
    hub.create("ada/own")
    cases = [
        (hub.token("ada", "read"), 403, "you must use a write token"),
        (hub.token("bob"), 403, "not the required permissions"),
        (hub.token("ada", "fineGrained", {"ada/own": ["repo.write"]}), 403, "not the required permissions"),
        (hub.token("ada", "fineGrained", {CATS: ["repo.content.read"]}), 403, "not the required permissions"),
        ("hf_nonsense", 401, "Invalid credentials"),
    ]
    for token, status, message in cases:
        with pytest.raises(HfHubHTTPError, match=message) as caught:
            commit(hub.api(token), add("a.parquet", parquet()))
        assert caught.value.response.status_code == status
    with pytest.raises(RepositoryNotFoundError):
        commit(hub.api(), add("a.parquet", parquet()))
    assert (len(hub.commits(CATS)), hub.count("PUT")) == (1, 0)
    commit(hub.api(hub.token("ada", "fineGrained", {"vlit_hub": ["repo.write"]})), add("a.parquet", parquet()))
    commit(hub.api(hub.token("bob")), add("b.parquet", parquet(1)), create_pr=True)  # anyone may propose
    assert (len(hub.commits(CATS)), [pull.author for pull in hub.pulls(CATS)]) == (2, ["bob"])


def test_whoami(hub: Hub) -> None:
    token = hub.token("ada", "fineGrained", {CATS: ["repo.write"]})
    me = hub.api(token).whoami()
    assert (me["name"], me["orgs"][0]["name"], me["orgs"][0]["roleInOrg"]) == ("ada", "vlit_hub", "write")
    assert me["auth"]["accessToken"]["fineGrained"]["scoped"][0]["permissions"] == ["repo.write"]
    hub.revoke(token)
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        hub.api(token).whoami()


def test_creating_and_deleting_repositories(hub: Hub) -> None:
    api = hub.api(hub.token("ada"))
    assert api.create_repo(CATS, repo_type="dataset", private=True).repo_id == CATS
    assert (hub.repo(CATS).private, sorted(hub.tree(CATS))) == (True, [".gitattributes"])
    with pytest.raises(HfHubHTTPError, match="You already created this dataset repo") as caught:
        api.create_repo(CATS, repo_type="dataset")
    assert caught.value.response.status_code == 409
    assert api.create_repo(CATS, repo_type="dataset", exist_ok=True).repo_id == CATS
    assert api.create_repo("own", repo_type="dataset").repo_id == "ada/own"
    for refused in (api, hub.api(hub.token("bob", "read"))):
        with pytest.raises(HfHubHTTPError, match="don't have the rights to create a dataset under") as caught:
            refused.create_repo("bob/own", repo_type="dataset")
        assert caught.value.response.status_code == 403
    api.update_repo_settings(CATS, private=False, gated="auto", repo_type="dataset")
    assert (hub.repo(CATS).private, hub.repo(CATS).gated) == (False, "auto")
    api.delete_repo(CATS, repo_type="dataset")
    assert not api.repo_exists(CATS, repo_type="dataset")
    api.delete_repo(CATS, repo_type="dataset", missing_ok=True)


@pytest.mark.parametrize("name", ["a--b", "a..b", "-a", "a.git", "a b", "é", "a" * 97, ""])
def test_bad_names_are_refused(hub: Hub, name: str) -> None:
    body = {"name": name, "organization": "ada", "type": "dataset"}
    status, _, answer = ask(hub, "POST", "/api/repos/create", hub.token("ada"), body)
    assert (status, b"Invalid repository name" in answer) == (400, True)


# Revisions and listings


def test_branches_tags_and_commits_are_revisions(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    first = commit(ada, add("a.txt", "1")).oid
    ada.create_tag(CATS, tag="v1.0", repo_type="dataset")
    ada.create_branch(CATS, branch="next/try", revision=first, repo_type="dataset")
    commit(ada, add("a.txt", "2"))
    commit(ada, add("a.txt", "3"), revision="next/try")
    revisions = {"v1.0": b"1", "main": b"2", "next/try": b"3", first: b"1"}
    assert {name: download(ada, "a.txt", tmp_path, revision=name) for name in revisions} == revisions
    refs = ada.list_repo_refs(CATS, repo_type="dataset")
    assert ([ref.name for ref in refs.branches], [ref.name for ref in refs.tags]) == (["main", "next/try"], ["v1.0"])
    assert [one.title for one in ada.list_repo_commits(CATS, repo_type="dataset")] == ["push", "push", "initial commit"]
    with pytest.raises(HfHubHTTPError) as caught:
        ada.create_tag(CATS, tag="v1.0", repo_type="dataset")
    assert caught.value.response.status_code == 409
    ada.create_tag(CATS, tag="v1.0", repo_type="dataset", exist_ok=True)
    ada.create_branch(CATS, branch="next/try", repo_type="dataset", exist_ok=True)
    ada.delete_tag(CATS, tag="v1.0", repo_type="dataset")
    ada.delete_branch(CATS, branch="next/try", repo_type="dataset")
    for call in (
        lambda: ada.dataset_info(CATS, revision="v1.0"),
        lambda: commit(ada, add("a.txt", "4"), revision="next/try"),
        lambda: ada.delete_tag(CATS, tag="v1.0", repo_type="dataset"),
    ):
        with pytest.raises(RevisionNotFoundError, match="Invalid rev id"):
            call()


def test_listings_come_in_pages(hub: Hub, ada: HfApi) -> None:
    hub.page_size = 7
    commit(ada, *(add(f"data/{i:02}.parquet", parquet(i, 100)) for i in range(20)), add("a/b/c.txt", "c"))
    paths = [item.path for item in ada.list_repo_tree(CATS, repo_type="dataset", recursive=True)]
    assert paths == [".gitattributes", "a", "a/b", "a/b/c.txt", "data", *(f"data/{i:02}.parquet" for i in range(20))]
    assert hub.count("GET", "/tree/") == 4
    assert [item.path for item in ada.list_repo_tree(CATS, "a", repo_type="dataset")] == ["a/b"]
    files: list[Any] = ada.get_paths_info(CATS, ["data/00.parquet", "a", "none"], repo_type="dataset", expand=True)
    assert [item.path for item in files] == ["data/00.parquet", "a"]
    assert (files[0].lfs.sha256, files[0].size) == (hashlib.sha256(parquet(0, 100)).hexdigest(), 100)
    assert files[1].last_commit.oid == hub.commits(CATS)[0].oid
    with pytest.raises(EntryNotFoundError, match="does not exist on"):
        list(ada.list_repo_tree(CATS, "none", repo_type="dataset"))


def test_dataset_info(hub: Hub, ada: HfApi) -> None:
    commit(ada, add("README.md", CARD), add("a.parquet", parquet()))
    info: Any = ada.dataset_info(CATS, files_metadata=True)
    assert (info.id, info.sha, info.card_data.license) == (CATS, hub.commits(CATS)[0].oid, "mit")
    assert "license:mit" in info.tags
    siblings = {item.rfilename: item for item in info.siblings}
    assert sorted(siblings) == [".gitattributes", "README.md", "a.parquet"]
    assert siblings["a.parquet"].lfs.sha256 == hashlib.sha256(parquet()).hexdigest()
    assert siblings["a.parquet"].lfs.pointer_size == len(git.pointer("0" * 64, 2000))


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")
def test_ids_are_those_of_git(hub: Hub, ada: HfApi, tmp_path: Path) -> None:
    names = ["a.txt", "a/b.txt", "a-b.txt", "a/c/d.txt", "z.txt"]
    commit(ada, CommitOperationDelete(".gitattributes"), *(add(name, name) for name in names if name != "a.txt"))
    for name in names[1:]:
        (tmp_path / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / name).write_text(name)

    def run(*args: str, stdin: str = "") -> str:
        return subprocess.check_output(["git", "-C", str(tmp_path / "work"), *args], input=stdin, text=True).strip()

    run("init", "-q")
    run("add", ".")
    tree = run("write-tree")
    ids = git.folder_ids(hub.tree(CATS))
    assert ids == {"": tree, "a": run("rev-parse", f"{tree}:a"), "a/c": run("rev-parse", f"{tree}:a/c")}
    head = hub.commits(CATS)[0]
    seconds = int(datetime.fromisoformat(head.date).timestamp())
    who = f"ada <ada@example.org> {seconds} +0000"
    text = f"tree {tree}\nparent {head.parent}\nauthor {who}\ncommitter {who}\n\npush"
    assert run("hash-object", "-t", "commit", "--stdin", "--literally", stdin=text) == head.oid
