"""The free slots of one offering between two moments."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.domain.calendar import Slot, free_slots
from marketplace.domain.errors import NotFound
from marketplace.store.calendars import load_calendars
from marketplace.store.offerings import live_offering
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class OfferingSlots:
    """Slots in order (UTC); `zone` is the expert's IANA zone, in which their hours are meant."""

    offering_id: int
    length_minutes: int
    zone: str
    slots: tuple[Slot, ...]


def offering_slots(work: Work, offering_id: int, start: datetime, end: datetime) -> OfferingSlots:
    """What can be booked and starts in [start, end). `NotFound` for an offering that is not on the market.

    Six queries, however long the time."""
    with work.reading() as session:
        offering = live_offering(session, offering_id)
        if offering is None or not offering.vetted:
            raise NotFound("offering_unknown")
        calendar = load_calendars(session, [offering.expert_id], start, end)[offering.expert_id]
    free = free_slots(calendar, offering.length_minutes, start, end, work.now())
    return OfferingSlots(offering_id, offering.length_minutes, str(calendar.zone), free)
