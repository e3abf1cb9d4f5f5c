"""Open hours on the wall clock, as quarters of an hour of UTC: per date and in the expert's own zone.

Everything is counted in whole quarter-hours since 1970 (UTC): every IANA zone's present offset is a multiple of 15
minutes, so wall-clock hours on a quarter begin on a quarter of UTC, and three hours are twelve quarters whatever the
clocks do. A quarter is open when the wall clock shows a time within the date's hours: an hour that a clock change
leaves out is never open, an hour that comes twice is open twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

QUARTER_MINUTES = 15
_QUARTER_SECONDS = QUARTER_MINUTES * 60
_DAY = timedelta(days=1)
_WIDEST_OFFSET = timedelta(hours=15)  # no zone is further from UTC than 14 h


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open hours of one day: minutes of the wall clock after midnight, multiples of 15; `closes` up to 1440."""

    opens: int
    closes: int


def quarter_from(moment: datetime) -> int:
    """The first quarter-hour since 1970 (UTC) that does not begin before the moment."""
    seconds = moment.timestamp()
    return int(-(-seconds // _QUARTER_SECONDS))


def moment_of(quarter: int) -> datetime:
    """When a quarter begins, UTC."""
    return datetime.fromtimestamp(quarter * _QUARTER_SECONDS, UTC)


def date_of(quarter: int, zone: ZoneInfo) -> date:
    """The date that the wall clock of a zone shows when a quarter begins."""
    return moment_of(quarter).astimezone(zone).date()


def runs_on(zone: ZoneInfo, day: date, spans: Iterable[Span]) -> tuple[range, ...]:
    """The unbroken stretches of quarters of a date that are open, in order; spans that touch are one.

    One stretch a span, but two where an hour comes twice and the span begins or ends in it.
    """
    midnight = _steady_midnight(zone, day)
    if midnight is None:
        return tuple(_stretches(_open_quarters(zone, day, joined(spans))))
    return tuple(
        range(midnight + span.opens // QUARTER_MINUTES, midnight + span.closes // QUARTER_MINUTES)
        for span in joined(spans)
    )


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same hours in order, without seams: 9 to 11 and 11 to 13 are 9 to 13."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.opens <= found[-1].closes:
            found[-1] = Span(found[-1].opens, max(found[-1].closes, span.closes))
        else:
            found.append(span)
    return tuple(found)


def _open_quarters(zone: ZoneInfo, day: date, spans: tuple[Span, ...]) -> list[int]:
    return [
        quarter
        for quarter, minute in _wall_clock(zone, day)
        if any(span.opens <= minute < span.closes for span in spans)
    ]


@lru_cache(maxsize=65536)
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
