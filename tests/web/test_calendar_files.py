"""A session as a file for one's own calendar."""

from datetime import UTC, timedelta

import pytest
from flask import Flask
from icalendar import Calendar, Event

from tests.cast import Person
from tests.scene import Scene
from tests.web.browse import Browser, Page


def file(app: Flask, who: Person, booking_id: int) -> Page:
    return Browser(app).sign_in(who).get(f"/bookings/{booking_id}/calendar.ics")


def event(page: Page) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(page.html)
    (found,) = calendar.walk("VEVENT")
    return calendar, found  # type: ignore[return-value]


@pytest.fixture
def booking(scene: Scene) -> int:
    return scene.session(
        scene.offer("Roll out a chatbot in a bank, and keep every friend in compliance while doing so")
    )


def test_the_file_holds_the_session_in_utc(app: Flask, scene: Scene, booking: int) -> None:
    page = file(app, scene.cast.lea, booking)
    assert page.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar, session = event(page)
    assert calendar["METHOD"] == "PUBLISH"
    start, end = session.decoded("DTSTART"), session.decoded("DTEND")
    assert start.tzinfo is not None
    assert start == scene.booking(booking).starts_at.astimezone(UTC)
    assert end - start == timedelta(hours=3)
    assert session["STATUS"] == "CONFIRMED"
    assert "ATTENDEE" not in session


def test_lines_end_and_fold_as_the_standard_says(app: Flask, scene: Scene, booking: int) -> None:
    raw = Browser(app).sign_in(scene.cast.lea).client.get(f"/bookings/{booking}/calendar.ics").data
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))


def test_each_side_reads_it_in_their_words_under_one_uid(app: Flask, scene: Scene, booking: int) -> None:
    (_, for_lea), (_, for_amara) = (event(file(app, who, booking)) for who in (scene.cast.lea, scene.cast.amara))
    assert for_lea["SUMMARY"].endswith("Amara Diallo")
    assert for_amara["SUMMARY"].endswith("Léa Martin")
    assert for_lea["UID"] == for_amara["UID"]


def test_a_cancelled_session_takes_itself_out(app: Flask, scene: Scene, booking: int) -> None:
    before = event(file(app, scene.cast.lea, booking))[1]
    scene.set_booking(booking, state="cancelled_by_expert", sequence=2)
    calendar, after = event(file(app, scene.cast.lea, booking))
    assert (calendar["METHOD"], after["STATUS"]) == ("CANCEL", "CANCELLED")
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_a_session_on_site_says_where(app: Flask, scene: Scene) -> None:
    offering_id = scene.offer(format="onsite", city="Lyon")
    booking_id = scene.session(offering_id, format="onsite")
    assert event(file(app, scene.cast.lea, booking_id))[1]["LOCATION"] == "Lyon"


def test_for_others_and_for_what_is_not_sure_there_is_no_file(app: Flask, scene: Scene, booking: int) -> None:
    for stranger in (scene.cast.hugo, scene.cast.ines):
        assert file(app, stranger, booking).status == 404
    assert file(app, scene.cast.ada, booking).status == 403
    assert file(app, scene.cast.lea, 999).status == 404
    for state in ("awaiting_payment", "requested", "declined"):
        scene.set_booking(booking, state=state)
        assert file(app, scene.cast.lea, booking).status == 404
