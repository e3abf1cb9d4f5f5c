"""Refunds: card money given back, never more than is left."""

from payments.sandbox import balance, charges, intents
from payments.sandbox.desk import Desk, new_id, page
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import LIST_FIELDS, Shape, Text, Whole, Words


def _create(desk: Desk, call: Call) -> Json:
    charge = _captured_charge(desk, call.params)
    amount = _amount(charge, call.params)
    charges.book(desk, charge)
    refund = _refund(desk, charge, amount, call.params)
    entry = balance.move(
        desk,
        "refund",
        -amount,
        charge["currency"],
        refund["id"],
        fee=0,  # Stripe keeps its fee of the charge and takes none for the refund
        available=charges.money_available_on(desk, charge),
    )
    desk.add(refund | {"balance_transaction": entry["id"]})
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    desk.save(charge)
    desk.tell("refund.created", refund | {"balance_transaction": entry["id"]})
    desk.tell("charge.refunded", charge)
    return refund | {"balance_transaction": entry["id"]}


def _retrieve(desk: Desk, call: Call) -> Json:
    refund = desk.find("refund", call.identifier)
    if refund is None:
        raise missing_object("refund", call.identifier)
    return refund


def _list(desk: Desk, call: Call) -> Json:
    wanted = {name: call.params[name] for name in ("payment_intent", "charge") if name in call.params}
    return page(desk.every("refund", **wanted), call.params, "/v1/refunds")


def _captured_charge(desk: Desk, params: Json) -> Json:
    charge = _charge(desk, params)
    if not charge["captured"]:
        message = f"This PaymentIntent ({charge['payment_intent']}) does not have a successful charge to refund."
        raise invalid(message, code="payment_intent_unexpected_state")
    return charge


def _charge(desk: Desk, params: Json) -> Json:
    if ("payment_intent" in params) == ("charge" in params):
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise invalid(message, code="parameter_missing", param="payment_intent")
    if "charge" in params:
        return _known(desk.find("charge", params["charge"]), "charge", params["charge"])
    wanted = params["payment_intent"]
    intent = _known(desk.find("payment_intent", wanted), "payment_intent", wanted)
    charge = intents.charge_of(desk, intent)
    if charge is None:
        message = f"This PaymentIntent ({wanted}) does not have a successful charge to refund."
        raise invalid(message, code="payment_intent_unexpected_state")
    return charge


def _known(found: Json | None, noun: str, identifier: str) -> Json:
    if found is None:
        raise missing_object(noun, identifier, param=noun, status=400)
    return found


def _amount(charge: Json, params: Json) -> int:
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount: int = params.get("amount", left)
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, code="amount_too_large", param="amount")
    return amount


def _refund(desk: Desk, charge: Json, amount: int, params: Json) -> Json:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": desk.now,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": params.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


_CREATION: dict[str, Shape] = {
    "payment_intent": Text(),
    "charge": Text(),
    "amount": Whole(least=1),
    "metadata": Words(),
    "reason": Text(choices=("duplicate", "fraudulent", "requested_by_customer")),
}

OPERATIONS = (
    Operation("POST", "/v1/refunds", _create, _CREATION),
    Operation("GET", "/v1/refunds/<identifier>", _retrieve),
    Operation("GET", "/v1/refunds", _list, {**LIST_FIELDS, "payment_intent": Text(), "charge": Text()}),
)
