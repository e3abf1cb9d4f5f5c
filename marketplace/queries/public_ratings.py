"""Ratings as everybody may read them: revealed ones only, by leads, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.store.accounts import Account
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.ratings import Rating
from marketplace.store.reading import rows

SHOWN = 10

Statements = tuple[Select[int, Any], Select[int, str, str, datetime, str, str]]


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
    return _ratings(session, _OF_OFFERING, offering_id)


def ratings_of_expert(session: Session, expert_id: int) -> Ratings:
    """What leads said of this expert's sessions."""
    return _ratings(session, _OF_EXPERT, expert_id)


def _statements(whose: InstrumentedAttribute[int]) -> Statements:
    """How many and their mean, and the newest ones."""
    revealed = (whose == bindparam("whose"), Rating.side == "lead", Rating.revealed_at.is_not(None))
    newest = (
        select(Rating.overall, Rating.comment, Account.name, Rating.given_at, Rating.reply, OfferingRevision.title)
        .join(Account, Account.id == Rating.author_id)
        .join(Offering, Offering.id == Rating.offering_id)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .where(*revealed)
        .order_by(Rating.given_at.desc(), Rating.id.desc())
        .limit(SHOWN)
    )
    return select(func.count(), func.avg(Rating.overall)).where(*revealed), newest


_OF_OFFERING = _statements(Rating.offering_id)
_OF_EXPERT = _statements(Rating.subject_id)


def _ratings(session: Session, statements: Statements, whose: int) -> Ratings:
    summary, newest = statements
    count, mean = rows(session, summary, whose=whose)[0]
    found = rows(session, newest, whose=whose)
    shown = tuple(
        PublicRating(stars, words, first_name(name), at, reply, title) for stars, words, name, at, reply, title in found
    )
    return Ratings(shown, count, None if mean is None else float(mean))


def first_name(name: str) -> str:
    """'Léa Fontaine' -> 'Léa F.': enough to be a person, too little to be found."""
    first, *rest = name.split()
    return f"{first} {rest[-1][0]}." if rest else first
