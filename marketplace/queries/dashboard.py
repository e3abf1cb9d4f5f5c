"""What waits for a lead or an expert when they come in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.booking import BookingState as State
from marketplace.domain.booking import room_is_open
from marketplace.domain.calendar import Slot, dial_quarter
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Brief, Invitation, Match
from marketplace.store.experts import Expert, WeeklyHours
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.ratings import Rating
from marketplace.work import Work

AHEAD = (State.CONFIRMED, State.IN_PROGRESS)
UNPAID = (State.AWAITING_PAYMENT, State.PAYMENT_FAILED)
DUE = (State.CONFIRMED, State.IN_PROGRESS, State.AWAITING_FEEDBACK, State.RELEASING, State.PAYOUT_BLOCKED)
RATED = (State.AWAITING_FEEDBACK, State.RELEASING, State.PAYOUT_BLOCKED, State.RELEASED)
SOON = 3  # sessions shown
LISTED = 5  # rows of any other list


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A booked session in a list; `other` is the person on the other side."""

    id: int
    title: str
    other: str
    starts_at: datetime
    ends_at: datetime
    quarter: str  # of the dial, in the viewer's zone
    room_open: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for the viewer: `kind` is 'pay', 'answer' or 'rate', `until` the deadline."""

    kind: str
    booking_id: int
    title: str
    other: str
    starts_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A lead's request with the number of offerings that fit."""

    id: int
    title: str
    expires_at: datetime
    matches: int


@dataclass(frozen=True, slots=True)
class Invited:
    """A request whose lead asked the expert for an answer."""

    id: int
    title: str
    lead: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LeadDashboard:
    """A lead's: `is_new` before the first request and the first booking."""

    next: Upcoming | None
    waiting: tuple[Waiting, ...]
    requests: tuple[OpenRequest, ...]
    is_new: bool
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Ready:
    """What an expert has done of what it takes to be booked and paid."""

    profile: bool
    applied: bool
    vetted: bool
    hours: bool
    offering: bool
    payouts: bool

    @property
    def all(self) -> bool:
        """Nothing is missing."""
        return self.profile and self.vetted and self.hours and self.offering and self.payouts


@dataclass(frozen=True, slots=True)
class ExpertDashboard:
    """An expert's; money in cents."""

    sessions: tuple[Upcoming, ...]
    waiting: tuple[Waiting, ...]
    invited: tuple[Invited, ...]
    due_minor: int
    sent_minor: int
    ready: Ready
    zone: ZoneInfo


def lead_dashboard(work: Work, actor: Actor, zone: ZoneInfo) -> LeadDashboard:
    """What waits for a lead; six queries."""
    now = work.now()
    with work.reading() as session:
        ahead = _ahead(session, Booking.lead_id == actor.id, Booking.expert_id, now, zone, 1)
        requests = _open_requests(session, actor, now)
        known = requests or session.scalar(select(exists().where(Booking.lead_id == actor.id)))
        return LeadDashboard(
            next=ahead[0] if ahead else None,
            waiting=_to_pay(session, actor, now) + _to_rate(session, actor, "lead", now),
            requests=requests,
            is_new=not known,
            zone=zone,
        )


def expert_dashboard(work: Work, actor: Actor, zone: ZoneInfo) -> ExpertDashboard:
    """What waits for an expert; eight queries."""
    now = work.now()
    with work.reading() as session:
        return ExpertDashboard(
            sessions=_ahead(session, Booking.expert_id == actor.id, Booking.lead_id, now, zone, SOON),
            waiting=_to_answer(session, actor, now) + _to_rate(session, actor, "expert", now),
            invited=_invited(session, actor, now),
            due_minor=_payout(session, actor, *DUE),
            sent_minor=_payout(session, actor, State.RELEASED),
            ready=_ready(session, actor),
            zone=zone,
        )


def _ahead(
    session: Session, mine: Any, other_id: Any, now: datetime, zone: ZoneInfo, limit: int
) -> tuple[Upcoming, ...]:
    soon = (
        _bookings(other_id)
        .where(mine, Booking.state.in_(AHEAD), Booking.ends_at > now)
        .order_by(Booking.starts_at)
        .limit(limit)
    )
    return tuple(
        Upcoming(
            id=row.id,
            title=row.title,
            other=row.name,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            quarter=dial_quarter(Slot(row.starts_at, row.ends_at), zone),
            room_open=room_is_open(row.starts_at, row.ends_at, now),
        )
        for row in session.execute(soon)
    )


