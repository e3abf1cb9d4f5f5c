"""What happens to money after it was taken: disputes, failed refunds, payouts, late bookings, blocked accounts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from payments.port import Account, CheckoutOrder, GatewayRefused, Hold
from payments.sandbox import Sandbox
from payments.sandbox.doors import DoorShut
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import START, Clock, Shopper
from tests.payments.sandbox.test_api import Wire, fault, wire
from tests.payments.test_stripe_gateway import FEE, send

__all__ = ["wire"]


@pytest.fixture
def types(gateway: StripeGateway, clock: Clock) -> Iterator[Any]:
    """The types of what happened so far."""

    def told() -> list[str]:
        return [notice.type for notice in gateway.notices_since(START)]

    return told


def answered(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


def test_a_card_for_disputes_is_disputed_after_its_capture(
    gateway: StripeGateway, order: CheckoutOrder, shopper: Shopper, clock: Clock
) -> None:
    checkout = gateway.open_checkout(order, key="checkout:17:1")
    shopper.press(checkout.url or "", "dispute")
    hold = gateway.fetch_hold(gateway.fetch_checkout(checkout.id).payment_intent_id or "")
    clock.pass_by(minutes=1)
    assert not gateway.fetch_hold(hold.id).disputed
    gateway.capture(hold.id, key="capture:17:1")
    clock.pass_by(minutes=1)
    assert gateway.fetch_hold(hold.id).disputed
    assert hold.charge_id
    (dispute,) = gateway.disputes_of(hold.charge_id)
    assert (dispute.status, dispute.withdrawn_minor) == ("needs_response", 38000)


def test_a_dispute_is_told_step_by_step(gateway: StripeGateway, sandbox: Sandbox, captured: Hold, types: Any) -> None:
    dispute = sandbox.doors.dispute(captured.id)
    sandbox.doors.decide(dispute, "won")
    told = [kind for kind in types() if "dispute" in kind]
    assert told == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    with pytest.raises(DoorShut, match="already closed"):
        sandbox.doors.decide(dispute, "lost")


@pytest.mark.parametrize(
    ("evidence", "status", "withdrawn"),
    [("winning_evidence", "won", 2000), ("losing_evidence", "lost", 38000), ("we did meet", "lost", 38000)],
)
def test_evidence_is_weighed_by_the_bank(
    wire: Wire, gateway: StripeGateway, sandbox: Sandbox, captured: Hold, clock: Clock, evidence: str, status: str,
    withdrawn: int,
) -> None:  # fmt: skip
    dispute = sandbox.doors.dispute(captured.id)
    form = {"evidence[uncategorized_text]": evidence, "metadata[case]": "7"}
    staged = answered(wire.post(f"/v1/disputes/{dispute}", {**form, "submit": "false"}))
    assert (staged["status"], staged["evidence_details"]["has_evidence"]) == ("needs_response", True)
    given = answered(wire.post(f"/v1/disputes/{dispute}", form))
    assert (given["status"], given["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert wire.post(f"/v1/disputes/{dispute}", form).status_code == 400
    clock.pass_by(days=1)
    after = gateway.fetch_dispute(dispute)
    assert (after.status, after.withdrawn_minor) == (status, withdrawn)


def test_a_dispute_that_nobody_answers_is_lost(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold, clock: Clock
) -> None:
    dispute = sandbox.doors.dispute(captured.id)
    clock.pass_by(days=9, seconds=-1)
    assert gateway.fetch_dispute(dispute).status == "needs_response"
    clock.pass_by(seconds=1)
    assert gateway.fetch_dispute(dispute).status == "lost"


def test_a_dispute_can_be_accepted(wire: Wire, sandbox: Sandbox, captured: Hold) -> None:
    dispute = sandbox.doors.dispute(captured.id)
    assert answered(wire.post(f"/v1/disputes/{dispute}/close"))["status"] == "lost"
    assert wire.get("/v1/disputes/du_none").status_code == 404


def test_an_inquiry_moves_no_money_until_it_becomes_a_chargeback(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold
) -> None:
    inquiry = sandbox.doors.dispute(captured.id, inquiry=True)
    asked = gateway.fetch_dispute(inquiry)
    assert (asked.status, asked.entries, asked.withdrawn_minor) == ("warning_needs_response", (), 0)
    assert gateway.refund(captured.id, 100, key="refund:17:1", metadata={}).status == "succeeded"
    sandbox.doors.decide(inquiry, "escalated")
    assert gateway.fetch_dispute(inquiry).withdrawn_minor == 38000
    with pytest.raises(DoorShut, match="no open inquiry"):
        sandbox.doors.decide(inquiry, "escalated")


def test_an_inquiry_that_is_settled_is_closed(gateway: StripeGateway, sandbox: Sandbox, captured: Hold) -> None:
    inquiry = sandbox.doors.dispute(captured.id, inquiry=True)
    sandbox.doors.decide(inquiry, "won")
    assert gateway.fetch_dispute(inquiry).status == "warning_closed"


def test_a_charge_is_disputed_once_and_not_refunded_then(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold
) -> None:
    sandbox.doors.dispute(captured.id)
    with pytest.raises(DoorShut, match="cannot be disputed"):
        sandbox.doors.dispute(captured.id)
    with pytest.raises(GatewayRefused) as refused:
        gateway.refund(captured.id, 100, key="refund:17:1", metadata={})
    assert refused.value.code == "charge_disputed"


def test_a_hold_that_was_not_captured_cannot_be_disputed(sandbox: Sandbox, hold: Hold) -> None:
    with pytest.raises(DoorShut, match="cannot be disputed"):
        sandbox.doors.dispute(hold.id)


def test_a_refund_is_sent_back_by_the_bank_once(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold, types: Any
) -> None:
    refund = gateway.refund(captured.id, 18000, key="refund:17:1", metadata={})
    for _ in range(2):
        sandbox.doors.fail_refund(refund.id)
    assert gateway.fetch_refund(refund.id).status == "failed"
    assert gateway.fetch_hold(captured.id).refunded_minor == 0
    assert types().count("refund.failed") == 1


@pytest.fixture
def rich(captured: Hold, clock: Clock) -> int:
    """What is on the balance when the charge's money has become available."""
    clock.pass_by(days=4)
    return captured.amount_minor - FEE


