"""`vlit-hub push`: a dataset's folder to the Hub, as one commit."""

from __future__ import annotations

import contextlib
import difflib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars, logging

from vlit_hub import __version__, readme
from vlit_hub.building.output import BUILD_FILE
from vlit_hub.errors import HubError, UsageError
from vlit_hub.publishing.card import LICENSE, LICENSE_MARK, make_card
from vlit_hub.publishing.changes import CARD, Changes, OutgoingFile, compare, earlier_push, find_strangers
from vlit_hub.publishing.committing import Committed, Plan, Target, carry_out, persist
from vlit_hub.publishing.folder import DatasetFolder, open_folder
from vlit_hub.publishing.hub_errors import CLIENT_ERRORS, explain
from vlit_hub.publishing.photo_modes import Mode, PhotoTally
from vlit_hub.publishing.preparing import IMAGES_FILE, Prepared, choose_mode, prepare, staging_folder
from vlit_hub.publishing.repository import Repository, State, check_name, check_ref

REJECTED = "rejected"

__all__ = ["PushOptions", "PushResult", "push"]


@dataclass(frozen=True)
class PushOptions:
    """How to push.

    Attributes:
        private: Make the repository private; refused where a public one is there.
        create_pr: Open a pull request instead of committing to the branch; one that is open is gone on with.
        revision: The branch; made from `main` if it isn't there.
        tag: A tag for the commit.
        dry_run: Work out what would change, and change nothing on the Hub.
        force: Push although the repository holds somebody else's files.
        images: How photos are published; None for what fits the dataset.
        allow_licenses: Licences of photos that may be embedded on the user's word.
    """

    private: bool = False
    create_pr: bool = False
    revision: str | None = None
    tag: str | None = None
    dry_run: bool = False
    force: bool = False
    images: Mode | None = None
    allow_licenses: Sequence[str] = ()


@dataclass(frozen=True)
class PushResult:
    """What a push did, or with `dry_run` would do.

    Attributes:
        repo_id: The repository.
        url: Its page, or that of the pull request.
        creates: Whether the repository wasn't there.
        commit: The commit that holds the dataset; None in a dry run. It isn't new where there was nothing to change.
        changes: Files added and deleted.
        images: How photos are published.
        photos: What became of them.
        card_diff: The change of README.md on the Hub, as a unified diff.
        card_kept: What of README.md people had changed online and stays as it is.
        beside: Somebody else's files in the repository, which are left alone.
    """

    repo_id: str
    url: str
    creates: bool
    commit: str | None
    changes: Changes
    images: Mode
    photos: PhotoTally
    card_diff: str
    card_kept: tuple[str, ...]
    beside: tuple[str, ...]


