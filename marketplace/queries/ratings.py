"""Pages about ratings: the form, what a booking's two sides said, what people say of an expert, a standing in parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import NotFound
from marketplace.domain.rating import DIMENSIONS, Side, is_open, is_over_without_session
from marketplace.domain.standing import Standing as Formula
from marketplace.store.accounts import Account, Company
from marketplace.store.bookings import Booking
from marketplace.store.experts import Standing
from marketplace.store.offerings import OfferingRevision
from marketplace.store.ratings import Rating
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class ShownRating:
    """A revealed rating. `private_note` is filled only for the one it was written to."""

    rating_id: int
    author: str
    company: str
    overall: int
    dimensions: Mapping[str, int]
    comment: str
    private_note: str
    revealed_at: datetime
    reply: str
    replied_at: datetime | None
    may_reply: bool


@dataclass(frozen=True, slots=True)
class RatingForm:
    """What the rating page needs."""

    booking_id: int
    title: str
    other: str
    side: Side
    dimensions: tuple[str, ...]
    rate_by: datetime | None
    state: str  # 'open', 'sealed' (mine is in, theirs is not), 'revealed', 'closed', 'early', 'never' (no session)


@dataclass(frozen=True, slots=True)
class BookingRatings:
    """What one side of a booking may see of its ratings: nothing of the other's before both are opened."""

    state: str  # as in RatingForm
    rate_by: datetime | None
    theirs: ShownRating | None
    mine: ShownRating | None


@dataclass(frozen=True, slots=True)
class StandingParts:
    """What a standing is made of, in basis points, rounded to whole percents."""

    quality: int
    stars: int
    recommend: int
    reliability: int
    response: int
    load: int


@dataclass(frozen=True, slots=True)
class StandingPage:
    """One's own standing with every part of it (in basis points), and what people said."""

    is_expert: bool
    parts: StandingParts | None
    mean_stars: float | None
    count: int
    held: int
    late_cancellations: int
    received: tuple[ShownRating, ...]


def rating_form(work: Work, actor: Actor, booking_id: int) -> RatingForm:
    """The rating page of one side; `NotFound` for anybody else."""
    with work.reading() as session:
        row = _booking(session, actor, booking_id)
        side = Side.LEAD if row.lead_id == actor.id else Side.EXPERT
        mine = _sides(session, booking_id)
        other = session.scalar(
            select(Account.name).where(Account.id == (row.expert_id if side is Side.LEAD else row.lead_id))
        )
    return RatingForm(
        booking_id,
        row.title,
        other or "",
        side,
        DIMENSIONS[side],
        row.rate_by,
        _state(row.state, row.rate_by, row.revealed_at, side in mine, work.now()),
    )


def booking_ratings(session: Session, actor: Actor, booking_id: int, now: datetime) -> BookingRatings | None:
    """The ratings part of a session's page; None for somebody who is not one of the two."""
    row = session.execute(_BOOKING.where(Booking.id == booking_id)).one_or_none()
    if row is None or actor.account_id not in (row.lead_id, row.expert_id):
        return None
    side = Side.LEAD if row.lead_id == actor.id else Side.EXPERT
    mine_is_in = side in _sides(session, booking_id)
    opened = (Rating.booking_id == booking_id, Rating.revealed_at.is_not(None))
    shown = dict(_shown(session, actor.id, *opened))
    return BookingRatings(
        _state(row.state, row.rate_by, row.revealed_at, mine_is_in, now),
        row.rate_by,
        theirs=next((rating for author, rating in shown.items() if author != actor.id), None),
        mine=shown.get(actor.id),
    )


def ratings_of_expert(
    session: Session, expert_id: int, viewer_id: int | None, limit: int = 20
) -> tuple[ShownRating, ...]:
    """What leads said of an expert, newest first: revealed ratings only."""
    return _about(session, expert_id, viewer_id, limit)


def standing_page(work: Work, actor: Actor) -> StandingPage:
    """One's own standing, part by part."""
    with work.reading() as session:
        row = session.get(Standing, actor.id)
        received = _about(session, actor.id, actor.id, 50)
    return StandingPage(
        is_expert=actor.role is Role.EXPERT,
        parts=_parts(row) if row else None,
        mean_stars=row.mean_stars if row else None,
        count=row.ratings if row else 0,
        held=row.held if row else 0,
        late_cancellations=row.late_cancellations if row else 0,
        received=received,
    )


def _parts(row: Standing) -> StandingParts:
    formula = Formula(row.ratings, row.mean_stars, row.stars, row.recommend, row.reliability, row.response)
    parts = (formula.quality(), row.stars, row.recommend, row.reliability, row.response, row.load)
    return StandingParts(*(round(part * 100) * 100 for part in parts))


_BOOKING = select(
    Booking.id,
    Booking.state,
    Booking.lead_id,
    Booking.expert_id,
    Booking.rate_by,
    Booking.revealed_at,
    OfferingRevision.title,
).join(OfferingRevision, OfferingRevision.id == Booking.revision_id)


def _booking(
    session: Session, actor: Actor, booking_id: int
) -> Row[int, str, int, int, datetime | None, datetime | None, str]:
    row = session.execute(_BOOKING.where(Booking.id == booking_id)).one_or_none()
    if row is None or actor.id not in (row.lead_id, row.expert_id):
        raise NotFound("booking_not_found")
    return row


def _sides(session: Session, booking_id: int) -> frozenset[str]:
    return frozenset(session.scalars(select(Rating.side).where(Rating.booking_id == booking_id)))


def _state(state: str, rate_by: datetime | None, revealed_at: datetime | None, mine_is_in: bool, now: datetime) -> str:
    if is_over_without_session(state):
        return "never"
    if revealed_at is not None:
        return "revealed"
    if mine_is_in:
        return "sealed"
    if is_open(state, now, rate_by, revealed_at):
        return "open"
    return "early" if rate_by is None else "closed"


def _about(session: Session, account_id: int, viewer_id: int | None, limit: int) -> tuple[ShownRating, ...]:
    revealed = (Rating.subject_id == account_id, Rating.revealed_at.is_not(None))
    return tuple(rating for _, rating in _shown(session, viewer_id, *revealed, limit=limit))


def _shown(
    session: Session, viewer_id: int | None, *conditions: ColumnElement[bool], limit: int = 2
) -> tuple[tuple[int, ShownRating], ...]:
    rows = session.execute(
        select(Rating, Account.name, Company.name.label("company"))
        .join(Account, Account.id == Rating.author_id)
        .outerjoin(Company, Company.id == Account.company_id)
        .where(*conditions)
        .order_by(Rating.revealed_at.desc(), Rating.id.desc())
        .limit(limit)
    )
    return tuple((rating.author_id, _page_of(rating, name, company or "", viewer_id)) for rating, name, company in rows)


def _page_of(rating: Rating, author: str, company: str, viewer_id: int | None) -> ShownRating:
    is_about_viewer = rating.subject_id == viewer_id
    return ShownRating(
        rating_id=rating.id,
        author=author,
        company=company,
        overall=rating.overall,
        dimensions=rating.dimensions,
        comment=rating.comment,
        private_note=rating.private_note if is_about_viewer else "",
        revealed_at=rating.revealed_at or rating.given_at,
        reply=rating.reply,
        replied_at=rating.replied_at,
        may_reply=is_about_viewer and rating.replied_at is None,
    )
