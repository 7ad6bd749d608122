"""Who asks: users, organisations, access tokens, and what each token permits."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["read", "write", "admin"]
"""A member's role in an organisation; a user is `admin` of the namespace of their own name."""

TokenRole = Literal["read", "write", "fineGrained"]

READ = "repo.content.read"
WRITE = "repo.write"


@dataclass(frozen=True)
class Token:
    """An access token.

    A `write` token may do whatever its user may, a `read` token only reads, a `fineGrained` one does what `scopes`
    names: namespace or repository id -> permissions (`repo.content.read`, `repo.write`).
    """

    value: str = field(repr=False)
    user: str
    role: TokenRole
    scopes: Mapping[str, frozenset[str]]

    def permits(self, permission: str, repo_id: str) -> bool:
        """Whether the token itself permits it; whether its user may is another question."""
        if self.role != "fineGrained":
            return self.role == "write" or permission == READ
        granted = self.scopes.get(repo_id, frozenset()) | self.scopes.get(repo_id.split("/")[0], frozenset())
        return permission in granted or (permission == READ and WRITE in granted)


class Accounts:
    """All users, organisations and tokens. Kept in memory only: no token ever reaches the disk."""

    def __init__(self) -> None:
        self.users: list[str] = []
        self.orgs: dict[str, dict[str, Role]] = {}
        self._tokens: dict[str, Token] = {}

    def add_user(self, name: str, orgs: Mapping[str, Role] | None = None) -> None:
        """Add a user, and their roles in organisations (which come into being when first named)."""
        if name not in self.users:
            self.users.append(name)
        for org, role in (orgs or {}).items():
            self.orgs.setdefault(org, {})[name] = role

    def issue(
        self,
        user: str,
        role: TokenRole = "write",
        scopes: Mapping[str, Iterable[str]] | None = None,
        value: str | None = None,
    ) -> Token:
        """A new token of a known user; `value` fixes its text."""
        if user not in self.users:
            raise ValueError(f"no user {user!r}: add_user first")
        value = value or "hf_" + secrets.token_hex(17)
        token = Token(value, user, role, {name: frozenset(granted) for name, granted in (scopes or {}).items()})
        self._tokens[value] = token
        return token

    def revoke(self, value: str) -> None:
        """From now on this token is no one's."""
        del self._tokens[value]

    def identify(self, authorization: str | None) -> Token | None:
        """The token of an Authorization header, None where there is no header.

        Raises:
            LookupError: the header holds something that is no valid token.
        """
        if authorization is None:
            return None
        return self._tokens[authorization.removeprefix("Bearer ")]

    def spot(self, data: bytes) -> list[Token]:
        """The tokens whose text occurs in the data."""
        return [token for value, token in self._tokens.items() if value.encode() in data]

    def redact(self, text: str) -> str:
        """The text with every known token replaced."""
        for value in self._tokens:
            text = text.replace(value, "<token>")
        return text

    def role_in(self, user: str, namespace: str) -> Role | None:
        """The user's role in a namespace, None for strangers."""
        return "admin" if user == namespace else self.orgs.get(namespace, {}).get(user)

    def may_read(self, token: Token | None, repo_id: str, *, private: bool) -> bool:
        """Whether the repository may be known to the token's holder."""
        if not private:
            return True
        if token is None or not token.permits(READ, repo_id):
            return False
        return self.role_in(token.user, repo_id.split("/")[0]) is not None

    def may_write(self, token: Token | None, repo_id: str) -> bool:
        """Whether the holder may change the repository: both the user's role and the token have to permit it."""
        if token is None or not token.permits(WRITE, repo_id):
            return False
        return self.role_in(token.user, repo_id.split("/")[0]) in ("write", "admin")

    def whoami(self, token: Token) -> dict[str, Any]:
        """What `whoami-v2` answers."""
        access: dict[str, Any] = {
            "displayName": f"{token.user}'s token",
            "role": token.role,
            "createdAt": "2026-01-01T00:00:00.000Z",
        }
        if token.role == "fineGrained":
            scoped = [
                {"entity": {"_id": name, "type": self._kind(name), "name": name}, "permissions": sorted(granted)}
                for name, granted in sorted(token.scopes.items())
            ]
            access["fineGrained"] = {"canReadGatedRepos": False, "global": [], "scoped": scoped}
        return {
            "type": "user",
            "id": token.user.encode().hex(),
            "name": token.user,
            "fullname": token.user.title(),
            "email": f"{token.user}@example.org",
            "emailVerified": True,
            "canPay": False,
            "isPro": False,
            "orgs": [
                {
                    "type": "org",
                    "id": org.encode().hex(),
                    "name": org,
                    "fullname": org,
                    "roleInOrg": members[token.user],
                }
                for org, members in sorted(self.orgs.items())
                if token.user in members
            ],
            "auth": {"type": "access_token", "accessToken": access},
        }

    def _kind(self, name: str) -> str:
        if "/" in name:
            return "dataset"
        return "user" if name in self.users else "org"
