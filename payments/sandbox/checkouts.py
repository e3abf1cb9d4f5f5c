"""Checkout Sessions: hosted payment pages, from opening to payment or expiry."""

from collections.abc import Mapping
from datetime import timedelta

from payments.sandbox import intents
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Flag, Group, Many, Shape, Text, Whole, Words

_SHORTEST = int(timedelta(minutes=30).total_seconds())
_LONGEST = int(timedelta(hours=24).total_seconds())
_SMALLEST_MINOR = 50

# A request is on its way for a moment: measured from when it was made, thirty minutes are still thirty.
_TRAVEL_SECONDS = 5


def find(desk: Desk, identifier: str) -> Json:
    """The session of a path, or 404."""
    session = desk.find("checkout.session", identifier)
    if session is None:
        raise missing_object("checkout.session", identifier, param="session")
    return session


def begin_payment(desk: Desk, session: Json) -> Json:
    """The session's payment, begun with the customer's first attempt and kept for the next ones."""
    begun = desk.find("payment_intent", session["_intent"] or "")
    if begun is not None and begun["status"] != "canceled":
        return begun
    intent = intents.opened(
        desk,
        amount=session["amount_total"],
        currency=session["currency"],
        email=session["customer_email"],
        wanted=session["_payment_intent_data"],
    )
    session["_intent"] = intent["id"]
    desk.save(session, due=session["expires_at"])
    return intent


def complete(desk: Desk, session: Json, intent: Json) -> Json:
    """End the session with its payment; with a manual capture it counts as unpaid until captured."""
    session |= {
        "payment_intent": intent["id"],
        "payment_status": "paid" if intent["status"] == "succeeded" else "unpaid",
        "status": "complete",
        "url": None,
        "_problem": None,
    }
    session["customer_details"] = {"email": session["customer_email"], "name": None, "tax_ids": []}
    desk.save(session)
    desk.tell("checkout.session.completed", session)
    return session


def note_problem(desk: Desk, session: Json, problem: str) -> None:
    """Remember why the last attempt failed, for the page to say."""
    session["_problem"] = problem
    desk.save(session, due=session["expires_at"])


def write_fields(session: Json, form: Mapping[str, str]) -> None:
    """Take over what the customer wrote into the merchant's own fields."""
    for field in session["custom_fields"]:
        longest = field["text"]["maximum_length"]
        field["text"]["value"] = form.get(field["key"], "").strip()[:longest] or None


def run_out(desk: Desk, session: Json) -> Json:
    """Shut the page, and end the payment that was begun on it."""
    session |= {"status": "expired", "url": None}
    desk.save(session)
    if session["_intent"] is not None:
        intents.abandon(desk, intents.find(desk, session["_intent"]))
    desk.tell("checkout.session.expired", session)
    return session


def _create(desk: Desk, call: Call) -> Json:
    params = call.params
    expires_at = _expiry(desk, params)
    lines = [_line(item) for item in params["line_items"]]
    total = _total(lines)
    identifier = new_id("cs_test")
    session = {
        "id": identifier,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "created": desk.now,
        "currency": lines[0]["currency"],
        "custom_fields": [_custom_field(wanted) for wanted in params.get("custom_fields", [])],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "expires_at": expires_at,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": params["mode"],
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{call.address}/c/pay/{identifier}",
        "_lines": lines,
        "_payment_intent_data": params.get("payment_intent_data", {}),
        "_intent": None,
        "_problem": None,
    }
    return desk.add(session, due=expires_at)


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _expire(desk: Desk, call: Call) -> Json:
    session = find(desk, call.identifier)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    return run_out(desk, session)


def _expiry(desk: Desk, params: Json) -> int:
    expires_at: int = params.get("expires_at", desk.now + _LONGEST)
    if expires_at < desk.now + _SHORTEST - _TRAVEL_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid(message, param="expires_at")
    if expires_at > desk.now + _LONGEST + _TRAVEL_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid(message, param="expires_at")
    return expires_at


def _line(item: Json) -> Json:
    price = item["price_data"]
    return {
        "amount_total": price["unit_amount"] * item.get("quantity", 1),
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "quantity": item.get("quantity", 1),
    }


def _total(lines: list[Json]) -> int:
    total: int = sum(line["amount_total"] for line in lines)
    if total < _SMALLEST_MINOR:
        message = "The Checkout Session's total amount due must add up to at least €0.50 eur"
        raise invalid(message, code="amount_too_small", param="line_items")
    return total


def _custom_field(wanted: Json) -> Json:
    limits = wanted.get("text", {})
    return {
        "key": wanted["key"],
        "label": wanted["label"],
        "optional": wanted.get("optional", False),
        "text": {
            "default_value": None,
            "maximum_length": limits.get("maximum_length", 255),
            "minimum_length": None,
            "value": None,
        },
        "type": wanted["type"],
    }


_PRICE: dict[str, Shape] = {
    "currency": Text(required=True, choices=("eur",)),
    "unit_amount": Whole(required=True),
    "product_data": Group({"name": Text(required=True), "description": Text()}, required=True),
}

_CREATION: dict[str, Shape] = {
    "mode": Text(required=True, choices=("payment",)),
    "line_items": Many(Group({"quantity": Whole(least=1), "price_data": Group(_PRICE, required=True)}), required=True),
    "payment_intent_data": Group(
        {
            "capture_method": Text(choices=("automatic", "automatic_async", "manual")),
            "description": Text(),
            "metadata": Words(),
            "transfer_group": Text(),
        }
    ),
    "payment_method_options": Group(
        {
            "card": Group(
                {"request_three_d_secure": Text(choices=("any", "automatic", "challenge"))},
            )
        }
    ),
    "client_reference_id": Text(),
    "customer_email": Text(),
    "locale": Text(choices=("auto", "en", "en-GB", "fr", "fr-CA")),
    "success_url": Text(required=True, url=True),
    "cancel_url": Text(url=True),
    "expires_at": Whole(),
    "metadata": Words(),
    "custom_fields": Many(
        Group(
            {
                "key": Text(required=True),
                "type": Text(required=True, choices=("text",)),
                "optional": Flag(),
                "label": Group(
                    {"type": Text(required=True, choices=("custom",)), "custom": Text(required=True)},
                    required=True,
                ),
                "text": Group({"maximum_length": Whole(least=1)}),
            }
        )
    ),
}

OPERATIONS = (
    Operation("POST", "/v1/checkout/sessions", _create, _CREATION),
    Operation("GET", "/v1/checkout/sessions/<identifier>", _retrieve),
    Operation("POST", "/v1/checkout/sessions/<identifier>/expire", _expire),
)
