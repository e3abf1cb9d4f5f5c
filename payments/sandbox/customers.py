"""Customers: whom payments can be kept under; Cadran itself makes none."""

from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Many, Shape, Text, Words

_OWN = ("description", "email", "name", "phone", "preferred_locales")


def known(desk: Desk, identifier: str, *, status: int = 400) -> Json:
    """The customer that a parameter names."""
    customer = desk.find("customer", identifier)
    if customer is None:
        raise missing_object("customer", identifier, param="customer", status=status)
    return customer


def _create(desk: Desk, call: Call) -> Json:
    given = {name: call.params.get(name) for name in _OWN}
    customer = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": desk.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "discount": None,
        "invoice_prefix": "SANDBOX",
        "invoice_settings": dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options")),
        "livemode": False,
        "metadata": call.params.get("metadata", {}),
        "next_invoice_sequence": 1,
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
        **given,
        "preferred_locales": given["preferred_locales"] or [],
    }
    desk.add(customer)
    desk.tell("customer.created", customer)
    return customer


def _retrieve(desk: Desk, call: Call) -> Json:
    return known(desk, call.identifier, status=404)


def _update(desk: Desk, call: Call) -> Json:
    customer = known(desk, call.identifier, status=404)
    customer |= {name: call.params[name] for name in _OWN if name in call.params}
    customer["metadata"] |= call.params.get("metadata", {})
    desk.save(customer)
    desk.tell("customer.updated", customer)
    return customer


def _list(desk: Desk, call: Call) -> Json:
    return listing(desk, "customer", call.params, "/v1/customers", by=("email",))


_WRITING: dict[str, Shape] = {
    "description": Text(),
    "email": Text(),
    "name": Text(),
    "phone": Text(),
    "preferred_locales": Many(Text()),
    "metadata": Words(),
}

OPERATIONS = (
    Operation("POST", "/v1/customers", _create, _WRITING),
    Operation("GET", "/v1/customers/<identifier>", _retrieve),
    Operation("POST", "/v1/customers/<identifier>", _update, _WRITING),
    Operation("GET", "/v1/customers", _list, {**DATED_LIST_FIELDS, "email": Text()}),
)
