"""What the Hub's client raises, as one line that says what to do.

Xet, by which the client uploads where the Hub offers it, raises the built-in `ConnectionError`; everything else is an
`HfHubHTTPError` or comes from httpx2, below the client.
"""

from __future__ import annotations

import httpx2
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import parse_ratelimit_headers

from vlit_hub.errors import HubError

__all__ = ["CLIENT_ERRORS", "UploadBroke", "asked_to_wait", "explain", "passes"]

CLIENT_ERRORS = (HfHubHTTPError, httpx2.TransportError, ConnectionError, LocalTokenNotFoundError)

# Conflict with another commit, too many requests, and failures of the Hub or of what stands before it.
_PASSING = (408, 409, 412, 429, 500, 502, 503, 504)
_AGAIN = "Run the same command again: what has arrived isn't sent again."


class UploadBroke(Exception):
    """The client gave up sending files; it has tried several times.

    Args:
        error: What it raised: any of several kinds, from the client, from Xet, or around one of either.
    """

    def __init__(self, error: Exception) -> None:
        around = isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception)
        self.cause = error.__cause__ if around else error
        super().__init__(str(self.cause))


def passes(error: Exception) -> bool:
    """Whether the same request may work a little later."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _PASSING
    return isinstance(error, httpx2.TransportError | ConnectionError) and not isinstance(error, OfflineModeIsEnabled)


def asked_to_wait(error: Exception) -> int | None:
    """The seconds that the Hub asks to wait, where it does."""
    if not isinstance(error, HfHubHTTPError):
        return None
    headers = error.response.headers
    if (after := headers.get("Retry-After", "")).isdigit():
        return int(after)
    limit = parse_ratelimit_headers(headers)
    return limit.reset_in_seconds if limit and error.response.status_code == 429 else None


def explain(error: Exception, repo_id: str, endpoint: str) -> HubError:
    """The error in one line, with its mend. Holds no token, since the client's errors don't."""
    if isinstance(error, UploadBroke):
        if isinstance(error.cause, CLIENT_ERRORS):
            return HubError(f"the upload broke off: {explain(error.cause, repo_id, endpoint)}")
        return HubError(f"the upload broke off ({_one_line(str(error.cause))}). {_AGAIN}")
    if isinstance(error, OfflineModeIsEnabled):
        return HubError("HF_HUB_OFFLINE is set, so the Hub can't be asked. Unset it to push.")
    if isinstance(error, LocalTokenNotFoundError):
        return no_token()
    if not isinstance(error, HfHubHTTPError):
        reason = _one_line(str(error)) or type(error).__name__
        return HubError(f"can't reach {endpoint} ({reason}). Check the network. {_AGAIN}")
    status = error.response.status_code
    said = f"the Hub answered {status}: {_said(error)}"
    if status == 401:
        return HubError(f"the Hub doesn't take this token ({said}). Log in with one that is valid: hf auth login")
    if isinstance(error, RevisionNotFoundError):
        return HubError(f"{repo_id} has no such branch ({said}).")
    if isinstance(error, RepositoryNotFoundError):
        return HubError(f"{repo_id} isn't there, or this token may not see it ({said}).")
    if status == 403:
        return HubError(f"this token may not write to {repo_id} ({said}). Log in with another: hf auth login")
    if status in _PASSING:
        return HubError(f"{repo_id}: {said}. {_AGAIN}")
    return HubError(f"{repo_id}: {said}.")


def no_token() -> HubError:
    """Nobody is logged in."""
    return HubError("pushing needs a token that may write. Log in: hf auth login (or set HF_TOKEN)")


def _said(error: HfHubHTTPError) -> str:
    message = error.server_message or error.response.reason_phrase or ""
    return _one_line(message).rstrip(".") or "no reason given"


def _one_line(text: str, most: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
