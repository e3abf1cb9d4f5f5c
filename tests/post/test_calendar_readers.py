"""Three independent readers open our calendar files: same times, updates replace, cancellations remove."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from zoneinfo import ZoneInfo

import pytest

from marketplace.domain.events import BookingConfirmed, BookingEnded
from marketplace.post.calendar_file import CalendarEntry, calendar_feed, calendar_file
from marketplace.post.message import message_of
from marketplace.post.port import Letter
from marketplace.queries.feeds import feed_file, feed_page
from marketplace.services import bookings, feeds
from marketplace.services.bookings import Reschedule
from tests.post.readers import READERS, Agenda, Read
from tests.scene import Scene
from tests.services.test_moving import MONDAY, NOON, Stage

# The night of a clock change in Paris: from 01:00 to 04:00 on the wall, three hours on the watch.
NIGHT = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
ENTRY = CalendarEntry(
    uid="cad-7k2qx9m4@cadran.test",
    sequence=0,
    starts_at=NIGHT.astimezone(ZoneInfo("Europe/Paris")),
    ends_at=NIGHT + timedelta(hours=3),
    title="Cadran : audit d’un réseau, avec Inès Carpentier ; virgule, et un titre assez long pour être plié",
    description="Tout sur la session",
    url="https://cadran.test/bookings/12",
    location="https://cadran.test/bookings/12",
    organizer="sessions@cadran.test",
    attendee="lea@horizon.test",
    attendee_name="Léa Fontaine",
    written_at=NIGHT - timedelta(days=20),
)

readers = pytest.mark.parametrize("name", READERS)


@readers
def test_every_reader_sees_three_hours_at_the_same_moment_in_the_night_of_a_clock_change(name: str):
    method, (event,) = READERS[name](calendar_file(ENTRY, "REQUEST"))
    assert method == "REQUEST"
    assert event == Read(ENTRY.uid, 0, NIGHT, NIGHT + timedelta(hours=3), ENTRY.title, cancelled=False)


@readers
def test_updates_replace_and_cancellations_remove_also_out_of_order(name: str):
    moved = replace(ENTRY, sequence=1, starts_at=NIGHT + timedelta(days=7), ends_at=NIGHT + timedelta(days=7, hours=3))
    cancelled = replace(moved, sequence=2)
    agenda = Agenda(READERS[name])
    agenda.take(calendar_file(ENTRY, "REQUEST"))
    agenda.take(calendar_file(moved, "REQUEST"))
    assert [entry.starts_at for entry in agenda.entries.values()] == [NIGHT + timedelta(days=7)]
    agenda.take(calendar_file(ENTRY, "REQUEST"))  # a letter that was late
    assert [entry.starts_at for entry in agenda.entries.values()] == [NIGHT + timedelta(days=7)]
    agenda.take(calendar_file(cancelled, "CANCEL"))
    assert agenda.entries == {}


@readers
def test_without_a_higher_sequence_a_late_letter_would_win(name: str):
    """The control: what the SEQUENCE prevents."""
    moved = replace(ENTRY, starts_at=NIGHT + timedelta(days=7), ends_at=NIGHT + timedelta(days=7, hours=3))
    agenda = Agenda(READERS[name])
    for text in (calendar_file(moved, "REQUEST"), calendar_file(ENTRY, "REQUEST")):
        agenda.take(text)
    assert [entry.starts_at for entry in agenda.entries.values()] == [NIGHT]


@readers
def test_a_feed_is_read_whole_and_its_cancelled_sessions_leave(name: str):
    others = [
        replace(
            ENTRY, uid=f"{n}@cadran.test", starts_at=NIGHT + timedelta(days=n), ends_at=NIGHT + timedelta(days=n + 1)
        )
        for n in range(1, 4)
    ]
    agenda = Agenda(READERS[name])
    agenda.take(calendar_feed([ENTRY, *others], "Mes sessions"))
    assert len(agenda.entries) == 4
    agenda.take(calendar_feed([replace(ENTRY, sequence=1, cancelled=True), *others], "Mes sessions"))
    assert set(agenda.entries) == {each.uid for each in others}


@readers
def test_a_letters_calendar_part_says_the_same_as_its_file_and_names_the_method(name: str):
    text = calendar_file(ENTRY, "REQUEST")
    letter = Letter(
        "<1@cadran.test>", "lea@horizon.test", "Léa", "fr", "Sujet", "Texte", "<p>Texte</p>", text, "REQUEST"
    )
    sent = message_from_bytes(bytes(message_of(letter, "Cadran <no-reply@cadran.test>")), policy=SMTP)
    assert isinstance(sent, EmailMessage)
    parts = [part for part in sent.walk() if part.get_content_type() in ("text/calendar", "application/ics")]
    assert [part.get_content_type() for part in parts] == ["text/calendar", "application/ics"]
    assert parts[0]["Content-Type"].params["method"] == "REQUEST"
    for part in parts:
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        assert raw.count(b"\n") == raw.count(b"\r\n")
        assert max(map(len, raw.split(b"\r\n"))) <= 75
        assert READERS[name](raw.decode())[1][0].starts_at == NIGHT


@readers
def test_a_session_that_is_confirmed_moved_and_cancelled_leaves_calendars_empty(name: str, scene: Scene):
    """Through the services and the letters, for both sides."""
    stage = Stage(scene)
    booking_id = stage.booked()
    scene.tell(BookingConfirmed(booking_id))
    scene.settle()
    bookings.reschedule(scene.work, Reschedule(scene.cast.lea.actor, booking_id, NOON))
    scene.settle()
    agendas = {who: Agenda(READERS[name]) for who in ("Léa Martin", "Amara Diallo")}
    expected = iter([MONDAY, NOON])
    for kind in ("booking_confirmed", "booking_moved"):
        for letter in scene.letters(kind):
            agendas[letter.to_name].take(letter.calendar or "")
        start = next(expected)
        assert [[e.starts_at for e in agenda.entries.values()] for agenda in agendas.values()] == [[start], [start]]
    scene.set_booking(booking_id, state="refunding", ending="cancelled_by_lead", sequence=2, ended_at=scene.clock())
    scene.tell(BookingEnded(booking_id, "cancelled_by_lead", was_confirmed=True))
    scene.settle()
    for letter in scene.letters("booking_ended"):
        agendas[letter.to_name].take(letter.calendar or "")
    assert [agenda.entries for agenda in agendas.values()] == [{}, {}]


@readers
def test_a_feed_follows_a_session_that_moves_and_is_cancelled(name: str, scene: Scene):
    stage = Stage(scene)
    booking_id = stage.booked()
    feeds.renew_feed(scene.work, scene.cast.lea.actor)
    key = (
        feed_page(scene.work, scene.cast.lea.actor, ZoneInfo("Europe/Paris")).url.rsplit("/", 1)[1].removesuffix(".ics")
    )
    agenda, starts = Agenda(READERS[name]), []
    agenda.take(feed_file(scene.work, key).text)
    starts += [entry.starts_at for entry in agenda.entries.values()]
    bookings.reschedule(scene.work, Reschedule(scene.cast.lea.actor, booking_id, NOON))
    agenda.take(feed_file(scene.work, key).text)
    starts += [entry.starts_at for entry in agenda.entries.values()]
    scene.set_booking(booking_id, state="refunding", ending="cancelled_by_lead", sequence=2, ended_at=scene.clock())
    agenda.take(feed_file(scene.work, key).text)
    assert (starts, agenda.entries) == ([MONDAY, NOON], {})
