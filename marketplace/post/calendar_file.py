"""Calendar files (RFC 5545): one session as an invitation, an update or a cancellation."""

from dataclasses import dataclass
from datetime import datetime
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


def calendar_file(entry: CalendarEntry, method: Method) -> str:
    """The file's text: CRLF line ends, lines folded at 75 octets, times in UTC so that no zone table is needed."""
    calendar = Calendar()
    calendar.add("prodid", "-//Cadran//Cadran//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_event(entry, method))
    return str(calendar.to_ical(), "utf8")


def _event(entry: CalendarEntry, method: Method) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.written_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", entry.title)
    event.add("description", entry.description)
    event.add("location", entry.location)
    event.add("url", entry.url)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("organizer", _person(entry.organizer, "Cadran"))
    attendee = _person(entry.attendee, entry.attendee_name)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    event.add("attendee", attendee)
    return event


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    person.params["CN"] = vText(name)
    return person
