"""A refund may still fail days after it succeeded: the lead's bank sends it back to us."""

from marketplace.domain import ledger
from marketplace.store.bookings import booking_id_of, booking_to_change
from marketplace.store.ledger import is_posted, post
from marketplace.store.money import raise_alert
from marketplace.work import Work
from payments.port import Refund


def recheck_refund(work: Work, refund_id: str) -> None:
    """Ask Stripe how a refund stands; a failed one is taken back in the ledger, and a person must look.

    One that is not in our ledger was not made by us, or its outcome is about to be written by its operation.
    """
    refund = work.gateway.fetch_refund(refund_id)
    if refund.status in ("failed", "canceled"):
        _undo(work, refund)


def _undo(work: Work, refund: Refund) -> None:
    with work.transaction() as tx:
        booking_id = booking_id_of(tx.session, "payment_intent_id", refund.hold_id or "")
        booking = booking_to_change(tx.session, booking_id) if booking_id is not None else None
        if booking is None or not is_posted(tx.session, "refund", refund.id, "refund"):
            return
        if post(tx, ledger.refund_undone(booking.id, refund.id, refund.amount_minor, refund.currency)):
            booking.refunded_minor -= refund.amount_minor
            raise_alert(tx, "refund_failed", f"booking:{booking.id}", refund.id)
