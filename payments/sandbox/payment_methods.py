"""Payment methods: Stripe's test cards under their magic names, kept as objects once they are used."""

from dataclasses import asdict

from payments.sandbox import customers
from payments.sandbox.cards import CARDS, Card
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Group, Shape, Text, Words

KIND = "payment_method"
_TOKENS = {f"tok_{name.removeprefix('pm_card_')}": name for name in CARDS}
_LOOKS = {"exp_month": 12, "exp_year": 2034}


def for_card(desk: Desk, name: str) -> Json:
    """A new payment method with one of the test cards."""
    return desk.add(_method(desk, name))


def resolve(desk: Desk, identifier: str) -> Json:
    """The method of this id; a magic name makes a new one, as with Stripe."""
    if identifier in CARDS:
        return for_card(desk, identifier)
    return _known(desk, identifier, status=400)


def card_of(method: Json) -> Card:
    """The test card behind a method."""
    return CARDS[method["_card"]]


def details(method: Json, *, authenticated: bool) -> Json:
    """How a charge shows the card that it was made with."""
    card = method["card"]
    proof = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
    shown = {name: card[name] for name in ("brand", "checks", "country", "fingerprint", "funding", "last4", *_LOOKS)}
    extra = {"installments": None, "mandate": None, "network": card["brand"], "wallet": None}
    return {"type": "card", "card": {**shown, **extra, "three_d_secure": proof if authenticated else None}}


def _create(desk: Desk, call: Call) -> Json:
    token = call.params["card"]["token"]
    if token not in _TOKENS:
        raise invalid(f"No such token: '{token}'", code="resource_missing", param="card[token]")
    method = _method(desk, _TOKENS[token]) | {"metadata": call.params.get("metadata", {})}
    method["billing_details"] |= call.params.get("billing_details", {})
    return desk.add(method)


def _retrieve(desk: Desk, call: Call) -> Json:
    return for_card(desk, call.identifier) if call.identifier in CARDS else _known(desk, call.identifier)


def _attach(desk: Desk, call: Call) -> Json:
    method = resolve(desk, call.identifier)
    customer = customers.known(desk, call.params["customer"])
    desk.save(method | {"customer": customer["id"]})
    desk.tell("payment_method.attached", method | {"customer": customer["id"]})
    return method | {"customer": customer["id"]}


def _detach(desk: Desk, call: Call) -> Json:
    method = _known(desk, call.identifier)
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    desk.save(method | {"customer": None})
    desk.tell("payment_method.detached", method | {"customer": None})
    return method | {"customer": None}


def _list(desk: Desk, call: Call) -> Json:
    return listing(desk, KIND, call.params, "/v1/payment_methods", by=("customer", "type"))


def _known(desk: Desk, identifier: str, *, status: int = 404) -> Json:
    method = desk.find(KIND, identifier)
    if method is None:
        raise missing_object("PaymentMethod", identifier, param="payment_method", status=status)
    return method


def _method(desk: Desk, name: str) -> Json:
    looks = {
        key: value for key, value in asdict(CARDS[name]).items() if key in ("last4", "brand", "country", "funding")
    }
    return {
        "id": new_id("pm"),
        "object": KIND,
        "allow_redisplay": "unspecified",
        "billing_details": {"address": _ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None},
        "card": {
            **_LOOKS,
            **looks,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "display_brand": looks["brand"],
            "fingerprint": f"sandbox{looks['last4']}",
            "generated_from": None,
            "networks": {"available": [looks["brand"]], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": desk.now,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_card": name,
    }


_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))

_CREATION: dict[str, Shape] = {
    "type": Text(required=True, choices=("card",)),
    "card": Group({"token": Text(required=True)}, required=True),
    "billing_details": Group({"email": Text(), "name": Text(), "phone": Text()}),
    "metadata": Words(),
}

OPERATIONS = (
    Operation("POST", "/v1/payment_methods", _create, _CREATION),
    Operation("GET", "/v1/payment_methods/<identifier>", _retrieve),
    Operation("POST", "/v1/payment_methods/<identifier>/attach", _attach, {"customer": Text(required=True)}),
    Operation("POST", "/v1/payment_methods/<identifier>/detach", _detach),
    Operation(
        "GET", "/v1/payment_methods", _list, {**LIST_FIELDS, "customer": Text(), "type": Text(choices=("card",))}
    ),
)
