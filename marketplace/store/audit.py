"""What Stripe's own book says, line by line, and what the last checks of ours found."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class BalanceLine(Base):
    """One of Stripe's balance transactions. `entry_id` is the entry of ours that stands for it: never two for one."""

    __tablename__ = "balance_line"
    __table_args__ = (Index("ix_balance_line_source_id_type", "source_id", "type"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)  # Stripe's
    type: Mapped[Code]  # Stripe's word: 'charge', 'refund', 'transfer', 'adjustment', 'payout' ...
    source_id: Mapped[str] = mapped_column(String(120), default="")
    amount_minor: Mapped[int]  # before the fee; out of the balance is negative
    fee_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    fee_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)


class LedgerCheck(Base):
    """An invariant of the ledger, as it was found last. A breached one stops transfers, and only transfers."""

    __tablename__ = "ledger_check"

    name: Mapped[Code] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    figure: Mapped[int] = mapped_column(BigInteger)
    breached: Mapped[bool]
    detail: Mapped[str] = mapped_column(String(400), default="")


class Reconciliation(Base):
    """One comparison of the ledger with Stripe, in cents; `differences` lists what differs, by number."""

    __tablename__ = "reconciliation"

    id: Mapped[Id]
    at: Mapped[datetime]
    currency: Mapped[str] = mapped_column(String(3))
    ledger_minor: Mapped[int] = mapped_column(BigInteger)
    stripe_minor: Mapped[int] = mapped_column(BigInteger)
    # what is not merely booked later by Stripe
    unexplained_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lines: Mapped[int]  # of Stripe's book, compared one by one
    differences: Mapped[dict[str, Any]]
