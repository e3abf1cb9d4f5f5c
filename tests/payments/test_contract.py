"""The gateway's contract with Stripe: the same tests against the sandbox and, with a key, against Stripe's test mode.

`STRIPE_TEST_KEY=sk_test_... python -m pytest -m stripe tests/payments/test_contract.py` runs them for real. Hosted
pages cannot be used there, so holds are made with test cards, by the library itself.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import stripe

from payments.port import CheckoutOrder, GatewayRefused, Hold
from payments.sandbox import SandboxSettings, running_sandbox
from payments.stripe_gateway import STRIPE_ADDRESS, StripeGateway
from tests.payments.conftest import KEY

Seen = TypeVar("Seen")

LIVE_KEY = os.environ.get("STRIPE_TEST_KEY", "")
PATIENCE_SECONDS = 60

needs_key = pytest.mark.skipif(not LIVE_KEY, reason="STRIPE_TEST_KEY is not set: only the sandbox is asked")


@dataclass
class Partner:
    """Whoever is at the other end."""

    gateway: StripeGateway
    library: stripe.StripeClient

    def key(self, what: str) -> str:
        """A key that nobody has used before, not even in an earlier run."""
        return f"contract:{what}:{uuid.uuid4()}"

    def hold(self, card: str = "pm_card_visa", op_id: str = "op-1") -> Hold:
        """360.00 EUR, authorised on a test card."""
        intent = self.library.v1.payment_intents.create(
            {
                "amount": 36000,
                "currency": "eur",
                "capture_method": "manual",
                "confirm": True,
                "payment_method": card,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "metadata": {"op_id": op_id, "reference": "booking-17"},
                "transfer_group": "booking-17",
            }
        )
        return self.gateway.fetch_hold(intent.id)

    def captured(self, card: str = "pm_card_visa") -> Hold:
        """The same, taken."""
        return self.gateway.capture(self.hold(card).id, key=self.key("capture"))


@pytest.fixture(params=["sandbox", pytest.param("stripe", marks=[pytest.mark.stripe, needs_key])])
def partner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Partner]:
    if request.param == "stripe":
        yield _partner(LIVE_KEY, STRIPE_ADDRESS)
        return
    with running_sandbox(SandboxSettings(state=tmp_path / "sandbox.db", key=KEY), environment={}) as sandbox:
        partner = _partner(KEY, sandbox.address)
        yield partner
        partner.gateway.close()


def _partner(key: str, address: str) -> Partner:
    assert key.startswith("sk_test_"), "never with a live key"
    client = stripe.StripeClient(key, base_addresses={"api": address}, max_network_retries=0)
    return Partner(StripeGateway(key, address), client)


def order() -> CheckoutOrder:
    now = datetime.now(UTC)
    return CheckoutOrder(
        reference="booking-17",
        op_id=f"op-{uuid.uuid4()}",
        title="Chatbot roll-out in a bank",
        gross_minor=36000,
        currency="eur",
        customer_email="lea@banque-azur.example",
        language="fr",
        success_url="https://cadran.example/return?checkout={CHECKOUT_SESSION_ID}",
        cancel_url="https://cadran.example/bookings/17",
        expires_at=now.replace(microsecond=0) + timedelta(hours=1),
        po_number_field=True,
    )


def test_a_checkout_opens_is_found_and_expires_once(partner: Partner) -> None:
    wanted, key = order(), partner.key("checkout")
    checkout = partner.gateway.open_checkout(wanted, key=key)
    assert (checkout.status, checkout.amount_minor, checkout.currency) == ("open", 36000, "eur")
    assert (checkout.reference, checkout.op_id, checkout.expires_at) == ("booking-17", wanted.op_id, wanted.expires_at)
    assert partner.gateway.open_checkout(wanted, key=key) == checkout
    found = partner.gateway.find_checkout(wanted.op_id, datetime.now(UTC) - timedelta(minutes=10))
    assert found is not None
    assert found.id == checkout.id
    assert partner.gateway.expire_checkout(checkout.id, key=partner.key("expire")).status == "expired"
    with pytest.raises(GatewayRefused):
        partner.gateway.expire_checkout(checkout.id, key=partner.key("expire"))


def test_the_same_key_for_something_else_is_refused(partner: Partner) -> None:
    key = partner.key("checkout")
    partner.gateway.open_checkout(order(), key=key)
    with pytest.raises(GatewayRefused) as refused:
        partner.gateway.open_checkout(order(), key=key)
    assert refused.value.code == "idempotency_error"


def test_a_hold_runs_for_days_and_is_captured_once(partner: Partner) -> None:
    hold = partner.hold()
    assert (hold.status, hold.amount_minor, hold.captured_minor) == ("requires_capture", 36000, 0)
    assert hold.capture_before is not None
    assert hold.capture_before > datetime.now(UTC) + timedelta(days=4)
    assert partner.gateway.capture(hold.id, key=partner.key("capture")).status == "succeeded"
    with pytest.raises(GatewayRefused) as refused:
        partner.gateway.capture(hold.id, key=partner.key("capture"))
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_hold_is_found_by_its_operation(partner: Partner) -> None:
    op_id = f"op-{uuid.uuid4()}"
    hold = partner.hold(op_id=op_id)
    found = partner.gateway.find_hold(op_id, datetime.now(UTC) - timedelta(minutes=10))
    assert found is not None
    assert found.id == hold.id


def test_the_fee_is_known_in_the_end(partner: Partner) -> None:
    captured = partner.captured()
    hold = _in_time(lambda: partner.gateway.fetch_hold(captured.id), lambda hold: hold.fee_minor is not None)
    assert hold.balance_transaction_id
    assert 0 < (hold.fee_minor or 0) < 36000


def test_a_hold_is_released(partner: Partner) -> None:
    released = partner.gateway.void(partner.hold().id, key=partner.key("void"))
    assert (released.status, released.captured_minor, released.refunded_minor) == ("canceled", 0, 0)


def test_equal_refunds_are_two_and_no_more_than_there_is(partner: Partner) -> None:
    captured = partner.captured()
    key = partner.key("refund")
    first = partner.gateway.refund(captured.id, 18000, key=key, metadata={"op_id": "op-1"})
    assert partner.gateway.refund(captured.id, 18000, key=key, metadata={"op_id": "op-1"}).id == first.id
    second = partner.gateway.refund(captured.id, 18000, key=partner.key("refund"), metadata={"op_id": "op-2"})
    found = partner.gateway.find_refund(captured.id, "op-2")
    assert found is not None
    assert found.id == second.id != first.id
    with pytest.raises(GatewayRefused) as refused:
        partner.gateway.refund(captured.id, 1, key=partner.key("refund"), metadata={})
    assert refused.value.code == "charge_already_refunded"


def test_a_new_account_cannot_receive_transfers_yet(partner: Partner) -> None:
    account = partner.gateway.create_account(
        email="samir@example.org",
        name="Samir Haddad",
        country="FR",
        language="fr",
        key=partner.key("account"),
        metadata={"op_id": f"op-{uuid.uuid4()}"},
    )
    assert not account.transfers_active
    assert account.requirements
    assert partner.gateway.fetch_account(account.id).id == account.id
    link = partner.gateway.onboarding_link(
        account.id, return_url="https://cadran.example/back", refresh_url="https://cadran.example/again"
    )
    assert link.url.startswith("http")
    captured = partner.captured()
    assert captured.charge_id
    with pytest.raises(GatewayRefused) as refused:
        partner.gateway.transfer(
            account.id,
            29520,
            "eur",
            source_charge=captured.charge_id,
            reference="booking-17",
            key=partner.key("transfer"),
            metadata={"op_id": "op-3"},
        )
    assert refused.value.code == "insufficient_capabilities_for_transfer"


def test_a_disputed_charge_has_a_dispute_with_its_movements(partner: Partner) -> None:
    captured = partner.captured("pm_card_createDispute")
    assert captured.charge_id
    charge_id = captured.charge_id
    disputes = _in_time(lambda: partner.gateway.disputes_of(charge_id), lambda found: bool(found and found[0].entries))
    dispute = partner.gateway.fetch_dispute(disputes[0].id)
    assert (dispute.charge_id, dispute.amount_minor, dispute.reason) == (charge_id, 36000, "fraudulent")
    assert dispute.withdrawn_minor == 36000 + dispute.fee_minor


def test_the_books_and_the_events_can_be_walked(partner: Partner) -> None:
    began = datetime.now(UTC) - timedelta(minutes=10)
    captured = partner.captured()
    _in_time(lambda: partner.gateway.fetch_hold(captured.id), lambda hold: hold.fee_minor is not None)
    movements = list(partner.gateway.balance_transactions(began, datetime.now(UTC) + timedelta(minutes=5)))
    assert captured.charge_id in {movement.source_id for movement in movements}
    assert captured.id in {notice.object_id for notice in partner.gateway.notices_since(began)}
    assert partner.gateway.fetch_balance("eur").currency == "eur"


def test_what_does_not_exist_is_refused_by_one_name(partner: Partner) -> None:
    with pytest.raises(GatewayRefused) as refused:
        partner.gateway.fetch_hold("pi_none")
    assert refused.value.code == "resource_missing"


def _in_time(look: Callable[[], Seen], arrived: Callable[[Seen], bool]) -> Seen:
    """What is seen once it has arrived: some things take Stripe a while."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not arrived(seen := look()):
        assert time.monotonic() < end, f"it did not come in {PATIENCE_SECONDS} seconds: {seen}"
        time.sleep(0.5)
    return seen
