"""A browser for tests: follows forms as people do, with their CSRF token, and signs the cast in."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import PASSWORD, Person


class Page:
    """An answer, read as a person would."""

    def __init__(self, answer: TestResponse) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.headers = answer.headers
        self.location = answer.headers.get("Location", "")
        self.html = answer.get_data(as_text=True)
        answer.close()
        self.soup = BeautifulSoup(self.html, "html.parser")

    @property
    def text(self) -> str:
        """What the main part says, in one line."""
        return " ".join((self.soup.find("main") or self.soup).get_text(" ").split())

    @property
    def title(self) -> str:
        """The words in the window's title."""
        return self.soup.title.get_text() if self.soup.title else ""

    def form(self, action: str | None = None) -> Tag:
        """The form of the main part that goes to `action`; without one, its only form."""
        forms = (self.soup.find("main") or self.soup).find_all("form")
        fitting = [form for form in forms if action is None or form.get("action") == action]
        assert len(fitting) == 1, f"{len(fitting)} forms for {action!r} among {[f.get('action') for f in forms]}"
        return fitting[0]

    def fields(self, action: str | None = None) -> dict[str, Any]:
        """What the form would send if nothing were typed: names and present values, CSRF token included."""
        return dict(values_of(self.form(action)))

    def errors(self) -> list[str]:
        """The words beside the fields."""
        return [error.get_text(" ", strip=True) for error in self.soup.select(".field .error")]


class Browser:
    """One browser window with its own cookies."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.app = app
        self.client = app.test_client()
        self.language = language
        self.token = ""  # the CSRF token; '' means: ask for it

    def sign_in(self, person: Person, password: str = PASSWORD) -> "Browser":
        """Through the sign-in form; fails if that does not work."""
        page = self.post("/sign-in", email=person.email, password=password)
        assert page.status == 303, page.text
        self.token = ""
        return self

    @property
    def cookie(self) -> str:
        """The session cookie, as a thief would copy it."""
        found = self.client.get_cookie("cadran")
        return found.value if found else ""

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.set_cookie("cadran", value, domain="localhost")

    def get(self, path: str, **headers: str) -> Page:
        """Open a page."""
        return Page(self.client.get(path, headers=self._headers(headers)))

    def post(self, path: str, **fields: Any) -> Page:
        """Send fields with this window's CSRF token."""
        return Page(self.client.post(path, data={"csrf_token": self.csrf_token(), **fields}, headers=self._headers({})))

    def submit(self, page: Page, path: str, action: str | None = None, **typed: Any) -> Page:
        """Fill in the page's form and send it to its action, or back to `path` when it has none."""
        fields = {**page.fields(action), **typed}
        return Page(
            self.client.post(action or page.form(action).get("action") or path, data=fields, headers=self._headers({}))
        )

    def csrf_token(self) -> str:
        """The token that every form of this window carries; the language switch has it on every page."""
        if not self.token:
            field = self.get("/register").soup.find("input", {"name": "csrf_token"})
            assert isinstance(field, Tag)
            self.token = str(field["value"])
        return self.token

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Accept-Language": self.language, **{name.replace("_", "-"): value for name, value in more.items()}}


def values_of(form: Tag) -> list[tuple[str, Any]]:
    """What a form would send as it stands: (name, value) pairs."""
    found: list[tuple[str, Any]] = []
    for field in form.find_all(["input", "textarea", "select"]):
        name, kind = field.get("name"), field.get("type")
        if not name or (kind in ("radio", "checkbox") and not field.has_attr("checked")):
            continue
        if field.name == "textarea":
            found.append((name, field.get_text().removeprefix("\r\n")))  # browsers drop the first line break, too
        elif field.name == "select":
            chosen = [option["value"] for option in field.find_all("option") if option.has_attr("selected")]
            found.append((name, chosen if field.has_attr("multiple") else (chosen or [""])[0]))
        else:
            found.append((name, field.get("value", "")))
    return found
