"""P17: the database takes nothing, or is away. People are asked for patience in their language, what they wrote is
kept, and everything goes on by itself. PostgreSQL that falls under load: tests/bench/test_postgres_stops.py."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from marketplace.store import engine
from marketplace.store.engine import ALONE
from marketplace.store.transaction import Database
from tests.cast import Cast, StillClock
from tests.postgres import Server
from tests.web.browse import Browser, Page

PATIENCE_MS = 200
LONG = "Our assistant answers one question in ten. " * 85
TYPED = {"title": "A chatbot that nobody uses", "problem": LONG, "objectives": LONG[:1_900], "participants": "3"}
WORDS = {
    "fr": ("Nous ne pouvons pas répondre pour le moment", "Envoyer à nouveau"),
    "en": ("We cannot answer right now", "Send it again"),
}

NO_SPACE = (
    """CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$""",
    *(
        f"CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION no_space()"
        for table in ("brief", "signed_in")
    ),
)

Trouble = Callable[[Database, pytest.FixtureRequest], AbstractContextManager[None]]


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Nobody waits ten seconds in a test."""
    monkeypatch.setattr(engine, "LOCK_MS", PATIENCE_MS)
    fresh = Database(database_url)
    yield fresh
    fresh.close()


@contextmanager
def locked(database: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """Another program writes, and does not come to an end."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.engine.execution_options(cadran_writes=ALONE).begin():
        yield
    other.close()


@contextmanager
def full(database: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """SQLite's file cannot grow; PostgreSQL says of a table what it says when its disk is full."""
    if database.engine.dialect.name == "sqlite":
        event.listen(database.engine, "connect", _grow_no_more)
        database.close()
        yield
        event.remove(database.engine, "connect", _grow_no_more)
        database.close()
        return
    with database.engine.begin() as connection:
        for statement in NO_SPACE:
            connection.exec_driver_sql(statement)
    yield
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION no_space CASCADE")


@contextmanager
def away(database: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """The file's folder is not mounted; the server lets nobody in."""
    database.close()
    if database.engine.dialect.name == "sqlite":
        here = Path(str(database.engine.url.database))
        gone = here.rename(here.with_suffix(".gone"))
        here.mkdir()
        yield
        here.rmdir()
        gone.rename(here)
        return
    server: Server = request.getfixturevalue("postgresql")
    server.run(f"ALTER DATABASE {database.engine.url.database} WITH ALLOW_CONNECTIONS false")
    yield
    server.run(f"ALTER DATABASE {database.engine.url.database} WITH ALLOW_CONNECTIONS true")


troubles = pytest.mark.parametrize("trouble", [locked, full, away])


@troubles
@pytest.mark.parametrize("language", WORDS)
def test_what_was_written_is_kept_and_sent_again_by_a_button(
    trouble: Trouble, language: str, app: Flask, database: Database, cast: Cast, request: pytest.FixtureRequest
) -> None:
    lea = Browser(app, language).sign_in(cast.lea)
    _speak(lea, language)
    form = lea.get("/requests/new")
    with trouble(database, request):
        page = lea.submit(form, "/requests/new", **TYPED)
        _is_polite(page, language)
        kept = page.fields("/requests/new")
        assert {name: kept[name] for name in TYPED} == TYPED
        assert LONG.strip() in page.text
        again = lea.submit(page, "", "/requests/new")
        assert (again.status, again.fields("/requests/new")) == (503, kept)
    sent = lea.submit(again, "", "/requests/new")
    assert sent.status == 303
    assert TYPED["title"] in lea.get(sent.location).text


@pytest.mark.parametrize("trouble", [locked, full])
def test_pages_can_be_read_although_nothing_can_be_written(
    trouble: Trouble, app: Flask, database: Database, cast: Cast, clock: StillClock, request: pytest.FixtureRequest
) -> None:
    lea = Browser(app).sign_in(cast.lea)
    clock.advance(minutes=5)  # long enough for "last seen" to be written again
    with trouble(database, request):
        assert lea.get("/account").status == 200
        assert lea.get("/search?q=chatbot").status == 200


@troubles
def test_without_the_page_for_it_the_same_is_a_raw_error(
    trouble: Trouble, app: Flask, database: Database, cast: Cast, request: pytest.FixtureRequest
) -> None:
    """The control."""
    app.testing = False
    lea = Browser(app).sign_in(cast.lea)
    form = lea.get("/requests/new")
    del app.error_handler_spec[None][None][DBAPIError]
    with trouble(database, request):
        page = lea.submit(form, "/requests/new", **TYPED)
    assert (page.status, page.headers.get("Retry-After")) == (500, None)


def test_a_password_is_never_kept(app: Flask, database: Database, cast: Cast, request) -> None:
    lea = Browser(app)
    form = lea.get("/sign-in")
    with locked(database, request):
        page = lea.submit(form, "/sign-in", email=cast.lea.email, password="quatre-heures")
    assert page.status == 503
    assert "quatre-heures" not in page.html
    assert page.soup.main.form is None


def test_a_form_of_somebody_elses_making_does_not_become_ours(
    app: Flask, database: Database, cast: Cast, request: pytest.FixtureRequest
) -> None:
    lea = Browser(app).sign_in(cast.lea)
    with away(database, request):
        page = Page(lea.client.post("/account/preferences", data={"csrf_token": "forged", "name": "X Y"}))
        assert page.status in (400, 503)
    again = page.fields("/account/preferences") if page.status == 503 else {"csrf_token": "forged"}
    assert lea.client.post("/account/preferences", data=again).status_code == 400


@pytest.mark.parametrize("language", WORDS)
def test_what_is_refused_while_the_database_is_away_is_a_page_too(
    language: str, app: Flask, database: Database, cast: Cast, request: pytest.FixtureRequest
) -> None:
    app.testing = False
    lea = Browser(app, language).sign_in(cast.lea)
    with away(database, request):
        for answer, status in ((lea.get("/nowhere"), 404), (lea.get("/sign-out"), 405)):
            assert (answer.status, answer.soup.html["lang"]) == (status, language)
            assert answer.soup.main.h1


def _is_polite(page: Page, language: str) -> None:
    assert (page.status, page.headers["Retry-After"]) == (503, "30")
    assert page.soup.html["lang"] == language
    for words in WORDS[language]:
        assert words in page.text


def _speak(browser: Browser, language: str) -> None:
    assert browser.post("/language", language=language).status == 303


def _grow_no_more(connection: object, _entry: object) -> None:
    connection.execute("PRAGMA max_page_count = 1")  # not smaller than it is
