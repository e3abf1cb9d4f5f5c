"""Bookings (the product's "sessions") and the quarters of an hour they occupy."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.domain.booking import HELD
from marketplace.store.base import Base, Code, Id, affected
from marketplace.store.operations import UNFINISHED, Operation
from marketplace.store.ratings import Rating

SIDES = ("lead", "expert")  # who rates

Named = Literal["reference", "checkout_id", "payment_intent_id", "charge_id", "transfer_id"]
Deadline = Literal["hold_until", "accept_by", "starts_at", "ends_at", "contest_by"]
Reminder = Literal["reminded_day_at", "reminded_hour_at"]


class Booking(Base):
    """A booked session, its money and its deadlines. Amounts are cents; prices and policy are frozen at booking."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("refunded_minor >= 0 and refunded_minor <= gross_minor", name="refund"),
        Index("ix_booking_state_contest_by", "state", "contest_by"),
        Index("ix_booking_state_hold_until", "state", "hold_until"),
        Index("ix_booking_state_accept_by", "state", "accept_by"),
        Index("ix_booking_state_starts_at", "state", "starts_at"),
        Index("ix_booking_state_ends_at", "state", "ends_at"),
        Index("ix_booking_fee_next_at", "fee_next_at"),
        Index("ix_booking_expert_id_starts_at", "expert_id", "starts_at"),
        Index("ix_booking_lead_id_starts_at", "lead_id", "starts_at"),
    )

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(String(16), unique=True)  # what people and Stripe see: CAD-7K2QX9M4
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("offering_revision.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    brief_id: Mapped[int | None] = mapped_column(ForeignKey("brief.id"))
    state: Mapped[Code]
    ending: Mapped[Code] = mapped_column(default="")  # while 'voiding' or 'refunding': what it becomes then
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    format: Mapped[Code] = mapped_column(default="remote")
    objective: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[list[str]] = mapped_column(default=list)
    po_number: Mapped[str] = mapped_column(String(60), default="")
    room: Mapped[str] = mapped_column(String(40))  # unguessable name of the video room
    # frozen price
    net_minor: Mapped[int]
    vat_minor: Mapped[int]
    gross_minor: Mapped[int]
    commission_minor: Mapped[int]
    commission_vat_minor: Mapped[int]
    payout_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3), default="eur")
    policy: Mapped[dict[str, Any]]
    refund_minor: Mapped[int] = mapped_column(default=0)  # decided to go back
    refunded_minor: Mapped[int] = mapped_column(default=0)  # gone back
    # gone back and returned by the lead's bank: to be made again
    undone_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    share_minor: Mapped[int] = mapped_column(default=0)  # settled for the expert, to be transferred
    sent_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # transferred, less what was reversed
    # of the share: kept back while a bank or an admin takes money back
    reserved_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lost_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # kept by the lead's bank
    disputed_from: Mapped[Code] = mapped_column(default="", server_default="")  # while 'disputed': where it stood
    absent: Mapped[Code] = mapped_column(default="", server_default="")  # 'lead' or 'expert': who did not come
    # deadlines and moments
    created_at: Mapped[datetime]
    hold_until: Mapped[datetime]
    requested_at: Mapped[datetime | None]
    accept_by: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    contest_by: Mapped[datetime | None]  # until when a reported no-show can be contested
    ended_at: Mapped[datetime | None]  # when a booking ended without a session, or the session's time was over
    ended_reason: Mapped[str] = mapped_column(String(400), default="")
    rate_by: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
    release_at: Mapped[datetime | None]  # when the expert's share is due at the latest
    released_at: Mapped[datetime | None]
    reminded_day_at: Mapped[datetime | None]
    reminded_hour_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))  # how often it moved in time
    moved_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)  # of the calendar file: grows with every change
    # what Stripe calls things
    checkout_id: Mapped[str | None] = mapped_column(String(120), index=True)
    checkout_url: Mapped[str | None] = mapped_column(Text)
    payment_intent_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    charge_id: Mapped[str | None] = mapped_column(String(80), index=True)
    transfer_id: Mapped[str | None] = mapped_column(String(80), index=True)  # the newest, when there were several
    capture_before: Mapped[datetime | None]
    fee_next_at: Mapped[datetime | None]  # when to ask again for Stripe's fee; None when known or not captured


class OccupiedQuarter(Base):
    """A quarter of an hour of an expert's time, sold or held: the primary key is what refuses an overlap, on every
    path and on every database. `quarter` is the number of quarter-hours since 1970 (UTC); buffers are included."""

    __tablename__ = "occupied_quarter"

    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), primary_key=True, autoincrement=False)
    quarter: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)


def booking_to_change(session: Session, booking_id: int) -> Booking | None:
    """The booking, locked until the transaction ends."""
    return session.scalar(select(Booking).where(Booking.id == booking_id).with_for_update())


def booking_id_of(session: Session, column: Named, value: str) -> int | None:
    """Which booking Stripe's object or our reference belongs to."""
    return session.scalar(select(Booking.id).where(getattr(Booking, column) == value))


