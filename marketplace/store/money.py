"""Operations towards Stripe, notices from Stripe, and the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class Operation(Base):
    """One write to Stripe: committed before the call, with frozen parameters and its own idempotency key."""

    __tablename__ = "operation"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "seq"),
        # at most one unfinished operation of a kind per subject
        Index(
            "uq_operation_live",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("status in ('pending', 'unknown')"),
            postgresql_where=text("status in ('pending', 'unknown')"),
        ),
        Index("ix_operation_status_next_at", "status", "next_at"),
    )

    id: Mapped[Id]
    # 'checkout', 'expire', 'capture', 'void', 'refund', 'transfer', 'account'
    kind: Mapped[Code]
    subject: Mapped[str] = mapped_column(String(60))  # 'booking:12' or 'expert:7'
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    seq: Mapped[int] = mapped_column(default=1)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    params: Mapped[dict[str, Any]]
    status: Mapped[Code] = mapped_column(default="pending")  # 'pending', 'unknown', 'done', 'failed'
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    object_id: Mapped[str | None] = mapped_column(String(120))  # what Stripe made of it
    error: Mapped[str] = mapped_column(String(400), default="")


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
