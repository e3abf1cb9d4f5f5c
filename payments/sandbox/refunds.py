"""Refunds: card money given back, never more than is left; some are slow, and some come back days later."""

from payments.sandbox import balance, bookings, charges, intents
from payments.sandbox.balance import Movement
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Shape, Text, Whole, Words

SLOW_SECONDS = 3600
FAILS_AFTER_SECONDS = 86400
NEXT = "next_refund"  # what a test has set for the next one


def find(desk: Desk, identifier: str) -> Json:
    """The refund of a path, or 404."""
    refund = desk.find("refund", identifier)
    if refund is None:
        raise missing_object("refund", identifier)
    return refund


def act(desk: Desk, refund: Json) -> None:
    """What its card is known for happens: a slow refund arrives, a doomed one comes back."""
    if refund.get("_fate") == "fails":
        fail(desk, refund)
    elif refund["status"] == "pending":
        _arrive(desk, refund)


def fail(desk: Desk, refund: Json) -> Json:
    """The bank sends the money back: the charge counts as less refunded again, and the balance gets it back."""
    if refund["status"] == "failed":
        return refund
    bookings.settle_now(desk, refund)
    charge = charges.find(desk, refund["charge"])
    movement = Movement("refund_failure", refund["amount"], refund["currency"], refund["id"], available=desk.now)
    entry = balance.move(desk, movement)
    refund.pop("pending_reason", None)
    refund |= {
        "failure_balance_transaction": entry["id"],
        "failure_reason": "expired_or_canceled_card",
        "status": "failed",
        "_due": None,
    }
    desk.save(refund)
    charge["amount_refunded"] -= refund["amount"]
    desk.save(charge | {"refunded": False})
    desk.tell("refund.failed", refund)
    desk.tell("refund.updated", refund)
    desk.tell("charge.refund.updated", refund)
    return refund


def _arrive(desk: Desk, refund: Json) -> None:
    refund.pop("pending_reason", None)
    refund |= {"status": "succeeded", "_due": None}
    desk.save(refund)
    desk.tell("refund.updated", refund)
    desk.tell("charge.refund.updated", refund)


def _create(desk: Desk, call: Call) -> Json:
    charge = _captured_charge(desk, call.params)
    amount = _amount(charge, call.params)
    bookings.settle_now(desk, charge)
    refund = desk.add(_refund(desk, charge, amount, call.params))
    _book(desk, charge, refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    desk.save(charge)
    desk.tell("refund.created", refund)
    desk.tell("charge.refunded", charge)
    return _doomed(desk, refund) if desk.setting(NEXT, "") else refund


def _doomed(desk: Desk, refund: Json) -> Json:
    desk.set(NEXT, "")
    return fail(desk, refund)


def _book(desk: Desk, charge: Json, refund: Json) -> None:
    movement = Movement(
        kind="refund",
        amount=-refund["amount"],
        currency=charge["currency"],
        source=refund["id"],
        available=charges.money_available_on(desk, charge),
        # Stripe keeps its fee of the charge and takes none for the refund.
        fee=0,
        description="REFUND FOR CHARGE",
    )
    bookings.enter(desk, refund, movement)


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _list(desk: Desk, call: Call) -> Json:
    return listing(desk, "refund", call.params, "/v1/refunds", by=("payment_intent", "charge"))


def _captured_charge(desk: Desk, params: Json) -> Json:
    charge = _charge(desk, params)
    if not charge["captured"]:
        message = f"This PaymentIntent ({charge['payment_intent']}) does not have a successful charge to refund."
        raise invalid(message, code="payment_intent_unexpected_state")
    if charge["disputed"] and charge.get("_charged_back"):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(message, code="charge_disputed")
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
    refund = {
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
    return refund | _fate(desk, charge)


def _fate(desk: Desk, charge: Json) -> Json:
    """What the card that is refunded makes of it."""
    fate = charges.card_of(desk, charge).refund
    if fate == "pending":
        slow = {"pending_reason": "processing", "status": "pending"}
        return {**slow, "_fate": fate, "_fate_due": desk.now + SLOW_SECONDS, "_due": desk.now + SLOW_SECONDS}
    if fate == "fails":
        fails_at = desk.now + FAILS_AFTER_SECONDS
        return {"_fate": fate, "_fate_due": fails_at, "_due": fails_at}
    return {"_fate": None, "_fate_due": None, "_due": None}


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
    Operation("GET", "/v1/refunds", _list, {**DATED_LIST_FIELDS, "payment_intent": Text(), "charge": Text()}),
)
