"""Read the busy times out of a calendar file that a stranger wrote (RFC 5545), with all its repetitions.

Runs as a program of its own, `python -m marketplace.outside.busy_times`, with little memory and few seconds: a file
that is small but repeats for ever must not stop the worker.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from marketplace.domain.wall_clock import quarter_from
from marketplace.outside.port import BusyWindow, Unreadable

MOST_SPANS = 20_000
SECONDS = 10  # of processor time
MEMORY = 1_000_000_000  # bytes of address space
_MOMENT = timedelta(microseconds=1)


def busy_times(body: bytes, window: BusyWindow) -> tuple[range, ...]:
    """Quarters since 1970 (UTC) that are taken in the window, joined and in order; raises `Unreadable`.

    What is cancelled, shown as free, or came from us does not count. Dates without a time count from midnight to
    midnight, and times without a zone are meant, on the expert's clock.
    """
    calendars = _calendars(body)
    found = [span for calendar in calendars for span in _spans(calendar, window)]
    return tuple(_joined(found))


def busy_times_apart(body: bytes, window: BusyWindow) -> tuple[range, ...]:
    """`busy_times` in a process of its own; raises `Unreadable` also when that takes too long or too much."""
    ask = json.dumps([window.start.isoformat(), window.end.isoformat(), window.zone.key, window.own_host]).encode()
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "marketplace.outside.busy_times"],
            input=ask + b"\n" + body,
            capture_output=True,
            timeout=SECONDS * 3,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise Unreadable("calendar_unreadable") from error
    return tuple(range(first, stop) for first, stop in json.loads(answer.stdout))


def main() -> None:
    """First line: the window; then the file. Answers with pairs of numbers, or fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    start, end, zone, own_host = json.loads(head)
    window = BusyWindow(datetime.fromisoformat(start), datetime.fromisoformat(end), ZoneInfo(zone), own_host)
    try:
        spans = busy_times(body, window)
    except Unreadable:
        sys.exit(1)
    json.dump([[span.start, span.stop] for span in spans], sys.stdout)


def _calendars(body: bytes) -> list[icalendar.Calendar]:
    try:
        found = icalendar.Calendar.from_ical(body, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:  # what the parser lets through
        raise Unreadable("calendar_unreadable") from error
    calendars = [each for each in found if each.name == "VCALENDAR"]
    if not calendars:
        raise Unreadable("calendar_unreadable")
    return calendars


def _spans(calendar: icalendar.Calendar, window: BusyWindow) -> Iterator[range]:
    try:
        events = recurring_ical_events.of(calendar, skip_bad_series=True).between(window.start, window.end)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable("calendar_unreadable") from error
    for event in events:
        if _is_busy(event, window.own_host):
            yield from _span(event.start, event.end, window)
    for block in calendar.walk("VFREEBUSY"):
        yield from _periods(block, window)


def _is_busy(event: icalendar.cal.Component, own_host: str) -> bool:
    ours = bool(own_host) and str(event.get("UID", "")).endswith("@" + own_host)
    free = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    shown_free = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY")).upper() == "FREE"
    return not (ours or free or shown_free or str(event.get("STATUS", "")).upper() == "CANCELLED")


def _periods(block: icalendar.cal.Component, window: BusyWindow) -> Iterator[range]:
    found = block.get("FREEBUSY", [])
    for entry in found if isinstance(found, list) else [found]:
        if str(getattr(entry, "params", {}).get("FBTYPE", "BUSY")).upper() != "FREE":
            for period in getattr(entry, "dts", [entry]):
                yield from _span(period.start, period.end, window)


def _span(start: date, end: date, window: BusyWindow) -> Iterator[range]:
    """The quarters that the time touches, within the window; none for a moment without length."""
    begins, ends = max(_moment(start, window.zone), window.start), min(_moment(end, window.zone), window.end)
    if begins < ends:
        # The quarter in which it begins, up to the one that begins when it is over.
        yield range(quarter_from(begins + _MOMENT) - 1, quarter_from(ends))


def _moment(when: date, zone: ZoneInfo) -> datetime:
    """UTC; a date begins at its midnight, and what has no zone is meant on the expert's clock."""
    if not isinstance(when, datetime):
        when = datetime.combine(when, datetime.min.time())
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def _joined(spans: Iterable[range]) -> list[range]:
    found: list[range] = []
    for span in sorted(spans, key=lambda span: (span.start, span.stop)):
        if found and span.start <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, span.stop))
        else:
            found.append(span)
    if len(found) > MOST_SPANS:
        raise Unreadable("calendar_too_large")
    return found


if __name__ == "__main__":
    main()
