"""One transaction of the sandbox: reading, keeping and listing Stripe objects, and telling of them."""

import json
import secrets
import sqlite3
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payments.sandbox import deliveries
from payments.sandbox.faults import Json
from payments.sandbox.settings import Endpoint

API_VERSION = "2026-10-28.endive"

_LETTERS = string.ascii_letters + string.digits
_ID_LENGTH = 24
_OUTCOME_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request with an idempotency key led to."""

    fingerprint: str
    status: int
    body: Json


class Desk:
    """Everything that an operation may touch, at one moment (`now`, whole seconds since 1970).

    Keys that begin with an underscore are the sandbox's own notes on an object; `shown` leaves them out. One of
    them, `_due`, is the moment at which the clock has something to do with it.
    """

    def __init__(self, connection: sqlite3.Connection, moment: float, endpoints: Sequence[Endpoint] = ()) -> None:
        self.connection = connection
        self._endpoints = endpoints
        self.moment = moment
        self.now = int(moment)

    def add(self, thing: Json, kind: str | None = None) -> Json:
        """Keep a new object, under a kind of its own if it is not to be found with the others."""
        self.connection.execute(
            "INSERT INTO objects (id, kind, due, body) VALUES (?, ?, ?, ?)",
            (thing["id"], kind or thing["object"], thing.get("_due"), json.dumps(thing)),
        )
        return thing

    def save(self, thing: Json) -> Json:
        """Keep a changed object."""
        self.connection.execute(
            "UPDATE objects SET body = ?, due = ? WHERE id = ?", (json.dumps(thing), thing.get("_due"), thing["id"])
        )
        return thing

    def find(self, kind: str, identifier: str) -> Json | None:
        """The object of this kind and id, if there is one."""
        row = self.connection.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = ?", (identifier, kind)
        ).fetchone()
        return None if row is None else read(row[0])

    def find_any(self, identifier: str) -> Json | None:
        """The object of this id, whatever it is."""
        row = self.connection.execute("SELECT body FROM objects WHERE id = ?", (identifier,)).fetchone()
        return None if row is None else read(row[0])

    def every(self, kind: str, **wanted: str) -> list[Json]:
        """All objects of a kind with these values, oldest first."""
        conditions = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in wanted)
        rows = self.connection.execute(
            f"SELECT body FROM objects WHERE kind = ?{conditions} ORDER BY position",  # noqa: S608 - our own names
            (kind, *wanted.values()),
        )
        return [read(body) for (body,) in rows]

    def next_due(self) -> tuple[int, Json] | None:
        """The object whose moment came first among those whose moment has come, and that moment."""
        row = self.connection.execute(
            "SELECT due, body FROM objects WHERE due <= ? ORDER BY due, position LIMIT 1", (self.now,)
        ).fetchone()
        return None if row is None else (int(row[0]), read(row[1]))

    def tell(self, kind: str, thing: Json) -> None:
        """Record a snapshot event (v1) and who is to hear of it."""
        event = self._event(kind, thing)
        deliveries.queue(self.connection, self._endpoints, self.add(event), "snapshot", self.moment)

    def tell_of_account(self, kind: str, account: str, thing: Json) -> None:
        """Record an event of a connected account, which the platform's own list of events leaves out."""
        event = self._event(kind, thing) | {"account": account}
        self.add(event, kind="event of an account")
        deliveries.queue(self.connection, self._endpoints, event, "connect", self.moment)

    def tell_thin(self, kind: str, thing: Json, url: str) -> None:
        """Record a thin event (v2): only what it is about, never the object itself."""
        event = {
            "id": new_id("evt_test"),
            "object": "v2.core.event",
            "created": v2_moment(self.moment),
            "context": None,
            "livemode": False,
            "reason": None,
            "related_object": {"id": thing["id"], "type": thing["object"], "url": url},
            "type": kind,
        }
        deliveries.queue(self.connection, self._endpoints, self.add(event), "thin", self.moment)

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Do what was due earlier as if it were done then."""
        present = self.moment, self.now
        self.moment, self.now = float(moment), moment
        try:
            yield
        finally:
            self.moment, self.now = present

    def setting(self, name: str, otherwise: object) -> Any:
        """What a test has set, or else what is usual."""
        row = self.connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return otherwise if row is None else json.loads(row[0])

    def set(self, name: str, value: object) -> None:
        """Change what is usual."""
        self.connection.execute(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, json.dumps(value))
        )

    def outcome(self, key: str) -> Outcome | None:
        """What this idempotency key led to within the last 24 hours."""
        row = self.connection.execute(
            "SELECT fingerprint, status, body FROM outcomes WHERE key = ? AND created > ?",
            (key, self.now - _OUTCOME_SECONDS),
        ).fetchone()
        return None if row is None else Outcome(row[0], row[1], read(row[2]))

    def remember(self, key: str, outcome: Outcome) -> None:
        """Keep what a key led to, good or bad."""
        self.connection.execute(
            "INSERT OR REPLACE INTO outcomes (key, fingerprint, status, body, created) VALUES (?, ?, ?, ?, ?)",
            (key, outcome.fingerprint, outcome.status, json.dumps(outcome.body), self.now),
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Take back what was done inside when it fails, and only that."""
        self.connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO attempt")
            raise
        finally:
            self.connection.execute("RELEASE attempt")

    def _event(self, kind: str, thing: Json) -> Json:
        return {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": {"object": shown(thing)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }


def read(text: str) -> Json:
    """An object as it was kept."""
    thing: Json = json.loads(text)
    return thing


def shown(thing: Json) -> Json:
    """The object as Stripe would show it, without the sandbox's own notes."""
    return {name: _shown_value(value) for name, value in thing.items() if not name.startswith("_")}


def new_id(prefix: str) -> str:
    """An id in Stripe's spelling."""
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))}"


def v2_moment(epoch: float) -> str:
    """A moment as v2 writes it: RFC 3339 with milliseconds, UTC."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown_value(value: object) -> object:
    if isinstance(value, dict):
        return shown(value)
    if isinstance(value, list):
        return [_shown_value(item) for item in value]
    return value
