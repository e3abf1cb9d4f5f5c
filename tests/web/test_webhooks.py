"""Webhooks on the account's pages: added with a secret shown once, tried, repeated, renewed, switched on, deleted."""

from dataclasses import replace

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.services import webhooks
from marketplace.work import Work
from tests.cast import Cast, StillClock
from tests.far import Far
from tests.web.browse import Browser, Page

URL = "https://hooks.example.org/cadran"


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def work(work: Work, far: Far) -> Work:
    return replace(work, caller=far)


@pytest.fixture
def app(settings: Settings, work: Work) -> Flask:
    application = create_app(settings, work)
    application.testing = True
    return application


@pytest.fixture
def marta(app: Flask, cast: Cast) -> Browser:
    return Browser(app).sign_in(cast.marta)


def added(browser: Browser, **typed: object) -> Page:
    """The page that answers to the form."""
    form = browser.get("/account/webhooks/new")
    return browser.submit(
        form, "/account/webhooks/new", **{"url": URL, "events": ["booking.confirmed", "booking.held"], **typed}
    )


def only(browser: Browser) -> str:
    """The address of the one webhook there is."""
    links = browser.get("/account/webhooks").soup.select(".rows a")
    assert len(links) == 1
    return str(links[0]["href"])


def test_a_webhook_is_added_and_its_secret_shown_once(marta: Browser) -> None:
    assert "No webhook yet" in marta.get("/account/webhooks").text
    page = added(marta)
    assert page.status == 201
    assert page.headers["Cache-Control"] == "no-store"
    secret = page.soup.select_one("#secret").get_text()
    assert secret.startswith("whsec_")
    shown = marta.get(only(marta))
    assert URL in shown.text
    assert secret not in shown.html
    assert "Nothing yet." in shown.text


def test_leads_choose_among_what_they_can_hear_of(marta: Browser) -> None:
    offered = {box["value"] for box in marta.get("/account/webhooks/new").soup.select("[name=events]")}
    assert "booking.held" in offered
    assert "money.released" not in offered


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"url": ""}, "Give an address."),
        ({"url": "http://hooks.example.org/"}, "begins with https://"),
        ({"url": "https://user:secret@hooks.example.org/"}, "without a password"),
        ({"events": []}, "Choose at least one."),
        ({"events": ["money.released"]}, "not a valid choice"),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_the_rest(marta: Browser, typed: dict[str, object], said: str) -> None:
    page = added(marta, **typed)
    assert page.status == 422
    assert said in page.text
    assert page.fields()["url"] == typed.get("url", URL)


def test_there_is_an_end_to_webhooks(marta: Browser) -> None:
    for _ in range(5):
        added(marta)
    assert "which is the most" in marta.get("/account/webhooks").text
    assert "You have 5 webhooks already." in added(marta).text


def test_a_test_arrives_and_can_be_sent_again(marta: Browser, work: Work, far: Far) -> None:
    added(marta)
    path = only(marta)
    assert marta.post(f"{path}/test").location == path
    assert "waiting" in marta.get(path).text
    webhooks.send_due(work)
    page = marta.get(path)
    assert "arrived" in page.text
    assert "Your program answered 200." in page.text
    assert '"type": "webhook.test"' in page.html.replace("&#34;", '"')
    action = next(form["action"] for form in page.soup.find_all("form") if "/replay" in form["action"])
    assert marta.post(action).location == path
    webhooks.send_due(work)
    assert len(far.got) == 2


def test_what_fails_is_explained(marta: Browser, work: Work, far: Far, clock: StillClock) -> None:
    far.status, far.why = None, "private_address"
    added(marta)
    path = only(marta)
    marta.post(f"{path}/test")
    webhooks.send_due(work)
    page = marta.get(path)
    assert "Messages do not arrive." in page.text
    assert "leads inside a network" in page.text
    assert "Next try:" in page.text
    assert "failing" in marta.get("/account/webhooks").text


def test_one_that_is_switched_off_is_switched_on_again(marta: Browser, work: Work, far: Far) -> None:
    far.status = 410
    added(marta)
    path = only(marta)
    marta.post(f"{path}/test")
    webhooks.send_due(work)
    page = marta.get(path)
    assert "This webhook is switched off." in page.text
    assert not [form for form in page.soup.find_all("form") if form["action"].endswith("/test")]
    assert marta.post(f"{path}/test").status == 409
    marta.post(f"{path}/enabling")
    assert "This webhook is switched off." not in marta.get(path).text


def test_a_new_secret_is_shown_once(marta: Browser) -> None:
    first = added(marta).soup.select_one("#secret").get_text()
    page = marta.post(f"{only(marta)}/secret")
    assert (page.status, page.headers["Cache-Control"]) == (201, "no-store")
    assert page.soup.select_one("#secret").get_text() != first
    assert "two signatures" in page.text


def test_it_is_deleted_with_its_log(marta: Browser) -> None:
    added(marta)
    path = only(marta)
    marta.post(f"{path}/test")
    assert marta.post(f"{path}/deletion").location == "/account/webhooks"
    assert marta.get(path).status == 404


def test_the_log_goes_back_in_stretches(marta: Browser, work: Work) -> None:
    added(marta)
    path = only(marta)
    for _ in range(20):
        marta.post(f"{path}/test")
    webhooks.send_due(work)
    marta.post(f"{path}/test")
    page = marta.get(path)
    assert len(page.soup.select("#log ~ ul > li")) == 20
    earlier = next(link["href"] for link in page.soup.find_all("a") if "before=" in link["href"])
    assert len(marta.get(earlier).soup.select("#log ~ ul > li")) == 1
    assert marta.get(f"{path}?before=nonsense").status == 200


def test_the_account_leads_there(app: Flask, marta: Browser, cast: Cast) -> None:
    assert marta.get("/account").soup.select_one('a[href="/account/webhooks"]')
    assert not Browser(app).sign_in(cast.ada).get("/account").soup.select_one('a[href="/account/webhooks"]')
