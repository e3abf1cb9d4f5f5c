"""What an expert does to their calendar: weekly hours, single dates, notice and buffers.

Changed hours never touch a booking: what was sold stays sold. Every change says which coming sessions now lie outside
the hours, so that the expert is not surprised.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.calendar import DAY_MINUTES, QUARTER_MINUTES, Slot, Span, check_hours, within_hours
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.store.calendars import clear_date, coming_sessions, load_calendars, set_date_hours, set_weekly_hours
from marketplace.store.experts import Expert
from marketplace.store.transaction import Transaction
from marketplace.work import Work

MAX_NOTICE_HOURS = 30 * 24
MAX_HORIZON_DAYS = 365
MAX_BUFFER_MINUTES = 4 * 60
MOST_A_DAY = 8
MOST_A_WEEK = 40
MAX_SPANS = 3  # a day: morning, afternoon, evening
_FAR = timedelta(days=2 * MAX_HORIZON_DAYS)


@dataclass(frozen=True, slots=True)
class SetWeek:
    """Replace the weekly hours; seven entries from Monday, minutes of the wall clock in the expert's zone."""

    actor: Actor
    week: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class SetRules:
    """Replace notice, horizon, buffers, the step between starts (None: the session's own length) and the caps."""

    actor: Actor
    min_notice_hours: int
    horizon_days: int
    buffer_before: int
    buffer_after: int
    start_step: int | None
    max_per_day: int | None = None  # sessions that start on one date of the expert's zone; None: as many as fit
    max_per_week: int | None = None  # from Monday to Sunday


@dataclass(frozen=True, slots=True)
class SetWhole:
    """Replace week and rules at once, if they are still what the expert has seen."""

    week: SetWeek
    rules: SetRules
    seen: tuple[SetWeek, SetRules]


@dataclass(frozen=True, slots=True)
class SetDate:
    """Give one date hours of its own; no spans means closed."""

    actor: Actor
    day: date
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ClearDate:
    """Let the week's hours hold again on a date."""

    actor: Actor
    day: date


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of hours left behind: coming sessions that are kept although they lie outside the hours now."""

    kept: tuple[Slot, ...]
    removed: tuple[Span, ...] = ()  # the hours of a cleared date, for undoing


def set_week(work: Work, command: SetWeek) -> Changed:
    """Replace the weekly hours. `Invalid` for hours that overlap, are inverted or do not lie on a quarter."""
    _check_week(command.week)
    with work.transaction() as tx:
        expert = _expert(tx, command.actor)
        old = load_calendars(tx.session, [expert.id], tx.now, tx.now)[expert.id].weekly
        set_weekly_hours(tx.session, expert.id, command.week)
        tx.journal(
            command.actor, "availability.week_set", ("expert", expert.id), old=_words(old), new=_words(command.week)
        )
        return Changed(_outside_hours(tx, expert.id))


def set_rules(work: Work, command: SetRules) -> None:
    """Replace notice, horizon, buffers and step. `Invalid` beyond the limits; bookings keep the buffers they have."""
    _check_rules(command)
    with work.transaction() as tx:
        expert = _expert(tx, command.actor)
        new = {key: value for key, value in asdict(command).items() if key != "actor"}
        old = {key: getattr(expert, key) for key in new}
        for key, value in new.items():
            setattr(expert, key, value)
        tx.journal(command.actor, "availability.rules_set", ("expert", expert.id), old=old, new=new)


def set_whole(work: Work, command: SetWhole) -> Changed:
    """Both of the above in one transaction. `Conflict` "version_stale" when somebody changed them since."""
    actor, week, rules = command.week.actor, command.week.week, command.rules
    _check_week(week)
    _check_rules(rules)
    with work.transaction() as tx:
        expert = _expert(tx, actor)
        tx.session.refresh(expert, with_for_update=True)
        old_week = load_calendars(tx.session, [expert.id], tx.now, tx.now)[expert.id].weekly
        old = {key: getattr(expert, key) for key in asdict(rules) if key != "actor"}
        if (SetWeek(actor, old_week), SetRules(actor, **old)) != command.seen:
            raise Conflict("version_stale")
        new = {key: getattr(rules, key) for key in old}
        for key, value in new.items():
            setattr(expert, key, value)
        set_weekly_hours(tx.session, expert.id, week)
        subject = ("expert", expert.id)
        tx.journal(actor, "availability.week_set", subject, old=_words(old_week), new=_words(week))
        tx.journal(actor, "availability.rules_set", subject, old=old, new=new)
        return Changed(_outside_hours(tx, expert.id))


def set_date(work: Work, command: SetDate) -> Changed:
    """Give a date hours of its own, from today on. `Invalid` for a past date or wrong hours."""
    _check_day(command.spans)
    with work.transaction() as tx:
        expert = _expert(tx, command.actor)
        if command.day < _today(tx, expert.id):
            raise Invalid("date_past", field="day")
        set_date_hours(tx.session, expert.id, command.day, command.spans)
        new = {"day": command.day.isoformat(), "hours": _pairs(command.spans)}
        tx.journal(command.actor, "availability.date_set", ("expert", expert.id), new=new)
        return Changed(_outside_hours(tx, expert.id))


def clear_date_hours(work: Work, command: ClearDate) -> Changed:
    """Remove a date's own hours. `NotFound` when it has none."""
    with work.transaction() as tx:
        expert = _expert(tx, command.actor)
        removed = _hours_of_date(tx, expert.id, command.day)
        clear_date(tx.session, expert.id, command.day)
        old = {"day": command.day.isoformat(), "hours": _pairs(removed)}
        tx.journal(command.actor, "availability.date_cleared", ("expert", expert.id), old=old)
        return Changed(_outside_hours(tx, expert.id), removed)