def test_a_payout_leaves_the_balance_and_arrives(
    wire: Wire, gateway: StripeGateway, clock: Clock, rich: int, types: Any
) -> None:
    payout = answered(wire.post("/v1/payouts", {"amount": "10000", "currency": "eur"}))
    assert payout["status"] == "pending"
    assert gateway.fetch_balance("eur").available_minor == rich - 10000
    clock.pass_by(days=2)
    assert answered(wire.get(f"/v1/payouts/{payout['id']}"))["status"] == "paid"
    assert answered(wire.get("/v1/payouts?status=paid"))["data"][0]["id"] == payout["id"]
    assert [kind for kind in types() if "payout" in kind] == ["payout.created", "payout.paid"]
    newest = next(gateway.balance_transactions(START, clock.now))
    assert (newest.type, newest.source_id, newest.net_minor) == ("payout", payout["id"], -10000)


def test_a_payout_that_fails_comes_back(wire: Wire, gateway: StripeGateway, sandbox: Sandbox, rich: int) -> None:
    payout = answered(wire.post("/v1/payouts", {"amount": "10000", "currency": "eur"}))["id"]
    sandbox.doors.fail_payout(payout)
    assert answered(wire.get(f"/v1/payouts/{payout}"))["failure_code"] == "account_closed"
    assert gateway.fetch_balance("eur").available_minor == rich
    with pytest.raises(DoorShut):
        sandbox.doors.fail_payout(payout)


