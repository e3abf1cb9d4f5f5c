"""Every notice ten times, shuffled, at once, through the real door: one effect."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Signal

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.app import create_app
from marketplace.cashier import moves, reducer
from marketplace.config import Settings
from marketplace.domain.booking import BookingState
from marketplace.domain.lifecycle import Lifecycle
from marketplace.domain.payment import Step
from marketplace.services import bookings, clockwork, notices
from marketplace.services.bookings import Answer, Cancel, Reserve
from marketplace.services.payouts import Payouts, onboarding_page
from payments.sandbox.courier import signature
from payments.sandbox.desk import shown
from payments.sandbox.faults import Json
from tests.money import books
from tests.money.kills import SLOT, pass_until
from tests.money.stall import Stall

COPIES, CARRIERS, WORKERS = 10, 10, 3
SECRETS = {"event": ("platform", "whsec_test"), "v2.core.event": ("v2", "whsec_test_v2")}


class Storm:
    """Carries what Stripe has told since the last time, ten times over, while several workers handle it."""

    def __init__(self, app: Flask, stall: Stall) -> None:
        self.app, self.stall = app, stall
        self.told: set[str] = set()

    def break_loose(self) -> int:
        """Returns how many different notices came."""
        stripe = self.stall.objects("event", "v2.core.event")
        fresh = [shown(event) for events in stripe.values() for event in events if event["id"] not in self.told]
        self.told |= {event["id"] for event in fresh}
        deck = fresh * COPIES
        random.Random(len(deck)).shuffle(deck)
        over = Signal()
        with ThreadPoolExecutor(CARRIERS + WORKERS) as crowd:
            workers = [crowd.submit(self._work, over) for _ in range(WORKERS)]
            statuses = Counter(crowd.map(self._deliver, deck))
            over.set()
            for worker in workers:
                worker.result()
        assert statuses == ({200: len(deck)} if deck else {})
        while notices.handle_due(self.stall.work):
            pass
        return len(fresh)

    def _deliver(self, event: Json) -> int:
        endpoint, secret = SECRETS[event["object"]]
        body = json.dumps(event).encode()
        headers = {"Stripe-Signature": signature(body, secret, int(self.stall.clock().timestamp()))}
        return self.app.test_client().post(f"/notices/stripe/{endpoint}", data=body, headers=headers).status_code

    def _work(self, over: Signal) -> None:
        while not over.is_set():
            notices.handle_due(self.stall.work)
            over.wait(0.005)


@pytest.fixture
def storm(settings: Settings, stall: Stall) -> Iterator[Storm]:
    return Storm(create_app(settings, stall.work), stall)


def count(stall: Stall, sql: str) -> int:
    with stall.work.reading() as session:
        return session.scalar(text(sql)) or 0


def reserve(stall: Stall, hours: int = 0) -> int:
    starts_at = SLOT + timedelta(hours=hours)
    command = Reserve(stall.cast.lea.actor, stall.offering_id, starts_at, "remote", "Know the gaps.", ("Forty.",))
    reserved = bookings.reserve(stall.work, command)
    stall.press(reserved.checkout_url, outcome="pay")
    return reserved.booking_id


def test_every_notice_ten_times_shuffled_and_at_once_has_one_effect(storm: Storm, stall: Stall) -> None:
    stall.press(onboarding_page(stall.work, Payouts(stall.cast.ines.actor)), outcome="complete")
    held, cancelled = reserve(stall), reserve(stall, hours=3)
    came = storm.break_loose()
    assert count(stall, "select count(*) from booking where state = 'requested'") == 2
    for booking_id in (held, cancelled):
        bookings.accept(stall.work, Answer(stall.cast.ines.actor, booking_id))
    came += storm.break_loose()
    bookings.cancel(stall.work, Cancel(stall.cast.lea.actor, cancelled, "Ill."))
    came += storm.break_loose()
    for hours in (0, 3, 76):
        pass_until(stall, SLOT + timedelta(hours=hours))
        clockwork.tick(stall.work)
    clockwork.tick(stall.work)
    came += storm.break_loose()
    assert came > 15
    assert count(stall, "select count(*) from notice where handled_at is not null") == came
    assert (
        count(stall, "select count(*) from (select event, payload from outbox group by 1, 2 having count(*) > 1)") == 0
    )
    assert count(stall, "select count(*) from (select what from journal where subject_type = 'booking'"
                        " group by what, subject_id having count(*) > 1)") == 0  # fmt: skip
    assert count(stall, "select count(*) from booking where state in ('released', 'cancelled_by_lead')") == 2
    assert books.at_rest(stall) == []


def test_without_the_table_of_states_a_notice_that_comes_again_acts_again(
    storm: Storm, stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve(stall)
    monkeypatch.setattr(Lifecycle, "next", lambda *_: BookingState.REQUESTED)
    monkeypatch.setattr(moves, "change_state", lambda *_: True)
    monkeypatch.setattr(reducer, "step_for", lambda *_, **__: Step.AUTHORISE)
    storm.break_loose()
    assert any(breach.startswith("told") for breach in books.always(stall))
