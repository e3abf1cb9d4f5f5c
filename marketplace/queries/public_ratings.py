"""Ratings as everybody may read them: revealed ones only, by leads, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from marketplace.store.accounts import Account
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.ratings import Rating

SHOWN = 10


@dataclass(frozen=True, slots=True)
class PublicRating:
    """One revealed rating; `author` is a first name and an initial."""

    stars: int
    comment: str
    author: str
    given_at: datetime
    reply: str
    offering_title: str


@dataclass(frozen=True, slots=True)
class Ratings:
    """The newest ratings, how many there are in all, and their plain mean (1 to 5)."""

    shown: tuple[PublicRating, ...]
    count: int
    mean: float | None


def ratings_of_offering(session: Session, offering_id: int) -> Ratings:
    """What leads said of sessions on this offering."""
    return _ratings(session, Rating.offering_id == offering_id)


def ratings_of_expert(session: Session, expert_id: int) -> Ratings:
    """What leads said of this expert's sessions."""
    return _ratings(session, Rating.subject_id == expert_id)


def _ratings(session: Session, whose: ColumnElement[bool]) -> Ratings:
    revealed = (whose, Rating.side == "lead", Rating.revealed_at.is_not(None))
    count, mean = session.execute(select(func.count(), func.avg(Rating.overall)).where(*revealed)).one()
    rows = session.execute(
        select(
            Rating.overall,
            Rating.comment,
            Account.name,
            Rating.given_at,
            Rating.reply,
            OfferingRevision.title,
        )
        .join(Account, Account.id == Rating.author_id)
        .join(Offering, Offering.id == Rating.offering_id)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .where(*revealed)
        .order_by(Rating.given_at.desc(), Rating.id.desc())
        .limit(SHOWN)
    )
    shown = tuple(
        PublicRating(stars, words, _short(name), at, reply, title) for stars, words, name, at, reply, title in rows
    )
    return Ratings(shown, count, None if mean is None else float(mean))


def _short(name: str) -> str:
    """'Léa Fontaine' -> 'Léa F.': enough to be a person, too little to be found."""
    first, *rest = name.split()
    return f"{first} {rest[-1][0]}." if rest else first
