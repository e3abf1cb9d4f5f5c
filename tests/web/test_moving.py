"""Moving a session on its pages, by both sides, with mistakes and lost races; and an absence."""

from datetime import timedelta

import pytest
from flask import Flask

from marketplace.store.accounts import Account
from tests.scene import Scene
from tests.services.test_moving import EVENING, MONDAY, NOON, THREE, Stage, until
from tests.web.browse import Browser


@pytest.fixture
def stage(scene: Scene) -> Stage:
    staged = Stage(scene)
    scene.all_read_english()
    return staged


@pytest.fixture
def lea(app: Flask, stage: Stage) -> Browser:
    return Browser(app).sign_in(stage.cast.lea)


@pytest.fixture
def amara(app: Flask, stage: Stage) -> Browser:
    return Browser(app).sign_in(stage.cast.amara)


def test_a_lead_moves_the_session_to_another_slot(stage: Stage, lea: Browser):
    path = f"/bookings/{stage.booked()}"
    page = lea.get(path)
    assert "It can be moved 2 more times, free of charge until" in page.text
    choices = lea.get(f"{path}/time")
    assert str(choices.soup.select_one("input[name=slot]")["value"]).startswith("2026-11-04")
    assert "You can move this session 2 more times." in choices.text
    assert lea.post(f"{path}/time", slot=NOON.isoformat()).location == path
    page = lea.get(path)
    assert "12:00" in page.text
    assert "It can be moved 1 more time" in page.text


@pytest.mark.parametrize("slot", ["", "soon", "2026-11-16T11:00"])
def test_without_a_slot_the_page_comes_back(stage: Stage, lea: Browser, slot: str):
    page = lea.post(f"/bookings/{stage.booked()}/time", slot=slot)
    assert page.status == 422
    assert "Choose one of the slots." in page.text


def test_who_comes_second_sees_the_nearest_slots(stage: Stage, lea: Browser):
    booking_id = stage.booked()
    stage.booked(starts_at=NOON, lead=stage.cast.marta)
    page = lea.post(f"/bookings/{booking_id}/time", slot=NOON.isoformat())
    assert page.status == 409
    assert "Somebody was faster" in page.text
    assert "The nearest free slots:" in page.text
    assert page.soup.select(f"input[value='{THREE.isoformat()}']")
    assert stage.booking(booking_id).starts_at == MONDAY


def test_too_late_the_pages_say_so_and_offer_nothing(stage: Stage, lea: Browser, clock):
    path = f"/bookings/{stage.booked()}"
    until(clock, MONDAY - timedelta(hours=47))
    lea.sign_in(stage.cast.lea)
    assert "This session cannot be moved any more" in lea.get(f"{path}/time").text
    assert "This session cannot be moved any more" in lea.get(f"{path}/proposal").text
    assert not lea.get(path).soup.find("a", href=f"{path}/time")
    assert lea.post(f"{path}/time", slot=NOON.isoformat()).status == 409


def test_a_late_move_says_that_the_refund_stays_what_it_is(stage: Stage, lea: Browser, clock):
    path = f"/bookings/{stage.booked()}/time"
    assert "no more comes back" not in lea.get(path).text
    until(clock, MONDAY - timedelta(hours=60))
    lea.sign_in(stage.cast.lea)
    assert "If you cancel later, no more comes back than if you cancelled now." in lea.get(path).text


def test_an_expert_proposes_on_their_own_clock_and_the_lead_takes_one(stage: Stage, lea: Browser, amara: Browser):
    booking_id = stage.booked()
    path = f"/bookings/{booking_id}"
    assert amara.get(f"{path}/proposal").soup.select_one("input[name=time_1]")["type"] == "datetime-local"
    sent = amara.post(
        f"{path}/proposal", time_1="2026-11-16T20:00", time_2="2026-11-16T12:00", note="Ill that morning."
    )
    assert sent.location == path
    assert "You proposed other times" in amara.get(path).text
    page = lea.get(path)
    assert "Amara Diallo proposes another time" in page.text
    assert "Ill that morning." in page.text
    offered = [str(each["value"]) for each in page.soup.select(".times input[name=slot]")]
    assert offered == [EVENING.isoformat(), NOON.isoformat()]
    form = page.soup.select_one(".times form")
    assert lea.post(str(form["action"]), slot=offered[0]).location == path
    assert stage.booking(booking_id).starts_at == EVENING
    assert "proposes another time" not in lea.get(path).text


