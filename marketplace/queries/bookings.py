"""Sessions in lists, as their two sides see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from marketplace.domain.access import Actor, Role
from marketplace.domain.booking import DEAD, ENDING, HELD, BookingState, outcome_of
from marketplace.domain.calendar import Slot, dial_quarter
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.offerings import OfferingRevision
from marketplace.work import Work

PAGE = 20
SOON = 50  # more sessions ahead than anybody has

S = BookingState
TO_PAY = (S.AWAITING_PAYMENT, S.PAYMENT_FAILED)
TO_ANSWER = (S.REQUESTED,)
AHEAD = (S.CAPTURING, S.CONFIRMED, S.IN_PROGRESS)

_Lead = aliased(Account, name="lead")
_Expert = aliased(Account, name="expert")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list; `outcome` is its state, or what it is about to become; `until` the viewer's deadline."""

    id: int
    title: str
    other: str
    starts_at: datetime
    ends_at: datetime
    quarter: str
    outcome: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """All sessions of a lead or an expert."""

    role: str
    zone: ZoneInfo
    to_pay: tuple[SessionRow, ...]
    to_answer: tuple[SessionRow, ...]
    ahead: tuple[SessionRow, ...]
    past: tuple[SessionRow, ...]
    page_number: int
    pages: int

    @property
    def is_empty(self) -> bool:
        """Nothing was ever booked."""
        return not (self.to_pay or self.to_answer or self.ahead or self.past)


def sessions_page(work: Work, actor: Actor, zone: ZoneInfo, page_number: int = 1) -> SessionsPage:
    """The lists of a lead or an expert; five queries, whatever the number of sessions."""
    with work.reading() as session:
        past = _rows(actor).where(_is_past())
        total = session.scalar(select(func.count()).select_from(past.subquery())) or 0
        pages = max(1, -(-total // PAGE))
        page_number = min(max(1, page_number), pages)
        newest = past.order_by(Booking.starts_at.desc(), Booking.id).limit(PAGE).offset((page_number - 1) * PAGE)
        return SessionsPage(
            role=str(actor.role),
            zone=zone,
            to_pay=_listed(session, _in_states(actor, TO_PAY), zone) if actor.role is Role.LEAD else (),
            to_answer=_listed(session, _in_states(actor, TO_ANSWER), zone),
            ahead=_listed(session, _in_states(actor, AHEAD), zone),
            past=_listed(session, newest, zone),
            page_number=page_number,
            pages=pages,
        )


def _in_states(actor: Actor, states: Iterable[BookingState]) -> Select[*tuple[Any, ...]]:
    return _rows(actor).where(Booking.state.in_(states)).order_by(Booking.starts_at, Booking.id).limit(SOON)


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    mine, other = (Booking.lead_id, _Expert) if actor.role is Role.LEAD else (Booking.expert_id, _Lead)
    other_id = Booking.expert_id if actor.role is Role.LEAD else Booking.lead_id
    return (
        select(
            Booking.id,
            OfferingRevision.title,
            other.name.label("other"),
            Booking.starts_at,
            Booking.ends_at,
            Booking.state,
            Booking.ending,
            Booking.accept_by,
            Booking.hold_until,
            Booking.rate_by,
        )
        .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
        .join(other, other.id == other_id)
        .where(mine == actor.id, *_seen_by(actor))
    )


def _seen_by(actor: Actor) -> tuple[Any, ...]:
    # An expert learns of a session when its card is authorised: what was never paid is not theirs to see.
    return () if actor.role is Role.LEAD else (Booking.requested_at.is_not(None),)


def _is_past() -> Any:
    return or_(Booking.state.in_(DEAD), Booking.state.in_(HELD), Booking.state.in_(ENDING))


def _listed(session: Session, query: Select[*tuple[Any, ...]], zone: ZoneInfo) -> tuple[SessionRow, ...]:
    return tuple(
        SessionRow(
            id=row.id,
            title=row.title,
            other=row.other,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            quarter=dial_quarter(Slot(row.starts_at, row.ends_at), zone),
            outcome=outcome_of(row.state, row.ending),
            until=_until(row),
        )
        for row in session.execute(query)
    )


def _until(row: Row[Any]) -> datetime | None:
    deadlines = {S.AWAITING_PAYMENT: row.hold_until, S.PAYMENT_FAILED: row.hold_until, S.REQUESTED: row.accept_by}
    return deadlines.get(BookingState(row.state))
