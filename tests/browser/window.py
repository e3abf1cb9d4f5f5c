"""A browser window that watches itself: console, requests, width, accessibility."""

import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Request, Response

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (1280, 390)
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


class Window:
    """One person's browser in one language, with or without JavaScript. `trouble` collects what must not happen."""

    def __init__(
        self, browser: Browser, site: str, language: str, *, javascript: bool, axe_at: Sequence[int] = WIDTHS
    ) -> None:
        self.site, self.language, self.javascript, self.axe_at = site, language, javascript, axe_at
        self.shots = 0
        self.trouble: list[str] = []
        self.seen: dict[str, int] = {}  # path pattern -> how often it was looked at closely
        self._context = browser.new_context(
            java_script_enabled=javascript,
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            viewport={"width": WIDTHS[0], "height": 900},
            timezone_id="Europe/Paris",
        )
        self.page = self._context.new_page()
        self._watch()

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def open(self, path: str) -> None:
        """Go to a page of the site and look at it closely."""
        self.page.goto(path if "://" in path else self.site + path)
        self.look()

    def press(self, selector: str) -> None:
        """Press a button or follow a link, and look at what comes."""
        target = self.page.locator(selector).first
        with self.page.expect_navigation(wait_until="load"):
            target.click()
        self.look()

    def fill(self, **fields: str) -> None:
        """Type into the fields of these names."""
        for name, words in fields.items():
            self.page.locator(f'main [name="{name}"]').first.fill(words)

    def choose(self, name: str, value: str) -> None:
        """Choose a radio button, a checkbox or an option."""
        field = self.page.locator(f'main select[name="{name}"]')
        if field.count():
            field.first.select_option(value)
        else:
            self.page.locator(f'main input[name="{name}"][value="{value}"]').first.check(force=True)

    def sign_in(self, email: str, password: str) -> None:
        """Through the form."""
        self.open("/sign-in")
        self.fill(email=email, password=password)
        self.press("main form button[type=submit]")

    def wait_for(self, path: str, words: str, tries: int = 60) -> None:
        """Load the page until it says these words: the worker needs a moment."""
        for _ in range(tries):
            self.page.goto(self.site + path)
            if words in self.text:
                return self.look()
            self.page.wait_for_timeout(250)
        raise AssertionError(f"{path} never said {words!r}; it says: {self.text[:600]}")

    @property
    def text(self) -> str:
        """What the main part says."""
        return " ".join(self.page.locator("main").inner_text().split()) if self.page.locator("main").count() else ""

    @property
    def path(self) -> str:
        """Where we are."""
        return urlsplit(self.page.url).path

    def look(self) -> None:
        """At both widths: nothing sticks out, and with JavaScript axe finds nothing. Twice per kind of page."""
        kind = "".join(letter if not letter.isdigit() else "0" for letter in self.path)
        self.seen[kind] = self.seen.get(kind, 0) + 1
        if self.seen[kind] <= 2:
            self.look_closely()

    def look_closely(self) -> None:
        """However often the page was seen. With `CADRAN_SHOTS`, a folder, what is seen is kept there as pictures."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self._check_width(width)
            if self.javascript and width in self.axe_at:
                self._check_with_axe(width)
            if folder := os.environ.get("CADRAN_SHOTS"):
                self.shots += 1
                name = f"{self.language}-{self.shots:03}{self.path.replace('/', '_')}-{width}.png"[-120:]
                self.page.screenshot(path=str(Path(folder) / name), full_page=True)
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})

    def _check_width(self, width: int) -> None:
        box = self.page.locator("html").bounding_box()
        if not self.javascript:
            assert box is not None
            return
        needed = self.page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            self.trouble.append(f"{self.path} at {width} px: {needed} px wide")

    def _check_with_axe(self, width: int) -> None:
        # evaluate() goes through the debugger, so the page's own Content Security Policy stays in force.
        self.page.evaluate(_axe())
        options = json.dumps({"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"]})
        found = self.page.evaluate(f"axe.run(document, {options})")
        self.trouble += [_sentence(self.path, width, violation) for violation in found["violations"]]

    def _watch(self) -> None:
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.trouble.append(f"{self.path}: {error}"))
        self.page.on("request", self._ask)
        self.page.on("response", self._receive)

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "status of 4" not in text:
            self.trouble.append(f"{self.path}: console {kind}: {text}")

    def _ask(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and address.hostname != "127.0.0.1":
            self.trouble.append(f"{self.path} asked {request.url}")

    def _receive(self, response: Response) -> None:
        if response.status >= 500:
            self.trouble.append(f"{response.url} answered {response.status}")


def _sentence(path: str, width: int, violation: "dict[str, object]") -> str:
    nodes = violation["nodes"]
    assert isinstance(nodes, Sequence)
    where = "; ".join(str(node["html"])[:160] for node in nodes[:3])
    return f"axe on {path} at {width} px: {violation['id']}: {violation['help']} ({len(nodes)}): {where}"


@cache
def _axe() -> str:
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe-core is missing: `make test` installs it (npm ci)"
    return path.read_text(encoding="utf8")
