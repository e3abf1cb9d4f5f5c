"""Events waiting for their consequences, and letters waiting to be sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, delete, exists, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.domain.events import Event, from_payload
from marketplace.store.base import Base, Code, Id


class OutboxRow(Base):
    """An event, committed with the change that caused it; the worker runs its reactions at least once."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "done_at", "next_at"),)

    id: Mapped[Id]
    event: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    parked_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


class ReactionDone(Base):
    """A reaction that ran for an event, so that another one's failure does not make it run again."""

    __tablename__ = "reaction_done"

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True)
    reaction: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]


class Heartbeat(Base):
    """When a part of the machinery last said that it is alive."""

    __tablename__ = "heartbeat"

    name: Mapped[Code] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class LetterRow(Base):
    """A letter to one person. `key` says what it is about, so that the same letter is never written twice."""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("key"), Index("ix_letter_state_next_at", "state", "next_at"))

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[Code]
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    to_account: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str | None] = mapped_column(Text)  # the ICS part
    calendar_method: Mapped[str | None] = mapped_column(String(20))
    booking_sequence: Mapped[int | None]  # the version of the booking that it tells of
    state: Mapped[Code] = mapped_column(default="waiting")  # 'waiting', 'sending', 'sent', 'dropped', 'failed'
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event whose reactions have not all run."""

    outbox_id: int
    name: str
    payload: dict[str, Any]
    attempts: int
    done: frozenset[str]  # names of the reactions that ran already

    def happened(self) -> "Happened":
        """The event itself; `KeyError` or `TypeError` when another version of this program wrote it."""
        return Happened(self.outbox_id, from_payload(self.name, self.payload))


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as its reactions get it; `outbox_id` tells it from a later one that says the same."""

    outbox_id: int
    event: Event


def waiting_events(session: Session, now: datetime, limit: int) -> tuple[WaitingEvent, ...]:
    """Due events, oldest first."""
    due = select(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.parked_at.is_(None), OutboxRow.next_at <= now)
    found = session.scalars(due.order_by(OutboxRow.id).limit(limit)).all()
    done = session.execute(
        select(ReactionDone.outbox_id, ReactionDone.reaction).where(
            ReactionDone.outbox_id.in_([row.id for row in found])
        )
    ).all()
    return tuple(
        WaitingEvent(
            row.id,
            row.event,
            row.payload,
            row.attempts,
            frozenset(name for outbox_id, name in done if outbox_id == row.id),
        )
        for row in found
    )


def mark_reaction(session: Session, outbox_id: int, reaction: str, now: datetime) -> None:
    """Note that a reaction ran; noting it twice is harmless."""
    known = session.scalar(
        select(exists().where(ReactionDone.outbox_id == outbox_id, ReactionDone.reaction == reaction))
    )
    if not known:
        session.add(ReactionDone(outbox_id=outbox_id, reaction=reaction, at=now))


def close_event(session: Session, outbox_id: int, now: datetime) -> None:
    """All reactions ran: forget their marks, keep the event."""
    session.execute(update(OutboxRow).where(OutboxRow.id == outbox_id).values(done_at=now, error=""))
    session.execute(delete(ReactionDone).where(ReactionDone.outbox_id == outbox_id))


def close_events(session: Session, names: Collection[str], now: datetime) -> None:
    """Close all waiting events of these kinds at once, without any reaction."""
    waiting = update(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.event.in_(names))
    session.execute(waiting.values(done_at=now))


def postpone_event(session: Session, outbox_id: int, until: datetime | None, now: datetime, error: str) -> None:
    """A reaction failed: try again at `until`, or park the event when that is None."""
    values = {"attempts": OutboxRow.attempts + 1, "error": error[:400]}
    values |= {"next_at": until} if until else {"parked_at": now}
    session.execute(update(OutboxRow).where(OutboxRow.id == outbox_id).values(**values))


def beat(session: Session, name: str, now: datetime) -> None:
    """Say that `name` is alive."""
    session.merge(Heartbeat(name=name, at=now))


def forget_beat(session: Session, name: str) -> None:
    """As if `name` had never said that it was alive: what it does now and then is due at once."""
    session.execute(delete(Heartbeat).where(Heartbeat.name == name))


def last_beat(session: Session, name: str) -> datetime | None:
    """When `name` last said that it was alive."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))
