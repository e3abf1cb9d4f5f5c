"""The demo's doors: the letters that would have been sent, and the clock that can be put forward."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.clock import DemoClock
from marketplace.config import Settings
from marketplace.domain.events import BookingConfirmed, PasswordResetAsked
from marketplace.post.smtp_post import SmtpPost
from marketplace.work import Work
from tests.scene import Scene
from tests.web.browse import Browser


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def letters(scene: Scene) -> None:
    """Léa's new password, and a confirmed session of hers with Amara."""
    scene.tell(PasswordResetAsked(scene.cast.lea.id))
    scene.tell(BookingConfirmed(scene.session(scene.offer())))
    scene.settle()


def test_an_empty_mailbox_says_so(browser: Browser) -> None:
    assert "No letters yet" in browser.get("/mailbox").text


@pytest.mark.usefixtures("letters")
def test_letters_stand_newest_first_and_can_be_narrowed_to_one_address(browser: Browser, scene: Scene) -> None:
    everything = browser.get("/mailbox").soup.select(".letters li")
    assert len(everything) > 3
    for_lea = browser.get(f"/mailbox?to={scene.cast.lea.email}").soup.select(".letters li")
    assert 0 < len(for_lea) < len(everything)
    assert all(scene.cast.lea.email in line.get_text() for line in for_lea)


@pytest.mark.usefixtures("letters")
def test_a_letter_is_read_with_links_that_can_be_followed(browser: Browser, scene: Scene) -> None:
    links = [a["href"] for a in browser.get(f"/mailbox?to={scene.cast.lea.email}").soup.select(".letters a")]
    page = next(page for page in map(browser.get, map(str, links)) if "/password/reset/" in page.html)
    link = page.soup.select_one(".letter-text a")
    assert link is not None
    assert str(link["href"]).startswith("http://127.0.0.1:8000/password/reset/")
    assert page.soup.select_one("article.letter")["lang"] == "fr"  # type: ignore[index]


@pytest.mark.usefixtures("letters")
def test_a_calendar_file_comes_with_its_letter(browser: Browser) -> None:
    pages = [browser.get(str(a["href"])) for a in browser.get("/mailbox").soup.select(".letters a")]
    with_file = [page for page in pages if "calendar.ics" in page.html]
    assert len(with_file) == 2, "one for each side"
    link = with_file[0].soup.select_one("a[href$='calendar.ics']")
    assert link is not None
    answer = browser.get(str(link["href"]))
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert "METHOD:REQUEST" in answer.html
    without = next(page for page in pages if "calendar.ics" not in page.html)
    assert "/mailbox/" in without.html


@pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fsecret", "A", "x" * 90])
def test_nothing_else_can_be_read_through_the_mailbox(browser: Browser, name: str) -> None:
    assert browser.get(f"/mailbox/{name}").status == 404
    assert browser.get(f"/mailbox/{name}/calendar.ics").status == 404


def test_where_letters_are_really_sent_there_is_no_mailbox(settings: Settings, work: Work) -> None:
    sending = create_app(settings, replace(work, post=SmtpPost("smtp://127.0.0.1:9", "Cadran <no-reply@localhost>")))
    assert Browser(sending).get("/mailbox").status == 404


def test_in_production_the_doors_do_not_exist(settings: Settings, work: Work) -> None:
    app = create_app(replace(settings, environment="production"), work)
    assert not [rule for rule in app.url_map.iter_rules() if "mailbox" in rule.rule or "demo" in rule.rule]


@pytest.mark.parametrize(("span", "hours"), [("3d", 72), ("2h30m", 2.5), ("1d2h3m", 26.05), (" 1h ", 1)])
def test_the_clock_goes_forward_and_the_sandbox_with_it(
    settings: Settings, work: Work, tmp_path: Path, span: str, hours: float
) -> None:
    clock = DemoClock(tmp_path / "clock", real=work.clock)
    app = create_app(settings, replace(work, clock=clock))
    told: list[timedelta] = []
    app.extensions["cadran_advance_sandbox"] = told.append
    before = clock()
    answer = Browser(app).post("/demo/clock", advance=span)
    assert (answer.status, answer.location) == (303, "/mailbox")
    assert clock() - before == timedelta(hours=hours) == told[0]


@pytest.mark.parametrize("span", ["", "3", "soon", "-1d", "1d-2h", "9999d"])
def test_a_span_that_is_none_is_refused(settings: Settings, work: Work, tmp_path: Path, span: str) -> None:
    clock = DemoClock(tmp_path / "clock", real=work.clock)
    app = create_app(settings, replace(work, clock=clock))
    app.extensions["cadran_advance_sandbox"] = lambda _by: pytest.fail("nothing to advance")
    assert Browser(app).post("/demo/clock", advance=span).status == 422
    assert clock.offset() == timedelta()


def test_a_clock_that_stands_cannot_be_moved(app: Flask, browser: Browser) -> None:
    app.extensions["cadran_advance_sandbox"] = lambda _by: None
    assert browser.post("/demo/clock", advance="1d").status == 404


def test_the_clock_needs_our_own_form(app: Flask) -> None:
    assert app.test_client().post("/demo/clock", data={"advance": "1d"}).status_code == 400
