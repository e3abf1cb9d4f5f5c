"""Refunds beyond the policy, and refunds that fail: days after one succeeded a bank may still send it back to us."""

from marketplace.cashier.moves import begin_refund
from marketplace.cashier.queue import queue_refund, queue_reversal
from marketplace.cashier.shares import kept_minor, unsent_minor
from marketplace.domain import ledger
from marketplace.domain.access import Actor
from marketplace.domain.booking import BookingState
from marketplace.domain.price import share_taken
from marketplace.store.bookings import Booking, booking_id_of, booking_to_change
from marketplace.store.cases import Case, open_case
from marketplace.store.ledger import is_posted, party_of, post
from marketplace.store.money import raise_alert
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import Refund


def give_back(
    work: Work, tx: Transaction, actor: Actor, booking: Booking, name: str, ending: BookingState, amount_minor: int
) -> int:
    """Decide that money goes back before the session was settled; returns the operation."""
    begin_refund(tx, actor, booking, name, ending)
    booking.refund_minor = booking.refunded_minor + amount_minor
    return queue_refund(work, tx, booking, amount_minor)


def give_back_settled(
    work: Work, tx: Transaction, actor: Actor, booking: Booking, ending: BookingState, case: Case
) -> int:
    """The same after it: what the expert has got of it is taken back first. Returns the operation that comes first."""
    taken = share_taken(
        case.refund_minor,
        kept_minor(booking),
        gross_minor=booking.gross_minor,
        commission_minor=booking.commission_minor,
    )
    unsent = max(0, min(unsent_minor(booking), taken.payout))
    post(tx, ledger.unsettle(party_of(booking), case.id, taken, unsent))
    begin_refund(tx, actor, booking, "refund_beyond", ending)
    booking.refund_minor = booking.refunded_minor + case.refund_minor
    booking.share_minor -= unsent
    if taken.payout > unsent:
        return queue_reversal(work, tx, booking, f"case:{case.id}", taken.payout - unsent)
    return queue_refund(work, tx, booking, case.refund_minor, from_reserve=True)


def recheck_refund(work: Work, refund_id: str) -> None:
    """Ask Stripe how a refund stands; a failed one is taken back in the ledger, and a person must look.

    One that is not in our ledger was not made by us, or its outcome is about to be written by its operation.
    """
    refund = work.gateway.fetch_refund(refund_id)
    if refund.status in ("failed", "canceled"):
        with work.transaction() as tx:
            _undo(tx, refund)


def open_refund_case(tx: Transaction, booking: Booking, refund: Refund) -> None:
    """A refund did not arrive: an admin makes it again."""
    case = open_case(tx.session, booking.id, "refund_failed")
    if case is None:
        case = Case(booking_id=booking.id, kind="refund_failed", side="system", opened_at=tx.now, refund_minor=0)
        tx.session.add(case)
    case.refund_minor += refund.amount_minor
    case.words = f"{refund.id} {refund.failure_reason or ''}".strip()
    raise_alert(tx, "refund_failed", f"booking:{booking.id}", refund.id)


def _undo(tx: Transaction, refund: Refund) -> None:
    booking_id = booking_id_of(tx.session, "payment_intent_id", refund.hold_id or "")
    booking = booking_to_change(tx.session, booking_id) if booking_id is not None else None
    if booking is None or not is_posted(tx.session, "refund", refund.id, "refund"):
        return
    if post(tx, ledger.refund_undone(booking.id, refund.id, refund.amount_minor, refund.currency)):
        booking.refunded_minor -= refund.amount_minor
        booking.undone_minor += refund.amount_minor
        open_refund_case(tx, booking, refund)
