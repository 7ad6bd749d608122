"""`vlit-hub push`: a dataset's folder to the Hub, as one commit."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars, logging

from vlit_hub import __version__
from vlit_hub.errors import HubError, InputError, UsageError
from vlit_hub.publishing.changes import Changes
from vlit_hub.publishing.committing import Committed, Target, carry_out, persist
from vlit_hub.publishing.contents import card_faults, contents
from vlit_hub.publishing.folder import DatasetFolder, open_folder
from vlit_hub.publishing.hub_errors import CLIENT_ERRORS, UploadBroke, explain
from vlit_hub.publishing.photo_modes import Mode, PhotoTally
from vlit_hub.publishing.planning import Plan, Planner, refuse_strangers
from vlit_hub.publishing.preparing import choose_mode, prepare, staging_folder
from vlit_hub.publishing.repository import Repository, State, check_name, check_ref

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
        card_diff: The change of README.md on the Hub, as a unified diff; empty where there is none yet.
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
    except (*CLIENT_ERRORS, UploadBroke) as error:
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
    """One push, step by step."""

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
        self.tagged: str | None = None  # the commit that has the tag already

    def run(self) -> PushResult:
        """All steps. What can be refused early is, before files are made ready, which may take long."""
        exists = persist(self._look, self.say, first_contact=True)
        staging = staging_folder(self.dataset.path)
        prepared = prepare(self.dataset, self.mode, tuple(one.lower() for one in self.options.allow_licenses), staging)
        files = contents(prepared, self.repository.repo_id)
        if faults := card_faults(prepared, files):
            name, _, fault = faults[0].partition(": ")
            fault = re.sub(r"^line \d+: ", "", fault)  # of the card as it would be pushed, which isn't the one to mend
            more = f" (the first of {len(faults)} faults)" if len(faults) > 1 else ""
            raise InputError(name, fault + more, f"Mend the one in {self.dataset.path}.")
        planner = Planner(self.repository, prepared, files, self.options.force, self.say)
        if self.options.dry_run:
            done = persist(lambda: self._only_plan(exists, planner), self.say)
        else:
            done = self._commit(exists, planner)
        shutil.rmtree(staging, ignore_errors=True)
        return PushResult(
            repo_id=self.repository.repo_id,
            url=done.page or self.repository.url,
            creates=not exists,
            commit=None if self.options.dry_run else done.commit,
            changes=done.plan.changes,
            images=prepared.mode,
            photos=prepared.photos,
            card_diff=done.plan.card_diff,
            card_kept=done.plan.card_kept,
            beside=done.plan.beside,
        )

    def _look(self) -> bool:
        """Whether the repository is there; refuses what can't go well."""
        repository, options = self.repository, self.options
        private = repository.look()
        exists = private is not None
        if repository.has_token or not options.dry_run:
            repository.check_rights(exists, options.create_pr)
        if not exists:
            if options.create_pr:
                raise HubError(f"{repository.repo_id} isn't there yet. Push without --create-pr to make it.")
            return False
        if options.private and not private:
            raise HubError(
                f"{repository.repo_id} is there and public. Make it private in its settings, or push without --private."
            )
        branches, tags = repository.refs()
        self.tagged = tags.get(options.tag or "")
        if options.revision in tags:
            raise HubError(f"{options.revision} is a tag of {repository.repo_id}. --revision takes a branch.")
        if options.create_pr and self.branch not in branches:
            raise HubError(f"{repository.repo_id} has no branch {self.branch} to propose a change to.")
        if options.dry_run and self.branch not in branches:
            self.branch = "main"  # which it would be made from
        refuse_strangers(
            repository, [], repository.state(self.branch if self.branch in branches else "main"), options.force
        )
        return True

    def _only_plan(self, exists: bool, planner: Planner) -> Committed:
        target = self._target() if exists else None
        plan = self._plan(planner, self.repository.state(target.revision) if target else State("", {}))
        return Committed(plan, plan.state.commit, target.page if target else None)

    def _commit(self, exists: bool, planner: Planner) -> Committed:
        if not exists:
            persist(lambda: self.repository.create(self.options.private), self.say)
        if self.options.revision:
            persist(lambda: self.repository.make_branch(self.branch), self.say)
        done = carry_out(
            self.repository, self._target, lambda state: self._plan(planner, state), self._message, self.say
        )
        if self.options.tag:
            persist(lambda: self.repository.make_tag(str(self.options.tag), done.commit), self.say)
        return done

    def _target(self) -> Target:
        """The branch, the pull request that is open already, or a new one."""
        if not self.options.create_pr:
            return Target(self.branch)
        found = self.repository.open_pull(self.title)
        return Target(found[0], page=found[1]) if found else Target(self.branch, opens=True)

    def _plan(self, planner: Planner, state: State) -> Plan:
        plan = planner.plan(state)
        if plan.changes and self.tagged:
            raise HubError(
                f"{self.repository.repo_id} has a tag {self.options.tag} already, at {self.tagged[:7]}. Choose another --tag."
            )
        return plan

    def _message(self, changes: Changes) -> str:
        """Of the commit: a title, by which a pull request is found again, and what the commit does."""
        records = sum(file.rows for file in self.dataset.files)
        return (
            f"{self.title}\n\n{records:,} records, vlit-hub {__version__}. {len(changes.add)} files added or changed, "
            f"{len(changes.delete)} deleted, {changes.same} as they were."
        )
