"""PaymentIntents: a payment from its first attempt to its capture or release."""

from payments.sandbox import charges
from payments.sandbox.desk import Desk, new_id, shown
from payments.sandbox.faults import Json, StripeFault, invalid, missing_object
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Text

DECLINES = {
    "card_declined": {
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": "Your card was declined.",
        "type": "card_error",
    },
    "insufficient_funds": {
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
        "type": "card_error",
    },
    "authentication_failed": {
        "code": "payment_intent_authentication_failure",
        "message": "The provided payment method has failed authentication.",
        "type": "invalid_request_error",
    },
}

_CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")


def opened(desk: Desk, *, amount: int, currency: str, email: str | None, wanted: Json) -> Json:
    """Begin a payment; `wanted` is the checkout's `payment_intent_data`."""
    identifier = new_id("pi")
    intent = desk.add(
        {
            "id": identifier,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": wanted.get("capture_method", "automatic"),
            "client_secret": f"{identifier}_secret_{new_id('s')}",
            "confirmation_method": "automatic",
            "created": desk.now,
            "currency": currency,
            "customer": None,
            "description": wanted.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": wanted.get("metadata", {}),
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": wanted.get("transfer_group"),
            "_email": email,
        }
    )
    desk.tell("payment_intent.created", intent)
    return intent


def ask_to_authenticate(desk: Desk, intent: Json, address: str) -> None:
    """Wait for the customer's 3-D Secure answer at `address`."""
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": address}}
    desk.save(intent | {"status": "requires_action", "next_action": action})
    desk.tell("payment_intent.requires_action", intent | {"status": "requires_action"})


def authorise(desk: Desk, intent: Json, *, three_d_secure: bool) -> Json:
    """Reserve the money, and take it at once unless the capture is manual."""
    charge = charges.authorised(desk, intent, three_d_secure=three_d_secure)
    intent |= {
        "amount_capturable": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": charge["payment_method"],
        "status": "requires_capture",
    }
    if intent["capture_method"] != "manual":
        return _capture(desk, intent)
    desk.save(intent, due=charge["payment_method_details"]["card"]["capture_before"])
    desk.tell("payment_intent.amount_capturable_updated", intent)
    return intent


def decline(desk: Desk, intent: Json, reason: str) -> Json:
    """Refuse this attempt; another card may be tried."""
    error = DECLINES[reason]
    charge = charges.declined(desk, intent, error)
    intent |= {
        "last_payment_error": error | {"charge": charge["id"]},
        "latest_charge": charge["id"],
        "next_action": None,
        "status": "requires_payment_method",
    }
    desk.save(intent)
    desk.tell("payment_intent.payment_failed", intent)
    return intent


def run_out(desk: Desk, intent: Json) -> None:
    """Release a hold that nobody captured in time."""
    _release(desk, intent, reason="automatic", charge_event="charge.expired")


def abandon(desk: Desk, intent: Json) -> None:
    """End a payment whose page has expired."""
    if intent["status"] in _CANCELLABLE:
        _release(desk, intent, reason="automatic", charge_event="charge.refunded")


def charge_of(desk: Desk, intent: Json) -> Json | None:
    """The intent's latest charge."""
    return desk.find("charge", intent["latest_charge"]) if intent["latest_charge"] else None


def find(desk: Desk, identifier: str) -> Json:
    """The intent of a path, or 404."""
    intent = desk.find("payment_intent", identifier)
    if intent is None:
        raise missing_object("payment_intent", identifier, param="intent")
    return intent


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _capture_call(desk: Desk, call: Call) -> Json:
    intent = find(desk, call.identifier)
    if intent["status"] != "requires_capture":
        raise _unexpected_state(intent, "captured", ("requires_capture",))
    return _capture(desk, intent)


def _cancel_call(desk: Desk, call: Call) -> Json:
    intent = find(desk, call.identifier)
    if intent["status"] not in _CANCELLABLE:
        raise _unexpected_state(intent, "canceled", _CANCELLABLE)
    reason = call.params.get("cancellation_reason")
    return _release(desk, intent, reason=reason, charge_event="charge.refunded")


def _capture(desk: Desk, intent: Json) -> Json:
    charges.captured(desk, charges.find(desk, intent["latest_charge"]))
    intent |= {"amount_capturable": 0, "amount_received": intent["amount"], "status": "succeeded"}
    desk.save(intent)
    desk.tell("payment_intent.succeeded", intent)
    return intent


def _release(desk: Desk, intent: Json, *, reason: str | None, charge_event: str) -> Json:
    charge = charge_of(desk, intent)
    if charge is not None and intent["status"] == "requires_capture":
        charges.released(desk, charge, charge_event)
    intent |= {
        "amount_capturable": 0,
        "canceled_at": desk.now,
        "cancellation_reason": reason,
        "next_action": None,
        "status": "canceled",
    }
    desk.save(intent)
    desk.tell("payment_intent.canceled", intent)
    return intent


def _unexpected_state(intent: Json, verb: str, allowed: tuple[str, ...]) -> StripeFault:
    fault = invalid(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}. "
        f"Only a PaymentIntent with one of the following statuses may be {verb}: {', '.join(allowed)}.",
        code="payment_intent_unexpected_state",
    )
    fault.body["error"]["payment_intent"] = shown(intent)
    return fault


OPERATIONS = (
    Operation("GET", "/v1/payment_intents/<identifier>", _retrieve),
    Operation("POST", "/v1/payment_intents/<identifier>/capture", _capture_call),
    Operation(
        "POST",
        "/v1/payment_intents/<identifier>/cancel",
        _cancel_call,
        {"cancellation_reason": Text(choices=("abandoned", "duplicate", "fraudulent", "requested_by_customer"))},
    ),
)
