"""Taking a sent share back from an expert's account: before a refund that comes late, and while a bank disputes."""

from marketplace.cashier.calls import Call
from marketplace.cashier.disputes import conclude
from marketplace.cashier.queue import queue_refund
from marketplace.domain import ledger
from marketplace.domain.ledger import DISPUTE_RESERVE, REFUND_RESERVE, Source, expert_receivable
from marketplace.store.bookings import Booking, booking_id_of
from marketplace.store.cases import Case, Dispute
from marketplace.store.ledger import is_posted, party_of, post, reversed_minor
from marketplace.store.money import raise_alert
from marketplace.store.operations import unfinished_reversal
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import Reversal

_RESERVES = {"dispute": DISPUTE_RESERVE, "case": REFUND_RESERVE}


def share_taken_back(work: Work, tx: Transaction, booking: Booking, call: Call, reversal: Reversal) -> None:
    """The share is back with us: into the reserve it was taken for, and on with what it was taken for."""
    kind, subject_id = _purpose(call)
    amount, owed = reversal.amount_minor, is_posted(tx.session, kind, subject_id, "reversal_refused")
    booking.sent_minor -= amount
    # Refused at first and tried again: then we had put the money into the reserve ourselves.
    into = expert_receivable(booking.expert_id) if owed else _RESERVES[kind]
    post(tx, ledger.reversal(party_of(booking), reversal.id, amount, into))
    if kind == "dispute":
        _reserve(tx, booking, tx.session.get_one(Dispute, subject_id), amount)
        conclude(work, tx, booking, tx.session.get_one(Dispute, subject_id))
    elif not owed:
        booking.share_minor -= amount
        _refund_now(work, tx, booking, int(subject_id))


def share_not_taken_back(work: Work, tx: Transaction, booking: Booking, call: Call, code: str) -> None:
    """The expert's account does not have it: they owe it to us, and the lead does not wait for that."""
    kind, subject_id = _purpose(call)
    amount = call.params["amount_minor"]
    raise_alert(tx, "reversal_refused", call.subject, f"{booking.reference}: {code}")
    owed = ledger.reversal_refused(party_of(booking), Source(kind, subject_id), amount, _RESERVES[kind])
    if not post(tx, owed):
        return
    if kind == "dispute":
        conclude(work, tx, booking, tx.session.get_one(Dispute, subject_id))
        return
    booking.share_minor -= amount
    _refund_now(work, tx, booking, int(subject_id))


def _reserve(tx: Transaction, booking: Booking, dispute: Dispute, amount: int) -> None:
    if dispute.closed_at is not None:
        raise_alert(tx, "reversal_after_verdict", f"dispute:{dispute.id}", booking.reference)
        return
    dispute.reserved_minor += amount
    dispute.reversed_minor += amount
    booking.reserved_minor += amount


def recheck_transfer(work: Work, transfer_id: str) -> None:
    """Stripe says that a transfer was reversed: by an operation of ours, or by hand, which a person must look at."""
    transfer = work.gateway.fetch_transfer(transfer_id)
    with work.transaction() as tx:
        booking_id = booking_id_of(tx.session, "transfer_id", transfer_id)
        ours = reversed_minor(tx.session, booking_id) if booking_id is not None else 0
        under_way = unfinished_reversal(tx.session, transfer_id)
        if transfer.reversed_minor > ours and not under_way:
            raise_alert(tx, "transfer_reversed", transfer_id, str(transfer.reversed_minor))


def _purpose(call: Call) -> tuple[str, str]:
    kind, _, subject_id = call.subject.partition(":")
    return kind, subject_id


def _refund_now(work: Work, tx: Transaction, booking: Booking, case_id: int) -> None:
    queue_refund(work, tx, booking, tx.session.get_one(Case, case_id).refund_minor, from_reserve=True)
