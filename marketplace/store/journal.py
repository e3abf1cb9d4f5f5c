"""The append-only journal: who did what to what, with old and new values."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class JournalRow(Base):
    """One state change. Written in the transaction that makes it; triggers refuse UPDATE and DELETE."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_subject", "subject_type", "subject_id"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor_role: Mapped[Code]
    what: Mapped[str] = mapped_column(String(60))  # 'offering.submitted', 'booking.confirmed' ...
    subject_type: Mapped[Code]
    subject_id: Mapped[int]
    old: Mapped[dict[str, Any]]
    new: Mapped[dict[str, Any]]
    request_id: Mapped[str] = mapped_column(String(40), default="")
