"""Free slots of several experts at once, and how a week of them looks on dials."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from marketplace.domain.calendar import Slot, dial_quarter, free_slots
from marketplace.store.calendars import load_calendars

Dials = tuple[tuple[date, frozenset[str]], ...]

_SATURDAY = 5


def next_slots(session: Session, wanted: Mapping[int, int], now: datetime, days: int) -> dict[int, tuple[Slot, ...]]:
    """The free slots that start in the next `days` days: expert's id -> session length in minutes in, slots in order
    out. Five queries, six where a cap counts, however many experts; unknown experts have no entry."""
    end = now + timedelta(days=days)
    calendars = load_calendars(session, wanted.keys(), now, end)
    return {
        expert_id: free_slots(calendar, wanted[expert_id], now, end, now) for expert_id, calendar in calendars.items()
    }


def week_of_dials(slots: Iterable[Slot], first: date, zone: ZoneInfo, days: int = 5) -> Dials:
    """The `days` working days from `first` on, each with the quarters of the dial that hold a free slot, in a zone."""
    lit: dict[date, set[str]] = {day: set() for day in islice(_working_days(first), days)}
    for slot in slots:
        day = slot.starts_at.astimezone(zone).date()
        if day in lit:
            lit[day].add(dial_quarter(slot, zone))
    return tuple((day, frozenset(quarters)) for day, quarters in lit.items())


def first_shown_day(slots: tuple[Slot, ...], now: datetime, zone: ZoneInfo) -> date:
    """Where a card's week begins: the day of the first free slot, so that an expert with a long notice does not look
    idle; today when there is none."""
    return (slots[0].starts_at if slots else now).astimezone(zone).date()


def _working_days(day: date) -> Iterator[date]:
    while True:
        if day.weekday() < _SATURDAY:
            yield day
        day += timedelta(days=1)
