"""The one way in which a booking changes its time, whoever wanted it; the occupied quarters decide every race."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from marketplace.domain.access import Actor, Role
from marketplace.domain.booking import BookingState
from marketplace.domain.calendar import (
    ExpertCalendar,
    Slot,
    free_slots,
    is_bookable,
    is_in_the_way,
    nearest,
    quarters,
    without,
)
from marketplace.domain.cancellation import policy_from, refund_bp
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.events import BookingMoved
from marketplace.domain.moving import answer_deadline_after
from marketplace.store.bookings import Booking
from marketplace.store.calendars import load_calendars, lock_calendar, occupied, occupy_instead
from marketplace.store.transaction import Transaction
from marketplace.work import Work

AROUND = timedelta(days=14)  # where the nearest free slots are looked for
OFFERED = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A booking's new time, and on which side's wish it moves."""

    slot: Slot
    wish_of: str


def slot_of(booking: Booking, starts_at: datetime) -> Slot:
    """The booking's length from another start; `Invalid` "slot_unreadable" for a time without a zone."""
    if starts_at.tzinfo is None:
        raise Invalid("slot_unreadable", field="slot")
    start = starts_at.astimezone(UTC)
    return Slot(start, start + (booking.ends_at - booking.starts_at))


def calendar_for(tx: Transaction, booking: Booking, slot: Slot) -> ExpertCalendar:
    """The expert's calendar around the slot, as it would be without the booking itself."""
    lock_calendar(tx.session, booking.expert_id)
    calendar = load_calendars(tx.session, [booking.expert_id], slot.starts_at, slot.ends_at)[booking.expert_id]
    own = Slot(booking.starts_at, booking.ends_at)
    return without(calendar, own, occupied(tx.session, booking.id))


def check_offered(calendar: ExpertCalendar, slot: Slot, now: datetime) -> None:
    """Raise `Conflict` "slot_past", "slot_taken" or "slot_not_offered" unless the calendar lists the slot."""
    if slot.starts_at <= now:
        raise Conflict("slot_past")
    if not is_bookable(calendar, slot, now):
        raise Conflict("slot_taken" if is_in_the_way(calendar, slot) else "slot_not_offered")


def move_in_time(tx: Transaction, actor: Actor, booking: Booking, calendar: ExpertCalendar, wanted: Wanted) -> None:
    """Give the booking its new time. The money stays where it is: a card's hold is kept, and the expert's deadline
    reckoned anew; `Conflict` "slot_taken" or "authorisation_too_short", and then nothing has changed."""
    old, slot = Slot(booking.starts_at, booking.ends_at), wanted.slot
    if booking.state == BookingState.REQUESTED:
        booking.accept_by = answer_deadline_after(booking.capture_before, slot.starts_at, tx.now)
    if wanted.wish_of == Role.LEAD:
        _keep_the_refund(booking, tx.now)
    taken = quarters(slot, calendar.buffer_before, calendar.buffer_after)
    occupy_instead(tx.session, booking.expert_id, taken, booking.id)
    booking.starts_at, booking.ends_at = slot.starts_at, slot.ends_at
    booking.moves += 1
    booking.sequence += 1
    booking.moved_at = tx.now
    booking.reminded_day_at = booking.reminded_hour_at = None
    times = {"old": {"starts_at": old.starts_at.isoformat()}, "new": {"starts_at": slot.starts_at.isoformat()}}
    tx.journal(actor, "booking.moved", ("booking", booking.id), **times)
    tx.emit(BookingMoved(booking.id, booking.sequence, old.starts_at.isoformat()))


def nearest_free(work: Work, booking_id: int, wanted: datetime) -> tuple[Slot, ...]:
    """The free slots nearest to the wanted one, for whoever came second; the booking's own time counts as free."""
    start, end = wanted - AROUND, wanted + AROUND
    with work.reading() as session:
        booking = session.get_one(Booking, booking_id)
        calendar = load_calendars(session, [booking.expert_id], start, end)[booking.expert_id]
        own = Slot(booking.starts_at, booking.ends_at)
        calendar = without(calendar, own, occupied(session, booking_id))
    free = (slot for slot in free_slots(calendar, own.minutes, start, end, work.now()) if slot != own)
    return nearest(free, wanted, OFFERED)


def _keep_the_refund(booking: Booking, now: datetime) -> None:
    """A lead who moves the session away wins no better refund by it: later than three days before, half stays half."""
    policy = policy_from(booking.policy)
    booking.policy = policy.capped(refund_bp(policy, booking.starts_at, now, Role.LEAD)).as_json()
