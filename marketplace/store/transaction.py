"""The database, and the one transaction of a use case: state, journal and events commit together or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from marketplace.domain.access import Actor
from marketplace.domain.events import Event
from marketplace.store.journal import JournalRow
from marketplace.store.outbox import OutboxRow

BUSY_MS = 10_000  # how long SQLite waits for another writer before "database is locked"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A write in progress. `session` holds the rows; `now` is the moment of the whole use case (UTC)."""

    session: Session
    now: datetime
    request_id: str = ""

    def emit(self, happened: Event) -> None:
        """Note an event; its reactions run after the commit, by the worker, at least once."""
        row = OutboxRow(event=type(happened).__name__, payload=happened.payload(), at=self.now, next_at=self.now)
        self.session.add(row)

    def journal(
        self,
        actor: Actor,
        what: str,
        subject: tuple[str, int],
        *,
        old: dict[str, Any] | None = None,
        new: dict[str, Any] | None = None,
    ) -> None:
        """Write down who did what: `journal(actor, "offering.paused", ("offering", 12), old={"state": ...})`."""
        row = JournalRow(
            at=self.now,
            actor_id=actor.account_id,
            actor_role=str(actor.role),
            what=what,
            subject_type=subject[0],
            subject_id=subject[1],
            old=old or {},
            new=new or {},
            request_id=self.request_id,
        )
        self.session.add(row)


class Database:
    """One engine. Writers take SQLite's lock at once (`BEGIN IMMEDIATE`): a deferred lock fails under load."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """`durable` False lets SQLite forget commits in a power cut: only for a database that can be made anew."""
        # hide_parameters: an error's text goes to the logs, the values in it must not.
        self.engine = (
            _sqlite(url, durable)
            if url.startswith("sqlite")
            else create_engine(url, pool_pre_ping=True, hide_parameters=True)
        )
        self._writer = self.engine.execution_options(cadran_writes=True)

    @contextmanager
    def transaction(self, now: datetime, request_id: str = "") -> Iterator[Transaction]:
        """Commit at the end, roll back on any exception."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield Transaction(session, now, request_id)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, on one snapshot."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _sqlite(url: str, durable: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    if not durable:
        event.listen(engine, "connect", _trust_the_disk)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's driver starts transactions late and deferred by itself: turn that off, `_begin_sqlite` does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # money moves here: a commit must survive a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.close()


def _trust_the_disk(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cadran_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
