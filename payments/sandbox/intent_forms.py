"""What a PaymentIntent is made from: its parameters, and what it is before anything has happened."""

from payments.sandbox.faults import Json
from payments.sandbox.shapes import Flag, Group, Shape, Text, Whole, Words

BLANK: Json = {
    "object": "payment_intent",
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic_async",
    "confirmation_method": "automatic",
    "customer": None,
    "description": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
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
    "transfer_group": None,
}

CONFIRMATION: dict[str, Shape] = {"payment_method": Text(), "return_url": Text(url=True)}

CREATION: dict[str, Shape] = {
    **CONFIRMATION,
    "amount": Whole(required=True, least=1),
    "automatic_payment_methods": Group(
        {"enabled": Flag(required=True), "allow_redirects": Text(choices=("always", "never"))}
    ),
    "capture_method": Text(choices=("automatic", "automatic_async", "manual")),
    "confirm": Flag(),
    "currency": Text(required=True, choices=("eur",)),
    "customer": Text(),
    "description": Text(),
    "metadata": Words(),
    "receipt_email": Text(),
    "transfer_group": Text(),
}

CANCELLATION: dict[str, Shape] = {
    "cancellation_reason": Text(choices=("abandoned", "duplicate", "fraudulent", "requested_by_customer"))
}
