"""What an unknown outcome has led to can be looked up, and the books can be read."""

from datetime import timedelta

import pytest
import requests

from payments.port import Account, Checkout, CheckoutOrder, GatewayRefused, Hold
from payments.sandbox import Sandbox
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import KEY, START, Clock
from tests.payments.test_stripe_gateway import FEE, send


def test_a_checkout_is_found_by_its_operation(gateway: StripeGateway, order: CheckoutOrder) -> None:
    checkout = gateway.open_checkout(order, key="checkout:17:1")
    assert gateway.find_checkout("op-1", START) == checkout
    assert gateway.find_checkout("op-2", START) is None
    assert gateway.find_checkout("op-1", START + timedelta(seconds=1)) is None


def test_a_hold_is_found_by_the_operation_of_its_checkout(gateway: StripeGateway, hold: Hold) -> None:
    assert gateway.find_hold("op-1", START) == hold
    assert gateway.find_hold("op-2", START) is None


def test_an_account_is_found_among_many(gateway: StripeGateway, new_account: Account) -> None:
    for number in range(101):
        gateway.create_account(
            email=f"e{number}@example.org",
            name=f"Expert {number}",
            country="FR",
            language="en",
            key=f"account:{number}",
            metadata={"op_id": f"op-e{number}"},
        )
    assert gateway.find_account("op-9") == new_account
    found = gateway.find_account("op-e100")
    assert found is not None
    assert found.op_id == "op-e100"
    assert gateway.find_account("op-nobody") is None


def test_a_transfer_is_taken_back_in_parts(gateway: StripeGateway, captured: Hold, active_account: Account) -> None:
    transfer = send(gateway, captured, active_account)
    first = gateway.reverse_transfer(transfer, 9520, key="reversal:17:1", metadata={"op_id": "op-6"})
    assert (first.amount_minor, first.currency, first.transfer_id) == (9520, "eur", transfer)
    assert first.op_id == "op-6"
    assert first.balance_transaction_id
    part = gateway.fetch_transfer(transfer)
    assert (part.reversed, part.reversed_minor) == (False, 9520)
    gateway.reverse_transfer(transfer, 20000, key="reversal:17:2", metadata={"op_id": "op-7"})
    whole = gateway.fetch_transfer(transfer)
    assert (whole.reversed, whole.reversed_minor) == (True, 29520)
    assert gateway.find_reversal(transfer, "op-6") == first
    assert gateway.find_reversal(transfer, "op-8") is None


def test_no_more_is_taken_back_than_was_sent(gateway: StripeGateway, captured: Hold, active_account: Account) -> None:
    transfer = send(gateway, captured, active_account)
    with pytest.raises(GatewayRefused) as refused:
        gateway.reverse_transfer(transfer, 29521, key="reversal:17:1", metadata={})
    assert refused.value.code == "amount_too_large"


def test_what_the_expert_was_paid_out_cannot_be_taken_back(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold, active_account: Account
) -> None:
    transfer = send(gateway, captured, active_account)
    sandbox.doors.pay_out_expert(active_account.id, 20000)
    with pytest.raises(GatewayRefused) as refused:
        gateway.reverse_transfer(transfer, 29520, key="reversal:17:1", metadata={})
    assert refused.value.code == "balance_insufficient"
    assert gateway.reverse_transfer(transfer, 9520, key="reversal:17:2", metadata={}).amount_minor == 9520


def test_a_dispute_takes_the_amount_and_a_fee(gateway: StripeGateway, sandbox: Sandbox, captured: Hold) -> None:
    dispute = gateway.fetch_dispute(sandbox.doors.dispute(captured.id))
    assert (dispute.status, dispute.reason) == ("needs_response", "fraudulent")
    assert (dispute.amount_minor, dispute.fee_minor, dispute.withdrawn_minor) == (36000, 2000, 38000)
    assert (dispute.charge_id, dispute.hold_id) == (captured.charge_id, captured.id)
    assert dispute.evidence_due == START + timedelta(days=9)
    (entry,) = dispute.entries
    assert (entry.type, entry.source_id, entry.net_minor) == ("adjustment", dispute.id, -38000)
    assert gateway.fetch_hold(captured.id).disputed
    assert captured.charge_id
    assert gateway.disputes_of(captured.charge_id) == [dispute]
    assert gateway.disputes_of("ch_none") == []


