"""What people do with a booking: reserve, answer, withdraw, cancel."""

from marketplace.services.bookings.answering import Answer, accept, decline, withdraw
from marketplace.services.bookings.cancelling import Cancel, cancel
from marketplace.services.bookings.reserving import Again, Reserve, Reserved, give_up, pay_again, reserve

__all__ = [
    "Again",
    "Answer",
    "Cancel",
    "Reserve",
    "Reserved",
    "accept",
    "cancel",
    "decline",
    "give_up",
    "pay_again",
    "reserve",
    "withdraw",
]
