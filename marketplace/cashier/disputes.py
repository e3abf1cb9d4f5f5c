"""A lead's bank takes a payment back: the money is put aside until it has decided, then it is where it belongs.

Whoever got a part of the payment gives it up or gets it again: the expert's share is kept back if it was not sent
yet, else it is taken back from their account.
"""

from marketplace.cashier.moves import free_slot, move
from marketplace.cashier.queue import queue_refused_again, queue_reversal, subject_of
from marketplace.cashier.shares import is_settled, kept_minor, send_share, settle_rest, unsent_minor
from marketplace.domain import ledger
from marketplace.domain.access import SYSTEM
from marketplace.domain.booking import DISPUTABLE, BookingState
from marketplace.domain.events import DisputeClosed, PaymentDisputed
from marketplace.domain.ledger import REFUND_RESERVE
from marketplace.domain.price import Share, share_taken
from marketplace.store.bookings import Booking, booking_id_of, booking_to_change
from marketplace.store.cases import Case, Dispute, close_case, open_case, open_dispute
from marketplace.store.ledger import balance_of, party_of, post
from marketplace.store.money import raise_alert
from marketplace.store.operations import cancel_unsent, unfinished_operation, unfinished_reversal
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import Dispute as StripeDispute
from payments.port import GatewayUnknown

DECIDED = ("won", "lost")


def reduce_dispute(work: Work, dispute_id: str) -> bool:
    """Bring our books to what Stripe says of a dispute now; False when its payment is none of ours.

    Raises `GatewayUnknown` when Stripe does not answer or a refund of the same payment is just under way,
    `GatewayRefused` for an unknown dispute.
    """
    return _take_up(work, work.gateway.fetch_dispute(dispute_id))


def reduce_disputes_of(work: Work, charge_id: str) -> None:
    """The same for every dispute of a charge."""
    for dispute in reversed(work.gateway.disputes_of(charge_id)):
        _take_up(work, dispute)


def conclude(work: Work, tx: Transaction, booking: Booking, row: Dispute) -> None:
    """Close a dispute that the bank has decided, unless money is still on its way because of it."""
    if row.closed_at is not None or row.status not in DECIDED or _is_moving(tx, booking, row):
        return
    if row.status == "won" and row.withdrawn_minor:
        return  # decided, but the money is not back yet: Stripe tells when it is
    row.closed_at = tx.now
    won = row.status == "won"
    (_win if won else _lose)(tx, booking, row)
    close_case(tx, booking, "dispute", row.status)
    tx.session.flush()
    if open_dispute(tx.session, booking.id) is None:
        _move_on(work, tx, booking, won=won)
    tx.emit(DisputeClosed(booking.id, won))


def secure_share(work: Work, tx: Transaction, booking: Booking, row: Dispute) -> None:
    """Keep back what the expert would lose; while a transfer is on its way nothing can be said yet."""
    if not is_settled(tx, booking) or row.payout_minor or _still_sending(tx, booking):
        return
    row.payout_minor = _borne(tx, booking, row).payout
    unsent = max(0, min(unsent_minor(booking), row.payout_minor))
    if unsent:
        post(tx, ledger.dispute_reserved(party_of(booking), row.id, unsent))
        booking.reserved_minor += unsent
        row.reserved_minor += unsent
    if row.payout_minor > unsent:
        queue_reversal(work, tx, booking, _subject(row), row.payout_minor - unsent)


def _take_up(work: Work, dispute: StripeDispute) -> bool:
    with work.transaction() as tx:
        booking_id = booking_id_of(tx.session, "charge_id", dispute.charge_id)
        booking = booking_to_change(tx.session, booking_id) if booking_id is not None else None
        if booking is None:
            return False
        _apply(work, tx, booking, dispute)
        return True


def _apply(work: Work, tx: Transaction, booking: Booking, dispute: StripeDispute) -> None:
    row = tx.session.get(Dispute, dispute.id) or _new(tx, booking, dispute)
    for line in dispute.entries:
        post(tx, ledger.dispute_moved(party_of(booking), line.id, line.amount_minor, line.fee_minor))
    row.status, row.answer_by = dispute.status, dispute.evidence_due
    row.withdrawn_minor = -sum(line.amount_minor for line in dispute.entries)
    if dispute.status.startswith("warning"):
        raise_alert(tx, "payment_questioned", f"booking:{booking.id}", dispute.id)
    if dispute.entries and row.closed_at is None:
        _freeze(work, tx, booking, row)
        conclude(work, tx, booking, row)


