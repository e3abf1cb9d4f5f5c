"""The payment page of a held slot: opened, opened again after a card was refused, or given up."""

from dataclasses import dataclass

from marketplace.cashier.moves import end_unpaid, move
from marketplace.cashier.operations import run_operation
from marketplace.cashier.queue import queue_checkout, queue_expire, subject_of
from marketplace.cashier.reducer import reduce_booking
from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.booking import BookingState
from marketplace.domain.errors import Unavailable
from marketplace.services.bookings.owned import own_booking
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking, booking_to_change
from marketplace.store.offerings import OfferingRevision
from marketplace.store.operations import is_being_called, unfinished_operation
from marketplace.work import Work
from payments.port import GatewayError


@dataclass(frozen=True, slots=True)
class Reserved:
    """The slot is held; the lead pays at `checkout_url` before the hold ends."""

    booking_id: int
    reference: str
    checkout_url: str


@dataclass(frozen=True, slots=True)
class Again:
    """A lead goes back to an unpaid booking: to pay after all, or to let it go."""

    actor: Actor
    booking_id: int


def pay_again(work: Work, command: Again) -> Reserved:
    """A new payment page after a capture failed; the slot was kept. `Unavailable` when Stripe does not answer."""
    require(command.actor, Role.LEAD)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        move(tx, command.actor, booking, "pay_again")
        # What was booked, whether or not the offering is still on the market.
        title = tx.session.get_one(OfferingRevision, booking.revision_id).title
        queue_checkout(work, tx, booking, title, tx.session.get_one(Account, booking.lead_id))
    return payment_page(work, command.booking_id)


def give_up(work: Work, command: Again) -> None:
    """The lead lets an unpaid slot go. `Conflict` when it was paid in the last moment."""
    require(command.actor, Role.LEAD)
    with work.transaction() as tx:
        own_booking(tx, command.actor, command.booking_id)
    _ask_first(work, command.booking_id)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        end_unpaid(tx, command.actor, booking, "give_up")
        operation_id = queue_expire(work, tx, booking, booking.checkout_id) if booking.checkout_id else None
    if operation_id is not None:
        run_operation(work, operation_id)


def page_or_wait(work: Work, booking_id: int) -> Reserved:
    """The page that another tab has opened, or is just opening: then this one waits on the session's own page."""
    with work.reading() as session:
        booking = session.get_one(Booking, booking_id)
    if booking.state != BookingState.AWAITING_PAYMENT:
        raise Unavailable("stripe_unavailable")
    waiting = f"{work.base_url}/bookings/{booking_id}/return?left=1"
    return Reserved(booking_id, booking.reference, booking.checkout_url or waiting)


def payment_page(work: Work, booking_id: int) -> Reserved:
    """The page where a held slot is paid: opened now, or as it was opened before. `Unavailable` when Stripe does not
    answer."""
    with work.reading() as session:
        waiting = unfinished_operation(session, "checkout", subject_of(booking_id))
    if waiting is not None:
        run_operation(work, waiting)
    with work.reading() as session:
        booking = session.get_one(Booking, booking_id)
    if booking.checkout_url is None:
        raise Unavailable("stripe_unavailable")
    return Reserved(booking.id, booking.reference, booking.checkout_url)


def let_go(work: Work, booking_id: int) -> bool:
    """Stripe gave no page: free the slot, unless another tab has one or is just asking for it.

    A page that comes up late is shut by its operation's outcome.
    """
    with work.transaction() as tx:
        booking = booking_to_change(tx.session, booking_id)
        if booking is None or booking.state != BookingState.AWAITING_PAYMENT or booking.checkout_id is not None:
            return False
        if is_being_called(tx.session, "checkout", subject_of(booking_id), tx.now):
            return False
        end_unpaid(tx, SYSTEM, booking, "lapse")
        return True


def _ask_first(work: Work, booking_id: int) -> None:
    try:
        reduce_booking(work, booking_id)
    except GatewayError:
        raise Unavailable("stripe_unavailable") from None
