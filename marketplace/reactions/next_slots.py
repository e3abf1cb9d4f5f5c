"""An expert whose slot was sold or given back is free at another time: searches are told at once."""

from marketplace.services.next_slots import look_at
from marketplace.store.outbox import Happened
from marketplace.store.standings import parties_of_booking
from marketplace.work import Work


def look_again(work: Work, happened: Happened) -> None:
    """Work out the next slots of the booking's expert anew."""
    with work.reading() as session:
        _, expert_id = parties_of_booking(session, happened.event.payload()["booking_id"])
    if expert_id is not None:
        look_at(work, expert_id)
