"""P9: no secret in logs, journal, events, letters or pages, whatever is typed where."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import select

from marketplace import links
from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.logs import configure_logs
from marketplace.store.accounts import Account, claim_on
from marketplace.store.tables import journal, outbox
from marketplace.web.here import PUBLIC, allow
from marketplace.work import Work
from tests.cast import Cast
from tests.web.browse import Browser, Page
from tests.web.roles import LINES
from tests.web.world import World, build

PASSWORD = "kanarien vogel zwitschert 99"
CARD = "4242424242424242"
STRIPE_KEY = "sk_test_canary0123456789"
ADDRESS = "canary.bird@exemple.fr"
NAME = "Canary Birdsong"


@pytest.fixture
def logs() -> Iterator[StringIO]:
    """Logs as in production, where we can read them."""
    before, out = structlog.get_config(), StringIO()
    configure_logs(out)
    yield out
    structlog.configure(**before)


@pytest.fixture
def watched(settings: Settings, work: Work) -> Flask:
    """The application with a key that we would recognise, and a page with a bug."""
    app = create_app(replace(settings, stripe_key=STRIPE_KEY), work)

    @allow(PUBLIC)
    def fail() -> str:
        raise RuntimeError(f"password {PASSWORD} card {CARD}")

    app.add_url_rule("/fail", "fail", fail, methods=["GET", "POST"])
    return app


def test_secrets_reach_no_log_journal_event_letter_or_page(
    watched: Flask, work: Work, cast: Cast, settings: Settings, logs: StringIO
) -> None:
    world, pages = build(work, cast), []
    bird = Browser(watched)
    pages.append(bird.post("/register/lead", name=NAME, company="Voliere", email=ADDRESS, password=PASSWORD))
    pages.append(bird.post("/sign-in", email=ADDRESS, password=PASSWORD + "!"))
    assert bird.post("/sign-in", email=ADDRESS, password=PASSWORD).status == 303
    bird.token, session = "", max(bird.cookie.split("."), key=len)
    pages += _everywhere(bird, world)
    secrets = [PASSWORD, STRIPE_KEY, settings.secret, session, *_letters(work)]
    written = [logs.getvalue(), *_rows(work), *_mail(settings.mailbox_dir)]
    assert "unforeseen" in written[0]  # the bug was noticed
    for secret in (*secrets, CARD):
        assert not [text[:200] for text in written if secret in text]
    for secret in secrets:
        assert not [page.answer.request.path for page in pages if secret in page.html]
    for private in (NAME, ADDRESS):
        assert private not in written[0]


def test_log_lines_are_json_with_ids(watched: Flask, cast: Cast, logs: StringIO) -> None:
    lea = Browser(watched).sign_in(cast.lea)
    page = lea.get(f"/account?card={CARD}")
    line = json.loads(logs.getvalue().splitlines()[-1])
    assert line["event"] == "request"
    assert (line["rule"], line["status"], line["account"]) == ("/account", 200, cast.lea.id)
    assert line["request_id"] == page.headers["X-Request-Id"]


def test_a_bug_is_logged_by_type_and_place(watched: Flask, logs: StringIO) -> None:
    assert Browser(watched).get("/fail").status == 500
    line = next(json.loads(text) for text in logs.getvalue().splitlines() if "unforeseen" in text)
    assert line["error"] == "RuntimeError"
    assert "test_secrets.py" in line["at"][-1]
    assert PASSWORD not in json.dumps(line)


def test_the_journal_knows_the_request(watched: Flask, work: Work, cast: Cast) -> None:
    lea = Browser(watched).sign_in(cast.lea)
    page = lea.post("/account/preferences", name="Léa", language="en", zone="Europe/Paris")
    with work.reading() as session:
        row = session.scalars(select(journal.JournalRow).order_by(journal.JournalRow.id.desc())).first()
    assert row is not None
    assert (row.what, row.request_id) == ("account.changed", page.headers["X-Request-Id"])


def test_the_canary_would_be_heard(watched: Flask, logs: StringIO) -> None:
    """The control: something written with the values is found."""
    structlog.get_logger().info("careless", password=PASSWORD)
    assert PASSWORD in logs.getvalue()


def _everywhere(bird: Browser, world: World) -> list[Page]:
    """Every address, with secrets in the query and in every field that forms have."""
    typed = dict.fromkeys(("password", "old", "token", "note", "zone", "language", "unheard-of"), PASSWORD)
    pages = [bird.get("/fail"), bird.post("/fail", **typed)]
    for line in LINES:
        path = line.example.format(**world.ids)
        if line.method == "GET":
            pages.append(bird.get(f"{path}?password={PASSWORD}&card={CARD}"))
        elif line.rule not in ("/sign-out", "/sign-in"):
            pages.append(bird.post(path, card=CARD, **typed))
    return pages


def _letters(work: Work) -> list[str]:
    """The signature of a link that is good now."""
    with work.reading() as session:
        account = session.scalars(select(Account).where(Account.email == ADDRESS)).one()
    token = links.sign(work.secret, links.Purpose.RESET, claim_on(account), work.now())
    return [token.rpartition(".")[2], account.password_hash]


def _rows(work: Work) -> list[str]:
    with work.reading() as session:
        rows: list[Any] = [*session.scalars(select(journal.JournalRow)), *session.scalars(select(outbox.OutboxRow))]
        return [str({column.name: getattr(row, column.name) for column in row.__table__.columns}) for row in rows]


def _mail(folder: Path) -> list[str]:
    return [path.read_text("utf-8") for path in folder.glob("*.eml")]
