"""What our requests say, beyond being ones that Stripe takes (see test_honesty)."""

import typing

from payments import stripe_requests as requests
from payments.port import CheckoutOrder, PaymentGateway
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import START


def test_the_order_is_found_again_by_its_metadata(order: CheckoutOrder) -> None:
    params = requests.checkout(order)
    wanted = {"company": "42", "reference": "booking-17", "op_id": "op-1"}
    assert params["metadata"] == wanted
    assert params["payment_intent_data"]["metadata"] == wanted
    assert params["expires_at"] == int(order.expires_at.timestamp())


def test_money_is_reserved_and_never_split_by_stripe(order: CheckoutOrder) -> None:
    named = {"metadata": {"op_id": "op-4"}}
    sent = [
        requests.checkout(order),
        requests.transfer("acct_1", 100, "eur", source_charge="ch_1", reference="booking-17", **named),
        requests.account(email="samir@example.org", name="Samir", country="FR", language="en", **named),
    ]
    text = repr(sent)
    assert "'capture_method': 'manual'" in text
    for never in ("application_fee", "transfer_data", "on_behalf_of", "payment_method_types"):
        assert never not in text


def test_the_transfer_group_is_the_one_of_the_charge(order: CheckoutOrder) -> None:
    checkout = requests.checkout(order)
    transfer = requests.transfer("acct_1", 1, "eur", source_charge="ch_1", reference=order.reference, metadata={})
    assert transfer["transfer_group"] == checkout["payment_intent_data"]["transfer_group"]


def test_lists_are_asked_for_in_whole_seconds_and_large_pages() -> None:
    asked = requests.movements(START, START)
    assert asked["created"] == {"gte": int(START.timestamp()), "lt": int(START.timestamp())}
    assert asked["limit"] == 100


def test_the_gateway_offers_what_the_port_promises() -> None:
    promised = {name for name in vars(PaymentGateway) if not name.startswith("_")}
    assert promised <= set(dir(StripeGateway))
    for name in promised:
        port, ours = getattr(PaymentGateway, name), getattr(StripeGateway, name)
        assert typing.get_type_hints(port) == typing.get_type_hints(ours), name
