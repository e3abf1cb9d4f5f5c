"""Whose booking it is: a foreign one looks like none."""

from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import NotFound
from marketplace.store.bookings import Booking, booking_to_change
from marketplace.store.transaction import Transaction


def own_booking(tx: Transaction, actor: Actor, booking_id: int) -> Booking:
    """The actor's booking, locked; admins see all. `NotFound` for anybody else's."""
    booking = booking_to_change(tx.session, booking_id)
    if booking is None or not _may_touch(actor, booking):
        raise NotFound("booking_not_found")
    return booking


def _may_touch(actor: Actor, booking: Booking) -> bool:
    owner = {Role.LEAD: booking.lead_id, Role.EXPERT: booking.expert_id}.get(actor.role)
    return actor.role is Role.ADMIN or owner == actor.account_id
