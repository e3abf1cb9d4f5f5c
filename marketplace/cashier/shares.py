"""The expert's share: settled after a session or a late cancellation, then sent to their account."""

from marketplace.cashier.moves import move
from marketplace.cashier.queue import queue_transfer, subject_of
from marketplace.domain import ledger
from marketplace.domain.access import SYSTEM, Actor
from marketplace.domain.booking import FROZEN, BookingState
from marketplace.domain.events import PayoutBlocked
from marketplace.domain.price import share_of
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.ledger import is_posted, post
from marketplace.store.operations import unfinished_operation
from marketplace.store.transaction import Transaction
from marketplace.work import Work


def release(work: Work, tx: Transaction, booking: Booking) -> None:
    """The session was held and the money is due: settle it and send the expert's share."""
    pay_expert(work, tx, SYSTEM, booking, "release")


def pay_expert(work: Work, tx: Transaction, actor: Actor, booking: Booking, name: str) -> None:
    """Make the move that pays the expert what is kept, settle it and send it: 'release', 'lead_absent' (silence),
    'pay_expert' (an admin's verdict)."""
    move(tx, actor, booking, name)
    settle_rest(work, tx, booking)


def kept_minor(booking: Booking) -> int:
    """What is left of the price after what went back to the lead, or is to go again, and what the bank kept."""
    return booking.gross_minor - booking.refunded_minor - booking.undone_minor - booking.lost_minor


def is_settled(tx: Transaction, booking: Booking) -> bool:
    """Whether the money was divided already."""
    return is_posted(tx.session, "booking", str(booking.id), "settle")


def settle_rest(work: Work, tx: Transaction, booking: Booking) -> None:
    """Divide what was not given back between expert, commission and VAT, and send the expert's part.

    Nothing happens when nothing is left; what was divided before is only sent.
    """
    if not is_settled(tx, booking):
        kept = kept_minor(booking)
        if kept == 0:
            return
        share = share_of(kept, gross_minor=booking.gross_minor, commission_minor=booking.commission_minor)
        post(tx, ledger.settle(booking.id, booking.expert_id, share, booking.currency))
        booking.share_minor = share.payout
    send_share(work, tx, booking)


def unsent_minor(booking: Booking) -> int:
    """What of the expert's share may be sent: not on its way back, not reserved."""
    return booking.share_minor - booking.sent_minor - booking.reserved_minor


def send_share(work: Work, tx: Transaction, booking: Booking) -> None:
    """Queue the transfer when the expert's account can receive it, else keep the money payable."""
    if booking.state in FROZEN or unfinished_operation(tx.session, "transfer", subject_of(booking.id)):
        return
    if unsent_minor(booking) <= 0:
        _nothing_to_send(tx, booking)
        return
    expert = tx.session.get_one(Expert, booking.expert_id)
    if expert.payout_account is None or not expert.payouts_active:
        _block(tx, booking)
        return
    if booking.state == BookingState.PAYOUT_BLOCKED:
        move(tx, SYSTEM, booking, "unblock")
    queue_transfer(work, tx, booking, expert.payout_account, unsent_minor(booking))


def _nothing_to_send(tx: Transaction, booking: Booking) -> None:
    if booking.state == BookingState.PAYOUT_BLOCKED:
        move(tx, SYSTEM, booking, "unblock")
    if booking.state == BookingState.RELEASING:
        move(tx, SYSTEM, booking, "pay_out")


def _block(tx: Transaction, booking: Booking) -> None:
    if booking.state == BookingState.RELEASING:
        move(tx, SYSTEM, booking, "block")
    tx.emit(PayoutBlocked(booking.id, unsent_minor(booking)))