def test_a_lead_proposes_free_slots_and_keeps_them_marked_when_one_is_lost(stage: Stage, lea: Browser, amara: Browser):
    booking_id = stage.booked()
    stage.booked(starts_at=NOON, lead=stage.cast.marta)
    path = f"/bookings/{booking_id}/proposal"
    lost = lea.post(path, slots=[NOON.isoformat(), THREE.isoformat()], note="Train strike.")
    assert lost.status == 409
    assert "Train strike." in lost.text
    assert lost.soup.select_one(f"input[value='{THREE.isoformat()}']").has_attr("checked")
    assert lea.post(path, slots=[THREE.isoformat()], note="").status == 303
    page = amara.get(f"/bookings/{booking_id}")
    assert "Léa Martin proposes another time" in page.text
    refusal = page.soup.select_one("form[action$='/refusal']")
    assert amara.post(str(refusal["action"])).status == 303
    assert "proposes another time" not in amara.get(f"/bookings/{booking_id}").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Give at least one time."),
        ({"time_1": "2026-11-16T20:07"}, "Sessions start on a full quarter-hour"),
        ({"time_1": "2026-11-16T20:00", "time_2": "2026-11-16T20:00"}, "Choose one to 3 times, each only once."),
        ({"time_1": "2026-11-16T20:00", "note": "x" * 401}, "Please stay below 400 characters."),
        ({"time_1": "nonsense"}, "Give a date and a time."),
    ],
)
def test_an_experts_mistakes_come_back_with_words(stage: Stage, amara: Browser, fields: dict[str, str], words: str):
    page = amara.post(f"/bookings/{stage.booked()}/proposal", **fields)
    assert page.status == 422
    assert words in page.text


def test_a_lead_who_marks_nothing_or_too_much_is_told(stage: Stage, lea: Browser):
    path = f"/bookings/{stage.booked()}/proposal"
    assert "Choose one to 3 times" in lea.post(path).text
    days = [(NOON + timedelta(days=number)).isoformat() for number in range(4)]
    assert lea.post(path, slots=days).status == 422


def test_an_own_proposal_is_taken_back_and_a_late_answer_is_a_page(stage: Stage, lea: Browser, amara: Browser):
    booking_id = stage.booked()
    proposal = stage.propose(booking_id, NOON)
    page = amara.get(f"/bookings/{booking_id}")
    form = page.soup.select_one(f"form[action$='/proposals/{proposal}/withdrawal']")
    assert amara.post(str(form["action"])).status == 303
    late = lea.post(f"/bookings/{booking_id}/proposals/{proposal}/acceptance", slot=NOON.isoformat())
    assert late.status == 409
    assert "These times are no longer proposed" in late.text
    assert lea.post(f"/bookings/{booking_id}/proposals/{proposal}/refusal").status == 409


def test_a_time_that_was_sold_meanwhile_is_shown_as_taken(stage: Stage, lea: Browser):
    booking_id = stage.booked()
    stage.propose(booking_id, NOON, EVENING)
    stage.booked(starts_at=NOON, lead=stage.cast.marta)
    page = lea.get(f"/bookings/{booking_id}")
    assert "taken meanwhile" in page.text
    assert len(page.soup.select(".times input[name=slot]")) == 1


def test_an_absence_is_reported_contested_and_shown_to_both(stage: Stage, lea: Browser, amara: Browser, clock):
    booking_id = stage.booked(starts_at=clock() + timedelta(days=1))
    path = f"/bookings/{booking_id}"
    assert "Nothing to report at the moment" in lea.get(f"{path}/absence").text
    assert lea.post(f"{path}/absence", words="Nobody came.").status == 409
    clock.advance(hours=24, minutes=15)
    for browser, who in ((lea, stage.cast.lea), (amara, stage.cast.amara)):
        browser.sign_in(who)
    assert lea.get(path).soup.find("a", href=f"{path}/absence")
    assert lea.post(f"{path}/absence", words="").status == 422
    assert lea.post(f"{path}/absence", words="Nobody came.").status == 303
    page = amara.get(path)
    assert "Léa Martin says that you did not come" in page.text
    assert "Nobody came." in page.text
    assert "Take my report back" in lea.get(path).text
    assert "Nothing to contest" in lea.get(f"{path}/absence/answer").text
    assert amara.post(f"{path}/absence/answer", words="").status == 422
    assert amara.post(f"{path}/absence/answer", words="I was in the room.").status == 303
    assert "Being settled" in lea.get(path).text
    assert amara.post(f"{path}/absence/answer", words="Again.").status == 409


def test_a_report_is_taken_back(stage: Stage, lea: Browser, clock):
    booking_id = stage.booked(starts_at=clock() - timedelta(hours=1))
    path = f"/bookings/{booking_id}/absence"
    lea.post(path, words="Nobody came.")
    assert lea.post(f"{path}/retraction").status == 303
    assert stage.booking(booking_id).state == "in_progress"
    assert lea.post(f"{path}/retraction").status == 409


def test_in_another_zone_the_session_is_shown_on_both_clocks(stage: Stage, lea: Browser):
    with stage.work.transaction() as tx:
        tx.session.get_one(Account, stage.cast.amara.id).zone = "America/Montreal"
    page = lea.get(f"/bookings/{stage.booked()}")
    assert "For Amara Diallo:" in page.text