@pytest.mark.parametrize(("return_fee", "fee"), [(False, 2000), (True, 0)])
def test_a_won_dispute_gives_the_amount_back(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold, return_fee: bool, fee: int
) -> None:
    opened = sandbox.doors.dispute(captured.id)
    sandbox.doors.decide(opened, "won", return_fee=return_fee)
    dispute = gateway.fetch_dispute(opened)
    assert (dispute.status, dispute.evidence_due, len(dispute.entries)) == ("won", None, 2)
    assert (dispute.fee_minor, dispute.withdrawn_minor) == (fee, fee)


def test_every_movement_is_listed_with_its_source(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold, active_account: Account, clock: Clock
) -> None:
    transfer = send(gateway, captured, active_account)
    refund = gateway.refund(captured.id, 1000, key="refund:17:1", metadata={})
    reversal = gateway.reverse_transfer(transfer, 100, key="reversal:17:1", metadata={})
    dispute = sandbox.doors.dispute(captured.id, amount_minor=5000)
    foreign = sandbox.doors.move_balance("stripe_fee", -300, description="Radar")
    entries = list(gateway.balance_transactions(START, START + timedelta(minutes=1)))[::-1]
    assert [(entry.type, entry.source_id, entry.amount_minor, entry.fee_minor) for entry in entries] == [
        ("charge", captured.charge_id, 36000, FEE),
        ("transfer", transfer, -29520, 0),
        ("refund", refund.id, -1000, 0),
        ("transfer_refund", reversal.id, 100, 0),
        ("adjustment", dispute, -5000, 2000),
        ("stripe_fee", None, -300, 0),
    ]
    assert entries[-1].id == foreign
    assert all(entry.net_minor == entry.amount_minor - entry.fee_minor for entry in entries)
    clock.pass_by(days=3)
    balance = gateway.fetch_balance("eur")
    assert (balance.available_minor, balance.pending_minor) == (sum(entry.net_minor for entry in entries), 0)


def test_movements_are_listed_from_a_moment_on_and_before_another(
    gateway: StripeGateway, sandbox: Sandbox, clock: Clock
) -> None:
    for second in range(3):
        sandbox.doors.move_balance("topup", 100 + second)
        clock.pass_by(seconds=1)
    chosen = gateway.balance_transactions(START + timedelta(seconds=1), START + timedelta(seconds=2))
    assert [entry.amount_minor for entry in chosen] == [101]


def test_more_than_a_page_of_movements_is_listed_in_full(gateway: StripeGateway, sandbox: Sandbox) -> None:
    for number in range(205):
        sandbox.doors.move_balance("topup", number)
    amounts = [entry.amount_minor for entry in gateway.balance_transactions(START, START + timedelta(seconds=1))]
    assert amounts == list(range(204, -1, -1))


def test_what_happened_to_accounts_is_listed_from_the_oldest_on(
    gateway: StripeGateway, sandbox: Sandbox, active_account: Account, clock: Clock
) -> None:
    clock.pass_by(minutes=1)
    for _ in range(51):
        sandbox.doors.set_transfers(active_account.id, "restricted")
    told = gateway.account_notices_since(START)
    assert told[0].type == "v2.core.account.created"
    assert {notice.object_id for notice in told} == {active_account.id}
    assert {notice.endpoint for notice in told} == {"v2"}
    recent = gateway.account_notices_since(START + timedelta(seconds=30))
    assert (len(told), len(recent)) == (3 + 102, 102)
    assert recent[0].created == START + timedelta(minutes=1)


def test_a_paid_checkout_is_found_with_its_payment(gateway: StripeGateway, paid: Checkout) -> None:
    assert gateway.find_checkout("op-1", START) == paid


def test_a_moment_that_is_none_is_refused_by_the_list_of_accounts_events(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Stripe-Version": "2026-10-28.endive"}
    asked = {"created[gte]": "yesterday"}
    answer = requests.get(f"{sandbox.address}/v2/core/events", params=asked, headers=headers, timeout=5)
    assert answer.status_code == 400
