"""The database, and the one transaction of a use case: state, journal and events commit together or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.events import Event
from marketplace.store.engine import ALONE, BESIDE, on_snapshot, open_engine, writers_turn
from marketplace.store.journal import JournalRow
from marketplace.store.outbox import OutboxRow


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
    """SQLite or PostgreSQL by the URL alone. Writers take turns on both, unless they say that they need not."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """`durable` False lets commits be lost in a power cut: only for a database that can be made anew."""
        self.engine = open_engine(url, durable=durable)
        self._alone = self.engine.execution_options(cadran_writes=ALONE)
        self._beside = self.engine.execution_options(cadran_writes=BESIDE)
        self._reader = on_snapshot(self.engine)

    @contextmanager
    def transaction(self, now: datetime, request_id: str = "", *, beside: bool = False) -> Iterator[Transaction]:
        """Commit at the end, roll back on any exception.

        By default no other writer is between begin and commit, on PostgreSQL as on SQLite: what is counted stays true
        until it is acted on. `beside` lets several such transactions run at once on PostgreSQL: only for a use case
        whose every race is decided by a key, a conditional update or a locked row (docs/decisions/0005).
        """
        engine = self._beside if beside else self._alone
        with writers_turn(self.engine), Session(engine, expire_on_commit=False) as session, session.begin():
            yield Transaction(session, now, request_id)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, on one snapshot."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()
