"""PaymentIntents: a payment from its first attempt to its capture or release."""

from payments.sandbox import charges, customers, payment_methods
from payments.sandbox import intent_forms as forms
from payments.sandbox.cards import NOT_AUTHENTICATED, Decline
from payments.sandbox.desk import Desk, new_id, shown
from payments.sandbox.faults import Json, StripeFault, card_refused, invalid, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Text

_CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation")


def opened(desk: Desk, wanted: Json) -> Json:
    """Begin a payment; `wanted` has its amount and currency, and may have what an intent can be created with."""
    identifier = new_id("pi")
    intent = {
        **forms.BLANK,
        "id": identifier,
        "client_secret": f"{identifier}_secret_{new_id('s')}",
        "created": desk.now,
        "metadata": {},
        "_email": None,
        "_return_url": None,
        **wanted,
    }
    desk.add(intent)
    desk.tell("payment_intent.created", intent)
    return intent


def attempt(desk: Desk, intent: Json, method: Json, address: str, *, authenticated: bool = False) -> Json:
    """Try a card: the money is reserved, refused, or waits for the customer's 3-D Secure answer at `address`."""
    card = payment_methods.card_of(method)
    intent["payment_method"] = method["id"]
    if card.authentication and not authenticated:
        return _ask_to_authenticate(desk, intent, address)
    if card.decline is not None:
        return _decline(desk, intent, method, card.decline, authenticated=authenticated)
    return _authorise(desk, intent, method, authenticated=authenticated)


def answer_bank(desk: Desk, intent: Json, *, authenticated: bool) -> Json:
    """Go on after the customer has been asked by their bank."""
    method = payment_methods.resolve(desk, intent["payment_method"])
    if not authenticated:
        return _decline(desk, intent, method, NOT_AUTHENTICATED, authenticated=False)
    return attempt(desk, intent, method, "", authenticated=True)


def run_out(desk: Desk, intent: Json) -> None:
    """Release a hold that nobody captured in time."""
    if intent["status"] == "requires_capture":
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


def _create(desk: Desk, call: Call) -> Json:
    params = call.params
    method = payment_methods.resolve(desk, params["payment_method"]) if "payment_method" in params else None
    if "customer" in params:
        customers.known(desk, params["customer"])
    own = ("amount", "currency", "capture_method", "customer", "description", "metadata", "transfer_group")
    wanted = {name: params[name] for name in own if name in params}
    intent = opened(desk, wanted | {"receipt_email": params.get("receipt_email")})
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
        desk.save(intent)
    return _confirm(desk, intent, call) if params.get("confirm") else intent


def _confirm_call(desk: Desk, call: Call) -> Json:
    intent = find(desk, call.identifier)
    if intent["status"] not in _CONFIRMABLE:
        raise _unexpected_state(intent, "confirmed", _CONFIRMABLE)
    return _confirm(desk, intent, call)


def _confirm(desk: Desk, intent: Json, call: Call) -> Json:
    wanted = call.params.get("payment_method", intent["payment_method"])
    if wanted is None:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise invalid(message, code="parameter_missing", param="payment_method")
    method = payment_methods.resolve(desk, wanted)
    intent["_return_url"] = call.params.get("return_url", intent["_return_url"])
    after = attempt(desk, intent, method, f"{call.address}/3ds/{intent['id']}")
    if after["last_payment_error"] is not None:
        raise card_refused(after["last_payment_error"] | {"payment_intent": shown(after)})
    return after


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _list(desk: Desk, call: Call) -> Json:
    return listing(desk, "payment_intent", call.params, "/v1/payment_intents", by=("customer",))


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


def _ask_to_authenticate(desk: Desk, intent: Json, address: str) -> Json:
    action = {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": intent["_return_url"], "url": address},
    }
    intent |= {"last_payment_error": None, "next_action": action, "status": "requires_action"}
    desk.save(intent)
    desk.tell("payment_intent.requires_action", intent)
    return intent


def _authorise(desk: Desk, intent: Json, method: Json, *, authenticated: bool) -> Json:
    """Reserve the money, and take it at once unless the capture is manual."""
    charge = charges.authorised(desk, intent, method, authenticated=authenticated)
    intent |= {
        "amount_capturable": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "status": "requires_capture",
        "_due": charge["payment_method_details"]["card"]["capture_before"],
    }
    if intent["capture_method"] != "manual":
        return _capture(desk, intent)
    desk.save(intent)
    desk.tell("payment_intent.amount_capturable_updated", intent)
    return intent


def _decline(desk: Desk, intent: Json, method: Json, decline: Decline, *, authenticated: bool) -> Json:
    """Refuse this attempt; another card may be tried."""
    charge = charges.declined(desk, intent, method, decline, authenticated=authenticated)
    intent |= {
        "last_payment_error": {**decline.as_error(), "charge": charge["id"], "payment_method": shown(method)},
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    desk.save(intent)
    desk.tell("payment_intent.payment_failed", intent)
    return intent


def _capture(desk: Desk, intent: Json) -> Json:
    charges.captured(desk, charges.find(desk, intent["latest_charge"]))
    intent |= {"amount_capturable": 0, "amount_received": intent["amount"], "status": "succeeded", "_due": None}
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
        "_due": None,
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
    Operation("POST", "/v1/payment_intents", _create, forms.CREATION),
    Operation("GET", "/v1/payment_intents/<identifier>", _retrieve),
    Operation("GET", "/v1/payment_intents", _list, {**DATED_LIST_FIELDS, "customer": Text()}),
    Operation("POST", "/v1/payment_intents/<identifier>/confirm", _confirm_call, forms.CONFIRMATION),
    Operation("POST", "/v1/payment_intents/<identifier>/capture", _capture_call),
    Operation("POST", "/v1/payment_intents/<identifier>/cancel", _cancel_call, forms.CANCELLATION),
)
