"""P6: nobody gets in by guessing. Every rule of the application, for everybody."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import Rule

from marketplace import app as application
from marketplace.config import Settings
from marketplace.web.here import allow
from marketplace.work import Work
from tests.cast import Cast
from tests.web.browse import Browser, Page
from tests.web.roles import ANYONE, LINES, Line
from tests.web.world import World, build

REFUSALS = {400: "a refused form", 403: "forbidden", 404: "missing", 405: "nothing of the kind"}
STRIPE_IS_DOWN = 503  # nothing listens at its address in these tests: whoever is told so got in
HANDLED_BY_FLASK = {"HEAD", "OPTIONS"}


@pytest.fixture
def world(work: Work, cast: Cast) -> World:
    return build(work, cast)


@pytest.fixture
def browsers(app: Flask, cast: Cast, world: World) -> dict[str, Browser]:
    """Everybody in a window of their own."""
    app.testing = False  # an error is one line of the result, not the end of the test
    windows = {who: Browser(app).sign_in(getattr(cast, who)) for who in ANYONE - {"nobody"}}
    return {"nobody": Browser(app), **windows}


@pytest.fixture
def rewind(rewindable: Callable[[], Callable[[], None]], browsers: dict[str, Browser]) -> Callable[[], None]:
    """Puts the database back to where it was, after each try."""
    for browser in browsers.values():
        browser.csrf_token()
    return rewindable()


def test_every_rule_has_a_line_and_every_line_a_rule(app: Flask) -> None:
    pages = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/v1/")]  # see tests/api
    rules = {(method, rule.rule) for rule in pages for method in _methods(rule)}
    lines = {(line.method, line.rule) for line in LINES}
    assert sorted(rules - lines) == [], "routes without a line in tests/web/roles.py"
    assert sorted(lines - rules) == [], "lines in tests/web/roles.py without a route"
    assert len(LINES) == len(lines), "two lines for one rule"


def test_everybody_meets_what_the_table_says(
    browsers: dict[str, Browser], world: World, rewind: Callable[[], None]
) -> None:
    wrong = []
    for line in LINES:
        for who, browser in browsers.items():
            expected = "in" if who in line.open_to else line.refusal(who)
            met = _met(_try(browser, line, world, rewind))
            if met != expected:
                wrong.append(f"{line.method} {line.rule}: {who} meets {met}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_a_silent_view_stops_the_start(settings: Settings, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without `allow`, there is no application at all."""
    careless = Blueprint("careless", __name__)
    careless.get("/careless")(lambda: "hello")
    monkeypatch.setattr(application, "BLUEPRINTS", (careless,))
    with pytest.raises(RuntimeError, match=r"lack @allow.*careless"):
        application.create_app(settings, work)


def test_allowing_nobody_is_a_mistake() -> None:
    with pytest.raises(ValueError):
        allow()


def _methods(rule: Rule) -> set[str]:
    return set() if rule.endpoint == "static" else (rule.methods or set()) - HANDLED_BY_FLASK


def _try(browser: Browser, line: Line, world: World, rewind: Callable[[], None]) -> Page:
    path = line.example.format(**world.ids)
    if line.method == "GET":
        return browser.get(path)
    cookie, token = browser.cookie, browser.csrf_token()
    page = browser.post(path, **{name: value.format(**world.ids) for name, value in line.fields.items()})
    rewind()
    browser.cookie, browser.token = cookie, token
    return page


def _met(page: Page) -> str:
    if page.status == 303 and page.location.startswith("/sign-in?next="):
        return "sign-in"
    if page.status >= 500 and page.status != STRIPE_IS_DOWN:
        return f"an error {page.status}"
    return REFUSALS.get(page.status, "in")
