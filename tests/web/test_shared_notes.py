"""The shared note on the session's page: both sides, without JavaScript, and what comes back when one was faster."""

from datetime import timedelta

import pytest
from flask import Flask

from marketplace.domain.booking import RATING_WINDOW
from marketplace.domain.shared_note import LONGEST
from marketplace.store.accounts import Account
from tests.scene import Scene
from tests.web.browse import Browser, Page

HELLO = "Bring the list of flows.\r\nRoom 4, second floor."
MINE = "I bring the <b>firewall</b> rules."
TOLD = "While you were writing, the note was saved elsewhere. Nothing is lost"


@pytest.fixture
def path(scene: Scene) -> str:
    scene.all_read_english()
    return f"/bookings/{scene.session(scene.offer())}"


@pytest.fixture
def lea(app: Flask, scene: Scene) -> Browser:
    return Browser(app).sign_in(scene.cast.lea)


@pytest.fixture
def amara(app: Flask, scene: Scene) -> Browser:
    return Browser(app).sign_in(scene.cast.amara)


def save(browser: Browser, seen: Page, path: str, text: str) -> Page:
    """As the browser sends the form that the page holds."""
    return browser.submit(seen, f"{path}/note", f"{path}/note", text=text)


def area(page: Page) -> str:
    return page.soup.select_one("textarea[name=text]").get_text().removeprefix("\r\n")


def test_what_one_side_writes_the_other_reads_and_completes(path: str, lea: Browser, amara: Browser):
    empty = lea.get(path)
    assert "You and Amara Diallo both read and write this, until" in empty.text
    assert "Last changed" not in empty.text
    saved = save(lea, empty, path, HELLO)
    assert (saved.status, saved.location) == (303, f"{path}#note")
    assert "The shared note is saved." in lea.get(path).soup.get_text()
    seen = amara.get(path)
    assert area(seen) == HELLO.replace("\r\n", "\n")
    assert "You and Léa Martin both read and write this" in seen.text
    assert "Last changed by Léa Martin, Monday 2 November" in seen.text
    assert save(amara, seen, path, HELLO + "\r\nDone.").status == 303
    assert "Last changed by you, " in amara.get(path).text
    assert area(lea.get(path)).endswith("Done.")


def test_who_saves_an_outdated_version_gets_both_texts_and_saves_on(path: str, lea: Browser, amara: Browser):
    early = lea.get(path)
    save(amara, amara.get(path), path, HELLO)
    lost = save(lea, early, path, MINE)
    assert lost.status == 409
    assert lost.title.startswith("Error:")
    assert TOLD in lost.text
    assert "Last changed by Amara Diallo" in lost.text
    assert "Room 4, second floor." in lost.soup.select_one("#stands").parent.get_text()
    assert area(lost) == MINE
    assert "<b>firewall" not in lost.html
    assert area(amara.get(path)).startswith("Bring")  # nothing was written over
    form = {"text": MINE + "\n" + HELLO, "version": lost.soup.select_one("input[name=version]")["value"]}
    assert lea.post(f"{path}/note", **form).status == 303
    assert area(amara.get(path)).startswith("I bring")


def test_who_is_overtaken_again_is_told_again(path: str, lea: Browser, amara: Browser):
    early = lea.get(path)
    save(amara, amara.get(path), path, HELLO)
    version = save(lea, early, path, MINE).soup.select_one("input[name=version]")["value"]
    save(amara, amara.get(path), path, HELLO + " And coffee.")
    again = lea.post(f"{path}/note", text=MINE, version=version)
    assert again.status == 409
    assert "And coffee." in again.text
    assert area(again) == MINE


@pytest.mark.parametrize("version", ["", "-1", "soon", "9" * 30])
def test_a_mangled_version_is_an_outdated_one(path: str, lea: Browser, version: str):
    page = lea.post(f"{path}/note", text=MINE, version=version)
    assert page.status == 409
    assert "The note is empty." in page.text
    assert area(page) == MINE


