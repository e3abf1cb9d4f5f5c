"""A person looks at their booking's payment: ask Stripe, so that nobody waits for a notice."""

from dataclasses import dataclass

import structlog

from marketplace.cashier.reducer import reduce_booking
from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import NotFound
from marketplace.store.bookings import Booking
from marketplace.work import Work
from payments.port import GatewayError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """A lead came back from the payment page."""

    actor: Actor
    booking_id: int


def look_at_payment(work: Work, command: Look) -> None:
    """Bring the lead's booking up to what Stripe says; nothing happens when Stripe does not answer."""
    with work.reading() as session:
        booking = session.get(Booking, command.booking_id)
    if booking is None or (command.actor.role, booking.lead_id) != (Role.LEAD, command.actor.account_id):
        raise NotFound("booking_not_found")
    try:
        reduce_booking(work, booking.id)
    except GatewayError as error:
        # The notice and the clock ask again; the page says that we are waiting.
        log.warning("payment.look_failed", booking_id=booking.id, error=type(error).__name__)
