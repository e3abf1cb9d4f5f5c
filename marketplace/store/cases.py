"""Cases: a report, complaint or dispute about a booking that an admin settles with a verdict."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, Code, Id
from marketplace.store.bookings import Booking
from marketplace.store.transaction import Transaction


class Case(Base):
    """What somebody says went wrong with a booking, the other side's answer, and the verdict."""

    __tablename__ = "booking_case"
    __table_args__ = (
        # at most one open case of a kind per booking
        Index(
            "uq_booking_case_open",
            "booking_id",
            "kind",
            unique=True,
            sqlite_where=text("settled_at is null"),
            postgresql_where=text("settled_at is null"),
        ),
        Index("ix_booking_case_settled_at_opened_at", "settled_at", "opened_at"),
    )

    id: Mapped[Id]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    kind: Mapped[Code]  # 'problem', 'no_show', 'dispute', 'refund_failed', 'refund_beyond'
    side: Mapped[Code]  # who opened it: 'lead', 'expert', 'admin', or 'system' for what Stripe told us
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
    verdict: Mapped[Code] = mapped_column(default="")
    refund_minor: Mapped[int] = mapped_column(default=0)  # what the verdict gives back
    note: Mapped[str] = mapped_column(Text, default="")  # the admin's reason


class Dispute(Base):
    """A lead's bank takes a payment back: what Stripe last said, and how the loss is divided if it is lost."""

    __tablename__ = "dispute"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)  # Stripe's
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    charge_id: Mapped[str] = mapped_column(String(80), index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[Code]
    answer_by: Mapped[datetime | None]  # until when the bank takes evidence
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    # taken from our balance and not given back, without fees
    withdrawn_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    payout_minor: Mapped[int] = mapped_column(default=0)  # the expert's part of it
    reserved_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # of that, kept back; rest: owed
    reversed_minor: Mapped[int] = mapped_column(default=0)  # of that, taken back from the expert's account
    written_off_at: Mapped[datetime | None]  # we bear what the expert owes from it


def open_case(session: Session, booking_id: int, kind: str) -> Case | None:
    """The open case of a kind about a booking, locked until the transaction ends."""
    open_ = select(Case).where(Case.booking_id == booking_id, Case.kind == kind, Case.settled_at.is_(None))
    return session.scalar(open_.with_for_update())


def open_dispute(session: Session, booking_id: int) -> Dispute | None:
    """The dispute about a booking that is not decided yet; the oldest, should there be several."""
    undecided = select(Dispute).where(Dispute.booking_id == booking_id, Dispute.closed_at.is_(None))
    return session.scalars(undecided.order_by(Dispute.opened_at, Dispute.id).limit(1)).first()


def close_case(tx: Transaction, booking: Booking, kind: str, verdict: str) -> None:
    """Settle the open case of a kind by what happened; nothing when there is none."""
    case = open_case(tx.session, booking.id, kind)
    if case is not None:
        case.settled_at, case.verdict = tx.now, verdict
