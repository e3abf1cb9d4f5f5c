"""Values in the viewer's words, for templates: `wording` with the viewer's language and zone filled in.

Each is remembered, because a list says the same days and prices again and again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext

from marketplace import wording
from marketplace.domain.calendar import Span
from marketplace.web.here import viewer

_remembered = lru_cache(maxsize=4096)
_zone_name = _remembered(wording.zone_name)
_money = _remembered(wording.money)
_decimal = _remembered(wording.decimal)
_number = _remembered(wording.number)
_percent = _remembered(wording.percent)
_day = _remembered(wording.day)
_day_tiny = _remembered(wording.day_tiny)
_day_number = _remembered(wording.day_number)
_weekday = _remembered(wording.weekday)
_days = _remembered(wording.days)
_moment = _remembered(wording.moment)
_clock = _remembered(wording.clock)
_hours = _remembered(wording.hours)
_span = _remembered(wording.span)
_duration = _remembered(wording.duration)


def zone_words(zone: ZoneInfo, at: datetime) -> str:
    """ "Paris time (UTC+1)" for the viewer."""
    return _zone_name(zone, at, viewer().language)


def money(minor: int, currency: str = "eur", decimals: bool | None = None) -> str:
    """Cents as an amount."""
    return _money(minor, viewer().language, currency, decimals)


def decimal(value: float, digits: int = 1) -> str:
    """A number with so many digits behind the point."""
    return _decimal(value, viewer().language, digits)


def number(value: float, digits: int = 0) -> str:
    """A number, its thousands apart, with at most so many digits behind the point."""
    return _number(value, viewer().language, digits)


def percent(basis_points: int, digits: int = 2) -> str:
    """Basis points as a percentage with at most so many digits."""
    return _percent(basis_points, viewer().language, digits)


def day(at: date, zone: ZoneInfo | None = None, style: wording.Style = "long") -> str:
    """A day; a moment in the viewer's zone unless another is given."""
    return _day(at, viewer().language, zone or viewer().zone, style)


def iso_day(at: date, zone: ZoneInfo | None = None) -> str:
    """The same day for machines: 2026-12-01."""
    return (at.astimezone(zone or viewer().zone) if isinstance(at, datetime) else at).strftime("%Y-%m-%d")


def day_tiny(at: date) -> str:
    """A day above a small dial."""
    return _day_tiny(at, viewer().language)


def weekday(at: date) -> str:
    """The day of the week."""
    return _weekday(at, viewer().language)


def day_number(at: date) -> str:
    """The day of the month, as a heading: "2", "1er"."""
    return _day_number(at, viewer().language)


def days(first: date, last: date) -> str:
    """A range of days, both included."""
    return _days(first, last, viewer().language)


def moment(at: datetime, zone: ZoneInfo | None = None, style: wording.Style = "long") -> str:
    """A day and a time, in the viewer's zone unless another is given."""
    return _moment(at, viewer().language, zone or viewer().zone, style)


def clock(at: datetime, zone: ZoneInfo | None = None) -> str:
    """The time of day."""
    return _clock(at, viewer().language, zone or viewer().zone)


def hours(start: datetime, end: datetime, zone: ZoneInfo | None = None) -> str:
    """From one time of day to another."""
    return _hours(start, end, viewer().language, zone or viewer().zone)


def wall_hours(span: Span) -> str:
    """An expert's hours as the clock on their wall shows them."""
    return wording.wall_hours(span.opens, span.closes, viewer().language)


def span(start: datetime, end: datetime, zone: ZoneInfo | None = None, style: wording.Style = "long") -> str:
    """A day with its hours."""
    return _span(start, end, viewer().language, zone or viewer().zone, style)


def duration(minutes: int) -> str:
    """A length."""
    return _duration(minutes, viewer().language)


def ago(length: timedelta) -> str:
    """How long something waits."""
    return wording.ago(length, viewer().language)


def listing(items: Iterable[str]) -> str:
    """Several things in a sentence."""
    return wording.listing([str(item) for item in items], viewer().language)


def language_name(code: str) -> str:
    """A language in the viewer's language."""
    return wording.language_name(code, viewer().language)


def language_names(codes: Sequence[str]) -> str:
    """Languages as a short list."""
    return wording.language_names(codes, viewer().language)


def dial_words(date: date, quarters: Iterable[str]) -> str:
    """What a dial of one day shows, for those who do not see it: "Monday 30 November: free at midday"."""
    which = wording.capital(_day(date, viewer().language, None, "plain"))
    parts = [str(words) for quarter, words in _PARTS.items() if quarter in quarters]
    if not parts:
        return str(gettext("%(day)s: no free slot", day=which))
    return str(gettext("%(day)s: free %(parts)s", day=which, parts=", ".join(parts)))


_PARTS = {
    "a": lazy_gettext("in the morning"),
    "b": lazy_gettext("at midday"),
    "c": lazy_gettext("in the afternoon"),
    "d": lazy_gettext("at another time"),
}
FILTERS = {
    filter_.__name__: filter_
    for filter_ in (
        money, decimal, number, percent, day, iso_day, day_tiny, day_number, weekday, days, moment, clock, hours,
        wall_hours, span, duration, ago, listing, language_name, language_names, dial_words,
    )
} | {"capital": wording.capital}  # fmt: skip
