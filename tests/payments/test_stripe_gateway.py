"""The gateway's contract, through Stripe's own library and over HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.port import Account, Checkout, CheckoutOrder, GatewayRefused, Hold
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import START, Clock, Shopper

FEE = 565  # 1.5 % of 360.00 and 0.25


def send(
    gateway: StripeGateway,
    captured: Hold,
    account: Account,
    *,
    amount: int = 29520,
    key: str = "transfer:17:1",
    op_id: str = "op-4",
) -> str:
    assert captured.charge_id
    return gateway.transfer(
        account.id,
        amount,
        "eur",
        source_charge=captured.charge_id,
        reference="booking-17",
        key=key,
        metadata={"op_id": op_id},
    ).id


def test_a_new_checkout_is_open_and_carries_the_order(gateway: StripeGateway, order: CheckoutOrder) -> None:
    checkout = gateway.open_checkout(order, key="checkout:17:1")
    assert checkout.status == "open"
    assert checkout.url
    assert checkout.payment_intent_id is None
    assert (checkout.amount_minor, checkout.currency) == (36000, "eur")
    assert (checkout.reference, checkout.op_id) == ("booking-17", "op-1")
    assert checkout.expires_at == order.expires_at
    assert gateway.fetch_checkout(checkout.id) == checkout


def test_paying_reserves_the_money_and_takes_nothing(paid: Checkout, hold: Hold) -> None:
    assert (paid.status, paid.url) == ("complete", None)
    assert hold.status == "requires_capture"
    assert (hold.amount_minor, hold.captured_minor, hold.refunded_minor) == (36000, 0, 0)
    assert (hold.reference, hold.op_id, hold.currency) == ("booking-17", "op-1", "eur")
    assert hold.capture_before == START + timedelta(days=7)
    assert hold.charge_id
    assert hold.fee_minor is None


def test_capturing_takes_everything_and_the_fee_comes_later(
    gateway: StripeGateway, captured: Hold, clock: Clock
) -> None:
    assert (captured.status, captured.captured_minor) == ("succeeded", 36000)
    assert (captured.fee_minor, captured.balance_transaction_id) == (None, None)
    clock.pass_by(seconds=2)
    later = gateway.fetch_hold(captured.id)
    assert later.fee_minor == FEE
    assert later.balance_transaction_id


def test_voiding_releases_the_money(gateway: StripeGateway, hold: Hold) -> None:
    released = gateway.void(hold.id, key="void:17:1")
    assert (released.status, released.captured_minor, released.refunded_minor) == ("canceled", 0, 0)


@pytest.mark.parametrize(("first", "second"), [("capture", "void"), ("void", "capture")])
def test_captured_and_voided_exclude_each_other(gateway: StripeGateway, hold: Hold, first: str, second: str) -> None:
    getattr(gateway, first)(hold.id, key=f"{first}:17:1")
    with pytest.raises(GatewayRefused) as refused:
        getattr(gateway, second)(hold.id, key=f"{second}:17:1")
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_refund_gives_back_a_part(gateway: StripeGateway, captured: Hold) -> None:
    refund = gateway.refund(captured.id, 18000, key="refund:17:1", metadata={"op_id": "op-3"})
    assert (refund.status, refund.amount_minor, refund.currency) == ("succeeded", 18000, "eur")
    assert (refund.hold_id, refund.op_id, refund.failure_reason) == (captured.id, "op-3", None)
    assert refund.balance_transaction_id
    assert gateway.fetch_refund(refund.id) == refund
    assert gateway.fetch_hold(captured.id).refunded_minor == 18000


def test_two_equal_refunds_are_two_refunds(gateway: StripeGateway, captured: Hold) -> None:
    first = gateway.refund(captured.id, 18000, key="refund:17:1", metadata={"op_id": "op-3"})
    second = gateway.refund(captured.id, 18000, key="refund:17:2", metadata={"op_id": "op-5"})
    assert first.id != second.id
    assert gateway.find_refund(captured.id, "op-5") == second
    assert gateway.find_refund(captured.id, "op-6") is None


@pytest.mark.parametrize(
    ("before", "amount", "code"),
    [(0, 36001, "amount_too_large"), (18000, 18001, "amount_too_large"), (36000, 1, "charge_already_refunded")],
)
def test_no_more_is_refunded_than_was_taken(
    gateway: StripeGateway, captured: Hold, before: int, amount: int, code: str
) -> None:
    if before:
        gateway.refund(captured.id, before, key="refund:17:1", metadata={})
    with pytest.raises(GatewayRefused) as refused:
        gateway.refund(captured.id, amount, key="refund:17:2", metadata={})
    assert refused.value.code == code


def test_a_hold_that_was_not_captured_is_not_refunded(gateway: StripeGateway, hold: Hold) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway.refund(hold.id, 100, key="refund:17:1", metadata={})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_an_account_receives_transfers_once_it_is_onboarded(
    gateway: StripeGateway, new_account: Account, onboard: Callable[[Account], Account]
) -> None:
    assert not new_account.transfers_active
    assert new_account.transfers_status == "restricted"
    assert new_account.requirements
    assert gateway.fetch_account(new_account.id) == new_account
    after = onboard(new_account)
    assert after.transfers_active
    assert after.requirements == ()


def test_a_transfer_moves_a_part_of_the_charge(gateway: StripeGateway, captured: Hold, active_account: Account) -> None:
    transfer = gateway.fetch_transfer(send(gateway, captured, active_account))
    assert (transfer.amount_minor, transfer.currency) == (29520, "eur")
    assert (transfer.destination, transfer.source_charge) == (active_account.id, captured.charge_id)
    assert (transfer.reversed, transfer.reversed_minor) == (False, 0)
    assert (transfer.reference, transfer.op_id) == ("booking-17", "op-4")
    assert transfer.balance_transaction_id
    assert gateway.find_transfer("booking-17", "op-4") == transfer
    assert gateway.find_transfer("booking-17", "op-3") is None
    assert gateway.find_transfer("booking-18", "op-4") is None


def test_no_more_is_transferred_than_was_taken(gateway: StripeGateway, captured: Hold, active_account: Account) -> None:
    send(gateway, captured, active_account, amount=30000)
    with pytest.raises(GatewayRefused) as refused:
        send(gateway, captured, active_account, amount=6001, key="transfer:17:2")
    assert refused.value.code == "amount_too_large"
    send(gateway, captured, active_account, amount=6000, key="transfer:17:3")


def test_nothing_is_transferred_to_an_account_that_is_not_active(
    gateway: StripeGateway, captured: Hold, new_account: Account
) -> None:
    with pytest.raises(GatewayRefused) as refused:
        send(gateway, captured, new_account)
    assert refused.value.code == "insufficient_capabilities_for_transfer"


def test_nothing_is_transferred_from_a_hold_that_was_not_captured(
    gateway: StripeGateway, hold: Hold, active_account: Account
) -> None:
    with pytest.raises(GatewayRefused):
        send(gateway, hold, active_account)


def test_the_balance_is_what_came_in_less_fees_and_what_went_out(
    gateway: StripeGateway, captured: Hold, active_account: Account, clock: Clock
) -> None:
    gateway.refund(captured.id, 1000, key="refund:17:1", metadata={})
    send(gateway, captured, active_account)
    waiting = gateway.fetch_balance("eur")
    assert (waiting.available_minor, waiting.pending_minor) == (0, 36000 - FEE - 1000 - 29520)
    clock.pass_by(days=3)
    arrived = gateway.fetch_balance("eur")
    assert (arrived.available_minor, arrived.pending_minor) == (36000 - FEE - 1000 - 29520, 0)
    assert gateway.fetch_balance("usd").available_minor == 0


def test_the_owner_of_an_active_account_has_a_dashboard(
    gateway: StripeGateway, captured: Hold, active_account: Account, shopper: Shopper
) -> None:
    send(gateway, captured, active_account)
    page = shopper.see(gateway.dashboard_link(active_account.id).url)
    assert "295,20\u00a0€" in page.text


def test_an_account_that_is_not_onboarded_has_no_dashboard(gateway: StripeGateway, new_account: Account) -> None:
    with pytest.raises(GatewayRefused):
        gateway.dashboard_link(new_account.id)


def test_an_open_checkout_can_be_expired_once(gateway: StripeGateway, order: CheckoutOrder) -> None:
    checkout = gateway.open_checkout(order, key="checkout:17:1")
    expired = gateway.expire_checkout(checkout.id, key="expire:17:1")
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(GatewayRefused):
        gateway.expire_checkout(checkout.id, key="expire:17:2")


def test_a_paid_checkout_cannot_be_expired(gateway: StripeGateway, paid: Checkout) -> None:
    with pytest.raises(GatewayRefused):
        gateway.expire_checkout(paid.id, key="expire:17:1")
    assert gateway.fetch_checkout(paid.id).status == "complete"


@pytest.mark.parametrize("minutes", [15, 29, 24 * 60 + 1])
def test_a_checkout_lives_for_thirty_minutes_to_a_day(
    gateway: StripeGateway, order: CheckoutOrder, minutes: int
) -> None:
    with pytest.raises(GatewayRefused):
        gateway.open_checkout(replace(order, expires_at=START + timedelta(minutes=minutes)), key="checkout:17:1")


@pytest.mark.parametrize(
    "ask",
    [
        lambda gateway: gateway.fetch_checkout("cs_test_none"),
        lambda gateway: gateway.expire_checkout("cs_test_none", key="k"),
        lambda gateway: gateway.fetch_hold("pi_none"),
        lambda gateway: gateway.capture("pi_none", key="k"),
        lambda gateway: gateway.void("pi_none", key="k"),
        lambda gateway: gateway.refund("pi_none", 1, key="k", metadata={}),
        lambda gateway: gateway.fetch_refund("re_none"),
        lambda gateway: gateway.fetch_transfer("tr_none"),
        lambda gateway: gateway.fetch_account("acct_none"),
        lambda gateway: gateway.onboarding_link("acct_none", return_url="http://a", refresh_url="http://b"),
        lambda gateway: gateway.dashboard_link("acct_none"),
    ],
)
def test_what_does_not_exist_is_refused_by_one_name(
    gateway: StripeGateway, ask: Callable[[StripeGateway], object]
) -> None:
    with pytest.raises(GatewayRefused) as refused:
        ask(gateway)
    assert refused.value.code == "resource_missing"


def test_what_happened_is_listed_from_the_oldest_on(gateway: StripeGateway, captured: Hold, clock: Clock) -> None:
    clock.pass_by(minutes=1)
    gateway.refund(captured.id, 1000, key="refund:17:1", metadata={})
    notices = gateway.notices_since(START)
    kinds = [notice.type for notice in notices]
    assert kinds.index("payment_intent.created") < kinds.index("checkout.session.completed")
    assert kinds.index("checkout.session.completed") < kinds.index("payment_intent.succeeded")
    assert kinds[-1] == "charge.refunded"
    recent = gateway.notices_since(START + timedelta(minutes=1))
    assert {notice.type for notice in recent} == {"refund.created", "charge.refunded"}
    assert all(notice.livemode is False and notice.endpoint == "platform" for notice in notices)
    assert captured.id in {notice.object_id for notice in notices}


def test_more_than_a_page_of_what_happened_is_listed_in_full(gateway: StripeGateway, captured: Hold) -> None:
    for number in range(60):
        gateway.refund(captured.id, 1, key=f"refund:17:{number}", metadata={"op_id": f"op-{number}"})
    kinds = [notice.type for notice in gateway.notices_since(START)]
    assert kinds.count("refund.created") == 60
    assert len({notice.id for notice in gateway.notices_since(START)}) == len(kinds)
