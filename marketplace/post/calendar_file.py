"""Calendar files (RFC 5545): one session as an invitation, an update or a cancellation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A session in somebody's calendar. `uid` never changes, `sequence` grows with every change; times are UTC."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    description: str
    url: str
    location: str
    organizer: str  # an address of ours
    attendee: str
    attendee_name: str
    written_at: datetime
    cancelled: bool = False


def calendar_feed(entries: Iterable[CalendarEntry], name: str) -> str:
    """All sessions of one person as a calendar to subscribe to, under this name; a cancelled one says so, so that
    calendars that keep what they have read once take it out."""
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("name", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry, "PUBLISH"))
    return str(calendar.to_ical(), "utf8")


def calendar_file(entry: CalendarEntry, method: Method) -> str:
    """The file's text: CRLF line ends, lines folded at 75 octets, times in UTC so that no zone table is needed.

    `ValueError` for a time without a zone.
    """
    calendar = _calendar(method)
    calendar.add_component(_event(entry, method))
    return str(calendar.to_ical(), "utf8")


def _calendar(method: Method) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Cadran//Cadran//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _event(entry: CalendarEntry, method: Method) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _utc(entry.written_at))
    event.add("dtstart", _utc(entry.starts_at))
    event.add("dtend", _utc(entry.ends_at))
    event.add("summary", entry.title)
    event.add("description", entry.description)
    if entry.location:
        event.add("location", entry.location)
    event.add("url", entry.url)
    event.add("status", "CANCELLED" if method == "CANCEL" or entry.cancelled else "CONFIRMED")
    event.add("organizer", _person(entry.organizer, "Cadran"))
    if method != "PUBLISH":  # RFC 5546, 3.2.1: what is published names nobody
        event.add("attendee", _attendee(entry))
    return event


def _utc(moment: datetime) -> datetime:
    # icalendar would write a time without a zone as it is, and every calendar would read it in its own zone.
    if moment.tzinfo is None:
        raise ValueError("a calendar file needs times with a zone")
    return moment.astimezone(UTC)


def _attendee(entry: CalendarEntry) -> vCalAddress:
    attendee = _person(entry.attendee, entry.attendee_name)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    return attendee


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    person.params["CN"] = vText(name)
    return person
