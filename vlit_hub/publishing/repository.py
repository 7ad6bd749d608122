"""A dataset's repository on the Hub: may we write there, what does it hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import httpx2
from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status, http_backoff, validate_repo_id

from vlit_hub.errors import HubError, UsageError
from vlit_hub.publishing.hub_errors import no_token

__all__ = ["Account", "RemoteFile", "Repository", "State", "check_name", "check_ref"]

KIND = "dataset"
FIRST_CONTACT = 10.0  # seconds; who can't be reached in that time is taken for not there

# What git takes for the name of a branch or a tag, a little stricter.
_REF = re.compile(r"(?!refs/|.*(\.\.|//|/\.|@\{|\.lock(/|$)))[A-Za-z0-9_][\w./+@-]*(?<![./])", re.ASCII)


@dataclass(frozen=True)
class RemoteFile:
    """A file in a repository; `sha256` only where LFS or Xet holds it, `blob` is git's id."""

    size: int
    blob: str
    sha256: str | None = None


@dataclass(frozen=True)
class State:
    """What a revision holds.

    Attributes:
        commit: Its commit.
        files: By path.
    """

    commit: str
    files: Mapping[str, RemoteFile]


@dataclass(frozen=True)
class Account:
    """Whose token it is.

    Attributes:
        name: The user.
        namespaces: Where the user may make repositories.
        reads_only: Whether the token was made for reading.
    """

    name: str
    namespaces: tuple[str, ...]
    reads_only: bool


def check_name(repo_id: str) -> None:
    """Refuse what is no name on the Hub, without asking it.

    Raises:
        UsageError: With the rule that it breaks.
    """
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise UsageError(f"--repo-id {repo_id}: the Hub doesn't take this name. {error}") from None
    if repo_id.count("/") != 1:
        raise UsageError(f"--repo-id {repo_id}: must be NAMESPACE/NAME, where the namespace is a user or organisation.")


def check_ref(flag: str, name: str) -> None:
    """Refuse what git doesn't take as the name of a branch or tag.

    Raises:
        UsageError: It is none.
    """
    if not _REF.fullmatch(name):
        raise UsageError(
            f"{flag} {name}: is no name of a branch or tag: they have letters, digits, and . _ - / inside."
        )


