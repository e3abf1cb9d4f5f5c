"""An expert's calendar: which slots are free, computed per date in the expert's own zone.

Everything is counted in whole quarter-hours since 1970 (UTC): every IANA zone's present offset is a multiple of 15
minutes, so wall-clock hours on a quarter begin on a quarter of UTC, and three hours are twelve quarters whatever the
clocks do. A quarter is open when the wall clock shows a time within the date's hours: an hour that a clock change
leaves out is never open, an hour that comes twice is open twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from marketplace.domain.errors import Invalid

QUARTER_MINUTES = 15
DAY_MINUTES = 24 * 60
_QUARTER_SECONDS = QUARTER_MINUTES * 60
_QUARTER = timedelta(minutes=QUARTER_MINUTES)
_DAY = timedelta(days=1)
_WIDEST_OFFSET = timedelta(hours=15)  # no zone is further from UTC than 14 h


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


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open hours of one day: minutes of the wall clock after midnight, multiples of 15; `closes` up to 1440."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class ExpertCalendar:
    """All that decides on an expert's free slots. `weekly` has seven entries from Monday; `exceptions` replace the
    week's hours of a date (empty: closed); buffers and `start_step` are minutes, multiples of 15; `start_step` None
    means the session's own length; `busy` holds occupied quarters, buffers of the bookings included."""

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

    def hours_on(self, day: date) -> tuple[Span, ...]:
        """The spans of a date on the expert's wall clock."""
        spans = self.exceptions.get(day)
        return self.weekly[day.weekday()] if spans is None else spans


def free_slots(
    calendar: ExpertCalendar, length: int, start: datetime, end: datetime, now: datetime
) -> tuple[Slot, ...]:
    """All slots of `length` minutes (elapsed) that start in [start, end) and can be booked at `now`, in order.

    Starts are anchored at the opening of each span and follow every `start_step` minutes of elapsed time.
    `ValueError` for a length that is not a positive multiple of 15.
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


def within_hours(calendar: ExpertCalendar, slot: Slot) -> bool:
    """Whether the whole slot lies in the open hours of its date, whatever the anchors, notice and bookings say."""
    needed = quarters(slot, 0, 0)
    day = slot.starts_at.astimezone(calendar.zone).date()
    runs = (run for span in calendar.hours_on(day) for run in _runs_of(calendar.zone, day, span))
    return any(run.start <= needed.start and needed.stop <= run.stop for run in runs)


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


def quarter_from(moment: datetime) -> int:
    """The first quarter-hour since 1970 (UTC) that does not begin before the moment."""
    seconds = moment.timestamp()
    return int(-(-seconds // _QUARTER_SECONDS))


def moment_of(quarter: int) -> datetime:
    """When a quarter begins, UTC."""
    return datetime.fromtimestamp(quarter * _QUARTER_SECONDS, UTC)


def _quarters_in(minutes: int) -> int:
    if minutes <= 0 or minutes % QUARTER_MINUTES:
        raise ValueError("a session lasts a positive multiple of 15 minutes")
    return minutes // QUARTER_MINUTES


def _free_starts(calendar: ExpertCalendar, needed: int, first: int, last: int) -> Iterator[int]:
    step = (calendar.start_step or needed * QUARTER_MINUTES) // QUARTER_MINUTES
    before, after = calendar.buffer_before // QUARTER_MINUTES, calendar.buffer_after // QUARTER_MINUTES
    for run in _open_runs(calendar, first, last):
        for start in range(run.start, run.stop - needed + 1, step):
            if first <= start < last and calendar.busy.isdisjoint(range(start - before, start + needed + after)):
                yield start


def _open_runs(calendar: ExpertCalendar, first: int, last: int) -> Iterator[range]:
    if first >= last:
        return
    day = moment_of(first).astimezone(calendar.zone).date()
    final = moment_of(last - 1).astimezone(calendar.zone).date()
    while day <= final:
        for span in calendar.hours_on(day):
            yield from _runs_of(calendar.zone, day, span)
        day += _DAY


def _runs_of(zone: ZoneInfo, day: date, span: Span) -> Iterable[range]:
    """The unbroken stretches of quarters in which the wall clock shows a time within the span: one, but two where an
    hour comes twice and the span begins or ends in it."""
    midnight = _steady_midnight(zone, day)
    if midnight is not None:
        return (range(midnight + span.opens // QUARTER_MINUTES, midnight + span.closes // QUARTER_MINUTES),)
    return _stretches([quarter for quarter, minute in _wall_clock(zone, day) if span.opens <= minute < span.closes])


@lru_cache(maxsize=8192)
def _steady_midnight(zone: ZoneInfo, day: date) -> int | None:
    """The quarter of the date's midnight; None when the clocks may change around the date (then look closely)."""
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    offset = (midnight - _WIDEST_OFFSET).astimezone(zone).utcoffset()
    if offset is None or offset != (midnight + _DAY + _WIDEST_OFFSET).astimezone(zone).utcoffset():
        return None
    return quarter_from(midnight - offset)


@lru_cache(maxsize=512)
def _wall_clock(zone: ZoneInfo, day: date) -> tuple[tuple[int, int], ...]:
    """Every quarter of a date with the minute that the wall clock shows at its beginning."""
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    around = range(quarter_from(midnight - _WIDEST_OFFSET), quarter_from(midnight + _DAY + _WIDEST_OFFSET))
    shown = ((quarter, moment_of(quarter).astimezone(zone)) for quarter in around)
    return tuple((quarter, wall.hour * 60 + wall.minute) for quarter, wall in shown if wall.date() == day)


def _stretches(opened: list[int]) -> list[range]:
    if not opened:
        return []
    breaks = [at for at, (left, right) in enumerate(pairwise(opened), start=1) if right != left + 1]
    return [range(opened[low], opened[high - 1] + 1) for low, high in pairwise([0, *breaks, len(opened)])]


def _slot(quarter: int, needed: int) -> Slot:
    return Slot(moment_of(quarter), moment_of(quarter + needed))
