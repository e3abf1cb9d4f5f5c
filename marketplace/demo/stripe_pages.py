"""What people do on the payment sandbox's pages, and its clock, over one open connection."""

from datetime import UTC, datetime, timedelta

import requests

PATIENCE = 30.0  # seconds


class SandboxFailed(Exception):
    """The sandbox does not do what the story needs; the message says what."""


class StripePages:
    """A browser on the sandbox. `behind` is how far its clock was set back when it was started."""

    def __init__(self, address: str, key: str, behind: timedelta) -> None:
        self._address = address
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {key}"
        self._behind = behind

    def check(self, now: datetime) -> None:
        """Raise `SandboxFailed` unless the sandbox's clock is where it should be; `now` is the real time."""
        answer = self._http.get(f"{self._address}/_sandbox/health", timeout=PATIENCE).json()
        moment = datetime.fromtimestamp(answer["now"], UTC)
        if abs(now - self._behind - moment) > timedelta(minutes=5):
            raise SandboxFailed(f"the sandbox's clock is at {moment}, not {self._behind} before now")

    def turn_to(self, moment: datetime, now: datetime) -> None:
        """Put the sandbox's clock forward to a moment of the story, never past the real time `now`."""
        self._advance(min(moment - (now - self._behind), self._behind))

    def arrive(self) -> None:
        """The sandbox's clock shows the real time again."""
        self._advance(self._behind)

    def pay(self, url: str) -> None:
        """Press "pay" on the hosted page."""
        self._press(url, "pay")

    def complete_account(self, url: str) -> None:
        """Give everything that the onboarding page asks for."""
        self._press(url, "complete")

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _advance(self, by: timedelta) -> None:
        seconds = int(by.total_seconds())
        if seconds <= 0:
            return
        url = f"{self._address}/_sandbox/clock"
        self._http.post(url, json={"advance_seconds": seconds}, timeout=PATIENCE).raise_for_status()
        self._behind -= timedelta(seconds=seconds)

    def _press(self, url: str, outcome: str) -> None:
        answer = self._http.post(url, data={"outcome": outcome}, allow_redirects=False, timeout=PATIENCE)
        if answer.status_code != requests.codes.see_other:
            raise SandboxFailed(f"{outcome} on {url} was answered with {answer.status_code}")
