"""The expert's share: settled after a session or a late cancellation, then sent to their account."""

from marketplace.cashier.moves import move
from marketplace.cashier.queue import queue_transfer
from marketplace.domain import ledger
from marketplace.domain.access import SYSTEM
from marketplace.domain.booking import BookingState
from marketplace.domain.events import PayoutBlocked
from marketplace.domain.price import share_of
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.ledger import post
from marketplace.store.transaction import Transaction
from marketplace.work import Work


def release(work: Work, tx: Transaction, booking: Booking) -> None:
    """The session was held and the money is due: settle it and send the expert's share."""
    move(tx, SYSTEM, booking, "release")
    settle_rest(work, tx, booking)


def settle_rest(work: Work, tx: Transaction, booking: Booking) -> None:
    """Divide what was not given back between expert, commission and VAT; nothing happens when nothing is left."""
    kept = booking.gross_minor - booking.refunded_minor
    if kept == 0:
        return
    share = share_of(kept, gross_minor=booking.gross_minor, commission_minor=booking.commission_minor)
    post(tx, ledger.settle(booking.id, booking.expert_id, share, booking.currency))
    booking.share_minor = share.payout
    send_share(work, tx, booking)


def send_share(work: Work, tx: Transaction, booking: Booking) -> None:
    """Queue the transfer when the expert's account can receive it, else keep the money payable."""
    expert = tx.session.get_one(Expert, booking.expert_id)
    if expert.payout_account is None or not expert.payouts_active:
        _block(tx, booking)
        return
    if booking.state == BookingState.PAYOUT_BLOCKED:
        move(tx, SYSTEM, booking, "unblock")
    queue_transfer(work, tx, booking, expert.payout_account)


def _block(tx: Transaction, booking: Booking) -> None:
    if booking.state == BookingState.RELEASING:
        move(tx, SYSTEM, booking, "block")
    tx.emit(PayoutBlocked(booking.id))