@dataclass(frozen=True, slots=True)
class PaymentNames:
    """A booking's state, and how Stripe calls its payment."""

    state: str
    checkout_id: str | None
    payment_intent_id: str | None


def payment_names(session: Session, booking_id: int) -> PaymentNames | None:
    """What to ask Stripe about a booking."""
    columns = select(Booking.state, Booking.checkout_id, Booking.payment_intent_id)
    row = session.execute(columns.where(Booking.id == booking_id)).one_or_none()
    return None if row is None else PaymentNames(*row)


def unpaid_holds(session: Session, lead_id: int, now: datetime) -> int:
    """How many slots a lead keeps from others without having paid."""
    waiting = select(func.count()).where(
        Booking.lead_id == lead_id, Booking.state == "awaiting_payment", Booking.hold_until > now
    )
    return session.scalar(waiting) or 0


def own_hold(session: Session, lead_id: int, offering_id: int, starts_at: datetime) -> int | None:
    """The lead's own unpaid booking of exactly this slot: a second tab."""
    return session.scalar(
        select(Booking.id).where(
            Booking.lead_id == lead_id,
            Booking.offering_id == offering_id,
            Booking.starts_at == starts_at,
            Booking.state == "awaiting_payment",
        )
    )


def change_state(session: Session, booking: Booking, target: str) -> bool:
    """Lead the booking on if nobody has led it elsewhere meanwhile; the database decides."""
    step = (
        update(Booking)
        .where(Booking.id == booking.id, Booking.state == booking.state)
        .values(state=target)
        .execution_options(synchronize_session=False)
    )
    if affected(session, step) != 1:
        return False
    set_committed_value(booking, "state", target)
    return True


def due_by(session: Session, states: Collection[str], deadline: Deadline, now: datetime, limit: int) -> list[int]:
    """Bookings in these states whose deadline has come, the longest waiting first."""
    column = getattr(Booking, deadline)
    due = select(Booking.id).where(Booking.state.in_(states), column <= now).order_by(column).limit(limit)
    return list(session.scalars(due))


def unreminded(session: Session, mark: Reminder, starting_by: datetime, limit: int) -> list[int]:
    """Confirmed bookings that start by then and carry no mark of that reminder."""
    near = select(Booking.id).where(
        Booking.state == "confirmed", Booking.starts_at <= starting_by, getattr(Booking, mark).is_(None)
    )
    return list(session.scalars(near.order_by(Booking.starts_at).limit(limit)))


def to_release(session: Session, now: datetime, limit: int) -> list[int]:
    """Held sessions whose money is due: both sides have rated, or the time for complaints is over."""
    ratings = select(func.count()).where(Rating.booking_id == Booking.id).scalar_subquery()
    due = select(Booking.id).where(
        Booking.state == "awaiting_feedback", or_(Booking.release_at <= now, ratings == len(SIDES))
    )
    return list(session.scalars(due.order_by(Booking.release_at).limit(limit)))


def windows_shut(session: Session, now: datetime, limit: int) -> tuple[int, ...]:
    """Held bookings whose time for rating is over and whose ratings were not opened."""
    over = select(Booking.id).where(Booking.state.in_(HELD), Booking.rate_by <= now, Booking.revealed_at.is_(None))
    return tuple(session.scalars(over.order_by(Booking.rate_by).limit(limit)))


def unknown_fees(session: Session, now: datetime, limit: int) -> list[int]:
    """Captured bookings whose fee Stripe had not told when last asked."""
    return list(session.scalars(select(Booking.id).where(Booking.fee_next_at <= now).limit(limit)))


def waiting_for_stripe(
    session: Session, since_before: datetime, limit: int, booking_id: int | None = None
) -> list[tuple[int, bool]]:
    """Bookings between two states for longer than that, and whether no operation of theirs is under way (idle)."""
    under_way = exists().where(Operation.booking_id == Booking.id, Operation.status.in_(UNFINISHED))
    lately = exists().where(Operation.booking_id == Booking.id, Operation.created_at > since_before)
    waiting = select(Booking.id, ~under_way).where(Booking.state.in_(_BETWEEN), ~lately)
    if booking_id is not None:
        waiting = waiting.where(Booking.id == booking_id)
    return [(found, bool(idle)) for found, idle in session.execute(waiting.order_by(Booking.id).limit(limit))]


def expiring_holds(session: Session, before: datetime, limit: int) -> list[int]:
    """Requests whose reservation on the card runs out by then."""
    soon = select(Booking.id).where(Booking.state.in_(("requested", "capturing")), Booking.capture_before <= before)
    return list(session.scalars(soon.order_by(Booking.capture_before).limit(limit)))


def disputed(session: Session) -> list[int]:
    """Bookings whose payment a bank has taken back for now."""
    return list(session.scalars(select(Booking.id).where(Booking.state == "disputed").order_by(Booking.id)))


_BETWEEN = ("capturing", "voiding", "refunding", "releasing")
