"""Leading a booking from state to state: one way for people, the clock and Stripe."""

from marketplace.domain.access import SYSTEM, Actor
from marketplace.domain.booking import LAST_MOVE, LIFECYCLE, BookingState
from marketplace.domain.errors import Conflict
from marketplace.domain.events import BookingEnded
from marketplace.store.bookings import Booking, change_state
from marketplace.store.calendars import free
from marketplace.store.transaction import Transaction


def move(tx: Transaction, actor: Actor, booking: Booking, name: str) -> None:
    """Make a move of the lifecycle and journal it; `Conflict` when the state, or somebody faster, forbids it."""
    source = BookingState(booking.state)
    target = LIFECYCLE.next(source, name, actor.role)
    if not change_state(tx.session, booking, target):
        raise Conflict("move_not_possible", noun="booking", state=str(source), move=name)
    tx.journal(
        actor, f"booking.{name}", ("booking", booking.id), old={"state": str(source)}, new={"state": str(target)}
    )


def end_unpaid(tx: Transaction, actor: Actor, booking: Booking, name: str) -> None:
    """End a booking that was never paid, and give its slot back."""
    move(tx, actor, booking, name)
    _end(tx, booking, BookingState(booking.state), was_confirmed=False)


def begin_ending(tx: Transaction, actor: Actor, booking: Booking, name: str, ending: BookingState, reason: str) -> None:
    """Decide how a booking ends: the slot is free and people are told at once, the money follows."""
    was_confirmed = name.startswith("cancel")
    move(tx, actor, booking, name)
    booking.ending = ending
    booking.ended_reason = reason
    _end(tx, booking, ending, was_confirmed=was_confirmed)


def begin_refund(tx: Transaction, actor: Actor, booking: Booking, name: str, ending: BookingState) -> None:
    """Money goes back although nothing is cancelled: `ending` says where the booking stands once Stripe has done it."""
    move(tx, actor, booking, name)
    booking.ending = ending


def free_slot(tx: Transaction, booking: Booking) -> None:
    """Nobody comes: the expert's time is theirs again."""
    free(tx.session, booking.id)
    booking.sequence += 1


def finish_ending(tx: Transaction, booking: Booking) -> None:
    """The money is back: the booking becomes what had been decided."""
    move(tx, SYSTEM, booking, LAST_MOVE[BookingState(booking.ending)])


def _end(tx: Transaction, booking: Booking, ending: BookingState, *, was_confirmed: bool) -> None:
    booking.ended_at = tx.now
    booking.sequence += 1
    free(tx.session, booking.id)
    tx.emit(BookingEnded(booking.id, str(ending), was_confirmed))
