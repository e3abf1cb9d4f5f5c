"""Customers, Stripe's test cards and payments made without the hosted page."""

from typing import Any

import pytest
import requests

from payments.port import Hold
from payments.sandbox import Sandbox
from payments.sandbox.cards import CARDS
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import Clock, Shopper
from tests.payments.sandbox.test_api import Wire, fault, wire

__all__ = ["wire"]

AUTOMATIC = {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"}


def pay(wire: Wire, card: str, **more: str) -> requests.Response:
    """A payment of 360.00 EUR with a test card, captured by hand."""
    form = {"amount": "36000", "currency": "eur", "capture_method": "manual", "confirm": "true", "payment_method": card}
    return wire.post("/v1/payment_intents", {**form, **more})


def body(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


def test_a_customer_is_kept_changed_and_found(wire: Wire) -> None:
    made = body(wire.post("/v1/customers", {"email": "lea@banque-azur.example", "metadata[company]": "42"}))
    changed = body(wire.post(f"/v1/customers/{made['id']}", {"name": "Léa Marchand", "metadata[seat]": "3"}))
    assert (changed["name"], changed["email"]) == ("Léa Marchand", "lea@banque-azur.example")
    assert changed["metadata"] == {"company": "42", "seat": "3"}
    assert body(wire.get(f"/v1/customers/{made['id']}")) == changed
    assert body(wire.get("/v1/customers?email=lea@banque-azur.example"))["data"] == [changed]
    assert body(wire.get("/v1/customers?email=nobody@example.org"))["data"] == []
    assert wire.get("/v1/customers/cus_none").status_code == 404


def test_a_magic_name_becomes_a_card_of_its_own(wire: Wire) -> None:
    first, second = (body(wire.get("/v1/payment_methods/pm_card_visa")) for _ in range(2))
    assert first["id"] != second["id"]
    assert (first["card"]["brand"], first["card"]["last4"]) == ("visa", "4242")
    assert body(wire.get(f"/v1/payment_methods/{first['id']}")) == first
    assert wire.get("/v1/payment_methods/pm_card_gold").status_code == 404


def test_a_card_is_kept_with_a_customer_and_taken_away_again(wire: Wire) -> None:
    customer = body(wire.post("/v1/customers", {"email": "lea@banque-azur.example"}))["id"]
    form = {"type": "card", "card[token]": "tok_visa", "billing_details[name]": "Léa Marchand"}
    card = body(wire.post("/v1/payment_methods", form))
    assert card["billing_details"]["name"] == "Léa Marchand"
    kept = body(wire.post(f"/v1/payment_methods/{card['id']}/attach", {"customer": customer}))
    assert body(wire.get(f"/v1/payment_methods?customer={customer}"))["data"] == [kept]
    assert body(wire.post(f"/v1/payment_methods/{card['id']}/detach"))["customer"] is None
    assert body(wire.get(f"/v1/payment_methods?customer={customer}"))["data"] == []
    assert wire.post(f"/v1/payment_methods/{card['id']}/detach").status_code == 400
    assert fault(wire.post("/v1/payment_methods", {"type": "card", "card[token]": "tok_gold"}))[2] == "card[token]"
    unknown = wire.post(f"/v1/payment_methods/{card['id']}/attach", {"customer": "cus_none"})
    assert fault(unknown) == (400, "resource_missing", "customer")


@pytest.mark.parametrize("card", [name for name, card in CARDS.items() if not card.decline and not card.authentication])
def test_a_good_card_is_authorised(wire: Wire, card: str) -> None:
    intent = body(pay(wire, card))
    assert (intent["status"], intent["amount_capturable"]) == ("requires_capture", 36000)
    charge = body(wire.get(f"/v1/charges/{intent['latest_charge']}"))
    assert charge["payment_method_details"]["card"]["last4"] == CARDS[card].last4


@pytest.mark.parametrize("card", [name for name, card in CARDS.items() if card.decline and not card.authentication])
def test_a_bad_card_is_declined_with_its_own_reason_and_another_may_be_tried(wire: Wire, card: str) -> None:
    declined = pay(wire, card)
    decline = CARDS[card].decline
    assert decline
    error = declined.json()["error"]
    assert (declined.status_code, error["code"], error.get("decline_code")) == (402, decline.code, decline.decline_code)
    intent = body(wire.get(f"/v1/payment_intents/{error['payment_intent']['id']}"))
    assert (intent["status"], intent["payment_method"]) == ("requires_payment_method", None)
    assert body(wire.get(f"/v1/charges/{error['charge']}"))["failure_code"] == decline.code
    again = body(wire.post(f"/v1/payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"}))
    assert again["status"] == "requires_capture"
    assert len(body(wire.get(f"/v1/charges?payment_intent={intent['id']}"))["data"]) == 2


def test_a_payment_is_made_step_by_step(wire: Wire, gateway: StripeGateway) -> None:
    form = {"amount": "36000", "currency": "eur", "metadata[op_id]": "op-1", **AUTOMATIC}
    intent = body(wire.post("/v1/payment_intents", form))
    assert intent["status"] == "requires_payment_method"
    bare = wire.post(f"/v1/payment_intents/{intent['id']}/confirm")
    assert fault(bare) == (400, "parameter_missing", "payment_method")
    confirmed = body(wire.post(f"/v1/payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"}))
    assert (confirmed["status"], confirmed["amount_received"]) == ("succeeded", 36000)
    once_more = wire.post(f"/v1/payment_intents/{intent['id']}/confirm", {"payment_method": "pm_card_visa"})
    assert fault(once_more)[1] == "payment_intent_unexpected_state"
    assert gateway.fetch_hold(intent["id"]).captured_minor == 36000


