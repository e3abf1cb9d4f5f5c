"""The one reducer: fetch what Stripe says now, and lead the booking to it.

Notices, the return page and the clock all come here and none of them is believed: the current object is fetched, so
order, repetition and replay are harmless by construction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from marketplace.cashier.disputes import reduce_disputes_of
from marketplace.cashier.moves import begin_ending, finish_ending, move
from marketplace.cashier.queue import queue_capture, queue_return, queue_void, queue_void_stray
from marketplace.domain import ledger
from marketplace.domain.access import SYSTEM
from marketplace.domain.booking import PAY_AGAIN, BookingState, accept_deadline
from marketplace.domain.events import BookingConfirmed, BookingEnded, BookingRequested
from marketplace.domain.payment import Step, step_for
from marketplace.store.bookings import Booking, PaymentNames, booking_to_change, payment_names
from marketplace.store.ledger import post
from marketplace.store.money import raise_alert
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import Checkout, Hold

FEE_AGAIN = timedelta(minutes=10)
LOOKS = 5  # a booking that moves on while we ask Stripe is looked at again


@dataclass(frozen=True, slots=True)
class Seen:
    """What Stripe said while the booking was in `state`."""

    state: str
    hold: Hold
    own_id: str | None
    po_number: str | None


def reduce_booking(work: Work, booking_id: int, hold_id: str | None = None) -> None:
    """Bring a booking to where its payment stands; `hold_id` names a payment other than the booking's own.

    Raises `GatewayUnknown` when Stripe does not answer, `GatewayRefused` for an unknown object.
    """
    hold = _reduce_payment(work, booking_id, hold_id)
    if hold is not None and hold.disputed and hold.charge_id:
        reduce_disputes_of(work, hold.charge_id)


def _reduce_payment(work: Work, booking_id: int, hold_id: str | None) -> Hold | None:
    seen = None
    for _ in range(LOOKS):
        seen = _look(work, booking_id, hold_id)
        if seen is None or _apply_if_unmoved(work, booking_id, seen):
            break
    return seen.hold if seen else None


def apply_hold(work: Work, tx: Transaction, booking: Booking, hold: Hold, own_id: str | None) -> None:
    """Do what the payment means for the booking, in the caller's transaction; `own_id` is the booking's own one."""
    own = hold.id == own_id
    step = step_for(BookingState(booking.state), hold.status, own=own, agreed=_agreed(booking, hold))
    if step is not Step.NOTHING:
        _DO[step](work, tx, booking, hold)
    if own:
        _note_fee(tx, booking, hold)


def ask_again(tx: Transaction, booking: Booking) -> None:
    """The capture failed for good: the lead may pay again, the slot is kept for a day."""
    move(tx, SYSTEM, booking, "capture_failed")
    booking.hold_until = min(tx.now + PAY_AGAIN, booking.starts_at)
    booking.payment_intent_id = booking.charge_id = booking.capture_before = None
    booking.checkout_id = booking.checkout_url = None
    tx.emit(BookingEnded(booking.id, booking.state, was_confirmed=False))


def _look(work: Work, booking_id: int, hold_id: str | None) -> Seen | None:
    with work.reading() as session:
        names = payment_names(session, booking_id)
    if names is None:
        return None
    checkout = _checkout(work, names)
    own_id = names.payment_intent_id or (checkout.payment_intent_id if checkout else None)
    asked = hold_id or own_id
    if asked is None:
        return None
    return Seen(names.state, work.gateway.fetch_hold(asked), own_id, checkout.po_number if checkout else None)


def _checkout(work: Work, names: PaymentNames) -> Checkout | None:
    # Once the payment is known the page has nothing more to say.
    if names.checkout_id is None or names.payment_intent_id is not None:
        return None
    return work.gateway.fetch_checkout(names.checkout_id)


def _apply_if_unmoved(work: Work, booking_id: int, seen: Seen) -> bool:
    with work.transaction() as tx:
        booking = booking_to_change(tx.session, booking_id)
        if booking is None or booking.state != seen.state:
            return booking is None
        booking.po_number = booking.po_number or seen.po_number or ""
        apply_hold(work, tx, booking, seen.hold, seen.own_id)
        return True


def _agreed(booking: Booking, hold: Hold) -> bool:
    return (hold.amount_minor, hold.currency, hold.reference) == (
        booking.gross_minor,
        booking.currency,
        booking.reference,
    )


def _authorise(work: Work, tx: Transaction, booking: Booking, hold: Hold) -> None:
    _take_names(booking, hold)
    if booking.accepted_at is not None:
        move(tx, SYSTEM, booking, "authorise_again")
        queue_capture(work, tx, booking)
        return
    move(tx, SYSTEM, booking, "authorise")
    booking.requested_at = tx.now
    booking.accept_by = accept_deadline(tx.now, hold.capture_before, booking.starts_at)
    tx.emit(BookingRequested(booking.id))


def _refuse(work: Work, tx: Transaction, booking: Booking, hold: Hold) -> None:
    _take_names(booking, hold)
    begin_ending(tx, SYSTEM, booking, "refuse_money", BookingState.EXPIRED_UNPAID, "")
    raise_alert(tx, "payment_not_as_agreed", f"booking:{booking.id}", f"{hold.id} {hold.amount_minor} {hold.currency}")
    if hold.status == "succeeded":
        _return_stray(work, tx, booking, hold)
    else:
        queue_void(work, tx, booking)


def _confirm(_work: Work, tx: Transaction, booking: Booking, hold: Hold) -> None:
    _take_names(booking, hold)
    move(tx, SYSTEM, booking, "capture")
    _post_capture(tx, booking, hold)
    booking.fee_next_at = tx.now
    tx.emit(BookingConfirmed(booking.id))


def _ask_again(_work: Work, tx: Transaction, booking: Booking, _hold: Hold) -> None:
    ask_again(tx, booking)


def _end(_work: Work, tx: Transaction, booking: Booking, _hold: Hold) -> None:
    finish_ending(tx, booking)


def _expire(_work: Work, tx: Transaction, booking: Booking, _hold: Hold) -> None:
    begin_ending(tx, SYSTEM, booking, "expire", BookingState.EXPIRED, "")
    finish_ending(tx, booking)


def _release_stray(work: Work, tx: Transaction, booking: Booking, hold: Hold) -> None:
    raise_alert(tx, "late_payment_released", f"hold:{hold.id}", booking.reference)
    queue_void_stray(work, tx, booking, hold.id)


def _return_stray(work: Work, tx: Transaction, booking: Booking, hold: Hold) -> None:
    left = hold.captured_minor - hold.refunded_minor
    if left <= 0:
        return
    raise_alert(tx, "late_payment_returned", f"hold:{hold.id}", booking.reference)
    _post_capture(tx, booking, hold)
    queue_return(work, tx, booking, hold.id, left)


def _take_names(booking: Booking, hold: Hold) -> None:
    booking.payment_intent_id = hold.id
    booking.charge_id = hold.charge_id
    booking.capture_before = hold.capture_before
    booking.checkout_url = None


def _post_capture(tx: Transaction, booking: Booking, hold: Hold) -> None:
    post(tx, ledger.capture(booking.id, hold.charge_id or hold.id, hold.captured_minor, hold.currency))


def _note_fee(tx: Transaction, booking: Booking, hold: Hold) -> None:
    if booking.fee_next_at is None or hold.status != "succeeded":
        return
    if hold.fee_minor is None:
        booking.fee_next_at = tx.now + FEE_AGAIN
        return
    post(tx, ledger.fee(booking.id, hold.charge_id or hold.id, hold.fee_minor, hold.currency))
    booking.fee_next_at = None


_DO: dict[Step, Callable[[Work, Transaction, Booking, Hold], None]] = {
    Step.AUTHORISE: _authorise,
    Step.REFUSE: _refuse,
    Step.CONFIRM: _confirm,
    Step.ASK_AGAIN: _ask_again,
    Step.END: _end,
    Step.EXPIRE: _expire,
    Step.RELEASE_STRAY: _release_stray,
    Step.RETURN_STRAY: _return_stray,
}
