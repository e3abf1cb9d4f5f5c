"""PostgreSQL falls while people are on the site: they are asked for patience, and it goes on by itself.

The report with twenty stops under load: `python -m tests.bench.postgres_stops --stops 20`.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from marketplace import worker
from marketplace.app import build_work, create_app
from marketplace.config import Settings
from marketplace.domain.access import Role
from marketplace.domain.booking import BookingState
from marketplace.store.transaction import Database
from marketplace.work import Work
from tests.bench.crowd import Acknowledged, impolite
from tests.bench.postgres_stops import BACK_WITHIN, books_of, missing
from tests.bench.premises import Market, furnish
from tests.bench.race_over_http import settings_on
from tests.bench.race_track import laid_track
from tests.cast import Person
from tests.postgres import Server, running_server
from tests.web.browse import Browser

WORDS = {"fr": "Nous ne pouvons pas répondre pour le moment", "en": "We cannot answer right now"}


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that a test may stop: nobody else is on it."""
    with running_server() as running:
        yield running


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    """An installation on that server."""
    return settings_on(server.create(), tmp_path)


@pytest.fixture
def market(settings: Settings, tmp_path: Path) -> Market:
    """Experts to book, and Lea who reads French and Lou who reads English."""
    database = Database(settings.database_url)
    furnished = furnish(database, tmp_path, leads=2)
    database.close()
    return furnished


@pytest.fixture
def work(settings: Settings, market: Market) -> Iterator[Work]:
    """The parts that one process of the site keeps, its connections included."""
    assert market.leads
    parts = build_work(settings)
    yield parts
    parts.database.close()


@pytest.fixture
def app(settings: Settings, work: Work) -> Flask:
    """The site, with error pages as in production."""
    return create_app(settings, work)


def test_people_are_asked_for_patience_in_their_language_and_it_goes_on_by_itself(
    app: Flask, server: Server, market: Market
) -> None:
    browsers = {language: signed_in(app, lead, language) for lead, language in zip(market.leads, WORDS, strict=True)}
    for _ in range(2):
        server.stop("immediate")
        for language, browser in browsers.items():
            for page in (browser.get("/bookings"), browser.get("/"), browser.post("/account/preferences", name="X")):
                assert (page.status, page.headers["Retry-After"]) == (503, "30")
                assert page.soup.html["lang"] == language
                assert WORDS[language] in page.text
        server.start()
        began = time.monotonic()
        while any(browser.get("/bookings").status != 200 for browser in browsers.values()):
            assert time.monotonic() - began < BACK_WITHIN
        assert all(
            browser.get("/dashboard").status in (200, 303) for browser in browsers.values()
        )  # signed in as before


def test_without_its_page_the_same_would_be_a_raw_error(app: Flask, server: Server) -> None:
    del app.error_handler_spec[None][None][DBAPIError]
    server.stop("immediate")
    assert Browser(app).get("/").status == 500


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_program_is_told_when_to_ask_again(app: Flask, server: Server, language: str) -> None:
    program, asked = app.test_client(), {"Accept-Language": language, "Authorization": "Bearer unknown"}
    assert program.get("/api/v1/me", headers=asked).status_code == 401
    server.stop("immediate")
    answer = program.get("/api/v1/me", headers=asked)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Content-Language"] == language
    assert answer.get_json()["code"] == "unavailable"
    server.start()
    assert program.get("/api/v1/me", headers=asked).status_code == 401


def test_the_worker_goes_on_too(server: Server, work: Work) -> None:
    worker.settle(work)
    server.stop("immediate")
    with capture_logs() as logged:
        assert worker.go_round(work) == 0
    assert {line["event"] for line in logged} == {"worker.step_failed"}
    server.start()
    with capture_logs() as logged:
        worker.go_round(work)
    assert "worker.step_failed" not in {line["event"] for line in logged}


def signed_in(app: Flask, email: str, language: str) -> Browser:
    """A browser of that lead."""
    return Browser(app, language).sign_in(Person(0, "", email, Role.LEAD))


def test_the_report_would_see_what_must_not_be(database_url: str, tmp_path: Path) -> None:
    with laid_track(database_url, tmp_path, 2, key=False) as track:
        at = track.slots[0]
        for lead in track.leads:
            track.book(BookingState.CONFIRMED, lead, at)
        assert books_of(database_url)["twice"] == 1
        assert list(missing(database_url, [Acknowledged("held", "cs_lost", at)])) == [
            "acknowledged as held, and gone: cs_lost"
        ]


@pytest.mark.parametrize(
    ("status", "headers", "language", "wrong"),
    [
        (303, {}, "fr", ""),
        (503, {"Retry-After": "30"}, "fr", ""),
        (500, {}, "fr", "a raw 500"),
        (502, {}, "fr", "a raw 502"),
        (503, {}, "fr", "503 without Retry-After"),
        (503, {"Retry-After": "30"}, "en", "503 that is not in en"),
    ],
)
def test_an_answer_is_polite_or_not(status: int, headers: dict[str, str], language: str, wrong: str) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = status, b'<html lang="fr">'
    answer.headers.update(headers)
    assert impolite(answer, language) == wrong
