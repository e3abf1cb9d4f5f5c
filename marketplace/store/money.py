"""Notices from Stripe, the ledger, and what a person must look at."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.domain.events import Alert
from marketplace.store.base import Base, Code, Id, affected
from marketplace.store.transaction import Transaction


class Notice(Base):
    """What Stripe told us, by Stripe's id: stored before it is handled, handled by the worker."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_waiting", "handled_at", "next_at"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    endpoint: Mapped[Code]
    type: Mapped[str] = mapped_column(String(120))
    object_id: Mapped[str] = mapped_column(String(120), index=True)
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    parked_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


class LedgerEntry(Base):
    """One thing that moved money; its postings sum to zero per currency. Append-only (a trigger refuses changes)."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("source_type", "source_id", "kind"),)

    id: Mapped[Id]
    source_type: Mapped[Code]  # 'charge', 'refund', 'transfer', 'booking' ...
    source_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[Code]  # 'capture', 'fee', 'refund', 'settle', 'transfer' ...
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    at: Mapped[datetime]


class Posting(Base):
    """One line of the ledger: debit is positive, credit negative, in cents."""

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount_minor != 0", name="amount"),
        Index("ix_posting_account", "account", "currency"),
    )

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    account: Mapped[str] = mapped_column(String(80))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]


class AlertRow(Base):
    """Something about money or the machinery that a person must look at."""

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("code", "subject"),)

    id: Mapped[Id]
    code: Mapped[Code]
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


def raise_alert(tx: Transaction, code: str, subject: str, detail: str = "") -> None:
    """Ask a person to look; once per code and subject until it is settled."""
    known = tx.session.scalar(select(AlertRow).where(AlertRow.code == code, AlertRow.subject == subject))
    if known is not None and known.settled_at is None:
        return
    if known is None:
        tx.session.add(AlertRow(code=code, subject=subject, detail=detail, at=tx.now))
    else:
        known.at, known.settled_at, known.detail = tx.now, None, detail
    tx.emit(Alert(code, subject))


def settle_alert(session: Session, alert_id: int, now: datetime) -> bool:
    """Put an open alert away; False when it is not open."""
    still_open = update(AlertRow).where(AlertRow.id == alert_id, AlertRow.settled_at.is_(None))
    return affected(session, still_open.values(settled_at=now)) == 1


def alert_is_known(session: Session, alert_id: int) -> bool:
    """Whether there is or was such an alert."""
    return session.get(AlertRow, alert_id) is not None
