"""One story in which the gateway asks everything that it can ask, and the sandbox answers all of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import requests

from payments.port import Account, CheckoutOrder, Hold
from payments.sandbox import Sandbox
from payments.stripe_gateway import StripeGateway

_SOON = timedelta(minutes=5)


def tell(sandbox: Sandbox, gateway: StripeGateway, order: CheckoutOrder) -> None:
    """A session is paid, accepted, settled, complained about and disputed; another comes to nothing."""
    began = datetime.fromtimestamp(sandbox.state.now(), UTC) - _SOON
    order = replace(order, expires_at=began + _SOON + timedelta(hours=1))
    hold = _captured(gateway, order)
    _look_back(gateway, hold, began)
    account = _onboarded(gateway)
    _settle(gateway, hold, account)
    _dispute(sandbox, gateway, hold)
    _come_to_nothing(gateway, order)
    gateway.fetch_balance("eur")
    list(gateway.balance_transactions(began, began + timedelta(days=1)))
    gateway.notices_since(began)
    gateway.account_notices_since(began)


def _captured(gateway: StripeGateway, order: CheckoutOrder) -> Hold:
    return gateway.capture(_paid(gateway, order, "story:1").id, key="capture:story:1")


def _paid(gateway: StripeGateway, order: CheckoutOrder, key: str) -> Hold:
    checkout = gateway.open_checkout(order, key=key)
    requests.post(checkout.url or "", data={"outcome": "pay"}, allow_redirects=False, timeout=10)
    return gateway.fetch_hold(gateway.fetch_checkout(checkout.id).payment_intent_id or "")


def _look_back(gateway: StripeGateway, hold: Hold, began: datetime) -> None:
    gateway.find_checkout("op-1", began)
    gateway.find_hold("op-1", began)
    refund = gateway.refund(hold.id, 1000, key="refund:story:1", metadata={"op_id": "op-2"})
    gateway.fetch_refund(refund.id)
    gateway.find_refund(hold.id, "op-2")


def _onboarded(gateway: StripeGateway) -> Account:
    account = gateway.create_account(
        email="samir@example.org", name="Samir Haddad", country="FR", language="fr", key="account:story:1",
        metadata={"op_id": "op-9"},
    )  # fmt: skip
    link = gateway.onboarding_link(account.id, return_url="http://127.0.0.1/back", refresh_url="http://127.0.0.1/again")
    requests.post(link.url, data={"outcome": "complete"}, allow_redirects=False, timeout=10)
    gateway.dashboard_link(account.id)
    gateway.find_account("op-9")
    return gateway.fetch_account(account.id)


def _settle(gateway: StripeGateway, hold: Hold, account: Account) -> None:
    transfer = gateway.transfer(
        account.id,
        20000,
        "eur",
        source_charge=hold.charge_id or "",
        reference="booking-17",
        key="transfer:story:1",
        metadata={"op_id": "op-3"},
    )
    gateway.find_transfer("booking-17", "op-3")
    gateway.reverse_transfer(transfer.id, 5000, key="reversal:story:1", metadata={"op_id": "op-4"})
    gateway.find_reversal(transfer.id, "op-4")
    gateway.fetch_transfer(transfer.id)


def _dispute(sandbox: Sandbox, gateway: StripeGateway, hold: Hold) -> None:
    dispute = sandbox.doors.dispute(hold.id)
    gateway.disputes_of(hold.charge_id or "")
    sandbox.doors.decide(dispute, "won", return_fee=True)
    gateway.fetch_dispute(dispute)


def _come_to_nothing(gateway: StripeGateway, order: CheckoutOrder) -> None:
    checkout = gateway.open_checkout(replace(order, op_id="op-5"), key="story:2")
    gateway.expire_checkout(checkout.id, key="expire:story:2")
    gateway.void(_paid(gateway, replace(order, op_id="op-6"), "story:3").id, key="void:story:3")
