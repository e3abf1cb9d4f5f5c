"""The questions asked of experts' calendars, and the one place where time is sold: `occupy`."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Row, bindparam, delete, exists, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.domain.calendar import ExpertCalendar, Slot, Span, quarter_from
from marketplace.domain.errors import Conflict
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking, OccupiedQuarter
from marketplace.store.busy_times import BusySpan
from marketplace.store.experts import DateException, Expert, WeeklyHours
from marketplace.store.reading import rows

_DAY = timedelta(days=1)  # dates are the expert's, moments are UTC: look a day further on both sides
_WEEK = timedelta(days=8)  # the caps count whole weeks, wherever the window begins and ends

_ASKED: BindParameter[Any] = bindparam("experts", expanding=True)
_FIRST: BindParameter[Any] = bindparam("first")
_LAST: BindParameter[Any] = bindparam("last")
_SETTINGS = (
    select(
        Expert.id,
        Account.zone,
        Expert.min_notice_hours,
        Expert.horizon_days,
        Expert.buffer_before,
        Expert.buffer_after,
        Expert.start_step,
        Expert.max_per_day,
        Expert.max_per_week,
    )
    .join(Account, Account.id == Expert.id)
    .where(Expert.id.in_(_ASKED))
)
_WEEKLY_HOURS = (
    select(WeeklyHours.expert_id, WeeklyHours.weekday, WeeklyHours.opens, WeeklyHours.closes)
    .where(WeeklyHours.expert_id.in_(_ASKED))
    .order_by(WeeklyHours.opens)
)
_EXCEPTIONS = (
    select(DateException.expert_id, DateException.day, DateException.opens, DateException.closes)
    .where(DateException.expert_id.in_(_ASKED), DateException.day.between(_FIRST, _LAST))
    .order_by(DateException.opens)
)
# First and last quarter of each booking: its quarters have no gaps, and the database counts faster than we.
_SOLD = (
    select(OccupiedQuarter.expert_id, func.min(OccupiedQuarter.quarter), func.max(OccupiedQuarter.quarter))
    .where(OccupiedQuarter.expert_id.in_(_ASKED), OccupiedQuarter.quarter.between(_FIRST, _LAST))
    .group_by(OccupiedQuarter.expert_id, OccupiedQuarter.booking_id)
)
_ELSEWHERE = select(BusySpan.expert_id, BusySpan.first, BusySpan.last).where(
    BusySpan.expert_id.in_(_ASKED), BusySpan.first <= _LAST, BusySpan.last >= _FIRST
)
_SESSIONS = select(Booking.expert_id, Booking.starts_at).where(
    Booking.expert_id.in_(_ASKED),
    Booking.starts_at.between(_FIRST, _LAST),
    exists().where(OccupiedQuarter.booking_id == Booking.id),
)

Hours = tuple[tuple[Span, ...], ...]
CalendarRow = Row[int, str, int, int, int, int, int | None, int | None, int | None]
Quarters = Mapping[int, set[int]]


def load_calendars(
    session: Session, expert_ids: Collection[int], start: datetime, end: datetime
) -> dict[int, ExpertCalendar]:
    """The calendars of the experts, good for slots that lie in [start, end) (UTC), in five queries, six where an
    expert has a cap; unknown ids are left out."""
    settings = _settings(session, expert_ids)
    weekly = _weekly_hours(session, expert_ids)
    exceptions = _exceptions(session, expert_ids, start, end)
    busy = _busy(session, expert_ids, start, end)
    capped = [row.id for row in settings if row.max_per_day is not None or row.max_per_week is not None]
    sessions = _sessions(session, capped, start, end) if capped else {}
    return {
        row.id: _calendar(row, weekly[row.id], exceptions[row.id], frozenset(busy[row.id]), sessions.get(row.id, ()))
        for row in settings
    }


def lock_calendar(session: Session, expert_id: int) -> None:
    """Let nobody else sell this expert's time until the transaction ends, where caps count it: two sessions of one day
    share no quarter, so that nothing but a lock keeps two at once below the cap."""
    capped = Expert.max_per_day.is_not(None) | Expert.max_per_week.is_not(None)
    session.execute(select(Expert.id).where(Expert.id == expert_id, capped).with_for_update())


def occupy(session: Session, expert_id: int, quarters: Iterable[int], booking_id: int) -> None:
    """Sell or hold the quarters for a booking that is already flushed; `Conflict("slot_taken")` when one is taken.

    The primary key decides, not a look beforehand: of two at once the database lets one in.
    """
    wanted = list(quarters)
    rows = [{"expert_id": expert_id, "quarter": quarter, "booking_id": booking_id} for quarter in wanted]
    try:
        with session.begin_nested():
            # RETURNING makes one statement of all rows; without it psycopg would send them one by one.
            session.execute(insert(OccupiedQuarter).returning(OccupiedQuarter.quarter), rows)
    except IntegrityError:
        if _is_taken(session, expert_id, wanted):
            raise Conflict("slot_taken") from None
        raise


def occupied(session: Session, booking_id: int) -> frozenset[int]:
    """The quarters that a booking holds, its buffers included."""
    held = select(OccupiedQuarter.quarter).where(OccupiedQuarter.booking_id == booking_id)
    return frozenset(session.scalars(held))


def occupy_instead(session: Session, expert_id: int, quarters: Iterable[int], booking_id: int) -> None:
    """Move a booking: its old quarters are free and the new ones taken, or nothing changes and `Conflict`
    "slot_taken": let the transaction fail with it."""
    free(session, booking_id)
    occupy(session, expert_id, quarters, booking_id)


def free(session: Session, booking_id: int) -> None:
    """Give back all quarters of a booking; nothing happens when it has none."""
    session.execute(delete(OccupiedQuarter).where(OccupiedQuarter.booking_id == booking_id))


def set_weekly_hours(session: Session, expert_id: int, week: Hours) -> None:
    """Replace the week's hours; seven entries from Monday."""
    session.execute(delete(WeeklyHours).where(WeeklyHours.expert_id == expert_id))
    session.add_all(
        WeeklyHours(expert_id=expert_id, weekday=weekday, opens=span.opens, closes=span.closes)
        for weekday, spans in enumerate(week)
        for span in spans
    )