def _new(tx: Transaction, booking: Booking, dispute: StripeDispute) -> Dispute:
    row = Dispute(
        id=dispute.id,
        booking_id=booking.id,
        charge_id=dispute.charge_id,
        amount_minor=dispute.amount_minor,
        currency=dispute.currency,
        reason=dispute.reason,
        status=dispute.status,
        opened_at=dispute.created,
        payout_minor=0,
        reserved_minor=0,
        reversed_minor=0,
        withdrawn_minor=0,
    )
    tx.session.add(row)
    tx.session.flush()
    return row


def _freeze(work: Work, tx: Transaction, booking: Booking, row: Dispute) -> None:
    if booking.state in DISPUTABLE:
        if _is_giving_back(tx, booking):
            raise GatewayUnknown("a refund of this payment is under way: its outcome first")
        booking.disputed_from = booking.state
        move(tx, SYSTEM, booking, "dispute")
        tx.emit(PaymentDisputed(booking.id))
    if open_case(tx.session, booking.id, "dispute") is None:
        case = Case(booking_id=booking.id, kind="dispute", side="system", opened_at=tx.now, words=row.reason)
        tx.session.add(case)
        raise_alert(tx, "payment_disputed", f"booking:{booking.id}", row.id)
    secure_share(work, tx, booking, row)


def _is_giving_back(tx: Transaction, booking: Booking) -> bool:
    """Whether a refund is under way, or the share that is taken back for one."""
    if unfinished_operation(tx.session, "refund", subject_of(booking.id)) is not None:
        return True
    return booking.transfer_id is not None and unfinished_reversal(tx.session, booking.transfer_id)


def _still_sending(tx: Transaction, booking: Booking) -> bool:
    subject = subject_of(booking.id)
    if cancel_unsent(tx.session, "transfer", subject, tx.now):
        return False
    return unfinished_operation(tx.session, "transfer", subject) is not None


def _is_moving(tx: Transaction, booking: Booking, row: Dispute) -> bool:
    under_way = (("transfer", subject_of(booking.id)), ("reversal", _subject(row)))
    return any(unfinished_operation(tx.session, kind, subject) is not None for kind, subject in under_way)


def _subject(row: Dispute) -> str:
    return f"dispute:{row.id}"


def _set_aside(tx: Transaction, booking: Booking) -> int:
    """What was set aside for a refund that Stripe refused, the bank having been faster: it is the lead's anyhow."""
    return -balance_of(tx.session, REFUND_RESERVE, booking.id) - booking.undone_minor


def _borne(tx: Transaction, booking: Booking, row: Dispute) -> Share:
    """What the expert, our commission and its VAT lose if the bank keeps the money."""
    aside = _set_aside(tx, booking)
    kept = kept_minor(booking) - aside
    return share_taken(
        min(max(0, row.withdrawn_minor - aside), kept),
        kept,
        gross_minor=booking.gross_minor,
        commission_minor=booking.commission_minor,
    )


def _win(tx: Transaction, booking: Booking, row: Dispute) -> None:
    owed = row.payout_minor - row.reserved_minor
    post(tx, ledger.dispute_won(party_of(booking), row.id, row.reserved_minor, owed))
    booking.reserved_minor -= row.reserved_minor


def _lose(tx: Transaction, booking: Booking, row: Dispute) -> None:
    settled = is_settled(tx, booking)
    borne, aside = _borne(tx, booking, row), min(_set_aside(tx, booking), row.withdrawn_minor)
    post(tx, ledger.dispute_lost(party_of(booking), row.id, row.withdrawn_minor, borne, aside, settled=settled))
    booking.lost_minor += borne.total + aside
    booking.reserved_minor -= row.reserved_minor
    booking.share_minor -= row.payout_minor
    if row.withdrawn_minor > borne.total + aside:
        raise_alert(tx, "dispute_cost_us", f"booking:{booking.id}", row.id)


def _move_on(work: Work, tx: Transaction, booking: Booking, *, won: bool) -> None:
    source = BookingState(booking.disputed_from)
    booking.disputed_from = ""
    if won:
        again = source is BookingState.RELEASED and unsent_minor(booking) > 0
        move(tx, SYSTEM, booking, f"won_{BookingState.RELEASING if again else source}")
        if source is BookingState.REFUNDING:
            queue_refused_again(work, tx, booking)
        _send_again(work, tx, booking)
        return
    move(tx, SYSTEM, booking, "lose")
    if booking.starts_at > tx.now:
        free_slot(tx, booking)
    settle_rest(work, tx, booking)


def _send_again(work: Work, tx: Transaction, booking: Booking) -> None:
    if is_settled(tx, booking):
        send_share(work, tx, booking)
