"""A confirmed session is cancelled: the policy frozen on the booking says what comes back."""

from dataclasses import dataclass

from marketplace.cashier.moves import begin_ending, finish_ending
from marketplace.cashier.operations import run_operation
from marketplace.cashier.queue import queue_refund
from marketplace.cashier.shares import kept_minor, settle_rest
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import BookingState
from marketplace.domain.cancellation import Paid, policy_from, settlement
from marketplace.domain.errors import Conflict
from marketplace.services.bookings.owned import own_booking
from marketplace.store.bookings import Booking
from marketplace.store.transaction import Transaction
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class Cancel:
    """Somebody cancels; `shown_refund_minor` is what the page had promised them."""

    actor: Actor
    booking_id: int
    reason: str = ""
    shown_refund_minor: int | None = None


def cancel(work: Work, command: Cancel) -> None:
    """Cancel and send back what the policy says now: all of it, half, or nothing; the rest is settled.

    Raises `Conflict` "refund_changed" when that is no longer what the page had shown.
    """
    require(command.actor, Role.LEAD, Role.EXPERT, Role.ADMIN)
    role = command.actor.role
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        ending = BookingState(f"cancelled_by_{role}")
        begin_ending(tx, command.actor, booking, f"cancel_as_{role}", ending, command.reason.strip())
        paid = Paid(booking.gross_minor, booking.commission_minor, kept_minor(booking))
        promised = settlement(policy_from(booking.policy), paid, booking.starts_at, tx.now, role).refund_minor
        if command.shown_refund_minor not in (None, promised):
            raise Conflict("refund_changed", booking_id=booking.id)
        operation_id = _give_back(work, tx, booking, promised)
    if operation_id is not None:
        run_operation(work, operation_id)


def _give_back(work: Work, tx: Transaction, booking: Booking, amount_minor: int) -> int | None:
    # A part may have gone back before, beyond the policy.
    booking.refund_minor = booking.refunded_minor + amount_minor
    if amount_minor:
        return queue_refund(work, tx, booking, amount_minor)
    finish_ending(tx, booking)
    settle_rest(work, tx, booking)
    return None
