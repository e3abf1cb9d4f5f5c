"""What a lead wrote for a session that did not take place: nobody writes it twice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.booking import DEAD
from marketplace.store.bookings import Booking
from marketplace.store.offerings import LiveOffering


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the lead wrote for a session that did not take place, and when it would have been."""

    starts_at: datetime
    objective: str
    answers: tuple[str, ...]
    po_number: str
    format: str


def earlier_wish(session: Session, actor: Actor, offering: LiveOffering, booking_id: int | None) -> Earlier | None:
    """The lead's own session with this expert that did not take place; answers only while the questions are the
    same."""
    booking = session.get(Booking, booking_id) if booking_id is not None else None
    if booking is None or booking.lead_id != actor.id or booking.offering_id != offering.offering_id:
        return None
    if booking.state not in DEAD and booking.ending not in DEAD:
        return None
    answers = tuple(booking.answers) if booking.revision_id == offering.revision_id else ()
    return Earlier(booking.starts_at, booking.objective, answers, booking.po_number, booking.format)
