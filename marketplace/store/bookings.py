"""Bookings (the product's "sessions") and the quarters of an hour they occupy."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class Booking(Base):
    """A booked session, its money and its deadlines. Amounts are cents; prices and policy are frozen at booking."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("refunded_minor >= 0 and refunded_minor <= gross_minor", name="refund"),
        Index("ix_booking_state_hold_until", "state", "hold_until"),
        Index("ix_booking_state_accept_by", "state", "accept_by"),
        Index("ix_booking_state_starts_at", "state", "starts_at"),
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
    refunded_minor: Mapped[int] = mapped_column(default=0)
    # deadlines and moments
    created_at: Mapped[datetime]
    hold_until: Mapped[datetime]
    requested_at: Mapped[datetime | None]
    accept_by: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # when a booking ended without a session, or the session's time was over
    ended_reason: Mapped[str] = mapped_column(String(400), default="")
    rate_by: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
    release_at: Mapped[datetime | None]  # when the expert's share is due at the latest
    released_at: Mapped[datetime | None]
    reminded_day_at: Mapped[datetime | None]
    reminded_hour_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)  # of the calendar file: grows with every change
    # what Stripe calls things
    checkout_id: Mapped[str | None] = mapped_column(String(120), index=True)
    checkout_url: Mapped[str | None] = mapped_column(Text)
    payment_intent_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    charge_id: Mapped[str | None] = mapped_column(String(80), index=True)
    capture_before: Mapped[datetime | None]


class OccupiedQuarter(Base):
    """A quarter of an hour of an expert's time, sold or held: the primary key is what refuses an overlap, on every
    path and on every database. `quarter` is the number of quarter-hours since 1970 (UTC); buffers are included."""

    __tablename__ = "occupied_quarter"

    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), primary_key=True, autoincrement=False)
    quarter: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
