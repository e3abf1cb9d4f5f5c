"""People who keep a site's money moving over HTTP while it is killed under their hands."""

import random
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import requests

from tests.bench.money_market import Market
from tests.cast import PASSWORD, Person

# What people do, as the last part of its address.
ACCEPT, REFUSE, CANCEL, BEYOND = "acceptance", "refusal", "cancellation", "refund"


class Crowd:
    """Leads, experts and an admin, each kind in a thread; what the site has acknowledged is written down."""

    def __init__(self, site: str, database: Path, market: Market) -> None:
        self.site, self.market = site, market
        self.over = threading.Event()
        self.done: Counter[str] = Counter()
        self.acknowledged: list[tuple[str, str]] = []
        self._database = database
        self._windows: dict[int, tuple[requests.Session, str]] = {}
        acts = (self._as_expert, self._as_expert, self._as_lead, self._as_admin)
        self.threads = [threading.Thread(target=self._keep, args=(act,)) for act in acts]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        for window, _token in self._windows.values():
            window.close()

    def _keep(self, act: Callable[[], bool]) -> None:
        while not self.over.is_set():
            try:
                did = act()
            except (requests.RequestException, LookupError) as error:  # the site was killed under our hands
                self.done[type(error).__name__] += 1
                did = False
            self.over.wait(0.02 if did else 0.3)

    def _as_expert(self) -> bool:
        booking = self._one("expert_id", "requested")
        if booking is None:
            return False
        what, fields = random.choice(((ACCEPT, {}),) * 7 + ((REFUSE, {"reason": "No."}),))
        self._send(self._somebody(booking[1]), f"/bookings/{booking[0]}/{what}", what, booking[0], fields)
        return True

    def _as_lead(self) -> bool:
        """One in five that is confirmed is cancelled; for the others the slots are as good as sold."""
        booking = self._one("lead_id", "confirmed", "id % 5 = 0")
        if booking is not None:
            path = f"/bookings/{booking[0]}/{CANCEL}"
            self._send(self._somebody(booking[1]), path, CANCEL, booking[0], {"reason": "Ill."})
            return True
        return self._reserve(random.choice(self.market.leads))

    def _as_admin(self) -> bool:
        """More than the policy, before and after the payout: then the share is taken back first."""
        booking = self._one("lead_id", "released", "id % 3 = 0 and refunded_minor = 0")
        if booking is None:
            return False
        path = f"/admin/bookings/{booking[0]}/{BEYOND}"
        self._send(self.market.admin, path, BEYOND, booking[0], {"amount": "90", "reason": "Goodwill."})
        return True

    def _reserve(self, lead: Person) -> bool:
        expert = random.choice(self.market.experts)
        path = f"/offerings/{self.market.offerings[expert.id]}/booking"
        window, token = self._window(lead)
        page = window.get(f"{self.site}{path}", timeout=10)
        slots = re.findall(r'name="slot"[^>]*value="([^"]+)"', page.text)
        if not slots:
            return False
        fields = {"slot": random.choice(slots), "objective": "Win.", "answer_0": "One.", "format": "remote"}
        answer = window.post(
            f"{self.site}{path}", data={"csrf_token": token, **fields}, allow_redirects=False, timeout=10
        )
        self.done[f"reserve {answer.status_code}"] += 1
        if answer.status_code == 303 and "/c/pay/" in answer.headers["Location"]:
            checkout = answer.headers["Location"]
            self.acknowledged.append(("reserve", checkout.partition("/c/pay/")[2].partition("?")[0]))
            requests.post(checkout, data={"outcome": random.choice(("pay",) * 5 + ("decline",))}, timeout=10)
        return True

    def _send(self, person: Person, path: str, what: str, booking_id: int, fields: Mapping[str, str]) -> None:
        window, token = self._window(person)
        sent = {"csrf_token": token, **fields}
        answer = window.post(f"{self.site}{path}", data=sent, allow_redirects=False, timeout=10)
        self.done[f"{what} {answer.status_code}"] += 1
        if answer.status_code == 303 and "/sign-in" not in answer.headers["Location"]:
            self.acknowledged.append((what, str(booking_id)))
        elif answer.status_code in (302, 303, 400, 401, 403):
            self._windows.pop(person.id, None)  # signed out: come in again

    def _window(self, person: Person) -> tuple[requests.Session, str]:
        """A signed-in browser and the token of its forms."""
        if person.id not in self._windows:
            window = requests.Session()
            fields = {"csrf_token": self._token(window), "email": person.email, "password": PASSWORD}
            window.post(f"{self.site}/sign-in", data=fields, allow_redirects=False, timeout=10).raise_for_status()
            self._windows[person.id] = (window, self._token(window, "/account"))
        return self._windows[person.id]

    def _token(self, window: requests.Session, path: str = "/sign-in") -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', window.get(f"{self.site}{path}", timeout=10).text)
        if found is None:
            raise LookupError("no form")
        return found.group(1)

    def _one(self, side: str, state: str, rule: str = "1") -> tuple[int, int] | None:
        """A booking in a state and one of its people, at random: what a page of theirs would list."""
        question = f"SELECT id, {side} FROM booking WHERE state = ? AND {rule} ORDER BY random() LIMIT 1"  # noqa: S608
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=5)) as reading:
            try:
                row: tuple[int, int] | None = reading.execute(question, (state,)).fetchone()
            except sqlite3.OperationalError:
                return None
        return row

    def _somebody(self, account_id: int) -> Person:
        everybody = (*self.market.leads, *self.market.experts)
        return next(person for person in everybody if person.id == account_id)
