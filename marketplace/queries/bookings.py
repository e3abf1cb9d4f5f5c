"""Sessions as their two sides see them: the list, and one in full."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from marketplace.domain.access import Actor, Role
from marketplace.domain.booking import DEAD, ENDING, HELD, LIFECYCLE, ROOM_OPENS, BookingState, room_is_open
from marketplace.domain.calendar import Slot, dial_quarter
from marketplace.domain.cancellation import Until, moments, policy_from, refund_for
from marketplace.domain.errors import NotFound
from marketplace.queries.ratings import BookingRatings, booking_ratings
from marketplace.store.accounts import Account, Company
from marketplace.store.bookings import Booking
from marketplace.store.journal import JournalRow
from marketplace.store.offerings import OfferingRevision
from marketplace.work import Work

PAGE = 20
SOON = 50  # more sessions ahead than anybody has
ROOM = "https://meet.jit.si/cadran-"

S = BookingState
TO_PAY = (S.AWAITING_PAYMENT, S.PAYMENT_FAILED)
TO_ANSWER = (S.REQUESTED,)
AHEAD = (S.CAPTURING, S.CONFIRMED, S.IN_PROGRESS)
# What people do, by the name of the move in the lifecycle.
MOVES = {
    "pay": ("authorise",),
    "pay_again": ("pay_again",),
    "give_up": ("give_up",),
    "accept": ("accept",),
    "decline": ("decline",),
    "withdraw": ("withdraw",),
    "cancel": ("cancel_as_lead", "cancel_as_expert", "cancel_as_admin"),
}

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


@dataclass(frozen=True, slots=True)
class Money:
    """A session's money in cents; a moment that is None has not come."""

    currency: str
    net: int
    vat: int
    gross: int
    commission: int
    commission_vat: int
    payout: int
    authorised_at: datetime | None
    charged_at: datetime | None
    to_refund: int
    refunded: int
    share: int
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline: the lifecycle's move, and whose it was."""

    at: datetime
    move: str
    by: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session in full. `other_zone` is None when both live by the same clock; `refund` is what cancelling now
    brings back, in cents; `can` names the moves open to the viewer now."""

    id: int
    reference: str
    role: str
    title: str
    offering_id: int
    state: str
    outcome: str
    starts_at: datetime
    ends_at: datetime
    now: datetime
    zone: ZoneInfo
    other_zone: ZoneInfo | None
    lead: str
    expert: str
    expert_id: int
    company: str
    quarter: str
    format: str
    city: str
    room_url: str | None
    room_opens_at: datetime
    objective: str
    answers: tuple[tuple[str, str], ...]
    po_number: str
    money: Money
    timeline: tuple[Happened, ...]
    can: frozenset[str]
    accept_by: datetime | None
    hold_until: datetime
    checkout_url: str | None
    policy: tuple[Until, ...]
    refund: int
    reason: str
    ratings: BookingRatings | None

    @property
    def other(self) -> str:
        """Who sits on the other side."""
        return self.lead if self.role == Role.EXPERT else self.expert

    @property
    def kept(self) -> int:
        """What cancelling now does not bring back."""
        return self.money.gross - self.refund


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


def session_page(work: Work, actor: Actor, booking_id: int, zone: ZoneInfo) -> SessionPage:
    """One session, for its lead, its expert or an admin; `NotFound` for anybody else."""
    with work.reading() as session:
        row = session.execute(_FULL.where(Booking.id == booking_id)).one_or_none()
        if row is None or not _may_see(actor, row.Booking):
            raise NotFound("booking_not_found")
        timeline = _timeline(session, booking_id)
        ratings = booking_ratings(session, actor, booking_id, work.now()) if row.Booking.state in HELD else None
    return _page(actor, row, timeline, ratings, zone, work.now())


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
            outcome=_outcome(row.state, row.ending),
            until=_until(row),
        )
        for row in session.execute(query)
    )


def _until(row: Row[Any]) -> datetime | None:
    deadlines = {S.AWAITING_PAYMENT: row.hold_until, S.PAYMENT_FAILED: row.hold_until, S.REQUESTED: row.accept_by}
    return deadlines.get(BookingState(row.state))


def _outcome(state: str, ending: str) -> str:
    return ending if state in ENDING else state


def _may_see(actor: Actor, booking: Booking) -> bool:
    if actor.role is Role.EXPERT and booking.requested_at is None:
        return False
    return actor.role is Role.ADMIN or actor.account_id in (booking.lead_id, booking.expert_id)


def _timeline(session: Session, booking_id: int) -> tuple[Happened, ...]:
    rows = session.execute(
        select(JournalRow.at, JournalRow.what, JournalRow.actor_role)
        .where(JournalRow.subject_type == "booking", JournalRow.subject_id == booking_id)
        .order_by(JournalRow.id)
    )
    return tuple(Happened(at, what.removeprefix("booking."), role) for at, what, role in rows)


def _page(
    actor: Actor,
    row: Row[Any],
    timeline: tuple[Happened, ...],
    ratings: BookingRatings | None,
    zone: ZoneInfo,
    now: datetime,
) -> SessionPage:
    booking: Booking = row.Booking
    policy = policy_from(booking.policy)
    can = _can(actor, booking)
    return SessionPage(
        id=booking.id,
        reference=booking.reference,
        role=str(actor.role),
        title=row.title,
        offering_id=booking.offering_id,
        state=booking.state,
        outcome=_outcome(booking.state, booking.ending),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        now=now,
        zone=zone,
        other_zone=_other_zone(actor, row, zone, booking.starts_at),
        lead=row.lead_name,
        expert=row.expert_name,
        expert_id=booking.expert_id,
        company=row.company or "",
        quarter=dial_quarter(Slot(booking.starts_at, booking.ends_at), zone),
        format=booking.format,
        city=row.city,
        room_url=_room(booking, now),
        room_opens_at=booking.starts_at - ROOM_OPENS,
        objective=booking.objective,
        answers=tuple(zip(row.questions, booking.answers, strict=False)),
        po_number=booking.po_number,
        money=_money(booking, timeline),
        timeline=timeline,
        can=can,
        accept_by=booking.accept_by,
        hold_until=booking.hold_until,
        checkout_url=booking.checkout_url if "pay" in can else None,
        policy=moments(policy, booking.starts_at),
        refund=refund_for(policy, booking.gross_minor, booking.starts_at, now, actor.role),
        reason=booking.ended_reason,
        ratings=ratings,
    )


def _can(actor: Actor, booking: Booking) -> frozenset[str]:
    state = BookingState(booking.state)
    allowed = {
        name for name, moves in MOVES.items() if any(LIFECYCLE.allows(state, move, actor.role) for move in moves)
    }
    if actor.role is Role.LEAD and state is S.AWAITING_PAYMENT and booking.checkout_url:
        allowed.add("pay")
    return frozenset(allowed)


def _other_zone(actor: Actor, row: Row[Any], zone: ZoneInfo, at: datetime) -> ZoneInfo | None:
    other = ZoneInfo(row.lead_zone if actor.role is Role.EXPERT else row.expert_zone)
    same_clock = at.astimezone(other).utcoffset() == at.astimezone(zone).utcoffset()
    return None if same_clock else other


def _room(booking: Booking, now: datetime) -> str | None:
    booked = booking.state in (S.CONFIRMED, S.IN_PROGRESS)
    if booking.format != "remote" or not booked or not room_is_open(booking.starts_at, booking.ends_at, now):
        return None
    return ROOM + booking.room


def _money(booking: Booking, timeline: tuple[Happened, ...]) -> Money:
    return Money(
        currency=booking.currency,
        net=booking.net_minor,
        vat=booking.vat_minor,
        gross=booking.gross_minor,
        commission=booking.commission_minor,
        commission_vat=booking.commission_vat_minor,
        payout=booking.payout_minor,
        authorised_at=booking.requested_at,
        charged_at=next((step.at for step in timeline if step.move == "capture"), None),
        to_refund=booking.refund_minor,
        refunded=booking.refunded_minor,
        share=booking.share_minor,
        released_at=booking.released_at,
    )


_FULL: Select[*tuple[Any, ...]] = (
    select(
        Booking,
        OfferingRevision.title,
        OfferingRevision.questions,
        OfferingRevision.city,
        _Lead.name.label("lead_name"),
        _Lead.zone.label("lead_zone"),
        _Expert.name.label("expert_name"),
        _Expert.zone.label("expert_zone"),
        Company.name.label("company"),
    )
    .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
    .join(_Lead, _Lead.id == Booking.lead_id)
    .join(_Expert, _Expert.id == Booking.expert_id)
    .outerjoin(Company, Company.id == Booking.company_id)
)
