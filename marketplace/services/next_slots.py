"""Work out when experts are next free, so that a search need not look into thousands of calendars."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from marketplace.domain.calendar import ExpertCalendar, free_slots
from marketplace.store.calendars import load_calendars
from marketplace.store.next_slots import Noted, note_next_slots, noted_in, noted_of
from marketplace.work import Work

LOOK_AHEAD = timedelta(days=28)
_NEARBY = timedelta(days=4)  # most experts have a slot by then: do not work out a month to know its first
EVERY = timedelta(seconds=5)
BUCKETS = 12  # one each time: every expert is looked at once a minute

Question = Callable[[Session], tuple[Noted, ...]]


def look_around(work: Work) -> int:
    """Look at one bucket of experts, the next one in five seconds; returns how many slots had changed."""
    bucket = int(work.now().timestamp() // EVERY.total_seconds()) % BUCKETS
    return _refresh(work, partial(noted_in, bucket=bucket, buckets=BUCKETS))


def look_at(work: Work, expert_id: int) -> int:
    """Look at one expert whose calendar has just changed."""
    return _refresh(work, partial(noted_of, expert_id=expert_id))


def look_at_all(work: Work) -> int:
    """Look at everybody: before a market opens, and for figures."""
    return sum(_refresh(work, partial(noted_in, bucket=bucket, buckets=BUCKETS)) for bucket in range(BUCKETS))


def _refresh(work: Work, which: Question) -> int:
    now = work.now()
    with work.reading() as session:
        noted = which(session)
        calendars = load_calendars(session, sorted({each.expert_id for each in noted}), now, now + LOOK_AHEAD)
    first = {each.key: _first(calendars[each.expert_id], each.length_minutes, now) for each in noted}
    changed = [each for each in noted if not each.is_known or each.starts_at != first[each.key]]
    return _note(work, {each.key: first[each.key] for each in changed})


def _note(work: Work, fresh: dict[tuple[int, int], datetime | None]) -> int:
    if fresh:  # do not take the write lock for nothing
        with work.transaction() as tx:
            note_next_slots(tx.session, fresh, tx.now)
    return len(fresh)


def _first(calendar: ExpertCalendar, length: int, now: datetime) -> datetime | None:
    nearby = free_slots(calendar, length, now, now + calendar.min_notice + _NEARBY, now)
    slots = nearby or free_slots(calendar, length, now, now + LOOK_AHEAD, now)
    first = slots[0].starts_at if slots else None
    return first if first is not None and first < now + LOOK_AHEAD else None
