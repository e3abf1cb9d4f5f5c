"""What an expert sees of their own calendar."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.calendar import ExpertCalendar, Slot, Span, dial_quarter, free_slots, within_hours
from marketplace.domain.errors import NotFound
from marketplace.store.busy_times import busy_source
from marketplace.store.calendars import coming_sessions, load_calendars
from marketplace.work import Work

USUAL_MINUTES = 180  # the preview shows the product's three hours
_PREVIEW_DAYS = 14
_AHEAD_DAYS = 7
_EXCEPTION_DAYS = 366

_DIAL = {"a": (9, 12), "b": (12, 15), "c": (15, 18)}  # quarter -> hours of the wall clock


@dataclass(frozen=True, slots=True)
class Weekday:
    """One day of the usual week; `day` is the next date that falls on it."""

    day: date
    spans: tuple[Span, ...]
    quarters: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnDate:
    """A date with hours of its own; no spans means closed."""

    day: date
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class AheadDay:
    """One of the coming seven days: the quarters of the dial that hold a free slot, those that are sold, and the
    sessions that begin on it."""

    day: date
    free: frozenset[str]
    sold: frozenset[str]
    sessions: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """The free slots of a date, in the expert's zone."""

    day: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class OtherCalendar:
    """The expert's other calendar: the host it is at, when it was read well and when it was last tried (None: not
    yet), how many stretches of time it takes, and the code of what went wrong since ('' for nothing)."""

    host: str
    read_at: datetime | None
    tried_at: datetime | None
    events: int
    error: str

    @property
    def waiting(self) -> bool:
        """Whether nobody has tried to read it yet."""
        return self.tried_at is None


@dataclass(frozen=True, slots=True)
class AvailabilityPage:
    """The expert's calendar: hours in `zone`, minutes for buffers and step; `outside` are coming sessions that are
    kept although they lie outside the hours."""

    zone: ZoneInfo
    now: datetime
    week: tuple[Weekday, ...]
    dates: tuple[OwnDate, ...]
    min_notice_hours: int
    horizon_days: int
    buffer_before: int
    buffer_after: int
    start_step: int | None
    max_per_day: int | None
    max_per_week: int | None
    other: OtherCalendar | None
    ahead: tuple[AheadDay, ...]
    preview: tuple[PreviewDay, ...]
    outside: tuple[Slot, ...]

    @property
    def empty(self) -> bool:
        """Whether the expert has not set any hours yet."""
        return not self.dates and not any(weekday.spans for weekday in self.week)


def availability_page(work: Work, actor: Actor) -> AvailabilityPage:
    """The signed-in expert's calendar; `NotFound` when the expert has no profile yet."""
    require(actor, Role.EXPERT)
    now = work.now()
    with work.reading() as session:
        calendar = load_calendars(session, [actor.id], now, now + timedelta(days=_EXCEPTION_DAYS)).get(actor.id)
        sessions = coming_sessions(session, actor.id, now)
        other = _other_calendar(session, actor.id)
    if calendar is None:
        raise NotFound("expert")
    return _page(calendar, sessions, other, now)


def dial_of(spans: tuple[Span, ...]) -> frozenset[str]:
    """The quarters of the dial that open hours touch: 'a' 9 to 12, 'b' 12 to 15, 'c' 15 to 18, 'd' any other hour."""
    lit = {
        quarter
        for quarter, (start, end) in _DIAL.items()
        if any(span.opens < end * 60 and start * 60 < span.closes for span in spans)
    }
    outside = any(span.opens < 9 * 60 or span.closes > 18 * 60 for span in spans)
    return frozenset(lit | {"d"} if outside else lit)


def _other_calendar(session: Session, expert_id: int) -> OtherCalendar | None:
    source = busy_source(session, expert_id)
    if source is None:
        return None
    host = urlsplit(source.url).hostname or ""
    return OtherCalendar(host, source.read_at, source.tried_at, source.events, source.error)


def _page(
    calendar: ExpertCalendar, sessions: tuple[Slot, ...], other: OtherCalendar | None, now: datetime
) -> AvailabilityPage:
    today = now.astimezone(calendar.zone).date()
    return AvailabilityPage(
        zone=calendar.zone,
        now=now,
        week=_week(calendar, today),
        dates=tuple(OwnDate(day, spans) for day, spans in sorted(calendar.exceptions.items()) if day >= today),
        min_notice_hours=int(calendar.min_notice / timedelta(hours=1)),
        horizon_days=calendar.horizon.days,
        buffer_before=calendar.buffer_before,
        buffer_after=calendar.buffer_after,
        start_step=calendar.start_step,
        max_per_day=calendar.max_per_day,
        max_per_week=calendar.max_per_week,
        other=other,
        ahead=_ahead(calendar, sessions, now),
        preview=_preview(calendar, now),
        outside=tuple(slot for slot in sessions if not within_hours(calendar, slot)),
    )


def _week(calendar: ExpertCalendar, today: date) -> tuple[Weekday, ...]:
    monday = today + timedelta(days=-today.weekday() % 7)
    return tuple(
        Weekday(monday + timedelta(days=weekday), spans, dial_of(spans))
        for weekday, spans in enumerate(calendar.weekly)
    )


def _ahead(calendar: ExpertCalendar, sessions: tuple[Slot, ...], now: datetime) -> tuple[AheadDay, ...]:
    """Today and the six days after it, on the expert's clock."""
    today = now.astimezone(calendar.zone).date()
    slots = free_slots(calendar, USUAL_MINUTES, now, now + timedelta(days=_AHEAD_DAYS + 1), now)
    return tuple(_ahead_day(calendar.zone, today + timedelta(days=n), slots, sessions) for n in range(_AHEAD_DAYS))


def _ahead_day(zone: ZoneInfo, day: date, slots: tuple[Slot, ...], sessions: tuple[Slot, ...]) -> AheadDay:
    free = (slot for slot in slots if slot.starts_at.astimezone(zone).date() == day)
    sold = tuple(slot for slot in sessions if slot.starts_at.astimezone(zone).date() == day)
    return AheadDay(
        day=day,
        free=frozenset(dial_quarter(slot, zone) for slot in free),
        sold=frozenset(dial_quarter(slot, zone) for slot in sold),
        sessions=sold,
    )


def _preview(calendar: ExpertCalendar, now: datetime) -> tuple[PreviewDay, ...]:
    """Two weeks from the first moment that can be booked: before it there is nothing to see."""
    start = now + calendar.min_notice
    slots = free_slots(calendar, USUAL_MINUTES, start, start + timedelta(days=_PREVIEW_DAYS), now)
    by_day = groupby(slots, key=lambda slot: slot.starts_at.astimezone(calendar.zone).date())
    return tuple(PreviewDay(day, tuple(group)) for day, group in by_day)
