"""P11: every page of the application in a real browser, in both languages and at both widths, for whoever it is for.

The list of pages is the application's own. tests/browser/walk.py says how closely each is looked at.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from marketplace.domain.calendar import Slot
from marketplace.reactions import indexing
from marketplace.work import Work
from tests.browser.moments import put_on_stage, sell
from tests.browser.walk import LEAD_ELSEWHERE, NO_PAGE, NOT_NOW, Windows, pages
from tests.browser.window import WIDTHS, Window
from tests.cast import Cast, StillClock
from tests.scene import Scene
from tests.web.browse import Browser as Browsing
from tests.web.roles import LINES
from tests.web.world import World, build

LANGUAGES = ("fr", "en")
EMPTY: dict[str, tuple[str, ...]] = {
    "marta": ("/dashboard", "/bookings", "/requests", "/searches", "/calendar", "/standing"),
    "ines": ("/dashboard", "/expert/offerings", "/expert/requests", "/expert/earnings", "/expert/availability"),
}
ALSO = {
    "nobody": ("/search?q=chatbot", "/search?q=zzzzqqqq", "/nowhere", "/offerings/999"),
    "lea": ("/search?q=chatbot&sort=slot", "/admin/queue"),
}
QUESTIONS = {
    "confirmed": (("lea", "time"), ("lea", "proposal"), ("lea", "cancellation"), ("amara", "cancellation")),
    "moved": (("lea", "time"),),
    "half back": (("lea", "cancellation"), ("ada", "cancellation")),
    "running": (("lea", "absence"), ("amara", "note")),
    "lead said absent": (("lea", "absence/answer"),),
    "over": (("lea", "problem"), ("lea", "rating"), ("lea", "note"), ("ada", "refund")),
    "problem": (("amara", "problem/answer"), ("ada", "verdict")),
}
ROOM, ADMINS = ("/bookings", "/admin/bookings"), ("verdict", "refund")
IN_FRONT = """option => {
    const box = option.getBoundingClientRect();
    return option.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""
SETTLED_BY_PEOPLE = ("expert said absent", "problem", "cancelled")


@pytest.fixture
def scene(work: Work, cast: Cast, clock: StillClock) -> Scene:
    return Scene(work, cast, clock)


@pytest.fixture
def world(scene: Scene) -> World:
    world = build(scene.work, scene.cast, scene.market)
    scene.offer("Roll out a chatbot to bank advisers", by=scene.cast.amara)
    indexing.catch_up_fully(scene.work)
    return world


@pytest.fixture
def site(app: Flask, world: World) -> Iterator[str]:
    """The application over HTTP."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=LANGUAGES)
def windows(request: pytest.FixtureRequest, site: str, scene: Scene, chromium: Browser) -> Iterator[Windows]:
    opened = Windows(chromium, site, scene, request.param)
    yield opened
    opened.close()


def test_the_walk_leaves_out_no_page(app: Flask, world: World) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    walked = {rule for rule, _, _ in pages(app, world)}
    assert {rule for rule in rules - walked if not rule.startswith("/api/v1/")} == set(NO_PAGE)


def test_a_page_that_nobody_listed_stops_the_walk(app: Flask, world: World) -> None:
    """The control."""
    app.add_url_rule("/forgotten/page", view_func=lambda: "hello")
    with pytest.raises(AssertionError, match="/forgotten/page has no line"):
        pages(app, world)


def test_what_is_left_out_is_no_page(app: Flask, world: World, cast: Cast) -> None:
    lines = {line.rule: line for line in LINES if line.method == "GET"}
    browser = Browsing(app).sign_in(cast.amara)
    for rule in NO_PAGE.keys() & lines.keys() - LEAD_ELSEWHERE:
        answer = browser.get(lines[rule].example.format(**world.ids))
        assert (answer.status, "<html" in answer.html) == (200, False), rule


def test_every_page_there_is(app: Flask, world: World, windows: Windows) -> None:
    for rule, who, path in pages(app, world):
        windows.visit(who, path, 409 if rule in NOT_NOW else 200)
    assert not windows.trouble, "\n".join(windows.trouble)


def test_pages_with_nothing_on_them_and_pages_that_are_not_there(windows: Windows) -> None:
    for who, paths in EMPTY.items():
        for path in paths:
            windows.visit(who, path)
    for who, paths in ALSO.items():
        for path in paths:
            missing = path in ("/nowhere", "/offerings/999")
            windows.visit(who, path, 404 if missing else 403 if path.startswith("/admin") else 200)
    assert not windows.trouble, "\n".join(windows.trouble)


def test_a_session_at_every_moment_of_its_life(world: World, scene: Scene, windows: Windows) -> None:
    moments = put_on_stage(scene, int(world.ids["offering"]))
    for name, booking_id in moments.items():
        for who in ("lea", "amara") if name != "unpaid" else ("lea",):
            windows.visit(who, f"/bookings/{booking_id}")
    for name in SETTLED_BY_PEOPLE:
        windows.visit("ada", f"/bookings/{moments[name]}")
    for name, questions in QUESTIONS.items():
        for who, question in questions:
            windows.visit(who, f"{ROOM[question in ADMINS]}/{moments[name]}/{question}")
    asked = {question for questions in QUESTIONS.values() for _, question in questions}
    assert {rule.partition("_id>/")[2] for rule in NOT_NOW} <= asked, "a page that was only seen saying no"
    for who in ("lea", "amara"):
        windows.visit(who, "/bookings")
        windows.visit(who, "/dashboard")
    windows.visit("ada", "/admin/cases")
    assert not windows.trouble, "\n".join(windows.trouble)


def test_whoever_comes_second_is_told_why_and_offered_the_nearest(world: World, scene: Scene, windows: Windows) -> None:
    offering_id = int(world.ids["offering"])
    moments = put_on_stage(scene, offering_id)
    booking = windows.visit("lea", f"/offerings/{offering_id}/booking")
    _choose_and_lose(booking, scene, offering_id, "aside.sum button[type=submit]", objective="Know what they will ask.")
    assert booking.page.locator("main .note.err").count() == 1
    assert booking.page.locator('[name="objective"]').input_value() == "Know what they will ask."
    moving = windows.visit("lea", f"/bookings/{moments['confirmed']}/time")
    _choose_and_lose(moving, scene, offering_id, "main form .btn.hot")
    assert moving.page.locator("main .note.err").count() == 1
    assert not windows.trouble, "\n".join(windows.trouble)


def test_what_the_search_box_suggests_lies_in_front(world: World, windows: Windows) -> None:
    search = windows.visit("nobody", "/search")
    search.page.locator("input[data-suggest]").press_sequentially("chat")
    last = search.page.locator("[role=listbox] [role=option]").last
    last.wait_for()
    search.look_closely()
    for width in WIDTHS:
        search.page.set_viewport_size({"width": width, "height": 900})
        assert last.evaluate(IN_FRONT), f"hidden at {width} px"
    assert not windows.trouble, "\n".join(windows.trouble)
    search.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    search.page.locator("form.finder").evaluate("form => { form.style.overflow = 'hidden' }")
    assert not last.evaluate(IN_FRONT), "the control: cut off where the form ends"


def test_a_careless_page_is_noticed(app: Flask, windows: Windows) -> None:
    """The control: an unnamed picture from elsewhere, a field without a name, a wide block, a word on the console."""
    window = windows.of("nobody")
    window.page.set_content(
        '<title>x</title><html lang="fr"><main><h1>x</h1><img src="http://elsewhere.invalid/x.png"><input>'
        '<div style="width: 3000px">x</div></main><script>console.error("x")</script>'
    )
    window.page.wait_for_timeout(200)
    window.look_closely()
    found = " ".join(window.trouble)
    for sign in ("image-alt", "label", "px wide", "elsewhere.invalid", "console error"):
        assert sign in found, found
    window.trouble.clear()


def _choose_and_lose(window: Window, scene: Scene, offering_id: int, button: str, **words: str) -> None:
    """Choose the last slot, of which somebody else is faster."""
    field = window.page.locator("input[name=slot]").last
    starts_at = datetime.fromisoformat(str(field.get_attribute("value"))).astimezone(UTC)
    field.check(force=True)
    window.fill(**words)
    answer = window.page.locator("main textarea[name^=answer]")
    if answer.count():
        answer.first.fill("Me.")
    sell(scene, offering_id, Slot(starts_at, starts_at + timedelta(hours=3)))
    with window.page.expect_navigation(wait_until="load"):
        window.page.locator(button).first.click()
    window.look_closely()
