"""A session as a file for one's own calendar."""

from datetime import UTC, timedelta

import pytest
from flask import Flask
from icalendar import Calendar, Event

from marketplace import links
from marketplace.queries.feeds import feed_file
from marketplace.services import feeds
from marketplace.store.accounts import Account
from tests.cast import Person
from tests.scene import Scene, statements
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


def address(browser: Browser) -> str:
    """Makes a feed, or a new address for it, and reads it off the page."""
    assert browser.post("/calendar/renewal").status == 303
    return browser.get("/calendar").soup.select_one("#feed")["value"].removeprefix("http://127.0.0.1:8000")


def test_a_feed_shows_all_sessions_to_whoever_holds_its_address(app: Flask, scene: Scene, booking: int) -> None:
    path = address(Browser(app).sign_in(scene.cast.lea))
    answer = Browser(app).client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    (found,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert found.decoded("DTSTART") == scene.booking(booking).starts_at
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75
    hers = Calendar.from_ical(Browser(app).client.get(address(Browser(app).sign_in(scene.cast.amara))).data)
    assert [each["SUMMARY"][-10:] for each in hers.walk("VEVENT")] == ["Léa Martin"]


def test_what_has_not_changed_is_not_sent_again(app: Flask, scene: Scene, booking: int) -> None:
    path = address(Browser(app).sign_in(scene.cast.lea))
    client = Browser(app).client
    first = client.get(path)
    assert "no-store" not in first.headers["Cache-Control"]
    for header, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again = client.get(path, headers={header: value})
        assert (again.status_code, again.data) == (304, b"")
    scene.clock.advance(hours=1)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    scene.set_booking(booking, starts_at=scene.at(9), ends_at=scene.at(9.125), sequence=1, moved_at=scene.clock())
    for header, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        changed = client.get(path, headers={header: value})
        assert changed.status_code == 200
        assert changed.headers["Last-Modified"] != first.headers["Last-Modified"]


def test_a_new_address_makes_the_old_one_worthless_and_closing_it_both(app: Flask, scene: Scene, booking: int) -> None:
    lea, anybody = Browser(app).sign_in(scene.cast.lea), Browser(app)
    old = address(lea)
    new = address(lea)
    assert old != new
    assert (anybody.get(old).status, anybody.get(new).status) == (404, 200)
    lea.post("/calendar/removal")
    assert anybody.get(new).status == 404
    assert lea.post("/calendar/removal").status == 404
    assert "No address yet" in lea.get("/calendar?lang=en").text


def test_no_other_key_opens_a_feed(app: Flask, scene: Scene, booking: int) -> None:
    key = address(Browser(app).sign_in(scene.cast.lea)).removesuffix(".ics")
    wrong = [
        key[:-1] + ("0" if key[-1] != "0" else "1"),
        key.replace(f"/{scene.cast.lea.id}-", f"/{scene.cast.amara.id}-"),
    ]
    wrong += [
        key[:-1],
        key + "0",
        "/calendar/1",
        "/calendar/x-y",
        "/calendar/1-" + "é" * 40,
        "/calendar/9999999999-" + "0" * 40,
    ]
    assert [Browser(app).get(f"{each}.ics").status for each in wrong] == [404] * len(wrong)


def test_a_suspended_persons_feed_is_shut(app: Flask, scene: Scene, booking: int) -> None:
    path = address(Browser(app).sign_in(scene.cast.lea))
    with scene.work.transaction() as tx:
        tx.session.get_one(Account, scene.cast.lea.id).suspended_at = tx.now
    assert Browser(app).get(path).status == 404


def test_a_feed_of_two_hundred_sessions_takes_one_query(app: Flask, scene: Scene) -> None:
    offering = scene.offer()
    feeds.renew_feed(scene.work, scene.cast.lea.actor)
    key = links.feed_key(scene.work.secret, scene.cast.lea.id, 1)
    sizes = []
    for many in (1, 199):
        for number in range(many):
            scene.session(offering, starts_at=scene.at(1 + number))
        with statements(scene.work.database) as asked:
            sizes.append(feed_file(scene.work, key).text.count("BEGIN:VEVENT"))
        assert len(asked) == 1
    assert sizes == [1, 200]


def test_what_was_never_sure_is_not_in_the_feed(app: Flask, scene: Scene, booking: int) -> None:
    client, path = Browser(app).client, address(Browser(app).sign_in(scene.cast.lea))
    for state in ("awaiting_payment", "requested", "declined", "expired_unpaid"):
        scene.set_booking(booking, state=state)
        assert b"VEVENT" not in client.get(path).data
    scene.set_booking(booking, state="voiding", ending="declined")
    assert b"VEVENT" not in client.get(path).data
    scene.set_booking(booking, state="refunding", ending="cancelled_by_expert", ended_at=scene.clock())
    assert b"STATUS:CANCELLED" in client.get(path).data
