"""Refunds beyond the policy, and refunds that fail: days after one succeeded a bank may still send it back to us."""

from marketplace.cashier.moves import begin_refund
from marketplace.cashier.queue import queue_refund, queue_return_again, queue_reversal, subject_of
from marketplace.cashier.shares import kept_minor, unsent_minor
from marketplace.domain import ledger
from marketplace.domain.access import Actor
from marketplace.domain.booking import BookingState
from marketplace.domain.price import share_taken
from marketplace.store.bookings import Booking, booking_to_change
from marketplace.store.cases import Case, open_case
from marketplace.store.ledger import booking_of, party_of, post
from marketplace.store.money import raise_alert
from marketplace.store.operations import Operation, operation_of, unfinished_refund_of
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import Refund

FAILED = ("failed", "canceled")


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


def recheck_refund(work: Work, refund_id: str) -> bool:
    """Ask Stripe how a refund stands; a failed one is taken back in the ledger, and a person must look.

    One that is not in our ledger was not made by us; but False while one of ours is under way, then ask again: it may
    be this one, and its key will answer with what it was at first.
    """
    refund = work.gateway.fetch_refund(refund_id)
    if refund.status not in FAILED:
        return True
    with work.transaction() as tx:
        booking_id = booking_of(tx.session, "refund", refund.id, "refund")
        if booking_id is None and unfinished_refund_of(tx.session, refund.hold_id or ""):
            return False
        booking = booking_to_change(tx.session, booking_id) if booking_id is not None else None
        if booking is not None:
            undo(tx, booking, refund)
        return True


def undo(tx: Transaction, booking: Booking, refund: Refund) -> None:
    """A posted refund came back to us: it waits in reserve, and an admin makes it again; once, however often told."""
    if not post(tx, ledger.refund_undone(booking.id, refund.id, refund.amount_minor, refund.currency)):
        return
    if _is_own(booking, operation_of(tx.session, "refund", refund.id)):
        booking.refunded_minor -= refund.amount_minor
        booking.undone_minor += refund.amount_minor
    _open_case(tx, booking, refund)


def repeat(work: Work, tx: Transaction, booking: Booking, case: Case) -> int:
    """Make what a bank had sent back again, to where it was to go; returns the operation."""
    refund_id = case.words.partition(" ")[0]
    operation = operation_of(tx.session, "refund", refund_id)
    if _is_own(booking, operation):
        return queue_refund(work, tx, booking, case.refund_minor, from_reserve=True, again=True)
    return queue_return_again(work, tx, booking, str(operation.params["hold_id"]), case.refund_minor)


def _is_own(booking: Booking, operation: Operation) -> bool:
    """Not of a payment that came when nobody waited for it any more."""
    return operation.subject == subject_of(booking.id)


def _open_case(tx: Transaction, booking: Booking, refund: Refund) -> None:
    case = open_case(tx.session, booking.id, "refund_failed")
    if case is None:
        case = Case(booking_id=booking.id, kind="refund_failed", side="system", opened_at=tx.now, refund_minor=0)
        tx.session.add(case)
    case.refund_minor += refund.amount_minor
    case.words = f"{refund.id} {refund.failure_reason or ''}".strip()
    raise_alert(tx, "refund_failed", f"booking:{booking.id}", refund.id)