def set_date_hours(session: Session, expert_id: int, day: date, spans: tuple[Span, ...]) -> None:
    """Replace the hours of one date; no spans means closed."""
    clear_date(session, expert_id, day)
    hours: list[tuple[int | None, int | None]] = [(span.opens, span.closes) for span in spans]
    session.add_all(
        DateException(expert_id=expert_id, day=day, opens=opens, closes=closes)
        for opens, closes in hours or [(None, None)]
    )


def clear_date(session: Session, expert_id: int, day: date) -> None:
    """The week's hours hold again on this date."""
    session.execute(delete(DateException).where(DateException.expert_id == expert_id, DateException.day == day))


def coming_sessions(session: Session, expert_id: int, now: datetime) -> tuple[Slot, ...]:
    """Booked or held sessions that are not over, in order."""
    taken = select(OccupiedQuarter.booking_id).where(OccupiedQuarter.expert_id == expert_id).distinct()
    rows = session.execute(
        select(Booking.starts_at, Booking.ends_at)
        .where(Booking.id.in_(taken), Booking.ends_at > now)
        .order_by(Booking.starts_at)
    )
    return tuple(Slot(starts_at, ends_at) for starts_at, ends_at in rows)


def _is_taken(session: Session, expert_id: int, wanted: list[int]) -> bool:
    taken = exists().where(OccupiedQuarter.expert_id == expert_id, OccupiedQuarter.quarter.in_(wanted))
    return bool(session.scalar(select(taken)))


def _settings(session: Session, expert_ids: Collection[int]) -> Sequence[CalendarRow]:
    return rows(session, _SETTINGS, experts=list(expert_ids))


def _weekly_hours(session: Session, expert_ids: Collection[int]) -> Mapping[int, Hours]:
    days: dict[int, list[list[Span]]] = defaultdict(lambda: [[] for _ in range(7)])
    for expert_id, weekday, opens, closes in rows(session, _WEEKLY_HOURS, experts=list(expert_ids)):
        days[expert_id][weekday].append(Span(opens, closes))
    return defaultdict(lambda: ((),) * 7, {key: tuple(map(tuple, week)) for key, week in days.items()})


def _exceptions(
    session: Session, expert_ids: Collection[int], start: datetime, end: datetime
) -> Mapping[int, Mapping[date, tuple[Span, ...]]]:
    found: dict[int, dict[date, tuple[Span, ...]]] = defaultdict(dict)
    between = {"first": (start - _DAY).date(), "last": (end + _DAY).date()}
    for expert_id, day, opens, closes in rows(session, _EXCEPTIONS, experts=list(expert_ids), **between):
        spans = found[expert_id].setdefault(day, ())
        if opens is not None and closes is not None:
            found[expert_id][day] = (*spans, Span(opens, closes))
    return found


def _busy(session: Session, expert_ids: Collection[int], start: datetime, end: datetime) -> Quarters:
    """What is sold or held here, and what the experts' other calendars say."""
    busy: dict[int, set[int]] = defaultdict(set)
    between = {"first": quarter_from(start - _DAY), "last": quarter_from(end + _DAY)}
    taken = [*rows(session, _SOLD, experts=list(expert_ids), **between)]
    taken += rows(session, _ELSEWHERE, experts=list(expert_ids), **between)
    for expert_id, begins, ends in taken:
        busy[expert_id].update(range(max(begins, between["first"]), min(ends, between["last"]) + 1))
    return busy


def _sessions(
    session: Session, expert_ids: Collection[int], start: datetime, end: datetime
) -> Mapping[int, tuple[int, ...]]:
    """The first quarters of the sessions that are sold or held, with whole weeks around the window."""
    found: dict[int, list[int]] = defaultdict(list)
    around = {"first": start - _WEEK, "last": end + _WEEK}
    for expert_id, starts_at in rows(session, _SESSIONS, experts=list(expert_ids), **around):
        found[expert_id].append(quarter_from(starts_at))
    return {expert_id: tuple(sorted(starts)) for expert_id, starts in found.items()}


def _calendar(
    row: CalendarRow,
    weekly: Hours,
    exceptions: Mapping[date, tuple[Span, ...]],
    busy: frozenset[int],
    sessions: tuple[int, ...],
) -> ExpertCalendar:
    return ExpertCalendar(
        expert_id=row.id,
        zone=ZoneInfo(row.zone),
        weekly=weekly,
        exceptions=exceptions,
        min_notice=timedelta(hours=row.min_notice_hours),
        horizon=timedelta(days=row.horizon_days),
        buffer_before=row.buffer_before,
        buffer_after=row.buffer_after,
        start_step=row.start_step,
        busy=busy,
        max_per_day=row.max_per_day,
        max_per_week=row.max_per_week,
        sessions=sessions,
    )
