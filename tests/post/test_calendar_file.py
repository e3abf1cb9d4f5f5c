"""Calendar files, as RFC 5545 and 5546 want them."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from marketplace.post.calendar_file import CalendarEntry, Method, calendar_file

START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
ENTRY = CalendarEntry(
    uid="cad-7k2qx9m4@cadran.test",
    sequence=3,
    starts_at=START,
    ends_at=START.replace(hour=11),
    title="Cadran: Audit, avec Inès; virgule, et retour\nà la ligne",
    description="d" * 300,
    url="https://cadran.test/bookings/12",
    location="https://cadran.test/bookings/12",
    organizer="sessions@cadran.test",
    attendee="lea@horizon.test",
    attendee_name="Léa Fontaine",
    written_at=START.replace(day=2),
)


def session(text: str):  # type: ignore[no-untyped-def]  # icalendar's components are untyped
    return Calendar.from_ical(text).walk("VEVENT")[0]


@pytest.mark.parametrize(
    ("method", "status"), [("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED"), ("PUBLISH", "CONFIRMED")]
)
def test_the_method_decides_what_the_file_does(method: Method, status: str) -> None:
    text = calendar_file(ENTRY, method)
    assert Calendar.from_ical(text)["METHOD"] == method
    event = session(text)
    assert (event["STATUS"], event["SEQUENCE"], event["UID"]) == (status, 3, ENTRY.uid)
    assert ("ATTENDEE" in event) is (method != "PUBLISH")
    assert event["ORGANIZER"] == "mailto:sessions@cadran.test"


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    montreal = replace(ENTRY, starts_at=START.astimezone(ZoneInfo("America/Montreal")))
    text = calendar_file(montreal, "REQUEST")
    assert "DTSTART:20261201T080000Z" in text
    assert session(text).decoded("DTSTART") == START
    assert session(text).decoded("DTSTART").tzinfo is not None


@pytest.mark.parametrize("name", ["starts_at", "ends_at", "written_at"])
def test_a_time_without_a_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        calendar_file(replace(ENTRY, **{name: START.replace(tzinfo=None)}), "REQUEST")  # type: ignore[arg-type]


def test_lines_fold_at_75_octets_and_end_with_both_marks() -> None:
    raw = calendar_file(ENTRY, "REQUEST").encode()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_commas_and_line_breaks_survive() -> None:
    assert session(calendar_file(ENTRY, "REQUEST"))["SUMMARY"] == ENTRY.title


def test_no_place_is_no_location() -> None:
    assert "LOCATION" not in session(calendar_file(replace(ENTRY, location=""), "REQUEST"))
