"""Ratings: sealed until `revealed_at`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, Code, Id, affected


class Rating(Base):
    """What one side says of the other after a session. Everything that reads ratings asks for `revealed_at`."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("booking_id", "side"),
        CheckConstraint("overall between 1 and 5", name="overall"),
        Index("ix_rating_subject_id_revealed_at", "subject_id", "revealed_at"),
        Index("ix_rating_offering_id_revealed_at", "offering_id", "revealed_at"),
    )

    id: Mapped[Id]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    side: Mapped[Code]  # who rates: 'lead' or 'expert'
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))  # the lead's company
    overall: Mapped[int] = mapped_column(SmallInteger)
    dimensions: Mapped[dict[str, Any]]  # {'depth': 5, 'clarity': 4 ...}
    comment: Mapped[str] = mapped_column(Text, default="")
    private_note: Mapped[str] = mapped_column(Text, default="")  # to the other side only
    recommend: Mapped[bool]  # to us only
    given_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class GivenRating:
    """A revealed rating as the standing's formula needs it."""

    rating_id: int
    stars: int
    recommend: bool
    revealed_at: datetime
    author_id: int
    company_id: int | None


@dataclass(frozen=True, slots=True)
class Habit:
    """How somebody rates: the mean of all revealed stars they gave, and how many."""

    mean: float
    count: int


def sides_in(session: Session, booking_id: int) -> frozenset[str]:
    """Which sides have rated a booking, sealed or not."""
    return frozenset(session.scalars(select(Rating.side).where(Rating.booking_id == booking_id)))


def reveal(session: Session, booking_id: int, now: datetime) -> int:
    """Open what is sealed for this booking; returns how many ratings that were."""
    opened = update(Rating).where(Rating.booking_id == booking_id, Rating.revealed_at.is_(None))
    return affected(session, opened.values(revealed_at=now))


def write_reply(session: Session, rating_id: int, subject_id: int, text: str, now: datetime) -> bool:
    """Put the one public reply under a revealed rating; False when there is one, or it is not theirs to answer."""
    first = update(Rating).where(
        Rating.id == rating_id,
        Rating.subject_id == subject_id,
        Rating.revealed_at.is_not(None),
        Rating.replied_at.is_(None),
    )
    return affected(session, first.values(reply=text, replied_at=now)) == 1


def revealed_about(session: Session, account_id: int) -> tuple[GivenRating, ...]:
    """All revealed ratings of one person, oldest first."""
    rows = session.execute(
        select(Rating.id, Rating.overall, Rating.recommend, Rating.revealed_at, Rating.author_id, Rating.company_id)
        .where(Rating.subject_id == account_id, Rating.revealed_at.is_not(None))
        .order_by(Rating.id)
    )
    return tuple(
        GivenRating(row.id, row.overall, row.recommend, row.revealed_at, row.author_id, row.company_id)
        for row in rows
        if row.revealed_at is not None
    )


def habits_of(session: Session, author_ids: Collection[int]) -> dict[int, Habit]:
    """How each of these people rates."""
    rows = session.execute(
        select(Rating.author_id, func.avg(Rating.overall), func.count())
        .where(Rating.author_id.in_(author_ids), Rating.revealed_at.is_not(None))
        .group_by(Rating.author_id)
    )
    return {author_id: Habit(float(mean), count) for author_id, mean, count in rows}


def platform_mean(session: Session, side: str) -> float | None:
    """The mean of all revealed stars given by one side; None before the first."""
    mean = session.scalar(select(func.avg(Rating.overall)).where(Rating.side == side, Rating.revealed_at.is_not(None)))
    return None if mean is None else float(mean)
