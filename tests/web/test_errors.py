"""Every failure has a page in both languages, says what is possible next, and gives nothing away."""

import re
import sqlite3
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import ImATeapot, RequestTimeout

from marketplace import sentences
from marketplace.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooMany, Unavailable
from marketplace.store.transaction import Database
from marketplace.web import errors
from marketplace.web.here import PUBLIC, allow
from search.port import IndexUnusableError
from tests.cast import Cast
from tests.web.browse import Browser

RAISED: dict[str, Exception] = {
    "missing": NotFound("anything"),
    "forbidden": Forbidden("anything"),
    "conflict": Conflict("anything"),
    "invalid": Invalid("anything"),
    "often": TooMany("anything", wait_seconds=60),
    "stripe": Unavailable("anything"),
    "database": OperationalError("SELECT secret", {}, sqlite3.OperationalError("disk I/O error")),
    "index": IndexUnusableError("index"),
    "teapot": ImATeapot(),
    "timeout": RequestTimeout(),
    "bug": ZeroDivisionError("a secret in the message"),
}
STATUS = {
    "missing": 404,
    "forbidden": 403,
    "conflict": 409,
    "invalid": 422,
    "often": 429,
    "stripe": 503,
    "database": 503,
    "index": 503,
    "teapot": 400,
    "timeout": 400,
    "bug": 500,
}


@pytest.fixture
def broken(app: Flask) -> Flask:
    """The application with a page for every way to fail."""

    @allow(PUBLIC)
    def fail(how: str) -> ResponseReturnValue:
        raise RAISED[how]

    app.add_url_rule("/fail/<how>", "fail", fail)
    app.testing = False  # unforeseen errors become pages, as in production
    return app


@pytest.mark.parametrize("how", list(RAISED))
@pytest.mark.parametrize(("language", "home"), [("en", "home page"), ("fr", "")])
def test_every_failure_has_its_page(broken: Flask, how: str, language: str, home: str) -> None:
    page = Browser(broken, language).get(f"/fail/{how}")
    assert page.status == STATUS[how]
    assert page.soup.html["lang"] == language
    assert page.soup.main.h1.get_text() == page.title.removesuffix(" | Cadran")
    assert page.soup.main.find("a", class_="btn")["href"].startswith("/")
    assert home in page.text
    assert page.headers["Cache-Control"] == "no-store"
    for given_away in ("Traceback", "secret", "SELECT", "ZeroDivision", "sqlite"):
        assert given_away not in page.html


def test_try_again_later_says_when(broken: Flask) -> None:
    browser = Browser(broken)
    assert browser.get("/fail/stripe").headers["Retry-After"] == "30"
    assert browser.get("/fail/database").headers["Retry-After"] == "30"
    assert browser.get("/fail/often").headers["Retry-After"] == "60"


def test_an_error_page_leads_back_to_where_the_visitor_came_from(broken: Flask) -> None:
    browser = Browser(broken)
    links = browser.get("/fail/conflict", Referer="http://localhost/register?x=1").soup.main.find_all("a")
    assert [link["href"] for link in links] == ["/", "/register?x=1"]
    for foreign in ("https://evil.example/register", "http://localhost/fail/conflict"):
        assert len(browser.get("/fail/conflict", Referer=foreign).soup.main.find_all("a")) == 1


def test_a_server_error_has_a_number_to_mention(broken: Flask) -> None:
    page = Browser(broken).get("/fail/bug")
    assert page.headers["X-Request-Id"] in page.text


def test_without_a_database_there_is_still_a_page(broken: Flask, database: Database, cast: Cast) -> None:
    lea = Browser(broken).sign_in(cast.lea)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE signed_in RENAME TO elsewhere")
    page = lea.get("/account")
    assert page.status == 503
    assert "Sign in" in page.html  # it does not even try to find out who is there
    ready = lea.get("/health/live")
    assert ready.status == 200
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO signed_in")
    assert lea.get("/account").status == 200  # recovers by itself


def test_a_broken_layout_still_lets_the_message_through(broken: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode() -> None:
        raise RuntimeError("layout")

    monkeypatch.setitem(broken.jinja_env.globals, "surroundings", explode)
    page = Browser(broken).get("/fail/missing")
    assert page.status == 404
    assert "typing error" in page.text


def test_a_form_from_elsewhere_is_refused(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.marta)
    for data in ({}, {"csrf_token": "forged"}):
        answer = lea.client.post("/account/preferences?lang=en", data={**data, "name": "X"})
        assert answer.status_code == 400
        assert "open for too long" in answer.text
    assert lea.get("/account").soup.find(id="name")["value"] == "Marta Silva"


def test_more_than_a_megabyte_is_too_much(app: Flask) -> None:
    browser = Browser(app)
    page = browser.post("/register/expert", name="x" * 1_100_000)
    assert page.status == 413
    assert "one megabyte" in page.text
    assert browser.post("/register/expert", name="x" * 400_000).status == 422


def test_the_wrong_method_says_which_are_right(app: Flask) -> None:
    page = Browser(app).get("/sign-out")
    assert page.status == 405
    assert "POST" in page.headers["Allow"]


@pytest.fixture
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context("/?lang=en"):
        yield


@pytest.mark.usefixtures("request_context")
def test_every_sentence_is_a_sentence() -> None:
    for code, words in errors.SENTENCES.items():
        said = str(words.sentence)
        assert said.endswith((".", "?", ":")), code
        assert not re.search(r"%[^(]", said), code


def test_every_next_step_is_a_page_and_has_words(app: Flask) -> None:
    pages = app.url_map.bind("localhost")
    steps = {code: words for code, words in errors.SENTENCES.items() if words.next_path}
    assert [code for code, words in steps.items() if not pages.test(words.next_path, "GET")] == []
    assert [code for code, words in steps.items() if not words.next_label] == []


@pytest.mark.usefixtures("request_context")
def test_facts_fill_their_sentence() -> None:
    assert errors.sentence_of(Invalid("password_short", field="password", shortest=8)) == "Use at least 8 characters."
    assert errors.sentence_of(Invalid("password_short")) == str(errors.GENERAL[422])


def test_every_kind_of_refusal_has_a_status_and_words() -> None:
    kinds = {kind for kind in DomainError.__subclasses__() if kind.__module__ == DomainError.__module__}
    assert kinds == set(sentences.STATUS)
    assert set(errors.TITLES) == set(errors.GENERAL) >= set(sentences.STATUS.values())
    assert sentences.status_of(DomainError("unknown kind")) == 500
