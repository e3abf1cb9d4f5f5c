"""Sessions in lists, as their two sides see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.domain.access import Actor, Role
from marketplace.domain.booking import DEAD, ENDING, HELD, BookingState, outcome_of
from marketplace.domain.calendar import Slot, dial_quarter
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.offerings import OfferingRevision
from marketplace.store.reading import rows
from marketplace.work import Work

PAGE = 20
SOON = 150  # more open sessions than anybody has

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
    """The lists of a lead or an expert; three queries, whatever the number of sessions."""
    statements = _statements(actor.role)
    with work.reading() as session:
        total = rows(session, statements.past_count, me=actor.id)[0][0]
        pages = max(1, -(-total // PAGE))
        page_number = min(max(1, page_number), pages)
        past = rows(session, statements.past, me=actor.id, offset=(page_number - 1) * PAGE)
        open_ = rows(session, statements.open, me=actor.id)
    return SessionsPage(
        role=str(actor.role),
        zone=zone,
        to_pay=_listed((row for row in open_ if row.state in TO_PAY), zone) if actor.role is Role.LEAD else (),
        to_answer=_listed((row for row in open_ if row.state in TO_ANSWER), zone),
        ahead=_listed((row for row in open_ if row.state in AHEAD), zone),
        past=_listed(past, zone),
        page_number=page_number,
        pages=pages,
    )


@dataclass(frozen=True, slots=True)
class _Statements:
    open: Select[*tuple[Any, ...]]
    past: Select[*tuple[Any, ...]]
    past_count: Select[int]


@cache
def _statements(role: Role) -> _Statements:
    mine = _rows(role).where(Booking.state.in_([*TO_PAY, *TO_ANSWER, *AHEAD]))
    past = _rows(role).where(_is_past())
    return _Statements(
        open=mine.order_by(Booking.starts_at, Booking.id).limit(SOON),
        past=past.order_by(Booking.starts_at.desc(), Booking.id).limit(PAGE).offset(bindparam("offset")),
        past_count=select(func.count()).select_from(past.subquery()),
    )


def _rows(role: Role) -> Select[*tuple[Any, ...]]:
    mine, other = (Booking.lead_id, _Expert) if role is Role.LEAD else (Booking.expert_id, _Lead)
    other_id = Booking.expert_id if role is Role.LEAD else Booking.lead_id
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
        .where(mine == bindparam("me"), *_seen_by(role))
    )


def _seen_by(role: Role) -> tuple[Any, ...]:
    # An expert learns of a session when its card is authorised: what was never paid is not theirs to see.
    return () if role is Role.LEAD else (Booking.requested_at.is_not(None),)


def _is_past() -> Any:
    return or_(Booking.state.in_(DEAD), Booking.state.in_(HELD), Booking.state.in_(ENDING))


def _listed(found: Iterable[Row[Any]], zone: ZoneInfo) -> tuple[SessionRow, ...]:
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
        for row in found
    )


def _until(row: Row[Any]) -> datetime | None:
    deadlines = {S.AWAITING_PAYMENT: row.hold_until, S.PAYMENT_FAILED: row.hold_until, S.REQUESTED: row.accept_by}
    return deadlines.get(BookingState(row.state))
