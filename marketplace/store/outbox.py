"""Events waiting for their consequences, and letters waiting to be sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

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
    """A reaction that ran for an event, written in the reaction's own transaction: it never runs twice."""

    __tablename__ = "reaction_done"

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True)
    reaction: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]


class LetterRow(Base):
    """A letter to one person. `key` says what it is about, so that the same letter is never written twice."""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("key"), Index("ix_letter_state_next_at", "state", "next_at"))

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[Code]
    to_account: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str | None] = mapped_column(Text)  # the ICS part
    calendar_method: Mapped[str | None] = mapped_column(String(20))
    state: Mapped[Code] = mapped_column(default="waiting")  # 'waiting', 'sending', 'sent', 'dropped', 'failed'
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")
