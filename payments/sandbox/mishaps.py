"""What goes wrong on purpose: set by tests, for an operation and a number of times, and kept through a restart."""

import sqlite3
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from payments.sandbox.faults import Json, StripeFault, key_in_use

Kind = Literal[
    "server_error",  # 500, nothing done, the key stays free
    "server_error_kept",  # 500, nothing done, and the key says so from then on
    "server_error_after",  # done and kept under the key, but the answer is 500
    "rate_limit",  # 429
    "conflict",  # 409: another request with this key is under way
    "reset",  # the connection is cut and nothing done
    "reset_after",  # done, then the connection is cut
    "timeout",  # no answer for a while, nothing done
    "timeout_after",  # done, but no answer for a while
    "refused",  # a definite no, kept under the key: as when a bank refuses a capture
    "notice_drop",  # nobody is told
    "notice_duplicate",  # told twice
    "notice_reorder",  # told after the next one
    "notice_delay",  # told later
    "notice_again",  # told now, and once more later
    "notice_forged",  # signed with a secret that is not the endpoint's
    "notice_blank",  # signed with an empty secret
    "notice_stale",  # signed with the right one, too long ago
    "notice_future",  # signed with the right one, for a moment that is still to come
]

KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]  # what a Literal lists
LONGEST_SECONDS = 86400

KEPT = ("server_error_kept", "refused")  # an outcome like any other: the key leads to it from then on
_UNDONE = (*KEPT, "server_error", "rate_limit", "conflict", "reset", "timeout")


@dataclass(frozen=True, slots=True)
class Mishap:
    """One thing that goes wrong; `seconds` is how long a time-out or a delay lasts."""

    kind: Kind
    seconds: float = 0.0

    @property
    def prevents(self) -> bool:
        """Whether the operation is not carried out at all."""
        return self.kind in _UNDONE

    @property
    def cuts(self) -> bool:
        """Whether no answer comes back."""
        return self.kind.startswith(("reset", "timeout"))

    def error(self) -> StripeFault | None:
        """What the caller is told instead of the truth, if anything is said."""
        if self.kind == "rate_limit":
            return StripeFault(429, "invalid_request_error", "Too many requests.", code="rate_limit")
        if self.kind == "conflict":
            return key_in_use("of this request")
        if self.kind == "refused":
            return StripeFault(402, "card_error", "Your card was declined.", code="card_declined")
        if self.kind.startswith("server_error"):
            return StripeFault(500, "api_error", "An error occurred with our connection to the sandbox.")
        return None


def add(connection: sqlite3.Connection, operation: str, mishap: Mishap, *, times: int | None, skip: int) -> None:
    """Let `operation` ("POST /v1/refunds", with * for anything, or an event's type) go wrong.

    `times` is how often, None for ever; the first `skip` times nothing happens.
    """
    connection.execute(
        "INSERT INTO mishaps (operation, kind, seconds, times, skip) VALUES (?, ?, ?, ?, ?)",
        (operation, mishap.kind, mishap.seconds, times, skip),
    )


def clear(connection: sqlite3.Connection) -> None:
    """Let everything go right again."""
    connection.execute("DELETE FROM mishaps")


def waiting(connection: sqlite3.Connection) -> list[Json]:
    """What is still to go wrong."""
    names = ("operation", "kind", "seconds", "times", "skip")
    rows = connection.execute(
        "SELECT operation, kind, seconds, times, skip FROM mishaps WHERE times IS NULL OR times > 0 ORDER BY position"
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def take(connection: sqlite3.Connection, operation: str, *, notices: bool = False) -> Mishap | None:
    """The first mishap set for this operation or event, and one time less of it."""
    rows = connection.execute(
        "SELECT position, operation, kind, seconds, skip FROM mishaps"
        " WHERE (kind LIKE 'notice%') = ? AND (times IS NULL OR times > 0) ORDER BY position",
        (notices,),
    ).fetchall()
    for position, pattern, kind, seconds, skip in rows:
        if not fnmatchcase(operation, pattern):
            continue
        if skip:
            connection.execute("UPDATE mishaps SET skip = skip - 1 WHERE position = ?", (position,))
            continue
        connection.execute("UPDATE mishaps SET times = times - 1 WHERE position = ?", (position,))
        return Mishap(kind, seconds)
    return None
