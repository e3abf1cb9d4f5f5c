"""Charges: what really happened on a card."""

from payments.sandbox import balance
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, missing_object
from payments.sandbox.operations import Call, Operation

# An authorisation online lasts seven days with the card networks that matter here.
HOLD_SECONDS = 7 * 86400

# Stripe books the money a little after the capture: `balance_transaction` stays null until then.
_BOOKED_AFTER_SECONDS = 2

_VISA = {
    "brand": "visa",
    "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
    "country": "FR",
    "exp_month": 12,
    "exp_year": 2034,
    "funding": "credit",
    "last4": "4242",
    "network": "visa",
}


def authorised(desk: Desk, intent: Json, *, three_d_secure: bool) -> Json:
    """Reserve the intent's amount on its card."""
    charge = _new(desk, intent, "succeeded", three_d_secure=three_d_secure)
    charge["payment_method_details"]["card"]["capture_before"] = desk.now + HOLD_SECONDS
    desk.add(charge)
    desk.tell("charge.succeeded", charge)
    return charge


def declined(desk: Desk, intent: Json, error: Json) -> Json:
    """Keep a refused attempt."""
    charge = _new(desk, intent, "failed", three_d_secure=False)
    charge |= {"failure_code": error["code"], "failure_message": error["message"], "paid": False}
    desk.add(charge)
    desk.tell("charge.failed", charge)
    return charge


def captured(desk: Desk, charge: Json) -> None:
    """Take the reserved money; when it is booked is up to the clock."""
    charge |= {"captured": True, "amount_captured": charge["amount"]}
    del charge["payment_method_details"]["card"]["capture_before"]
    desk.save(charge, due=desk.now + _BOOKED_AFTER_SECONDS)
    desk.tell("charge.captured", charge)


def released(desk: Desk, charge: Json, event: str) -> None:
    """Let reserved money go: Stripe shows that as a refund of the whole amount, without any booking."""
    charge |= {"refunded": True, "amount_refunded": charge["amount"]}
    del charge["payment_method_details"]["card"]["capture_before"]
    desk.save(charge)
    desk.tell(event, charge)


def book(desk: Desk, charge: Json) -> Json:
    """Put the captured money on the balance, less Stripe's fee; a second call changes nothing."""
    if charge["balance_transaction"] is not None:
        return charge
    entry = balance.move(
        desk,
        "charge",
        charge["amount_captured"],
        charge["currency"],
        charge["id"],
        fee=balance.card_fee(charge["amount_captured"]),
        available=balance.available_on(desk),
    )
    desk.save(charge | {"balance_transaction": entry["id"]})
    charge["balance_transaction"] = entry["id"]
    desk.tell("charge.updated", charge)
    return charge


def money_available_on(desk: Desk, charge: Json) -> int:
    """When the charge's money can be used: what is taken from it before then waits as long."""
    entry = desk.find("balance_transaction", charge["balance_transaction"])
    return max(desk.now, entry["available_on"]) if entry else desk.now


def find(desk: Desk, identifier: str) -> Json:
    """The charge of a path, or 404."""
    charge = desk.find("charge", identifier)
    if charge is None:
        raise missing_object("charge", identifier)
    return charge


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _new(desk: Desk, intent: Json, status: str, *, three_d_secure: bool) -> Json:
    identifier = new_id("ch")
    proof = {"authentication_flow": "challenge", "result": "authenticated", "version": "2.2.0"}
    return {
        "id": identifier,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": None,
            "email": intent["_email"],
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "SANDBOX",
        "captured": False,
        "created": desk.now,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": {"network_status": "approved_by_network", "type": "authorized"},
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": new_id("pm"),
        "payment_method_details": {
            "type": "card",
            "card": {
                **_VISA,
                "amount_authorized": intent["amount"],
                "three_d_secure": proof if three_d_secure else None,
            },
        },
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": status,
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


OPERATIONS = (Operation("GET", "/v1/charges/<identifier>", _retrieve),)
