"""Three programmes that know nothing of each other read a calendar file; and a calendar that follows what they read."""

import json
import shutil
import subprocess
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import icalendar

HOUSE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Read:
    """An event as a reader understands it; times are UTC."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    cancelled: bool


Reader = Callable[[str], tuple[str, list[Read]]]  # file -> method and events


def with_icalendar(text: str) -> tuple[str, list[Read]]:
    calendar = icalendar.Calendar.from_ical(text)
    return str(calendar["METHOD"]), [
        Read(
            str(each["UID"]),
            int(each["SEQUENCE"]),
            each.decoded("DTSTART").astimezone(UTC),
            each.decoded("DTEND").astimezone(UTC),
            str(each["SUMMARY"]),
            each["STATUS"] == "CANCELLED",
        )
        for each in calendar.walk("VEVENT")
    ]


def with_ics(text: str) -> tuple[str, list[Read]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its parser's grammar is of another age
        import ics

        calendar = ics.Calendar(text)
    method = calendar.method
    return method, [
        Read(
            each.uid,
            int(next(line.value for line in each.extra if line.name == "SEQUENCE")),
            each.begin.datetime.astimezone(UTC),
            each.end.datetime.astimezone(UTC),
            each.name,
            each.status == "CANCELLED",
        )
        for each in sorted(calendar.events)
    ]


def with_ical_js(text: str) -> tuple[str, list[Read]]:
    node = shutil.which("node")
    assert node, "node comes with npm, which the tests need anyway"
    script = str(HOUSE / "tests/post/read_calendar.mjs")
    answer = subprocess.run([node, script], input=text.encode(), capture_output=True, check=True, cwd=HOUSE)
    found = json.loads(answer.stdout)
    return found["method"], [
        Read(
            each["uid"],
            each["sequence"],
            datetime.fromisoformat(each["start"]),
            datetime.fromisoformat(each["end"]),
            each["title"],
            each["status"] == "CANCELLED",
        )
        for each in found["events"]
    ]


READERS: dict[str, Reader] = {"icalendar": with_icalendar, "ics": with_ics, "ical.js": with_ical_js}


@dataclass
class Agenda:
    """A person's calendar that follows RFC 5546: a higher SEQUENCE replaces the entry of the same UID, a cancellation
    takes it out, and what is older than what is known changes nothing."""

    reader: Reader
    entries: dict[str, Read] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)

    def take(self, text: str) -> None:
        method, events = self.reader(text)
        for event in events:
            if event.sequence < self.newest.get(event.uid, 0):
                continue
            self.newest[event.uid] = event.sequence
            if method == "CANCEL" or event.cancelled:
                self.entries.pop(event.uid, None)
            else:
                self.entries[event.uid] = event