def test_a_payout_can_be_called_off_until_it_has_arrived(wire: Wire, clock: Clock, rich: int) -> None:
    payout = answered(wire.post("/v1/payouts", {"amount": "10000", "currency": "eur"}))["id"]
    assert answered(wire.post(f"/v1/payouts/{payout}/cancel"))["status"] == "canceled"
    assert wire.post(f"/v1/payouts/{payout}/cancel").status_code == 400
    too_much = wire.post("/v1/payouts", {"amount": str(rich + 1), "currency": "eur"})
    assert fault(too_much) == (400, "balance_insufficient", None)


def test_movements_can_be_booked_late(
    gateway: StripeGateway, sandbox: Sandbox, hold: Hold, active_account: Account, clock: Clock, types: Any
) -> None:
    sandbox.doors.be_late(charge=60, refund=120, transfer=180, adjustment=240)
    captured = gateway.capture(hold.id, key="capture:17:1")
    clock.pass_by(seconds=59)
    assert gateway.fetch_hold(hold.id).balance_transaction_id is None
    clock.pass_by(seconds=1)
    assert gateway.fetch_hold(hold.id).fee_minor == FEE
    refund = gateway.refund(hold.id, 1000, key="refund:17:1", metadata={})
    transfer = send(gateway, captured, active_account)
    dispute = sandbox.doors.dispute(hold.id, amount_minor=5000)
    assert refund.balance_transaction_id is None
    assert gateway.fetch_dispute(dispute).entries == ()
    clock.pass_by(seconds=240)
    assert gateway.fetch_refund(refund.id).balance_transaction_id
    assert gateway.fetch_transfer(transfer).balance_transaction_id
    assert gateway.fetch_dispute(dispute).withdrawn_minor == 7000
    booked = list(gateway.balance_transactions(START, clock.now + timedelta(seconds=1)))[::-1]
    assert [(entry.type, (entry.created - START).seconds) for entry in booked] == [
        ("charge", 60),
        ("refund", 180),
        ("transfer", 240),
        ("adjustment", 300),
    ]
    assert {"refund.updated", "transfer.updated", "charge.dispute.funds_withdrawn"} <= set(types())


def test_what_is_late_is_booked_before_something_builds_on_it(
    gateway: StripeGateway, sandbox: Sandbox, hold: Hold
) -> None:
    sandbox.doors.be_late(charge=3600)
    gateway.capture(hold.id, key="capture:17:1")
    gateway.refund(hold.id, 1000, key="refund:17:1", metadata={})
    assert gateway.fetch_hold(hold.id).fee_minor == FEE


def test_an_account_is_blocked_and_cleared_again(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold, active_account: Account
) -> None:
    sandbox.doors.set_transfers(active_account.id, "restricted")
    blocked = gateway.fetch_account(active_account.id)
    assert (blocked.transfers_active, blocked.transfers_status) == (False, "restricted")
    assert blocked.requirements == ("identity.individual.documents.primary_verification",)
    with pytest.raises(GatewayRefused) as refused:
        send(gateway, captured, active_account)
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    sandbox.doors.set_transfers(active_account.id, "active")
    assert gateway.fetch_account(active_account.id) == active_account
    assert send(gateway, captured, active_account, key="transfer:17:2")


def test_a_reversal_is_found_below_its_transfer(
    wire: Wire, gateway: StripeGateway, captured: Hold, active_account: Account
) -> None:
    transfer = send(gateway, captured, active_account)
    reversal = gateway.reverse_transfer(transfer, 100, key="reversal:17:1", metadata={})
    path = f"/v1/transfers/{transfer}/reversals"
    assert answered(wire.get(f"{path}/{reversal.id}"))["amount"] == 100
    assert wire.get(f"{path}/trr_none").status_code == 404
    assert answered(wire.get(f"/v1/transfers/{transfer}"))["reversals"]["data"][0]["id"] == reversal.id
    assert answered(wire.post(path))["amount"] == 29420
    assert fault(wire.post(path)) == (400, "amount_too_large", "amount")