def test_a_text_beyond_the_limit_comes_back_whole(path: str, lea: Browser):
    page = lea.post(f"{path}/note", text="x" * (LONGEST + 1), version="0")
    assert page.status == 422
    assert page.errors() == ["Error: Please stay below 5,000 characters."]
    assert len(area(page)) == LONGEST + 1
    lines = "\r\n".join("x" * 9 for _ in range(LONGEST // 10))  # a browser counts each line break once
    assert lea.post(f"{path}/note", text=lines, version="0").status == 303


def test_the_note_has_a_page_of_its_own(path: str, lea: Browser):
    save(lea, lea.get(path), path, HELLO)
    page = lea.get(f"{path}/note")
    assert page.status == 200
    assert area(page).startswith("Bring")
    assert lea.post(f"{path}/note", **{**page.fields(), "text": MINE}).status == 303


def test_when_it_shuts_what_stands_there_can_still_be_read(
    path: str, scene: Scene, lea: Browser, amara: Browser, clock
):
    save(amara, amara.get(path), path, HELLO)
    early = lea.get(path)
    scene.set_booking(int(path.rpartition("/")[2]), state="released", rate_by=clock() + timedelta(minutes=1))
    clock.advance(minutes=2)
    late = save(lea, early, path, MINE)
    assert late.status == 409
    assert "until the time for ratings is over" in late.text
    assert "I bring the <b>firewall</b> rules." in late.text  # escaped, and not lost
    assert not late.soup.select("main textarea")
    page = lea.get(path)
    assert "Room 4, second floor." in page.text
    assert not page.soup.select("main textarea")
    assert lea.get(f"{path}/note").status == 409


@pytest.mark.parametrize("state", ["requested", "awaiting_payment", "cancelled_by_lead"])
def test_without_a_confirmed_session_there_is_no_note(path: str, scene: Scene, lea: Browser, state: str):
    scene.set_booking(int(path.rpartition("/")[2]), state=state)
    assert not lea.get(path).soup.select("#note")
    refused = lea.post(f"{path}/note", text=MINE, version="0")
    assert refused.status == 409
    assert "firewall" in refused.text


def test_an_admin_reads_and_strangers_meet_nothing(path: str, app: Flask, scene: Scene, lea: Browser):
    save(lea, lea.get(path), path, HELLO)
    ada = Browser(app).sign_in(scene.cast.ada)
    page = ada.get(path)
    assert "Room 4, second floor." in page.text
    assert "Last changed by Léa Martin" in page.text
    assert not page.soup.select("main textarea")
    assert ada.post(f"{path}/note", text=MINE, version="1").status == 403
    for person in (scene.cast.hugo, scene.cast.ines):
        stranger = Browser(app).sign_in(person)
        assert stranger.get(path).status == 404
        assert stranger.post(f"{path}/note", text=MINE, version="1").status == 404


def test_a_form_from_elsewhere_is_refused(path: str, lea: Browser):
    assert lea.post(f"{path}/note", text=MINE, version="0", csrf_token="forged").status == 400
    assert area(lea.get(path)) == ""


def test_the_note_is_as_good_in_french(path: str, app: Flask, scene: Scene):
    with scene.work.transaction() as tx:
        tx.session.get_one(Account, scene.cast.lea.id).language = "fr"
    lea = Browser(app, "fr").sign_in(scene.cast.lea)
    early = lea.get(path)
    assert "Note partagée" in early.text
    save(lea, early, path, HELLO)
    assert "Dernière modification par vous, le lundi 2 novembre" in lea.get(path).text
    assert "Rien n’est perdu" in save(lea, early, path, MINE).text


def test_the_window_is_two_weeks_from_the_end(path: str, scene: Scene, lea: Browser):
    ends = scene.booking(int(path.rpartition("/")[2])).ends_at
    assert f"until {(ends + RATING_WINDOW).strftime('%A %-d %B')}" in lea.get(path).text