def test_a_payment_waits_with_its_card_until_it_is_confirmed(wire: Wire) -> None:
    intent = body(pay(wire, "pm_card_visa", confirm="false"))
    assert intent["status"] == "requires_confirmation"
    assert body(wire.post(f"/v1/payment_intents/{intent['id']}/cancel"))["status"] == "canceled"
    assert fault(pay(wire, "pm_gold")) == (400, "resource_missing", "payment_method")
    assert fault(pay(wire, "pm_card_visa", customer="cus_none")) == (400, "resource_missing", "customer")


def test_payment_method_types_can_no_longer_be_sent(wire: Wire) -> None:
    assert fault(pay(wire, "pm_card_visa", **{"payment_method_types[0]": "card"}))[1] == "parameter_unknown"


@pytest.mark.parametrize(
    ("card", "outcome", "status", "told"),
    [
        ("pm_card_authenticationRequired", "ok", "requires_capture", "succeeded"),
        ("pm_card_authenticationRequired", "fail", "requires_payment_method", "failed"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "ok", "requires_payment_method", "failed"),
    ],
)
def test_the_bank_asks_and_sends_the_customer_back(
    wire: Wire, shopper: Shopper, card: str, outcome: str, status: str, told: str
) -> None:
    intent = body(pay(wire, card, return_url="http://127.0.0.1:8000/back?from=bank"))
    assert intent["status"] == "requires_action"
    back = shopper.press(intent["next_action"]["redirect_to_url"]["url"], outcome)
    assert back.status_code == 303
    assert back.headers["Location"].startswith("http://127.0.0.1:8000/back?from=bank&payment_intent=")
    assert f"redirect_status={told}" in back.headers["Location"]
    assert body(wire.get(f"/v1/payment_intents/{intent['id']}"))["status"] == status


def test_a_bank_has_nothing_to_ask_about_other_payments(wire: Wire, sandbox: Sandbox) -> None:
    paid = body(pay(wire, "pm_card_visa"))["id"]
    for identifier in (paid, "pi_none"):
        assert requests.get(f"{sandbox.address}/3ds/{identifier}", timeout=5).status_code == 404
    waiting = body(pay(wire, "pm_card_authenticationRequired"))["id"]
    answer = requests.post(f"{sandbox.address}/3ds/{waiting}", data={"outcome": "ok"}, timeout=5)
    assert answer.status_code == 200
    assert body(wire.get(f"/v1/payment_intents/{waiting}"))["status"] == "requires_capture"


def test_money_of_one_card_can_be_used_at_once(wire: Wire, gateway: StripeGateway, clock: Clock) -> None:
    body(pay(wire, "pm_card_bypassPending", capture_method="automatic"))
    clock.pass_by(seconds=2)
    assert gateway.fetch_balance("eur").available_minor == 36000 - 565


def test_a_refund_is_slow_with_one_card_and_comes_back_with_another(
    wire: Wire, gateway: StripeGateway, clock: Clock
) -> None:
    cards = ("pm_card_pendingRefund", "pm_card_refundFail")
    slow, doomed = (body(pay(wire, card, capture_method="automatic"))["id"] for card in cards)
    waiting = gateway.refund(slow, 18000, key="refund:1", metadata={})
    fine = gateway.refund(doomed, 18000, key="refund:2", metadata={})
    assert (waiting.status, fine.status) == ("pending", "succeeded")
    clock.pass_by(hours=1)
    assert gateway.fetch_refund(waiting.id).status == "succeeded"
    clock.pass_by(days=1)
    failed = gateway.fetch_refund(fine.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert gateway.fetch_hold(doomed).refunded_minor == 0
    kinds = [entry.type for entry in gateway.balance_transactions(clock.now.replace(day=1), clock.now)]
    assert kinds.count("refund_failure") == 1


def test_the_buttons_of_the_payment_page_use_these_cards(captured: Hold, shopper: Shopper, sandbox: Sandbox) -> None:
    from payments.sandbox.pages import _CARDS

    assert set(_CARDS.values()) <= set(CARDS)
    with sandbox.state.desk() as desk:
        (session,) = desk.every("checkout.session")
    assert shopper.see(f"{sandbox.address}/c/pay/{session['id']}").select_one("form") is None
