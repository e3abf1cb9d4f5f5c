"""An expert's calendar: which slots are free, computed per date in the expert's own zone.

One function, `free_slots`, gives the slots of a window; the listing and the check at booking share it. Open hours are
read off the wall clock of each date (`domain/wall_clock`), lengths and buffers are elapsed time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from marketplace.domain.errors import Invalid
from marketplace.domain.wall_clock import QUARTER_MINUTES, Span, date_of, moment_of, quarter_from, runs_on

__all__ = [
    "DAY_MINUTES",
    "QUARTER_MINUTES",
    "ExpertCalendar",
    "Slot",
    "Span",
    "check_hours",
    "dial_quarter",
    "free_slots",
    "is_bookable",
    "is_in_the_way",
    "moment_of",
    "nearest",
    "quarter_from",
    "quarters",
    "within_hours",
    "without",
]

DAY_MINUTES = 24 * 60
_QUARTER = timedelta(minutes=QUARTER_MINUTES)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A start and an end in an expert's calendar; aware UTC, `ends_at` excluded."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        # Two times in one ZoneInfo are subtracted by wall clock, which is wrong across a clock change: UTC only.
        if self.starts_at.tzinfo is not UTC or self.ends_at.tzinfo is not UTC:
            raise ValueError("a slot is told in UTC")

    @property
    def minutes(self) -> int:
        """Elapsed minutes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class ExpertCalendar:
    """All that decides on an expert's free slots. `weekly` has seven entries from Monday; `exceptions` replace the
    week's hours of a date (empty: closed); buffers and `start_step` are minutes, multiples of 15; `start_step` None
    means the session's own length; `busy` holds occupied quarters, buffers of the bookings and the expert's other
    calendar included. The caps count sessions by the date of their start in `zone`, weeks from Monday; `sessions`
    holds the first quarters of the sold and held ones, good for every date and week of the loaded window."""

    expert_id: int
    zone: ZoneInfo
    weekly: tuple[tuple[Span, ...], ...]
    exceptions: Mapping[date, tuple[Span, ...]]
    min_notice: timedelta
    horizon: timedelta
    buffer_before: int
    buffer_after: int
    start_step: int | None
    busy: frozenset[int]
    max_per_day: int | None = None
    max_per_week: int | None = None
    sessions: tuple[int, ...] = ()

    def hours_on(self, day: date) -> tuple[Span, ...]:
        """The spans of a date on the expert's wall clock."""
        spans = self.exceptions.get(day)
        return self.weekly[day.weekday()] if spans is None else spans

    def runs_on(self, day: date) -> tuple[range, ...]:
        """The date's open hours as unbroken stretches of quarters."""
        spans = self.hours_on(day)
        return runs_on(self.zone, day, spans) if spans else ()


def free_slots(
    calendar: ExpertCalendar, length: int, start: datetime, end: datetime, now: datetime
) -> tuple[Slot, ...]:
    """All slots of `length` minutes (elapsed) that start in [start, end) and can be booked at `now`, in order.

    Starts are anchored at the opening of each span of a date and follow every `start_step` minutes of elapsed time; a
    session may run over midnight where the next date opens at once. `ValueError` for a length that is not a positive
    multiple of 15.
    """
    needed = _quarters_in(length)
    first = max(quarter_from(start), quarter_from(now + calendar.min_notice))
    last = min(quarter_from(end), quarter_from(now + calendar.horizon + timedelta(microseconds=1)))
    return tuple(_slot(quarter, needed) for quarter in sorted(set(_free_starts(calendar, needed, first, last))))


def is_bookable(calendar: ExpertCalendar, slot: Slot, now: datetime) -> bool:
    """Whether `free_slots` would list the slot at `now`."""
    if slot.minutes <= 0 or slot.minutes % QUARTER_MINUTES:
        return False
    return slot in free_slots(calendar, slot.minutes, slot.starts_at, slot.starts_at + _QUARTER, now)


def is_in_the_way(calendar: ExpertCalendar, slot: Slot) -> bool:
    """Whether the slot, with the expert's buffers, touches time that is taken."""
    return not calendar.busy.isdisjoint(quarters(slot, calendar.buffer_before, calendar.buffer_after))


def within_hours(calendar: ExpertCalendar, slot: Slot) -> bool:
    """Whether the whole slot lies in open hours, whatever the anchors, notice and bookings say."""
    needed = set(quarters(slot, 0, 0))
    days = {date_of(quarter, calendar.zone) for quarter in needed}
    return needed <= {quarter for day in days for run in calendar.runs_on(day) for quarter in run}


