"""Ratings in the browser: the form, what is sealed, what is open, the reply, one's own standing."""

from datetime import timedelta

import pytest
from flask import Flask

from marketplace.domain.rating import DIMENSIONS, Side
from marketplace.services.ratings import Reply, open_windows_shut, reply
from tests.scene import Scene, statements
from tests.web.browse import Browser

BY_LEAD = dict.fromkeys(DIMENSIONS[Side.LEAD], "4") | {
    "overall": "5", "recommend": "yes", "comment": "Clear and to the point.", "private_note": "Bring water next time.",
}  # fmt: skip
BY_EXPERT = dict.fromkeys(DIMENSIONS[Side.EXPERT], "3") | {
    "overall": "2", "recommend": "no", "comment": "Late and unprepared.", "private_note": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_english(scene: Scene) -> None:
    scene.all_read_english()


@pytest.fixture
def lea(app: Flask, scene: Scene) -> Browser:
    return Browser(app).sign_in(scene.cast.lea)


@pytest.fixture
def amara(app: Flask, scene: Scene) -> Browser:
    return Browser(app).sign_in(scene.cast.amara)


@pytest.fixture
def held(scene: Scene) -> int:
    """Léa's session with Amara, over for an hour."""
    return scene.held(scene.offer())


def test_each_side_is_asked_its_own_questions(lea: Browser, amara: Browser, held: int) -> None:
    for_lea, for_amara = (browser.get(f"/bookings/{held}/rating") for browser in (lea, amara))
    assert "How was it with Amara Diallo?" in for_lea.text
    assert "Depth of experience" in for_lea.text
    assert "How was it with Léa Martin?" in for_amara.text
    assert "Quality of the brief" in for_amara.text
    assert "Depth of experience" not in for_amara.text


def test_both_rate_and_both_read(lea: Browser, amara: Browser, scene: Scene, held: int) -> None:
    path = f"/bookings/{held}/rating"
    answer = lea.submit(lea.get(path), path, **BY_LEAD)
    assert (answer.status, answer.location) == (303, f"/bookings/{held}")
    page = lea.get(f"/bookings/{held}")
    assert "Your rating is sealed." in page.text
    assert "Clear and to the point." not in page.text
    assert "Your rating is in" in lea.get(path).text

    assert amara.submit(amara.get(path), path, **BY_EXPERT).status == 303
    for_amara, for_lea = amara.get(f"/bookings/{held}").text, lea.get(f"/bookings/{held}").text
    assert "Both ratings are open now." in for_amara
    assert "Clear and to the point." in for_amara
    assert "Bring water next time." in for_amara, "the note is hers"
    assert "Late and unprepared." in for_lea
    assert "Bring water next time." not in for_lea
    assert "The ratings are open" in lea.get(path).text


def test_the_timeline_tells_of_ratings_once_they_are_open(amara: Browser, scene: Scene, held: int) -> None:
    def timeline() -> list[str]:
        return [step.get_text() for step in amara.get(f"/bookings/{held}").soup.select(".timeline li")]

    before = timeline()
    scene.rate(held, scene.cast.lea, 4)
    assert timeline() == before
    scene.rate(held, scene.cast.amara, 5)
    assert "Both ratings opened" in timeline()[-1]


def test_nothing_of_a_sealed_rating_is_seen_anywhere(app: Flask, amara: Browser, scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea, 1, comment="canary comment", private_note="canary note")
    scene.settle()
    offering = scene.booking(held).offering_id
    places = [
        f"/bookings/{held}", f"/bookings/{held}/rating", "/standing", "/bookings", "/dashboard",
        f"/offerings/{offering}", f"/experts/{scene.cast.amara.id}", "/search", "/mailbox",
    ]  # fmt: skip
    for browser in (amara, Browser(app), Browser(app).sign_in(scene.cast.hugo)):
        for path in places:
            page = browser.get(path)
            assert "canary" not in page.html, path
    assert "No ratings yet" in amara.get(f"/offerings/{offering}").text


def test_an_untouched_form_has_every_mistake_beside_its_question(lea: Browser, held: int) -> None:
    path = f"/bookings/{held}/rating"
    page = lea.submit(lea.get(path), path)
    assert page.status == 422
    assert page.text.count("Choose from 1 to 5 stars.") == 2 * (1 + len(DIMENSIONS[Side.LEAD]))
    assert page.text.count("Say yes or no") == 2
    anchors = [link["href"] for link in page.soup.select(".note.err a")]
    assert anchors[0] == "#overall"
    assert all(page.soup.select_one(str(anchor)) for anchor in anchors)


@pytest.mark.parametrize(
    ("field", "typed"), [("overall", "6"), ("depth", "0"), ("comment", "c" * 1501), ("private_note", "n" * 1501)]
)
def test_a_mistake_keeps_everything_else(lea: Browser, held: int, field: str, typed: str) -> None:
    path = f"/bookings/{held}/rating"
    page = lea.submit(lea.get(path), path, **BY_LEAD | {field: typed})
    assert page.status == 422
    assert page.soup.select_one(f"#{field}-error") is not None
    kept = page.fields(path)
    assert {name: kept.get(name) for name in BY_LEAD if name != field} == {
        name: value for name, value in BY_LEAD.items() if name != field
    }


@pytest.mark.parametrize(
    ("state", "title", "refusal"),
    [
        ("confirmed", "It is too early to rate", "You can rate once the session has been held."),
        ("cancelled_by_lead", "There is nothing to rate", "did not take place"),
    ],
)
def test_what_cannot_be_rated_says_why(lea: Browser, scene: Scene, state: str, title: str, refusal: str) -> None:
    path = f"/bookings/{scene.session(scene.offer(), state)}/rating"
    page = lea.get(path)
    assert title in page.text
    assert page.soup.select("main form") == []
    refused = lea.post(path, **BY_LEAD)
    assert (refused.status, refusal in refused.text) == (409, True)
    assert refused.soup.select_one("main a[href='/bookings']") is not None


def test_after_14_days_the_door_is_shut(lea: Browser, scene: Scene, held: int) -> None:
    path = f"/bookings/{held}/rating"
    scene.clock.advance(days=14)
    lea = Browser(lea.app).sign_in(scene.cast.lea)
    assert "The time for rating is over" in lea.get(path).text
    assert lea.post(path, **BY_LEAD).status == 409


def test_rating_twice_is_refused(lea: Browser, scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea)
    refused = lea.post(f"/bookings/{held}/rating")
    assert (refused.status, "rated this session already" in refused.text) == (409, True)


def test_two_windows_of_one_side_give_one_rating(
    lea: Browser, scene: Scene, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second form was open before the first was sent."""
    from marketplace.web import ratings as view

    monkeypatch.setattr(view, "REFUSALS", {})
    scene.rate(held, scene.cast.lea)
    assert lea.post(f"/bookings/{held}/rating", **BY_LEAD).status == 409


def test_strangers_find_no_form(app: Flask, scene: Scene, held: int) -> None:
    for stranger in (scene.cast.hugo, scene.cast.ines):
        browser = Browser(app).sign_in(stranger)
        assert browser.get(f"/bookings/{held}/rating").status == 404
        assert browser.post(f"/bookings/{held}/rating", **BY_LEAD).status == 404
    assert Browser(app).sign_in(scene.cast.lea).get("/bookings/999/rating").status == 404


def test_a_standing_begins_with_the_first_session(app: Flask, scene: Scene) -> None:
    assert "experts rate how well you prepare it" in Browser(app).sign_in(scene.cast.hugo).get("/standing").text
    page = Browser(app).sign_in(scene.cast.ines).get("/standing")
    assert "new offerings get a small bonus" in page.text
    assert page.soup.select_one("main a[href='/how-ranking-works']") is not None


def test_a_standing_shows_its_parts_and_what_people_said(amara: Browser, lea: Browser, scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea, 4)
    scene.rate(held, scene.cast.amara, 5)
    scene.settle()
    page = amara.get("/standing")
    meters = {meter["aria-label"]: int(str(meter["value"])) for meter in page.soup.select("meter")}
    assert list(meters) == [
        "Ratings", "Would do it again", "Reliability", "Answers to requests", "Calendar already sold",
    ]  # fmt: skip
    assert meters["Would do it again"] == 7_800, "(6 + 1) of (6 + 2 + 1)"
    assert "Said by Léa Martin." in page.text
    assert "Note of Léa Martin." in page.text
    assert [meter["aria-label"] for meter in lea.get("/standing").soup.select("meter")] == [
        "Ratings", "Would do it again", "Reliability",
    ]  # fmt: skip


def test_one_replies_once_and_everybody_reads_it(app: Flask, amara: Browser, scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea, 3)
    scene.rate(held, scene.cast.amara)
    rating_id = scene.ratings(held)["lead"].id
    path = f"/ratings/{rating_id}/reply"
    answer = amara.submit(amara.get("/standing"), "", path, text="Next time in the morning.")
    assert (answer.status, answer.location) == (303, "/standing")
    page = amara.get("/standing")
    assert "Next time in the morning." in page.text
    assert page.soup.select("main form") == []
    refused = amara.post(path, text="And more.")
    assert (refused.status, "replied to this rating already" in refused.text) == (409, True)
    assert "Next time in the morning." in Browser(app).get(f"/experts/{scene.cast.amara.id}").text


@pytest.mark.parametrize("text", ["", "r" * 1001])
def test_a_bad_reply_comes_back_at_its_own_rating_with_its_words(
    amara: Browser, scene: Scene, held: int, text: str
) -> None:
    second = scene.held(scene.booking(held).offering_id, scene.cast.marta)
    for booking_id, lead in ((held, scene.cast.lea), (second, scene.cast.marta)):
        scene.rate(booking_id, lead, 3)
        scene.rate(booking_id, scene.cast.amara)
    path = f"/ratings/{scene.ratings(held)['lead'].id}/reply"
    page = amara.post(path, text=text)
    assert page.status == 422
    (opened,) = page.soup.select("details.reply-form[open]")
    assert opened.form["action"] == path  # type: ignore[index]
    assert opened.textarea.get_text().removeprefix("\r\n") == text  # type: ignore[union-attr]
    assert page.soup.select_one(".note.err a")["href"] == "#text"  # type: ignore[index]
    assert len(page.soup.select("#text")) == 1


def test_somebody_elses_rating_cannot_be_replied_to(lea: Browser, scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea)
    scene.rate(held, scene.cast.amara)
    assert lea.post(f"/ratings/{scene.ratings(held)['lead'].id}/reply", text="Me again.").status == 404
    assert lea.post("/ratings/999/reply", text="Me again.").status == 404


def test_when_the_window_shuts_the_one_rating_is_read(app: Flask, scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea, 2, comment="Too theoretical.")
    scene.clock.advance(seconds=timedelta(days=14).total_seconds())
    open_windows_shut(scene.work)
    for person in (scene.cast.lea, scene.cast.amara):
        assert "Too theoretical." in Browser(app).sign_in(person).get(f"/bookings/{held}").text


def test_the_number_of_questions_does_not_grow_with_the_ratings(amara: Browser, scene: Scene) -> None:
    offering_id = scene.offer()
    asked = []
    for more in (2, 10):
        for _ in range(more):
            booking_id = scene.held(offering_id)
            scene.rate(booking_id, scene.cast.lea)
            scene.rate(booking_id, scene.cast.amara)
            reply(scene.work, Reply(scene.cast.amara.actor, scene.ratings(booking_id)["lead"].id, "Thanks."))
        amara.get("/standing")
        with statements(scene.work.database) as statement:
            assert amara.get("/standing").status == 200
        asked.append(len(statement))
    assert asked[0] == asked[1]
