"""One session in full, as its two sides and the admins see it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from marketplace.cashier.shares import kept_minor
from marketplace.domain.access import Actor, Role
from marketplace.domain.booking import (
    HELD,
    LIFECYCLE,
    ROOM_OPENS,
    BookingState,
    may_report_problem,
    outcome_of,
    room_is_open,
)
from marketplace.domain.calendar import Slot, dial_quarter
from marketplace.domain.cancellation import Paid, Until, moments, policy_from, settlement
from marketplace.domain.errors import NotFound
from marketplace.queries.money_story import MoneyStep, Moved, money_story
from marketplace.queries.problems import SaidCase, said_cases
from marketplace.queries.ratings import BookingRatings, booking_ratings
from marketplace.queries.shared_notes import SharedNote, shared_note
from marketplace.store.accounts import Account, Company
from marketplace.store.bookings import Booking
from marketplace.store.journal import JournalRow
from marketplace.store.offerings import OfferingRevision
from marketplace.store.reading import rows
from marketplace.work import Work

ROOM = "https://meet.jit.si/cadran-"

S = BookingState
# What people do, by the name of the move in the lifecycle.
MOVES = {
    "pay": ("authorise",),
    "pay_again": ("pay_again",),
    "give_up": ("give_up",),
    "accept": ("accept",),
    "decline": ("decline",),
    "withdraw": ("withdraw",),
    "report_problem": ("report_problem",),
    "cancel": ("cancel_as_lead", "cancel_as_expert", "cancel_as_admin"),
}

_Lead = aliased(Account, name="lead")
_Expert = aliased(Account, name="expert")


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
    language: str  # of the title and the questions
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
    story: tuple[MoneyStep, ...]
    timeline: tuple[Happened, ...]
    can: frozenset[str]
    accept_by: datetime | None
    hold_until: datetime
    checkout_url: str | None
    policy: tuple[Until, ...]
    refund: int
    reason: str
    ratings: BookingRatings | None = None
    note: SharedNote | None = None
    cases: tuple[SaidCase, ...] = ()

    @property
    def other(self) -> str:
        """Who sits on the other side."""
        return self.lead if self.role == Role.EXPERT else self.expert

    @property
    def to_answer(self) -> SaidCase | None:
        """The reported problem that waits for the viewer's answer."""
        return next((case for case in self.cases if case.may_answer), None)

    @property
    def kept(self) -> int:
        """What cancelling now does not bring back."""
        return self.money.gross - self.refund


def session_page(work: Work, actor: Actor, booking_id: int, zone: ZoneInfo) -> SessionPage:
    """One session, for its lead, its expert or an admin; `NotFound` for anybody else."""
    with work.reading() as session:
        row = session.execute(_FULL.where(Booking.id == booking_id)).one_or_none()
        if row is None or not _may_see(actor, row.Booking):
            raise NotFound("booking_not_found")
        timeline = _timeline(session, booking_id)
        moves = tuple(Moved(step.at, step.move) for step in timeline)
        story = money_story(session, row.Booking, moves, actor.role)
        ratings = booking_ratings(session, actor, booking_id, work.now()) if row.Booking.state in HELD else None
        note = shared_note(session, actor, row.Booking, work.now())
        cases = said_cases(session, actor, row.Booking)
    page = _page(actor, row, timeline, story, zone, work.now())
    return replace(page, ratings=ratings, note=note, cases=cases)


def _may_see(actor: Actor, booking: Booking) -> bool:
    if actor.role is Role.EXPERT and booking.requested_at is None:
        return False
    return actor.role is Role.ADMIN or actor.account_id in (booking.lead_id, booking.expert_id)


def _timeline(session: Session, booking_id: int) -> tuple[Happened, ...]:
    steps = rows(session, _STEPS, booking=booking_id)
    return tuple(Happened(at, what.removeprefix("booking."), role) for at, what, role in steps)


def _page(
    actor: Actor,
    row: Row[Any],
    timeline: tuple[Happened, ...],
    story: tuple[MoneyStep, ...],
    zone: ZoneInfo,
    now: datetime,
) -> SessionPage:
    booking: Booking = row.Booking
    policy = policy_from(booking.policy)
    paid = Paid(booking.gross_minor, booking.commission_minor, kept_minor(booking))
    can = _can(actor, booking, now)
    return SessionPage(
        id=booking.id,
        reference=booking.reference,
        role=str(actor.role),
        title=row.title,
        language=row.language,
        offering_id=booking.offering_id,
        state=booking.state,
        outcome=outcome_of(booking.state, booking.ending),
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
        money=_money(booking),
        story=story,
        timeline=timeline,
        can=can,
        accept_by=booking.accept_by,
        hold_until=booking.hold_until,
        checkout_url=booking.checkout_url if "pay" in can else None,
        policy=moments(policy, booking.starts_at),
        refund=settlement(policy, paid, booking.starts_at, now, actor.role).refund_minor,
        reason=booking.ended_reason,
    )


def _can(actor: Actor, booking: Booking, now: datetime) -> frozenset[str]:
    state = BookingState(booking.state)
    allowed = {
        name for name, moves in MOVES.items() if any(LIFECYCLE.allows(state, move, actor.role) for move in moves)
    }
    if actor.role is Role.LEAD and state is S.AWAITING_PAYMENT and booking.checkout_url:
        allowed.add("pay")
    if not may_report_problem(booking.ends_at, now):
        allowed.discard("report_problem")
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


def _money(booking: Booking) -> Money:
    return Money(
        currency=booking.currency,
        net=booking.net_minor,
        vat=booking.vat_minor,
        gross=booking.gross_minor,
        commission=booking.commission_minor,
        commission_vat=booking.commission_vat_minor,
        payout=booking.payout_minor,
        share=booking.share_minor,
        released_at=booking.released_at,
    )


_STEPS = (
    select(JournalRow.at, JournalRow.what, JournalRow.actor_role)
    .where(JournalRow.subject_type == "booking", JournalRow.subject_id == bindparam("booking"))
    .where(JournalRow.what.startswith("booking.") | (JournalRow.what == "rating.revealed"))  # sealed until then
    .order_by(JournalRow.id)
)

_FULL: Select[*tuple[Any, ...]] = (
    select(
        Booking,
        OfferingRevision.title,
        OfferingRevision.language,
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
