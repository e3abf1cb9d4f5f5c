"""Checkout Sessions: hosted payment pages, from opening to payment or expiry."""

from collections.abc import Mapping

from payments.sandbox import checkout_forms as forms
from payments.sandbox import customers, intents
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Shape, Text


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
    money = {"amount": session["amount_total"], "currency": session["currency"]}
    whose = {"customer": session["customer"], "_email": session["customer_email"]}
    intent = intents.opened(desk, {**session["_payment_intent_data"], **money, **whose})
    session["_intent"] = intent["id"]
    desk.save(session)
    return intent


def complete(desk: Desk, session: Json, intent: Json) -> Json:
    """End the session with its payment; with a manual capture it counts as unpaid until captured."""
    session |= {
        "customer_details": forms.collected_details(session),
        "payment_intent": intent["id"],
        "payment_status": "paid" if intent["status"] == "succeeded" else "unpaid",
        "status": "complete",
        "url": None,
        "_due": None,
        "_problem": None,
    }
    desk.save(session)
    desk.tell("checkout.session.completed", session)
    return session


def note_problem(desk: Desk, session: Json, problem: str) -> None:
    """Remember why the last attempt failed, for the page to say."""
    session["_problem"] = problem
    desk.save(session)


def write_fields(session: Json, form: Mapping[str, str]) -> None:
    """Take over what the customer wrote into the merchant's own fields."""
    for field in session["custom_fields"]:
        longest = field["text"]["maximum_length"]
        field["text"]["value"] = form.get(field["key"], "").strip()[:longest] or None


def alter(desk: Desk, session: Json, asked: Json) -> Json:
    """Let an open page ask for something else than it was opened for."""
    if "amount" in asked:
        session |= {"amount_total": asked["amount"], "amount_subtotal": asked["amount"]}
    session["currency"] = asked.get("currency", session["currency"])
    if "reference" in asked:
        session["client_reference_id"] = asked["reference"]
        session["_payment_intent_data"]["metadata"]["reference"] = asked["reference"]
    return desk.save(session)


def run_out(desk: Desk, session: Json) -> Json:
    """Shut the page, and end the payment that was begun on it."""
    session |= {"status": "expired", "url": None, "_due": None}
    desk.save(session)
    if session["_intent"] is not None:
        intents.abandon(desk, intents.find(desk, session["_intent"]))
    desk.tell("checkout.session.expired", session)
    return session


def _create(desk: Desk, call: Call) -> Json:
    params = call.params
    lines = [forms.line(item) for item in params["line_items"]]
    due = forms.total(lines)
    identifier = new_id("cs_test")
    if "customer" in params:
        customers.known(desk, params["customer"])
    session = {
        **forms.BLANK,
        **{name: params.get(name) for name in _AS_GIVEN},
        "id": identifier,
        "amount_subtotal": due,
        "amount_total": due,
        "created": desk.now,
        "currency": lines[0]["currency"],
        "custom_fields": [forms.custom_field(wanted) for wanted in params.get("custom_fields", [])],
        "expires_at": forms.expiry(desk, params),
        "metadata": params.get("metadata", {}),
        "payment_method_options": params.get("payment_method_options", {}),
        "url": f"{call.address}/c/pay/{identifier}",
        "_lines": lines,
        "_payment_intent_data": params.get("payment_intent_data", {}),
    }
    return desk.add(session | {"_due": session["expires_at"]})


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _list(desk: Desk, call: Call) -> Json:
    by = ("customer", "payment_intent", "status")
    return listing(desk, "checkout.session", call.params, "/v1/checkout/sessions", by=by)


def _expire(desk: Desk, call: Call) -> Json:
    session = find(desk, call.identifier)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    return run_out(desk, session)


_AS_GIVEN = ("cancel_url", "client_reference_id", "customer", "customer_email", "locale", "mode", "success_url")

_LISTING: dict[str, Shape] = {
    **DATED_LIST_FIELDS,
    "customer": Text(),
    "payment_intent": Text(),
    "status": Text(choices=("complete", "expired", "open")),
}

OPERATIONS = (
    Operation("POST", "/v1/checkout/sessions", _create, forms.CREATION),
    Operation("GET", "/v1/checkout/sessions/<identifier>", _retrieve),
    Operation("GET", "/v1/checkout/sessions", _list, _LISTING),
    Operation("POST", "/v1/checkout/sessions/<identifier>/expire", _expire),
)
