"""Experts: profile, vetting, payout account, calendar settings."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class Expert(Base):
    """An expert's profile and settings; `id` is the account's id."""

    __tablename__ = "expert"

    id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    headline: Mapped[str] = mapped_column(String(120), default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    languages: Mapped[list[str]] = mapped_column(default=list)
    city: Mapped[str] = mapped_column(String(80), default="")
    vat_scheme: Mapped[Code] = mapped_column(default="franchise")  # 'franchise' (art. 293 B) or 'fr_vat'
    # vetting: 'new' -> 'applied' -> 'approved' | 'refused' (may apply again)
    vetting: Mapped[Code] = mapped_column(default="new")
    motivation: Mapped[str] = mapped_column(Text, default="")
    references: Mapped[str] = mapped_column(Text, default="")
    teaching: Mapped[str] = mapped_column(Text, default="")  # the short check on teaching: how would you run it
    applied_at: Mapped[datetime | None]
    vetting_version: Mapped[int] = mapped_column(default=0)  # grows with every application
    vetting_claimed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    vetting_claimed_at: Mapped[datetime | None]
    vetted_at: Mapped[datetime | None]
    vetted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    vetting_reason: Mapped[str] = mapped_column(String(40), default="")
    vetting_note: Mapped[str] = mapped_column(Text, default="")
    # calendar
    min_notice_hours: Mapped[int] = mapped_column(SmallInteger, default=48)
    horizon_days: Mapped[int] = mapped_column(SmallInteger, default=60)
    buffer_before: Mapped[int] = mapped_column(SmallInteger, default=0)  # minutes, a multiple of 15
    buffer_after: Mapped[int] = mapped_column(SmallInteger, default=0)
    start_step: Mapped[int | None] = mapped_column(SmallInteger)  # minutes between starts; None: the session's length
    max_per_day: Mapped[int | None] = mapped_column(SmallInteger)  # sessions; None: as many as fit
    max_per_week: Mapped[int | None] = mapped_column(SmallInteger)
    # payouts
    payout_account: Mapped[str | None] = mapped_column(String(80), unique=True)
    payouts_active: Mapped[bool] = mapped_column(default=False)
    payouts_checked_at: Mapped[datetime | None]


class WeeklyHours(Base):
    """Open hours on a weekday (0 is Monday) as minutes of the wall clock in the expert's zone."""

    __tablename__ = "weekly_hours"

    id: Mapped[Id]
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    opens: Mapped[int] = mapped_column(SmallInteger)  # minutes after midnight, 0 to 1425
    closes: Mapped[int] = mapped_column(SmallInteger)  # minutes after midnight, up to 1440


class DateException(Base):
    """One date with other hours than the week says; several rows make several spans, `opens` None means closed."""

    __tablename__ = "date_exception"
    __table_args__ = (Index("ix_date_exception_expert_id_day", "expert_id", "day"),)

    id: Mapped[Id]
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"))
    day: Mapped[date] = mapped_column(Date)
    opens: Mapped[int | None] = mapped_column(SmallInteger)
    closes: Mapped[int | None] = mapped_column(SmallInteger)


class Standing(Base):
    """What all revealed ratings and conduct add up to, for experts and leads; parts are 0 to 1.

    Recomputed from ratings and bookings, never edited."""

    __tablename__ = "standing"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    ratings: Mapped[int] = mapped_column(default=0)
    mean_stars: Mapped[float | None]  # plain mean of revealed overall stars, for display only
    stars: Mapped[float]  # bayes(stars), 0..1
    recommend: Mapped[float]
    reliability: Mapped[float]
    response: Mapped[float]
    held: Mapped[int] = mapped_column(default=0)
    late_cancellations: Mapped[int] = mapped_column(default=0)
    no_shows: Mapped[int] = mapped_column(default=0)
    load: Mapped[float] = mapped_column(default=0.0)  # share of the coming weeks already sold, 0..1
    updated_at: Mapped[datetime] = mapped_column(index=True)
