"""The sandbox's memory: Stripe objects, stored outcomes, deliveries and the clock, in one SQLite file."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from payments.sandbox.desk import Desk
from payments.sandbox.settings import Endpoint

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    due INTEGER,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_of_a_kind ON objects (kind, position);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_of_a_payment ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_of_a_charge ON objects (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS objects_of_a_source ON objects (kind, json_extract(body, '$.source_transaction'));
CREATE INDEX IF NOT EXISTS objects_of_a_transfer ON objects (kind, json_extract(body, '$.transfer'));
CREATE INDEX IF NOT EXISTS objects_of_a_group ON objects (kind, json_extract(body, '$.transfer_group'));
CREATE INDEX IF NOT EXISTS objects_of_an_account ON objects (kind, json_extract(body, '$.destination'));
CREATE INDEX IF NOT EXISTS objects_by_token ON objects (kind, json_extract(body, '$._token'));
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outcomes (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL,
    held INTEGER NOT NULL DEFAULT 0,
    flaw TEXT NOT NULL DEFAULT '',
    answer INTEGER
);
CREATE TABLE IF NOT EXISTS mishaps (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL,
    kind TEXT NOT NULL,
    seconds REAL NOT NULL,
    times INTEGER,
    skip INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS clock (ahead_seconds INTEGER NOT NULL);
"""

_GROWN = {"held": "INTEGER NOT NULL DEFAULT 0", "flaw": "TEXT NOT NULL DEFAULT ''", "answer": "INTEGER"}
_UNTOUCHED = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM objects) AND NOT EXISTS (SELECT 1 FROM clock)"
_PATIENCE_SECONDS = 10.0


class State:
    """Opens transactions on the file; every one sees one moment of the sandbox's clock.

    `wall` gives seconds since 1970; the sandbox's clock runs ahead of it by what was advanced so far
    (behind it when it began in the past).
    """

    def __init__(self, path: Path, endpoints: Sequence[Endpoint] = (), wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._endpoints = endpoints
        self._wall = wall
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
            _grow(connection)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """One transaction: all or nothing, one writer at a time."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Desk(connection, self._now(connection), self._endpoints)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def advance(self, seconds: int) -> None:
        """Move the clock forward for everybody."""
        with self.desk() as desk:
            desk.connection.execute("INSERT INTO clock (ahead_seconds) VALUES (?)", (seconds,))

    def begin(self, offset_seconds: int) -> None:
        """Let a clock that never moved begin elsewhere; nothing happens once there are objects or steps of it."""
        with self.desk() as desk:
            if offset_seconds and desk.connection.execute(_UNTOUCHED).fetchone() is not None:
                desk.connection.execute("INSERT INTO clock (ahead_seconds) VALUES (?)", (offset_seconds,))

    def now(self) -> int:
        """The sandbox's clock, whole seconds since 1970."""
        with closing(self._connect()) as connection:
            return int(self._now(connection))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_PATIENCE_SECONDS, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _now(self, connection: sqlite3.Connection) -> float:
        (ahead,) = connection.execute("SELECT coalesce(sum(ahead_seconds), 0) FROM clock").fetchone()
        return self._wall() + float(ahead)


def _grow(connection: sqlite3.Connection) -> None:
    """Bring a file of an earlier version up to date."""
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(deliveries)")}
    for name, kind in _GROWN.items():
        if name not in columns:
            connection.execute(f"ALTER TABLE deliveries ADD COLUMN {name} {kind}")