class Repository:
    """A dataset's repository, which may not be there yet.

    Args:
        api: The client; its token, or else the one that is logged in, is used.
        repo_id: `namespace/name`, checked.
    """

    def __init__(self, api: HfApi, repo_id: str) -> None:
        self.api = api
        self.repo_id = repo_id
        self._account: Account | None = None

    @property
    def url(self) -> str:
        """Its page."""
        return f"{self.api.endpoint}/datasets/{self.repo_id}"

    @property
    def has_token(self) -> bool:
        """Whether there is a token to ask with."""
        return self.api.token is not False and bool(self.api.token or get_token())

    def account(self) -> Account:
        """Whose token it is; asked for once."""
        if self._account is None:
            said = self.api.whoami()
            token = said.get("auth", {}).get("accessToken", {})
            own = [org["name"] for org in said.get("orgs", []) if org.get("roleInOrg") != "read"]
            self._account = Account(said["name"], (said["name"], *own), token.get("role") == "read")
        return self._account

    def look(self) -> bool | None:
        """Whether it is private; None where it isn't there, or where the token may not see it."""
        # no timeout is the client's default: a dead connection would hang for ever
        get_session().timeout = httpx2.Timeout(600, connect=FIRST_CONTACT)
        try:
            found = self.api.repo_info(self.repo_id, repo_type=KIND, timeout=FIRST_CONTACT)
        except RepositoryNotFoundError as error:
            if error.response.status_code == 401 and self.has_token:
                self.account()  # says that the token is invalid
            return None
        return bool(found.private)

    def check_rights(self, exists: bool, proposal: bool) -> None:
        """Refuse early what the Hub would refuse after everything has been made ready.

        Args:
            exists: Whether the repository is there.
            proposal: Whether a pull request is to be opened, for which seeing the repository is enough.

        Raises:
            HubError: There is no token, or it may not do this.
        """
        if not self.has_token:
            raise no_token()
        namespace, name = self.repo_id.split("/")
        if proposal or not exists:
            account = self.account()
            if account.reads_only:
                raise self._reads_only()
            if not exists and namespace not in account.namespaces:
                raise HubError(
                    f"{namespace} isn't yours: the token is {account.name}'s, who may write to "
                    f"{', '.join(account.namespaces)}. Pass --repo-id {account.name}/{name}, or ask to join {namespace}."
                )
            return
        try:
            self.api.auth_check(self.repo_id, repo_type=KIND, write=True)
        except HfHubHTTPError as error:
            if error.response.status_code != 403:
                raise
            if self.account().reads_only:
                raise self._reads_only() from None
            raise HubError(
                f"{self.account().name} may not write to {self.repo_id}. Propose the change with --create-pr, or push to "
                f"--repo-id {self.account().name}/{name}."
            ) from None

    def _reads_only(self) -> HubError:
        return HubError(
            f"{self.account().name}'s token may only read. Make one that may write at {self.api.endpoint}/settings/tokens, "
            "then: hf auth login"
        )

    def create(self, private: bool) -> None:
        """Make it; one that is there by now is taken."""
        self.api.create_repo(self.repo_id, repo_type=KIND, private=private, exist_ok=True)

    def refs(self) -> tuple[dict[str, str], dict[str, str]]:
        """Branches and tags, each with its commit."""
        found = self.api.list_repo_refs(self.repo_id, repo_type=KIND)
        branches, tags = ({ref.name: ref.target_commit for ref in refs} for refs in (found.branches, found.tags))
        return branches, tags

    def make_branch(self, name: str) -> None:
        """Make a branch from `main`, unless it is there."""
        self.api.create_branch(self.repo_id, repo_type=KIND, branch=name, exist_ok=True)

    def make_tag(self, name: str, commit: str) -> None:
        """Tag a commit, unless it has that tag.

        Raises:
            HubError: Another commit has it.
        """
        taken = self.refs()[1].get(name)
        if taken is None:
            self.api.create_tag(self.repo_id, repo_type=KIND, tag=name, revision=commit)
        elif taken != commit:
            raise HubError(
                f"{self.repo_id} is pushed, but has a tag {name} already, at {taken[:7]}. Choose another --tag."
            )

    def state(self, revision: str) -> State:
        """What a branch, or a pull request (`refs/pr/1`), holds now."""
        commit = self.api.repo_info(self.repo_id, repo_type=KIND, revision=revision).sha
        assert commit is not None  # only repositories without any commit have none
        return State(commit, self.files(commit))

    def files(self, commit: str) -> dict[str, RemoteFile]:
        """The files of a commit."""
        listed = self.api.list_repo_tree(self.repo_id, repo_type=KIND, revision=commit, recursive=True)
        return {
            file.path: RemoteFile(file.size, file.blob_id, file.lfs.sha256 if file.lfs else None)
            for file in listed
            if isinstance(file, RepoFile)
        }

    def read(self, path: str, commit: str) -> str:
        """A text file of a commit."""
        answer = http_backoff(
            "GET", f"{self.url}/resolve/{commit}/{quote(path)}", headers=build_hf_headers(token=self.api.token)
        )
        hf_raise_for_status(answer)
        return answer.content.decode("utf-8", errors="replace")

    def open_pull(self, title: str) -> tuple[str, str] | None:
        """The revision and the page of this account's open pull request of that title, if there is one."""
        pulls = self.api.get_repo_discussions(
            self.repo_id,
            repo_type=KIND,
            author=self.account().name,
            discussion_type="pull_request",
            discussion_status="open",
        )
        found = next((pull for pull in pulls if pull.title == title and pull.git_reference), None)
        return (str(found.git_reference), found.url) if found else None
