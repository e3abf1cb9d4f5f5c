"""The revealed ratings of an offering, stretch by stretch, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from marketplace.domain.errors import NotFound
from marketplace.queries.public_ratings import first_name
from marketplace.store.accounts import Account
from marketplace.store.offerings import live_offering
from marketplace.store.ratings import Rating
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class OfferingRating:
    """One revealed rating by a lead; `author` is a first name and an initial."""

    id: int
    stars: int
    comment: str
    author: str
    given_at: datetime
    reply: str


@dataclass(frozen=True, slots=True)
class RatingsStretch:
    """Some of the ratings, how many there are in all, and their plain mean (1 to 5)."""

    title: str
    shown: tuple[OfferingRating, ...]
    count: int
    mean: float | None


def offering_ratings(work: Work, offering_id: int, after: tuple[datetime, int] | None, limit: int) -> RatingsStretch:
    """Ratings given before the moment and id of `after`. `NotFound` for an offering that is not on the market.

    Four queries."""
    revealed = (Rating.offering_id == offering_id, Rating.side == "lead", Rating.revealed_at.is_not(None))
    with work.reading() as session:
        offering = live_offering(session, offering_id)
        if offering is None:
            raise NotFound("offering_unknown")
        count, mean = session.execute(select(func.count(), func.avg(Rating.overall)).where(*revealed)).one()
        query = (
            select(Rating.id, Rating.overall, Rating.comment, Account.name, Rating.given_at, Rating.reply)
            .join(Account, Account.id == Rating.author_id)
            .where(*revealed)
        )
        if after is not None:
            at, last_id = after
            query = query.where(or_(Rating.given_at < at, (Rating.given_at == at) & (Rating.id < last_id)))
        rows = session.execute(query.order_by(Rating.given_at.desc(), Rating.id.desc()).limit(limit)).all()
    shown = tuple(
        OfferingRating(id_, stars, words, first_name(name), at, reply) for id_, stars, words, name, at, reply in rows
    )
    return RatingsStretch(offering.title, shown, count, None if mean is None else float(mean))
