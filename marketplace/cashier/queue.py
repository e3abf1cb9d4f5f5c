"""Operations waiting to be sent to Stripe: written in the transaction that needs them, one kind per line here."""

from collections.abc import Mapping
from datetime import timedelta

from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.operations import add_operation, last_operation, unfinished_operation
from marketplace.store.transaction import Transaction
from marketplace.work import Work

# Stripe wants at least 30 minutes; our own hold is shorter and ended by `expire`. An hour leaves room for a late retry.
CHECKOUT_OPEN = timedelta(minutes=60)
# Somebody waits at the screen for these and calls at once: were the worker faster, they would see "Stripe is down".
HEAD_START = timedelta(seconds=10)
MARGIN = timedelta(hours=1)  # Stripe's limit is 24 hours ahead on its own clock


def subject_of(booking_id: int) -> str:
    """How operations name a booking."""
    return f"booking:{booking_id}"


def queue_checkout(work: Work, tx: Transaction, booking: Booking, title: str, lead: Account) -> int:
    """Open a payment page for the booking's price; returns the operation's id."""
    address = f"{work.base_url}/bookings/{booking.id}"
    params = {
        "reference": booking.reference,
        "title": title,
        "gross_minor": booking.gross_minor,
        "currency": booking.currency,
        "customer_email": lead.email,
        "language": lead.language,
        "success_url": f"{address}/return",
        "cancel_url": f"{address}/return?left=1",
        "expires_at": max(tx.now + CHECKOUT_OPEN, booking.hold_until - MARGIN).isoformat(),
        "po_number_field": not booking.po_number,
    }
    subject = subject_of(booking.id)
    return add_operation(tx, work.environment, "checkout", subject, params, booking.id, HEAD_START).id


def queue_expire(work: Work, tx: Transaction, booking: Booking, checkout_id: str) -> int:
    """Shut the payment page."""
    return _add(work, tx, "expire", booking, {"checkout_id": checkout_id})


def queue_capture(work: Work, tx: Transaction, booking: Booking) -> int:
    """Take the money that is reserved on the card."""
    return _add(work, tx, "capture", booking, {"hold_id": booking.payment_intent_id})


def queue_void(work: Work, tx: Transaction, booking: Booking) -> int:
    """Give the reserved money free."""
    return _add(work, tx, "void", booking, {"hold_id": booking.payment_intent_id})


def queue_refund(
    work: Work,
    tx: Transaction,
    booking: Booking,
    amount_minor: int,
    *,
    from_reserve: bool = False,
    again: bool = False,
) -> int:
    """Send what was decided back to the card; `from_reserve` when the ledger keeps it there by now, `again` when it is
    money that a bank had sent back to us."""
    params = {
        "hold_id": booking.payment_intent_id,
        "amount_minor": amount_minor,
        "from_reserve": from_reserve,
        "again": again,
    }
    return _add(work, tx, "refund", booking, params)


def queue_refused_again(work: Work, tx: Transaction, booking: Booking) -> None:
    """Make the booking's last refund once more, with the next key, if Stripe had refused it."""
    last = last_operation(tx.session, "refund", subject_of(booking.id))
    if last is not None and last.status == "failed":
        _add(work, tx, "refund", booking, last.params)


def queue_void_stray(work: Work, tx: Transaction, booking: Booking, hold_id: str) -> None:
    """Give money free that was reserved for a booking that does not want it; once, however often it is noticed."""
    _add_once(work, tx, "void", booking, hold_id, {"hold_id": hold_id})


def queue_return(work: Work, tx: Transaction, booking: Booking, hold_id: str, amount_minor: int) -> None:
    """Send money back that came for a booking that does not want it; once, however often it is noticed."""
    _add_once(work, tx, "refund", booking, hold_id, {"hold_id": hold_id, "amount_minor": amount_minor})


def queue_return_again(work: Work, tx: Transaction, booking: Booking, hold_id: str, amount_minor: int) -> int:
    """The same once more, after a bank had sent it back to us; returns the operation's id."""
    params = {"hold_id": hold_id, "amount_minor": amount_minor, "from_reserve": True, "again": True}
    return add_operation(tx, work.environment, "refund", f"hold:{hold_id}", params, booking.id).id


def queue_transfer(work: Work, tx: Transaction, booking: Booking, account_id: str, amount_minor: int) -> int:
    """Send the expert's settled share, or what is left of it, to their account."""
    params = {
        "account_id": account_id,
        "amount_minor": amount_minor,
        "currency": booking.currency,
        # A charge is sent once: what had been taken back and is sent again comes out of our balance.
        "source_charge": None if booking.transfer_id else booking.charge_id,
        "reference": booking.reference,
    }
    return _add(work, tx, "transfer", booking, params)


def queue_reversal(work: Work, tx: Transaction, booking: Booking, subject: str, amount_minor: int) -> int:
    """Take a part or all of a sent share back from the expert's account; `subject` ('dispute:du_1', 'case:5') says
    what for."""
    params = {"transfer_id": booking.transfer_id, "amount_minor": amount_minor}
    return add_operation(tx, work.environment, "reversal", subject, params, booking.id).id


def queue_account(work: Work, tx: Transaction, expert: Expert, account: Account) -> int:
    """Open an account at Stripe that can receive an expert's money."""
    params = {"email": account.email, "name": account.name, "country": "fr", "language": account.language}
    return add_operation(tx, work.environment, "account", f"expert:{expert.id}", params, None, HEAD_START).id


def _add(work: Work, tx: Transaction, kind: str, booking: Booking, params: Mapping[str, object]) -> int:
    return add_operation(tx, work.environment, kind, subject_of(booking.id), params, booking.id).id


def _add_once(
    work: Work, tx: Transaction, kind: str, booking: Booking, hold_id: str, params: Mapping[str, object]
) -> None:
    subject = f"hold:{hold_id}"
    if unfinished_operation(tx.session, kind, subject) is None:
        add_operation(tx, work.environment, kind, subject, params, booking.id)
