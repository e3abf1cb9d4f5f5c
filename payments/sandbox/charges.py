"""Charges: what really happened on a card."""

from payments.sandbox import balance, bookings, payment_methods
from payments.sandbox.balance import Movement
from payments.sandbox.cards import CARDS, USUAL, Card, Decline
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Text

# An authorisation online lasts seven days with the card networks that matter here.
HOLD_SECONDS = 7 * 86400

# A test card's dispute follows its capture closely.
DISPUTED_AFTER_SECONDS = 10


def authorised(desk: Desk, intent: Json, method: Json, *, authenticated: bool) -> Json:
    """Reserve the intent's amount on its card."""
    charge = _new(desk, intent, method, authenticated=authenticated)
    card = charge["payment_method_details"]["card"]
    card |= {"amount_authorized": intent["amount"], "capture_before": desk.now + HOLD_SECONDS}
    desk.add(charge)
    desk.tell("charge.succeeded", charge)
    return charge


def declined(desk: Desk, intent: Json, method: Json, decline: Decline, *, authenticated: bool) -> Json:
    """Keep a refused attempt."""
    charge = _new(desk, intent, method, authenticated=authenticated)
    charge |= {
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": _outcome("issuer_declined", decline.decline_code or decline.code),
        "paid": False,
        "status": "failed",
    }
    desk.add(charge)
    desk.tell("charge.failed", charge)
    return charge


def captured(desk: Desk, charge: Json) -> None:
    """Take the reserved money; when it is booked is up to the clock."""
    charge |= {"captured": True, "amount_captured": charge["amount"]}
    del charge["payment_method_details"]["card"]["capture_before"]
    card = card_of(desk, charge)
    disputed = desk.now + DISPUTED_AFTER_SECONDS if card.dispute else None
    charge |= {"_due": disputed, "_fate_due": disputed}
    desk.save(charge)
    movement = Movement(
        kind="charge",
        amount=charge["amount_captured"],
        currency=charge["currency"],
        source=charge["id"],
        available=desk.now if card.available_at_once else balance.available_on(desk),
        fee=balance.card_fee(charge["amount_captured"]),
        description=charge["description"],
    )
    bookings.enter(desk, charge, movement)
    desk.tell("charge.captured", charge)


def released(desk: Desk, charge: Json, event: str) -> None:
    """Let reserved money go: Stripe shows that as a refund of the whole amount, without any booking."""
    charge |= {"refunded": True, "amount_refunded": charge["amount"]}
    del charge["payment_method_details"]["card"]["capture_before"]
    desk.save(charge)
    desk.tell(event, charge)


def money_available_on(desk: Desk, charge: Json) -> int:
    """When the charge's money can be used: what is taken from it before then waits as long."""
    entry = desk.find("balance_transaction", charge["balance_transaction"] or "")
    return max(desk.now, entry["available_on"]) if entry else desk.now


def find(desk: Desk, identifier: str) -> Json:
    """The charge of a path, or 404."""
    charge = desk.find("charge", identifier)
    if charge is None:
        raise missing_object("charge", identifier)
    return charge


def card_of(desk: Desk, charge: Json) -> Card:
    """The test card that the charge was made with."""
    method = desk.find(payment_methods.KIND, charge["payment_method"])
    return payment_methods.card_of(method) if method else CARDS[USUAL]


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _list(desk: Desk, call: Call) -> Json:
    return listing(desk, "charge", call.params, "/v1/charges", by=("payment_intent", "customer", "transfer_group"))


def _new(desk: Desk, intent: Json, method: Json, *, authenticated: bool) -> Json:
    return {
        **_BLANK,
        "id": new_id("ch"),
        "amount": intent["amount"],
        "billing_details": method["billing_details"] | {"email": intent["_email"]},
        "created": desk.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "metadata": intent["metadata"],
        "outcome": _outcome("approved_by_network", None),
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": payment_methods.details(method, authenticated=authenticated),
        "transfer_group": intent["transfer_group"],
    }


def _outcome(network_status: str, reason: str | None) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network_status,
        "reason": reason,
        "risk_level": "normal",
        "seller_message": "Payment complete." if reason is None else "The bank did not approve the payment.",
        "type": "authorized" if reason is None else "issuer_declined",
    }


_BLANK: Json = {
    "object": "charge",
    "amount_captured": 0,
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "balance_transaction": None,
    "calculated_statement_descriptor": "SANDBOX",
    "captured": False,
    "disputed": False,
    "failure_balance_transaction": None,
    "failure_code": None,
    "failure_message": None,
    "fraud_details": {},
    "livemode": False,
    "on_behalf_of": None,
    "paid": True,
    "receipt_email": None,
    "receipt_number": None,
    "receipt_url": None,
    "refunded": False,
    "review": None,
    "shipping": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "succeeded",
    "transfer_data": None,
}

_LISTING = {**DATED_LIST_FIELDS, "payment_intent": Text(), "customer": Text(), "transfer_group": Text()}

OPERATIONS = (
    Operation("GET", "/v1/charges/<identifier>", _retrieve),
    Operation("GET", "/v1/charges", _list, _LISTING),
)
