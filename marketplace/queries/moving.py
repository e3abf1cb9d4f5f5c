"""What a side sees of a session's moving in time: the proposal that waits, the slots to choose from, an absence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role
from marketplace.domain.booking import BookingState, may_report_no_show
from marketplace.domain.calendar import Slot, free_slots, is_in_the_way, without
from marketplace.domain.cancellation import WHOLE_BP, policy_from, refund_bp
from marketplace.domain.errors import NotFound
from marketplace.domain.moving import FREE_UNTIL, MOST_MOVES, is_movable
from marketplace.store.bookings import Booking
from marketplace.store.calendars import load_calendars, occupied
from marketplace.store.cases import Case
from marketplace.store.proposals import Proposal, open_proposal, proposed_times
from marketplace.work import Work

SHOWN = 45  # slots to choose from: the nearest ones
_FAR = timedelta(days=366)
_REPORTABLE = (BookingState.CONFIRMED, BookingState.IN_PROGRESS, BookingState.AWAITING_FEEDBACK)


@dataclass(frozen=True, slots=True)
class ProposedSlot:
    """One of the proposed times; `free` says whether it can still be had."""

    slot: Slot
    free: bool

    @property
    def key(self) -> str:
        """The start as the form sends it."""
        return self.slot.starts_at.isoformat()


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """The proposal that waits for an answer; `mine` when it is the viewer's own."""

    id: int
    mine: bool
    note: str
    expires_at: datetime
    times: tuple[ProposedSlot, ...]


@dataclass(frozen=True, slots=True)
class ReportedAbsence:
    """Somebody is said not to have come: `accused` when it is the viewer; the reporter's words."""

    accused: bool
    contest_by: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Moving:
    """What can be done with a session's time: `may_move` for the lead alone; `last_at` (UTC) is the last moment for a
    confirmed one; `capped` when moving now would keep the refund at less than everything."""

    may_move: bool
    may_propose: bool
    moves_left: int
    last_at: datetime
    capped: bool
    proposal: OpenProposal | None
    absence: ReportedAbsence | None
    may_report: bool


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A date in the viewer's zone and its free slots."""

    day: date
    slots: tuple[Slot, ...]


def moving(work: Work, actor: Actor, booking_id: int) -> Moving:
    """For one of the two sides; admins see what waits and can do nothing. `NotFound` for anybody else."""
    with work.reading() as session:
        booking = _own(session, actor, booking_id)
        waits = open_proposal(session, booking_id)
        proposal = _open(session, actor, booking, waits) if waits is not None else None
        absence = _absence(session, actor, booking)
    return _moving(actor, booking, proposal, absence, work.now())


def slots_to_choose(work: Work, actor: Actor, booking_id: int, zone: ZoneInfo) -> tuple[FreeDay, ...]:
    """The next free slots of the booking's expert and length, as if the booking itself were not there."""
    now = work.now()
    with work.reading() as session:
        booking = _own(session, actor, booking_id)
        own = Slot(booking.starts_at, booking.ends_at)
        calendar = load_calendars(session, [booking.expert_id], now, now + _FAR)[booking.expert_id]
        calendar = without(calendar, own, occupied(session, booking_id))
    free = (slot for slot in free_slots(calendar, own.minutes, now, now + _FAR, now) if slot != own)
    return tuple(_by_day(islice(free, SHOWN), zone))


def _own(session: Session, actor: Actor, booking_id: int) -> Booking:
    booking = session.get(Booking, booking_id)
    if booking is None or (actor.role is not Role.ADMIN and actor.id not in (booking.lead_id, booking.expert_id)):
        raise NotFound("booking_not_found")
    return booking


def _open(session: Session, actor: Actor, booking: Booking, waits: Proposal) -> OpenProposal | None:
    if (waits.from_state, waits.from_start) != (booking.state, booking.starts_at):
        return None
    length = booking.ends_at - booking.starts_at
    slots = [Slot(start, start + length) for start in proposed_times(session, waits.id)]
    first, last = min(slot.starts_at for slot in slots), max(slot.ends_at for slot in slots)
    calendar = load_calendars(session, [booking.expert_id], first, last)
    own = Slot(booking.starts_at, booking.ends_at)
    around = without(calendar[booking.expert_id], own, occupied(session, booking.id))
    times = tuple(ProposedSlot(slot, not is_in_the_way(around, slot)) for slot in slots)
    return OpenProposal(waits.id, waits.side == actor.role, waits.note, waits.expires_at, times)


def _absence(session: Session, actor: Actor, booking: Booking) -> ReportedAbsence | None:
    if booking.state != BookingState.NO_SHOW_REPORTED or booking.contest_by is None:
        return None
    said = select(Case.words).where(Case.booking_id == booking.id, Case.kind == "no_show", Case.settled_at.is_(None))
    return ReportedAbsence(booking.absent == actor.role, booking.contest_by, session.scalar(said) or "")


def _moving(
    actor: Actor, booking: Booking, proposal: OpenProposal | None, absence: ReportedAbsence | None, now: datetime
) -> Moving:
    is_side = actor.role in (Role.LEAD, Role.EXPERT)
    movable = is_side and is_movable(booking.state, booking.moves, booking.starts_at, now)
    whole = refund_bp(policy_from(booking.policy), booking.starts_at, now, Role.LEAD) == WHOLE_BP
    reportable = booking.state in _REPORTABLE and may_report_no_show(booking.starts_at, booking.ends_at, now)
    return Moving(
        may_move=movable and actor.role is Role.LEAD,
        may_propose=movable,
        moves_left=max(MOST_MOVES - booking.moves, 0),
        last_at=booking.starts_at - FREE_UNTIL,
        capped=not whole,
        proposal=proposal,
        absence=absence,
        may_report=is_side and reportable,
    )


def _by_day(slots: Iterable[Slot], zone: ZoneInfo) -> Iterable[FreeDay]:
    for day, found in groupby(slots, key=lambda slot: slot.starts_at.astimezone(zone).date()):
        yield FreeDay(day, tuple(found))
