"""What a no-show does to the money: who came is not the one who pays for it."""

from marketplace.cashier.moves import free_slot
from marketplace.cashier.refunds import give_back
from marketplace.cashier.shares import kept_minor, pay_expert
from marketplace.domain.access import SYSTEM
from marketplace.domain.booking import BookingState
from marketplace.store.bookings import Booking
from marketplace.store.cases import close_case
from marketplace.store.transaction import Transaction
from marketplace.work import Work


def settle_absence(work: Work, tx: Transaction, booking: Booking) -> int | None:
    """Nobody contested the no-show (`booking.absent`): a lead who did not come pays in full, an expert who did not
    come gives everything back and has a mark on their reliability. Returns the refund's operation, if there is one.
    """
    booking.rate_by = None  # no session, no ratings
    close_case(tx, booking, "no_show", f"{booking.absent}_absent")
    if booking.absent == "lead":
        pay_expert(work, tx, SYSTEM, booking, "lead_absent")
        return None
    booking.ended_at = booking.ended_at or tx.now
    if booking.ends_at > tx.now:
        free_slot(tx, booking)
    return give_back(work, tx, SYSTEM, booking, "expert_absent", BookingState.NO_SHOW_EXPERT, kept_minor(booking))