def _to_pay(session: Session, actor: Actor, now: datetime) -> tuple[Waiting, ...]:
    unpaid = _bookings(Booking.expert_id).where(
        Booking.lead_id == actor.id, Booking.state.in_(UNPAID), Booking.hold_until > now
    )
    return _waiting("pay", session.execute(unpaid.order_by(Booking.hold_until)), "hold_until")


def _to_answer(session: Session, actor: Actor, now: datetime) -> tuple[Waiting, ...]:
    asked = _bookings(Booking.lead_id).where(
        Booking.expert_id == actor.id, Booking.state == State.REQUESTED, Booking.accept_by > now
    )
    return _waiting("answer", session.execute(asked.order_by(Booking.accept_by)), "accept_by")


def _to_rate(session: Session, actor: Actor, side: str, now: datetime) -> tuple[Waiting, ...]:
    mine, other = (Booking.lead_id, Booking.expert_id) if side == "lead" else (Booking.expert_id, Booking.lead_id)
    given = exists().where(Rating.booking_id == Booking.id, Rating.side == side)
    held = _bookings(other).where(mine == actor.id, Booking.state.in_(RATED), Booking.rate_by > now, ~given)
    return _waiting("rate", session.execute(held.order_by(Booking.rate_by).limit(LISTED)), "rate_by")


def _waiting(kind: str, rows: Iterable[Any], deadline: str) -> tuple[Waiting, ...]:
    return tuple(Waiting(kind, row.id, row.title, row.name, row.starts_at, getattr(row, deadline)) for row in rows)


def _bookings(other_id: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Booking.id,
            OfferingRevision.title,
            Account.name,
            Booking.starts_at,
            Booking.ends_at,
            Booking.hold_until,
            Booking.accept_by,
            Booking.rate_by,
        )
        .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
        .join(Account, Account.id == other_id)
    )


def _open_requests(session: Session, actor: Actor, now: datetime) -> tuple[OpenRequest, ...]:
    matches = select(func.count()).where(Match.brief_id == Brief.id).scalar_subquery()
    rows = session.execute(
        select(Brief.id, Brief.title, Brief.expires_at, matches)
        .where(Brief.lead_id == actor.id, Brief.state == "open", Brief.expires_at > now)
        .order_by(Brief.created_at.desc())
        .limit(LISTED)
    )
    return tuple(OpenRequest(*row) for row in rows)


def _invited(session: Session, actor: Actor, now: datetime) -> tuple[Invited, ...]:
    rows = session.execute(
        select(Brief.id, Brief.title, Account.name, Invitation.expires_at)
        .join(Brief, Brief.id == Invitation.brief_id)
        .join(Account, Account.id == Brief.lead_id)
        .where(Invitation.expert_id == actor.id, Invitation.kind == "invitation", Invitation.state == "open")
        .where(Invitation.expires_at > now, Brief.state == "open")
        .order_by(Invitation.expires_at)
        .limit(LISTED)
    )
    return tuple(Invited(*row) for row in rows)


def _payout(session: Session, actor: Actor, *states: State) -> int:
    total = func.coalesce(func.sum(Booking.payout_minor), 0)
    return _count(session, select(total).where(Booking.expert_id == actor.id, Booking.state.in_(states)))


def _ready(session: Session, actor: Actor) -> Ready:
    hours = exists().where(WeeklyHours.expert_id == actor.id)
    offering = exists().where(Offering.expert_id == actor.id, Offering.state != "withdrawn")
    expert = session.execute(
        select(Expert.headline, Expert.bio, Expert.vetting, Expert.payouts_active, hours, offering).where(
            Expert.id == actor.id
        )
    ).one()
    return Ready(
        profile=bool(expert[0] and expert[1]),
        applied=expert[2] in ("applied", "approved"),
        vetted=expert[2] == "approved",
        hours=expert[4],
        offering=expert[5],
        payouts=expert[3],
    )


def _count(session: Session, query: Select[int]) -> int:
    return session.scalar(query) or 0
