"""Leads who book and pay, experts who accept, over HTTP and all the time; what they were told is written down."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle

import requests

from tests.bench.premises import Bookable, Premises
from tests.bench.visitor import BOOKED, Visitor

CLIENTS = 4
EXPERTS = 8  # each client is two of them, too
PEOPLE = 6  # leads that one client is in turn: a slot that was not paid for is held for a quarter of an hour
REFUSED = 409  # such as three unpaid slots already: somebody else's turn


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a lead was told is done."""

    what: str  # 'held': sent on to the payment page; 'paid': the return page said so; 'accepted': by the expert
    checkout_id: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """One at a time: several leads, and the experts whom they book."""

    leads: Sequence[Visitor]
    experts: Mapping[str, Visitor]
    slots: Iterator[Bookable]


@dataclass(slots=True)
class Crowd:
    """The clients, each in a thread. A good answer is noted with its time, a bad one with its words."""

    premises: Premises
    over: threading.Event = field(default_factory=threading.Event)
    statuses: Counter[str] = field(default_factory=Counter)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    impolite: list[str] = field(default_factory=list)
    good: list[float] = field(default_factory=list)  # moments of good answers for which the database was needed
    broken: list[str] = field(default_factory=list)  # of the clients themselves: must stay empty
    polite: Counter[str] = field(default_factory=Counter)  # 503 pages by language
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Crowd":
        clients = [self._client(number) for number in range(CLIENTS)]
        self._threads = [threading.Thread(target=self._keep_booking, args=(each,), daemon=True) for each in clients]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _client(self, number: int) -> Client:
        site, market = self.premises.site, self.premises.market
        language = ("fr", "en")[number % 2]  # that of the accounts, and of the browser
        experts = list(dict.fromkeys(slot.expert for slot in market.slots))[number::CLIENTS]
        return Client(
            [Visitor(site, lead, language).sign_in() for lead in market.leads[number::CLIENTS]],
            {expert: Visitor(site, expert, language).sign_in() for expert in experts},
            iter([slot for slot in market.slots if slot.expert in experts]),
        )

    def _keep_booking(self, client: Client) -> None:
        for lead in cycle(client.leads):
            if self.over.is_set():
                return
            slot = next(client.slots, None)
            if slot is None:
                self.broken.append("there are no slots left")
                return
            try:
                self._sell(lead, client.experts[slot.expert], slot)
            except requests.RequestException as error:  # gunicorn is up all the time: nobody may be cut off
                self.impolite.append(f"{type(error).__name__}: no answer")
                self.over.wait(0.2)

    def _sell(self, lead: Visitor, expert: Visitor, slot: Bookable) -> None:
        answer = self._until_answered(lead, slot)
        if answer is None or "/c/pay/" not in answer.headers.get("Location", ""):
            return
        checkout = answer.headers["Location"]
        checkout_id = checkout.partition("/c/pay/")[2].partition("?")[0]
        self.acknowledged.append(Acknowledged("held", checkout_id, slot.starts_at))
        back = lead.pay(checkout)
        if not back.startswith(self.premises.site):
            return
        page = self._noted("return", lead, lead.get(back))
        if page.status_code != 200 or "Refresh" in page.headers:
            return
        self.acknowledged.append(Acknowledged("paid", checkout_id, slot.starts_at))
        door = back.partition("?")[0].replace("/return", "/acceptance")
        accepted = self._noted("accept", expert, expert.post(door, {"csrf_token": expert.token}))
        if accepted.status_code == BOOKED and "/sign-in" not in accepted.headers["Location"]:
            self.acknowledged.append(Acknowledged("accepted", checkout_id, slot.starts_at))

    def _until_answered(self, visitor: Visitor, slot: Bookable) -> requests.Response | None:
        """As people do: send the same form again after "try again in a moment" (not quite that patiently)."""
        while not self.over.is_set():
            answer = self._noted("book", visitor, visitor.book(slot.offering_id, slot.starts_at))
            if answer.status_code == BOOKED:
                return answer
            if answer.status_code == REFUSED:
                return None
            self.over.wait(0.2)
        return None

    def _noted(self, what: str, visitor: Visitor, answer: requests.Response) -> requests.Response:
        self.statuses[f"{what} {answer.status_code}"] += 1
        if answer.status_code in (BOOKED, 200):
            self.good.append(time.monotonic())
        elif answer.status_code == 503:
            self.polite[visitor.language] += 1
        if wrong := impolite(answer, visitor.language):
            self.impolite.append(f"{what}: {wrong}")
        return answer


def impolite(answer: requests.Response, language: str) -> str:
    """What is wrong with an answer: '' for a page as it should be."""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"a raw {answer.status_code}"
    if answer.status_code != 503:
        return ""
    if not answer.headers.get("Retry-After", "").isdigit():
        return "503 without Retry-After"
    return "" if f'<html lang="{language}"' in answer.text else f"503 that is not in {language}"