def push(
    folder: Path,
    repo_id: str | None = None,
    options: PushOptions | None = None,
    *,
    api: HfApi | None = None,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> PushResult:
    """Make a repository on the Hub hold the dataset of a folder, by one commit.

    Content that is there already isn't sent again, and nothing is committed where nothing changed. Killed at any moment, the
    same call goes on from what had arrived.

    Args:
        folder: What `vlit-hub build` wrote.
        repo_id: `namespace/name`; the name that the dataset was built under if none.
        options: How.
        api: The client; that of the environment if none.
        say: Told of waits and warnings, a line each.

    Raises:
        UsageError: The options don't fit each other or the dataset, or the name is none.
        InputError: The folder isn't a dataset, a photo is gone, or a card is broken.
        HubError: The Hub refuses, or can't be reached.
    """
    options = options or PushOptions()
    dataset = open_folder(folder)
    repo_id = repo_id or dataset.repo_id
    _check(repo_id, options)
    mode = choose_mode(dataset, options.images)
    repository = Repository(api or HfApi(), repo_id)
    try:
        with _quiet():
            return _Push(repository, dataset, options, mode, say).run()
    except (*CLIENT_ERRORS, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not isinstance(error.__cause__, CLIENT_ERRORS):
            raise
        raise explain(error, repo_id, repository.api.endpoint) from None


def _check(repo_id: str, options: PushOptions) -> None:
    check_name(repo_id)
    for flag, name in (("--revision", options.revision), ("--tag", options.tag)):
        if name is not None:
            check_ref(flag, name)
    if options.create_pr and options.tag:
        raise UsageError("--create-pr and --tag: a pull request has no tag. Tag the dataset when it is merged.")
    if options.allow_licenses and options.images in ("url", "none"):
        raise UsageError(f"--allow-license is about embedding photos, and --images {options.images} embeds none.")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's warnings, which repeat signed addresses, and off a terminal its bars, out of the output."""
    verbosity, bars = logging.get_verbosity(), not are_progress_bars_disabled()
    logging.set_verbosity(logging.ERROR)
    if bars and not sys.stderr.isatty():
        disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            enable_progress_bars()


class _Push:
    """One push: what is known of the dataset and of the repository, and the steps."""

    def __init__(
        self,
        repository: Repository,
        dataset: DatasetFolder,
        options: PushOptions,
        mode: Mode,
        say: Callable[[str], None],
    ) -> None:
        self.repository = repository
        self.dataset = dataset
        self.options = options
        self.mode = mode
        self.say = say
        self.branch = options.revision or "main"
        self.title = f"Push {dataset.repo_id.split('/')[-1]} with vlit-hub"
        if options.revision:
            self.title += f" to {options.revision}"
        self.taken: str | None = None  # the commit that the tag points at already
        self.card_diff = ""
        self.card_kept: tuple[str, ...] = ()
        self.beside: tuple[str, ...] = ()

    def run(self) -> PushResult:
        """All steps. What can be refused early is, before files are made ready, which may take long."""
        exists = persist(self._look, self.say, first_contact=True)
        staging = staging_folder(self.dataset.path)
        prepared = prepare(self.dataset, self.mode, tuple(one.lower() for one in self.options.allow_licenses), staging)
        files = _files(prepared, self.repository.repo_id)
        if self.options.dry_run:
            plan = persist(lambda: self._plan(self._target() if exists else None, files), self.say)
            done = Committed(plan, plan.state.commit, None)
        else:
            done = self._commit(exists, files)
        shutil.rmtree(staging, ignore_errors=True)
        return PushResult(
            repo_id=self.repository.repo_id,
            url=done.page or self.repository.url,
            creates=not exists,
            commit=None if self.options.dry_run else done.commit,
            changes=done.plan.changes,
            images=prepared.mode,
            photos=prepared.photos,
            card_diff=self.card_diff,
            card_kept=self.card_kept,
            beside=self.beside,
        )

    def _look(self) -> bool:
        """Whether the repository is there; refuses what can't go well."""
        private = self.repository.look()
        exists = private is not None
        if self.repository.has_token or not self.options.dry_run:
            self.repository.check_rights(exists, self.options.create_pr)
        if not exists:
            if self.options.create_pr:
                raise HubError(f"{self.repository.repo_id} isn't there yet. Push without --create-pr to make it.")
            return False
        if self.options.private and not private:
            raise HubError(
                f"{self.repository.repo_id} is there and public. Make it private in its settings, or push without --private."
            )
        branches, tags = self.repository.refs()
        self.taken = tags.get(self.options.tag or "")
        if self.options.revision in tags:
            raise HubError(f"{self.options.revision} is a tag of {self.repository.repo_id}. --revision takes a branch.")
        if self.branch not in branches:
            if self.options.create_pr:
                raise HubError(f"{self.repository.repo_id} has no branch {self.branch} to propose a change to.")
            if self.options.dry_run:
                self.branch = "main"  # which it would be made from
        self._refuse_strangers([], self.repository.state(self.branch if self.branch in branches else "main"))
        return True

    def _commit(self, exists: bool, files: Sequence[OutgoingFile]) -> Committed:
        if not exists:
            persist(lambda: self.repository.create(self.options.private), self.say)
        if self.options.revision:
            persist(lambda: self.repository.make_branch(self.branch), self.say)
        done = carry_out(self.repository, self._target, lambda target: self._plan(target, files), self.say)
        if self.options.tag:
            persist(lambda: self.repository.make_tag(str(self.options.tag), done.commit), self.say)
        return done

    def _target(self) -> Target:
        """The branch, the pull request that is open already, or a new one."""
        if not self.options.create_pr:
            return Target(self.branch)
        found = self.repository.open_pull(self.title)
        return Target(found[0], page=found[1]) if found else Target(self.branch, opens=True)

    def _plan(self, target: Target | None, files: Sequence[OutgoingFile]) -> Plan:
        """What to change there, as it is now; everything where there is no repository yet."""
        state = self.repository.state(target.revision) if target else State("", {})
        card = self._merged(next(file for file in files if file.path == CARD), state)
        card_text = card.content.decode() if isinstance(card.content, bytes) else ""
        theirs = {LICENSE} if self._wrote_license(state) else set()
        wanted = [card if file.path == CARD else file for file in files if file.path not in theirs]
        ours = self._refuse_strangers(wanted, state)
        shown = {path for path in ours if path.endswith((".png", ".jpg")) and path in card_text}
        changes = compare(wanted, state.files, ours.intersection(state.files).difference(theirs, shown))
        if changes and self.taken:
            raise HubError(
                f"{self.repository.repo_id} has a tag {self.options.tag} already, at {self.taken[:7]}. Choose another --tag."
            )
        paths = frozenset(ours.union(file.path for file in wanted))
        return Plan(state, changes, paths, f"{self.title}\n\n{self._description(changes)}")

    def _merged(self, card: OutgoingFile, state: State) -> OutgoingFile:
        """The card, with what people wrote into the one online."""
        assert isinstance(card.content, bytes)
        old = self.repository.read(CARD, state.commit) if CARD in state.files else ""
        readme.parse(old, f"{CARD} of {self.repository.repo_id}")  # names the one of the two that is broken
        merged = readme.merge(old, card.content.decode())
        self.card_kept = merged.kept
        lines = difflib.unified_diff(
            old.splitlines(), merged.text.splitlines(), f"{CARD} (online)", f"{CARD} (pushed)", lineterm=""
        )
        self.card_diff = "\n".join(lines)
        return OutgoingFile(CARD, merged.text.encode())

    def _wrote_license(self, state: State) -> bool:
        """Whether people wrote the LICENSE.md online, which is left to them then."""
        return LICENSE in state.files and not self.repository.read(LICENSE, state.commit).startswith(LICENSE_MARK)

    def _refuse_strangers(self, wanted: Sequence[OutgoingFile], state: State) -> set[str]:
        """The files that a push may delete; refuses where others are in the way."""
        marked = earlier_push(self.repository.read(BUILD_FILE, state.commit) if BUILD_FILE in state.files else None)
        found = find_strangers(wanted, state.files, marked)
        if found.in_the_way and not self.options.force:
            more = f" and {len(found.in_the_way) - 1} more" if len(found.in_the_way) > 1 else ""
            raise HubError(
                f"{self.repository.repo_id} holds files that vlit-hub didn't push: {found.in_the_way[0]}{more}. Choose another "
                "--repo-id, or pass --force: it replaces files of the same names and leaves the others."
            )
        self.beside = found.beside
        return {*(marked or ()), *found.replaced}

    def _description(self, changes: Changes) -> str:
        records = sum(file.rows for file in self.dataset.files)
        return (
            f"{records:,} records, vlit-hub {__version__}. {len(changes.add)} files added or changed, "
            f"{len(changes.delete)} deleted, {changes.same} as they were."
        )


def _files(prepared: Prepared, repo_id: str) -> list[OutgoingFile]:
    """All files that the repository shall hold."""
    dataset = prepared.dataset
    contents: dict[str, bytes | Path] = {f"data/{file.path.name}": file.path for file in dataset.files}
    contents |= {f"{REJECTED}/{path.name}": path for path in sorted((dataset.path / REJECTED).glob("*.parquet"))}
    if (dataset.path / IMAGES_FILE).is_file():
        contents[IMAGES_FILE] = dataset.path / IMAGES_FILE
    contents |= _card_files(dataset, repo_id)
    contents[BUILD_FILE] = _published_build(prepared, repo_id, [*contents, BUILD_FILE])
    return [OutgoingFile(path, content) for path, content in contents.items()]


def _card_files(dataset: DatasetFolder, repo_id: str) -> dict[str, bytes]:
    """The card of the dataset as it is published, with what people wrote into the folder's."""
    card = make_card(dataset, repo_id)
    files = dict(card.files)
    files[CARD] = card.text.encode()
    if (there := dataset.path / CARD).is_file():
        local = there.read_text(encoding="utf-8")
        readme.parse(local, str(there))  # names the file if it is broken
        files[CARD] = readme.merge(local, card.text).text.encode()
    if (there := dataset.path / LICENSE).is_file() and not there.read_text("utf-8").startswith(LICENSE_MARK):
        files[LICENSE] = there.read_bytes()
    return files


def _published_build(prepared: Prepared, repo_id: str, paths: Sequence[str]) -> bytes:
    """build.json, with what was published: how the photos are, and which files are this dataset's, to tell them from others."""
    photos = prepared.photos
    published: dict[str, Any] = {
        "repo_id": repo_id,
        "images": prepared.mode,
        "records_with_photo": photos.kept,
        "photos_left_out": dict(sorted(photos.refused.items())),
        "files": sorted(paths),
    }
    build = {**prepared.dataset.build, "published": published}
    return (json.dumps(build, indent=2, ensure_ascii=False) + "\n").encode()