def _check_week(week: tuple[tuple[Span, ...], ...]) -> None:
    if len(week) != 7:
        raise Invalid("week_incomplete")
    for spans in week:
        _check_day(spans)


def _check_day(spans: tuple[Span, ...]) -> None:
    if len(spans) > MAX_SPANS:
        raise Invalid("hours_too_many", most=MAX_SPANS)
    check_hours(spans)


def _check_rules(command: SetRules) -> None:
    _within("min_notice_hours", command.min_notice_hours, 0, MAX_NOTICE_HOURS)
    _within("horizon_days", command.horizon_days, 1, MAX_HORIZON_DAYS)
    for name, minutes, most in (
        ("buffer_before", command.buffer_before, MAX_BUFFER_MINUTES),
        ("buffer_after", command.buffer_after, MAX_BUFFER_MINUTES),
        ("start_step", command.start_step or 0, DAY_MINUTES),
    ):
        _within(name, minutes, 0, most)
        if minutes % QUARTER_MINUTES:
            raise Invalid("not_a_quarter", field=name)
    for name, cap, limit in (
        ("max_per_day", command.max_per_day, MOST_A_DAY),
        ("max_per_week", command.max_per_week, MOST_A_WEEK),
    ):
        if cap is not None:
            _within(name, cap, 1, limit)
    if command.start_step == 0:
        raise Invalid("not_a_quarter", field="start_step")


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid("number_out_of_range", field=field, least=least, most=most)


def _expert(tx: Transaction, actor: Actor) -> Expert:
    require(actor, Role.EXPERT)
    expert = tx.session.get(Expert, actor.id)
    if expert is None:
        raise NotFound("expert")
    return expert


def _today(tx: Transaction, expert_id: int) -> date:
    calendar = load_calendars(tx.session, [expert_id], tx.now, tx.now)[expert_id]
    return tx.now.astimezone(calendar.zone).date()


def _hours_of_date(tx: Transaction, expert_id: int, day: date) -> tuple[Span, ...]:
    calendar = load_calendars(tx.session, [expert_id], tx.now - _FAR, tx.now + _FAR)[expert_id]
    if day not in calendar.exceptions:
        raise NotFound("date_exception")
    return calendar.exceptions[day]


def _outside_hours(tx: Transaction, expert_id: int) -> tuple[Slot, ...]:
    sessions = coming_sessions(tx.session, expert_id, tx.now)
    calendar = load_calendars(tx.session, [expert_id], tx.now, tx.now + _FAR)[expert_id]
    return tuple(slot for slot in sessions if not within_hours(calendar, slot))


def _words(week: tuple[tuple[Span, ...], ...]) -> dict[str, list[list[int]]]:
    return {str(weekday): _pairs(spans) for weekday, spans in enumerate(week) if spans}


def _pairs(spans: tuple[Span, ...]) -> list[list[int]]:
    return [[span.opens, span.closes] for span in spans]
