"""The walk of every page: which pages there are, who looks at them, and how closely.

The rule. `make test` opens every page in both languages, for one person of every kind that gets in, at both widths:
the status, the language, what sticks out, the console and foreign requests are checked each time. axe, which costs
most, is asked once for each page and language: French at 390 px, English at 1280. `make walk` sets CADRAN_WALK=full and
asks it at both widths in both languages. CADRAN_SHOTS names a folder for pictures of what was seen.
"""

import os
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser

from marketplace.store.accounts import Account
from tests.browser.window import WIDTHS, Window
from tests.cast import PASSWORD
from tests.scene import Scene
from tests.web.roles import LINES, Line
from tests.web.world import World

WIDE, NARROW = WIDTHS
AXE_AT = {"fr": (NARROW,), "en": (WIDE,)}  # French words are the longer ones
LOOKERS = ("nobody", "lea", "amara", "ada")  # one of every kind; whoever else gets in sees the same
NO_PAGE = {
    "/health/live": "JSON",
    "/health/ready": "JSON",
    "/expert/earnings.csv": "a table to download",
    "/bookings/<int:booking_id>/calendar.ics": "a calendar file",
    "/mailbox/<name>/calendar.ics": "a calendar file",
    "/calendar/<key>.ics": "a feed",
    "/expert/payouts": "leads to Stripe's pages",
    "/expert/payouts/fresh": "leads to Stripe's pages",
    "/search/suggestions": "a list that the search page puts under its box",
    "/static/<path:filename>": "files",
}
LEAD_ELSEWHERE = {"/expert/payouts", "/expert/payouts/fresh"}
# What these ask does not fit the one booking of tests/web/world.py: they say so (409). They are seen open where the
# sessions of tests/browser/moments.py are.
NOT_NOW = {
    "/admin/bookings/<int:booking_id>/refund",
    "/admin/bookings/<int:booking_id>/verdict",
    "/bookings/<int:booking_id>/cancellation",
    "/bookings/<int:booking_id>/note",
    "/bookings/<int:booking_id>/problem",
    "/bookings/<int:booking_id>/problem/answer",
}


class Windows:
    """Everybody's window, in one language."""

    def __init__(self, chromium: Browser, site: str, scene: Scene, language: str) -> None:
        self._chromium, self._site, self._cast, self.language = chromium, site, scene.cast, language
        self._axe_at = WIDTHS if os.environ.get("CADRAN_WALK") == "full" else AXE_AT[language]
        self._open: dict[str, Window] = {}
        with scene.work.transaction() as tx:
            for account in tx.session.query(Account):
                account.language = language

    def of(self, who: str) -> Window:
        if who not in self._open:
            self._open[who] = Window(self._chromium, self._site, self.language, javascript=True, axe_at=self._axe_at)
            if who != "nobody":
                self._open[who].sign_in(getattr(self._cast, who).email, PASSWORD)
        return self._open[who]

    def visit(self, who: str, path: str, expected: int = 200) -> Window:
        """Go there and look at it closely."""
        window = self.of(who)
        answer = window.page.goto(self._site + path)
        if answer is None or answer.status != expected:
            window.trouble.append(f"{who} at {path}: {answer and answer.status}, not {expected}")
        if window.page.locator("html").get_attribute("lang") != self.language:
            window.trouble.append(f"{who} at {path}: not in {self.language}")
        if window.path != urlsplit(path).path:
            window.trouble.append(f"{who} at {path}: led on to {window.path}")
        window.look_closely()
        return window

    def close(self) -> None:
        for window in self._open.values():
            window.close()

    @property
    def trouble(self) -> list[str]:
        return [f"{self.language}, {who}: {each}" for who, window in self._open.items() for each in window.trouble]


def pages(app: Flask, world: World) -> list[tuple[str, str, str]]:
    """(rule, who, address): every page of the application, for one person of each kind that gets in."""
    lines = {line.rule: line for line in LINES if line.method == "GET"}
    found = []
    for rule in sorted({rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}):
        if rule in NO_PAGE or rule.startswith("/api/v1/"):
            continue
        assert rule in lines, f"{rule} has no line in tests/web/roles.py"
        found += [(rule, who, lines[rule].example.format(**world.ids)) for who in _lookers(lines[rule])]
    return found


def _lookers(line: Line) -> tuple[str, ...]:
    return ("nobody",) if "nobody" in line.open_to else tuple(who for who in LOOKERS if who in line.open_to)