def without(calendar: ExpertCalendar, slot: Slot, occupied: Iterable[int]) -> ExpertCalendar:
    """The calendar as it would be without one session of `slot` that occupies these quarters: for moving it."""
    sessions = list(calendar.sessions)
    if (first := quarter_from(slot.starts_at)) in sessions:
        sessions.remove(first)
    return replace(calendar, busy=calendar.busy.difference(occupied), sessions=tuple(sessions))


def check_hours(spans: Iterable[Span]) -> None:
    """Refuse hours of one day that are inverted, overlap, leave the day or do not lie on a quarter: `Invalid` with
    `facts["number"]` counting the spans from 1 in the order given."""
    earlier: list[Span] = []
    for number, span in enumerate(spans, start=1):
        if not 0 <= span.opens <= DAY_MINUTES or not 0 <= span.closes <= DAY_MINUTES:
            raise Invalid("hours_off_day", number=number)
        if span.opens % QUARTER_MINUTES or span.closes % QUARTER_MINUTES:
            raise Invalid("hours_off_quarter", number=number)
        if span.opens >= span.closes:
            raise Invalid("hours_inverted", number=number)
        if any(span.opens < other.closes and other.opens < span.closes for other in earlier):
            raise Invalid("hours_overlap", number=number)
        earlier.append(span)


def quarters(slot: Slot, before: int, after: int) -> range:
    """The quarters a booking of the slot occupies, with `before` and `after` minutes of buffer.

    Two bookings' buffers stack: each occupies its own, so that both fit between the sessions.
    """
    start = quarter_from(slot.starts_at) - before // QUARTER_MINUTES
    return range(start, quarter_from(slot.ends_at) + after // QUARTER_MINUTES)


def nearest(slots: Iterable[Slot], wanted: datetime, n: int) -> tuple[Slot, ...]:
    """The `n` slots whose starts are nearest to `wanted`, nearest first; of two equally near the earlier."""
    return tuple(sorted(slots, key=lambda slot: (abs(slot.starts_at - wanted), slot.starts_at))[:n])


def dial_quarter(slot: Slot, zone: ZoneInfo) -> str:
    """The quarter of the dial that stands for the slot in a zone, by the slot's middle: 'a' 9 to 12, 'b' 12 to 15,
    'c' 15 to 18, 'd' any other hour."""
    middle = (slot.starts_at + (slot.ends_at - slot.starts_at) / 2).astimezone(zone)
    return {3: "a", 4: "b", 5: "c"}.get(middle.hour // 3, "d")


def _quarters_in(minutes: int) -> int:
    if minutes <= 0 or minutes % QUARTER_MINUTES:
        raise ValueError("a session lasts a positive multiple of 15 minutes")
    return minutes // QUARTER_MINUTES


def _free_starts(calendar: ExpertCalendar, needed: int, first: int, last: int) -> Iterator[int]:
    step = (calendar.start_step or needed * QUARTER_MINUTES) // QUARTER_MINUTES
    before, after = calendar.buffer_before // QUARTER_MINUTES, calendar.buffer_after // QUARTER_MINUTES
    is_full = _Fullness(calendar)
    for day, run, stop in _open_runs(calendar, first, last):
        if is_full(day):
            continue
        for start in range(run.start, min(run.stop, stop - needed + 1), step):
            if first <= start < last and calendar.busy.isdisjoint(range(start - before, start + needed + after)):
                yield start


def _open_runs(calendar: ExpertCalendar, first: int, last: int) -> Iterator[tuple[date, range, int]]:
    """Each date's stretches, with the quarter up to which a session that starts there may last."""
    if first >= last:
        return
    day, final = date_of(first, calendar.zone), date_of(last - 1, calendar.zone)
    days = [day + number * _DAY for number in range((final - day).days + 2)]
    opened = [(day, calendar.runs_on(day)) for day in days]
    for (day, runs), (_, following) in pairwise(opened):
        for run in runs:
            goes_on = following and following[0].start == run.stop
            yield day, run, following[0].stop if goes_on else run.stop


class _Fullness:
    """Whether a date can take no more sessions, by the caps of the day and of its week."""

    def __init__(self, calendar: ExpertCalendar) -> None:
        days = [date_of(quarter, calendar.zone) for quarter in calendar.sessions]
        self._days, self._most_a_day = Counter(days), calendar.max_per_day
        self._weeks, self._most_a_week = Counter(map(_monday, days)), calendar.max_per_week

    def __call__(self, day: date) -> bool:
        full_day = self._most_a_day is not None and self._days[day] >= self._most_a_day
        return full_day or (self._most_a_week is not None and self._weeks[_monday(day)] >= self._most_a_week)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _slot(quarter: int, needed: int) -> Slot:
    return Slot(moment_of(quarter), moment_of(quarter + needed))
