"""A request is accepted, declined or taken back; whoever is first moves it, the other sees why not."""

from dataclasses import dataclass

from marketplace.cashier.moves import begin_ending, move
from marketplace.cashier.operations import run_operation
from marketplace.cashier.queue import queue_capture, queue_void
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import BookingState
from marketplace.domain.errors import Conflict
from marketplace.services.bookings.owned import own_booking
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody moves a request on; `reason` is for the other side."""

    actor: Actor
    booking_id: int
    reason: str = ""


def accept(work: Work, command: Answer) -> None:
    """The expert takes the session and the card is charged. `Conflict` "answer_too_late" after the deadline."""
    require(command.actor, Role.EXPERT)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        move(tx, command.actor, booking, "accept")
        if booking.accept_by is not None and tx.now > booking.accept_by:
            raise Conflict("answer_too_late", booking_id=booking.id)
        booking.accepted_at = tx.now
        operation_id = queue_capture(work, tx, booking)
    run_operation(work, operation_id)


def decline(work: Work, command: Answer) -> None:
    """The expert says no; the card's hold is released and the slot is free."""
    require(command.actor, Role.EXPERT)
    _end(work, command, "decline", BookingState.DECLINED)


def withdraw(work: Work, command: Answer) -> None:
    """The lead takes the request back before the expert has answered."""
    require(command.actor, Role.LEAD)
    _end(work, command, "withdraw", BookingState.WITHDRAWN)


def _end(work: Work, command: Answer, name: str, ending: BookingState) -> None:
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        begin_ending(tx, command.actor, booking, name, ending, command.reason.strip())
        operation_id = queue_void(work, tx, booking)
    run_operation(work, operation_id)
