"""The sandbox's clock, and what it does by itself."""

from datetime import timedelta

import pytest
import requests

from payments.port import Checkout, CheckoutOrder, Hold
from payments.sandbox import Sandbox
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import START, Clock


def advance(sandbox: Sandbox, **body: object) -> requests.Response:
    return requests.post(f"{sandbox.address}/_sandbox/clock", json=body, timeout=5)


def test_a_hold_runs_out_after_seven_days_and_not_before(gateway: StripeGateway, hold: Hold, clock: Clock) -> None:
    clock.pass_by(days=7, seconds=-1)
    assert gateway.fetch_hold(hold.id).status == "requires_capture"
    clock.pass_by(seconds=1)
    released = gateway.fetch_hold(hold.id)
    assert (released.status, released.captured_minor, released.refunded_minor) == ("canceled", 0, 0)
    assert "charge.expired" in {notice.type for notice in gateway.notices_since(START)}


def test_a_captured_hold_does_not_run_out(gateway: StripeGateway, captured: Hold, clock: Clock) -> None:
    clock.pass_by(days=30)
    assert gateway.fetch_hold(captured.id).status == "succeeded"


def test_a_page_expires_when_it_was_said_to(gateway: StripeGateway, order: CheckoutOrder, clock: Clock) -> None:
    checkout = gateway.open_checkout(order, key="checkout:17:1")
    clock.pass_by(minutes=59, seconds=59)
    assert gateway.fetch_checkout(checkout.id).status == "open"
    clock.pass_by(seconds=1)
    assert gateway.fetch_checkout(checkout.id).status == "expired"


def test_a_paid_page_does_not_expire(gateway: StripeGateway, paid: Checkout, clock: Clock) -> None:
    clock.pass_by(days=1)
    assert gateway.fetch_checkout(paid.id).status == "complete"


def test_the_clock_can_be_moved_and_everything_due_happens(
    sandbox: Sandbox, gateway: StripeGateway, hold: Hold
) -> None:
    answer = advance(sandbox, advance_seconds=8 * 86400)
    assert answer.json() == {"now": int((START + timedelta(days=8)).timestamp())}
    with sandbox.state.desk() as desk:
        (intent,) = desk.every("payment_intent")
    assert intent["status"] == "canceled"
    advance(sandbox, advance_seconds=60)
    health = requests.get(f"{sandbox.address}/_sandbox/health", timeout=5).json()
    assert health["now"] == int((START + timedelta(days=8, minutes=1)).timestamp())


@pytest.mark.parametrize("seconds", [-1, 1.5, "60", None, True, 367 * 86400])
def test_the_clock_only_moves_forward_by_whole_seconds(sandbox: Sandbox, seconds: object) -> None:
    assert advance(sandbox, advance_seconds=seconds).status_code == 400
    assert requests.post(f"{sandbox.address}/_sandbox/clock", data="x", timeout=5).status_code == 400
    assert requests.get(f"{sandbox.address}/_sandbox/health", timeout=5).json()["now"] == int(START.timestamp())
