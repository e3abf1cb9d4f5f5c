"""The lead takes another of the expert's free slots: at most twice, and until 48 hours before the session."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.errors import Conflict
from marketplace.domain.moving import check_movable
from marketplace.services.bookings.moving import (
    Wanted,
    calendar_for,
    check_offered,
    move_in_time,
    nearest_free,
    slot_of,
)
from marketplace.services.bookings.owned import own_booking
from marketplace.services.bookings.proposing import overtake
from marketplace.store.transaction import Transaction
from marketplace.work import Work

LOST = ("slot_taken", "slot_past", "slot_not_offered")


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Move the booking to a slot that begins then (aware)."""

    actor: Actor
    booking_id: int
    starts_at: datetime


def reschedule(work: Work, command: Reschedule) -> None:
    """Move a request or a confirmed session to another free slot; the money stays where it is.

    Raises `Conflict` "slot_taken", "slot_not_offered" or "slot_past" (all with `nearest`, the nearest free slots),
    "booking_not_movable", "moves_used", "move_too_late" or "authorisation_too_short"; `NotFound` for others' bookings.
    """
    require(command.actor, Role.LEAD)
    try:
        with work.transaction() as tx:
            _move(tx, command)
    except Conflict as lost:
        if lost.code not in LOST:
            raise
        raise Conflict(lost.code, nearest=nearest_free(work, command.booking_id, command.starts_at)) from None


def _move(tx: Transaction, command: Reschedule) -> None:
    booking = own_booking(tx, command.actor, command.booking_id)
    check_movable(booking.state, booking.moves, booking.starts_at, tx.now)
    slot = slot_of(booking, command.starts_at)
    if slot.starts_at == booking.starts_at:
        return  # a second click
    calendar = calendar_for(tx, booking, slot)
    check_offered(calendar, slot, tx.now)
    move_in_time(tx, command.actor, booking, calendar, Wanted(slot, Role.LEAD))
    overtake(tx, SYSTEM, booking.id)
