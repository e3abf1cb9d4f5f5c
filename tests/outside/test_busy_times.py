"""Busy times out of strangers' calendar files: repetitions, zones, dates, what counts as free, and what is no file."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from marketplace.domain.calendar import moment_of
from marketplace.outside.busy_times import busy_times, busy_times_apart
from marketplace.outside.calendars import HttpsCalendars
from marketplace.outside.port import BusyWindow, Unreadable

PARIS = ZoneInfo("Europe/Paris")
WINDOW = BusyWindow(
    datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), PARIS, "cadran.example"
)  # fmt: skip


def file(*lines: str) -> bytes:
    event = ["BEGIN:VEVENT", "UID:1@else.example", "DTSTAMP:20261001T000000Z", *lines, "END:VEVENT"]
    return written(*event)


def written(*lines: str) -> bytes:
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Else//EN", *lines, "END:VCALENDAR"]
    return ("\r\n".join(whole) + "\r\n").encode()


def read(body: bytes, window: BusyWindow = WINDOW) -> list[tuple[str, str]]:
    """The busy times on the clock of Paris."""
    spans = busy_times(body, window)
    ends = [(moment_of(span.start).astimezone(PARIS), moment_of(span.stop).astimezone(PARIS)) for span in spans]
    return [(f"{start:%d.%m. %H:%M}", f"{end:%d.%m. %H:%M}") for start, end in ends]


def test_an_event_takes_every_quarter_that_it_touches():
    assert read(file("DTSTART:20261103T081000Z", "DTEND:20261103T091500Z")) == [("03.11. 09:00", "03.11. 10:15")]
    assert read(file("DTSTART:20261103T080000Z", "DURATION:PT1M")) == [("03.11. 09:00", "03.11. 09:15")]


def test_a_weekly_meeting_keeps_its_wall_clock_over_the_clock_change():
    body = file(
        "DTSTART;TZID=Europe/Paris:20261019T140000", "DTEND;TZID=Europe/Paris:20261019T150000",
        "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Paris:20261102T140000",
    )  # fmt: skip
    assert read(body) == [("19.10. 14:00", "19.10. 15:00"), ("26.10. 14:00", "26.10. 15:00")]
    first, second = busy_times(body, WINDOW)
    assert (second.start - first.start) * 15 == 7 * 24 * 60 + 60  # the hour of autumn


def test_one_moved_meeting_of_a_series_is_where_it_was_moved_to():
    body = written(
        "BEGIN:VEVENT", "UID:1", "DTSTAMP:20261001T000000Z", "DTSTART:20261102T080000Z", "DTEND:20261102T090000Z",
        "RRULE:FREQ=DAILY;COUNT=2", "END:VEVENT",
        "BEGIN:VEVENT", "UID:1", "DTSTAMP:20261001T000000Z", "RECURRENCE-ID:20261103T080000Z",
        "DTSTART:20261103T120000Z", "DTEND:20261103T130000Z", "END:VEVENT",
    )  # fmt: skip
    assert read(body) == [("02.11. 09:00", "02.11. 10:00"), ("03.11. 13:00", "03.11. 14:00")]


def test_a_whole_day_and_a_time_without_a_zone_are_meant_on_the_experts_clock():
    assert read(file("DTSTART;VALUE=DATE:20261103", "DTEND;VALUE=DATE:20261104")) == [("03.11. 00:00", "04.11. 00:00")]
    assert read(file("DTSTART:20261103T090000", "DTEND:20261103T100000")) == [("03.11. 09:00", "03.11. 10:00")]
    reunion = BusyWindow(WINDOW.start, WINDOW.end, ZoneInfo("Indian/Reunion"), "")
    assert read(file("DTSTART:20261103T090000", "DTEND:20261103T100000"), reunion) == [("03.11. 06:00", "03.11. 07:00")]


@pytest.mark.parametrize(
    "line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"]
)  # fmt: skip
def test_what_is_free_or_cancelled_takes_no_time(line: str):
    assert read(file("DTSTART:20261103T080000Z", "DTEND:20261103T090000Z", line)) == []


def test_our_own_sessions_come_back_without_effect():
    body = file("DTSTART:20261103T080000Z", "DTEND:20261103T090000Z").replace(b"1@else", b"cad-2@cadran")
    assert read(body) == []


def test_overlapping_and_touching_times_are_one():
    body = written(
        *(
            line
            for uid, start, end in (("1", "08", "10"), ("2", "09", "11"), ("3", "11", "12"), ("4", "13", "14"))
            for line in (
                "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261001T000000Z",
                f"DTSTART:20261103T{start}0000Z", f"DTEND:20261103T{end}0000Z", "END:VEVENT",
            )
        )
    )  # fmt: skip
    assert read(body) == [("03.11. 09:00", "03.11. 13:00"), ("03.11. 14:00", "03.11. 15:00")]


def test_only_the_window_counts():
    body = file("DTSTART:20200101T080000Z", "DTEND:20200101T090000Z", "RRULE:FREQ=YEARLY")
    assert read(body) == []
    long = file("DTSTART:20260901T000000Z", "DTEND:20270901T000000Z")
    assert busy_times(long, WINDOW)[0].start * 900 == WINDOW.start.timestamp()


def test_free_busy_blocks_are_read_too():
    body = written(
        "BEGIN:VFREEBUSY", "UID:f", "DTSTAMP:20261001T000000Z",
        "FREEBUSY;FBTYPE=BUSY:20261103T080000Z/20261103T090000Z",
        "FREEBUSY;FBTYPE=FREE:20261104T080000Z/20261104T090000Z",
        "FREEBUSY:20261105T080000Z/PT1H",
        "END:VFREEBUSY",
    )  # fmt: skip
    assert read(body) == [("03.11. 09:00", "03.11. 10:00"), ("05.11. 09:00", "05.11. 10:00")]


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"\xff\xfe\x00", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"])
def test_what_is_no_calendar_is_refused(body: bytes):
    with pytest.raises(Unreadable, match="calendar_unreadable"):
        busy_times(body, WINDOW)


def test_read_apart_it_says_the_same():
    body = file("DTSTART:20261103T081000Z", "DTEND:20261103T091500Z")
    assert HttpsCalendars().busy(body, WINDOW) == busy_times(body, WINDOW)
    with pytest.raises(Unreadable, match="calendar_unreadable"):
        busy_times_apart(b"nothing", WINDOW)


def test_a_file_that_repeats_every_second_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("marketplace.outside.busy_times.SECONDS", 0.5)  # of the parent's patience
    bomb = file("DTSTART:19700101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")
    with pytest.raises(Unreadable, match="calendar_unreadable"):
        busy_times_apart(bomb, WINDOW)


def test_too_many_stretches_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("marketplace.outside.busy_times.MOST_SPANS", 2)
    daily = file("DTSTART:20261103T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    with pytest.raises(Unreadable, match="calendar_too_large"):
        busy_times(daily, WINDOW)
