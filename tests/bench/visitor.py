"""A signed-in lead at a browser: opens booking pages, sends the form, pays, comes back."""

import re
from dataclasses import dataclass, field
from datetime import datetime

import requests

from marketplace.queries.booking_page import slot_key
from tests.cast import PASSWORD

BOOKED = 303
TIMEOUT = 60  # seconds
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(slots=True)
class Visitor:
    """One browser with its own cookies; the CSRF token of a session is good for all of its forms."""

    site: str
    email: str
    language: str
    window: requests.Session = field(default_factory=requests.Session)
    token: str = ""

    def sign_in(self) -> "Visitor":
        """Through the form; an error if that is refused."""
        self.window.headers["Accept-Language"] = self.language
        found = self._form("/sign-in")
        fields = {"csrf_token": found, "email": self.email, "password": PASSWORD}
        answer = self.post("/sign-in", fields)
        if answer.status_code != BOOKED:
            raise RuntimeError(f"{self.email} could not sign in: {answer.status_code}")
        self.token = self._form("/account")
        return self

    def book(self, offering_id: int, starts_at: datetime) -> requests.Response:
        """Send the filled-in form for that time; 303 leads to the payment page."""
        fields = {
            "csrf_token": self.token, "slot": slot_key(starts_at), "objective": "Win.", "answer_0": "One.",
            "format": "remote",
        }  # fmt: skip
        return self.post(f"/offerings/{offering_id}/booking", fields)

    def pay(self, checkout: str) -> str:
        """Press the button of the payment page; where Stripe sends the lead back to, '' when it does not answer."""
        paid = self.window.post(checkout, data={"outcome": "pay"}, allow_redirects=False, timeout=TIMEOUT)
        return paid.headers.get("Location", "")

    def get(self, url: str) -> requests.Response:
        """A page, by its path or whole address; redirects are not followed."""
        return self.window.get(self._whole(url), allow_redirects=False, timeout=TIMEOUT)

    def post(self, url: str, fields: dict[str, str]) -> requests.Response:
        """A form."""
        return self.window.post(self._whole(url), data=fields, allow_redirects=False, timeout=TIMEOUT)

    def _form(self, path: str) -> str:
        found = _TOKEN.search(self.get(path).text)
        if found is None:
            raise RuntimeError(f"no form at {path}")
        return found.group(1)

    def _whole(self, url: str) -> str:
        return url if url.startswith("http") else f"{self.site}{url}"
