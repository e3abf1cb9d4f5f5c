"""What a Checkout Session is made from: its parameters, and the parts of it that follow from them."""

from datetime import timedelta

from payments.sandbox.desk import Desk
from payments.sandbox.faults import Json, invalid
from payments.sandbox.shapes import Flag, Group, Many, Shape, Text, Whole, Words

_SHORTEST = int(timedelta(minutes=30).total_seconds())
_LONGEST = int(timedelta(hours=24).total_seconds())
_SMALLEST_MINOR = 50

# A request is on its way for a moment: measured from when it was made, thirty minutes are still thirty.
_TRAVEL_SECONDS = 5


def expiry(desk: Desk, params: Json) -> int:
    """When the page shuts: 30 minutes to 24 hours ahead."""
    expires_at: int = params.get("expires_at", desk.now + _LONGEST)
    if expires_at < desk.now + _SHORTEST - _TRAVEL_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid(message, param="expires_at")
    if expires_at > desk.now + _LONGEST + _TRAVEL_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid(message, param="expires_at")
    return expires_at


def line(item: Json) -> Json:
    """One thing to be paid."""
    price = item["price_data"]
    return {
        "amount_total": price["unit_amount"] * item.get("quantity", 1),
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "quantity": item.get("quantity", 1),
    }


def total(lines: list[Json]) -> int:
    """The sum of all lines, of at least half a euro."""
    due: int = sum(line["amount_total"] for line in lines)
    if due < _SMALLEST_MINOR:
        message = "The Checkout Session's total amount due must add up to at least €0.50 eur"
        raise invalid(message, code="amount_too_small", param="line_items")
    return due


def custom_field(wanted: Json) -> Json:
    """A field of the merchant's own, still empty."""
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


def collected_details(session: Json) -> Json:
    """What the page has learnt of the customer by the end."""
    return {
        "address": None,
        "business_name": None,
        "email": session["customer_email"],
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


BLANK: Json = {
    "object": "checkout.session",
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "client_secret": None,
    "consent": None,
    "consent_collection": None,
    "custom_text": dict.fromkeys(
        ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"),
    ),
    "customer": None,
    "customer_creation": "if_required",
    "customer_details": None,
    "discounts": [],
    "invoice": None,
    "livemode": False,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_types": ["card"],
    "payment_status": "unpaid",
    "phone_number_collection": {"enabled": False},
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "submit_type": None,
    "subscription": None,
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted_page",
    "_intent": None,
    "_problem": None,
}

_PRICE: dict[str, Shape] = {
    "currency": Text(required=True, choices=("eur",)),
    "unit_amount": Whole(required=True),
    "product_data": Group({"name": Text(required=True), "description": Text()}, required=True),
}

_PAYMENT: dict[str, Shape] = {
    "capture_method": Text(choices=("automatic", "automatic_async", "manual")),
    "description": Text(),
    "metadata": Words(),
    "transfer_group": Text(),
}

_FIELD: dict[str, Shape] = {
    "key": Text(required=True),
    "type": Text(required=True, choices=("text",)),
    "optional": Flag(),
    "label": Group({"type": Text(required=True, choices=("custom",)), "custom": Text(required=True)}, required=True),
    "text": Group({"maximum_length": Whole(least=1)}),
}

CREATION: dict[str, Shape] = {
    "mode": Text(required=True, choices=("payment",)),
    "line_items": Many(Group({"quantity": Whole(least=1), "price_data": Group(_PRICE, required=True)}), required=True),
    "payment_intent_data": Group(_PAYMENT),
    "payment_method_options": Group(
        {"card": Group({"request_three_d_secure": Text(choices=("any", "automatic", "challenge"))})}
    ),
    "client_reference_id": Text(),
    "customer": Text(),
    "customer_email": Text(),
    "locale": Text(choices=("auto", "en", "en-GB", "fr", "fr-CA")),
    "success_url": Text(required=True, url=True),
    "cancel_url": Text(url=True),
    "expires_at": Whole(),
    "metadata": Words(),
    "custom_fields": Many(Group(_FIELD)),
}
