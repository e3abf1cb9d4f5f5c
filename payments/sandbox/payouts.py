"""Payouts: the platform's available balance sent to its bank, by hand."""

from payments.sandbox import balance, bookings
from payments.sandbox.balance import Movement
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Shape, Text, Whole, Words

ARRIVES_AFTER_SECONDS = 2 * 86400
_BANK = "ba_sandboxPlatformBankAccount"


def act(desk: Desk, payout: Json) -> None:
    """The money arrives."""
    if payout["status"] == "pending":
        payout |= {"status": "paid", "_due": None}
        desk.save(payout)
        desk.tell("payout.paid", payout)


def fail(desk: Desk, payout: Json) -> Json:
    """The bank refuses the money: it comes back to the balance."""
    if payout["status"] not in ("pending", "paid"):
        raise invalid(f"Payout {payout['id']} is {payout['status']}.")
    return _come_back(desk, payout, "failed", "payout_failure")


def find(desk: Desk, identifier: str) -> Json:
    """The payout of a path, or 404."""
    payout = desk.find("payout", identifier)
    if payout is None:
        raise missing_object("payout", identifier, param="payout")
    return payout


def _create(desk: Desk, call: Call) -> Json:
    params = call.params
    if params["amount"] > balance.available_minor(desk, params["currency"]):
        raise invalid("You have insufficient funds in your Stripe account.", code="balance_insufficient")
    payout = desk.add(_payout(desk, params))
    movement = Movement("payout", -payout["amount"], payout["currency"], payout["id"], available=desk.now)
    bookings.enter(desk, payout, movement)
    desk.tell("payout.created", payout)
    return payout


def _retrieve(desk: Desk, call: Call) -> Json:
    return find(desk, call.identifier)


def _list(desk: Desk, call: Call) -> Json:
    return listing(desk, "payout", call.params, "/v1/payouts", by=("status",))


def _cancel(desk: Desk, call: Call) -> Json:
    payout = find(desk, call.identifier)
    if payout["status"] != "pending":
        raise invalid(f"Payout {payout['id']} is {payout['status']} and can no longer be canceled.")
    return _come_back(desk, payout, "canceled", "payout_cancel")


def _come_back(desk: Desk, payout: Json, status: str, kind: str) -> Json:
    bookings.settle_now(desk, payout)
    movement = Movement(kind, payout["amount"], payout["currency"], payout["id"], available=desk.now)
    entry = balance.move(desk, movement)
    payout |= {"failure_balance_transaction": entry["id"], "status": status, "_due": None}
    if status == "failed":
        message = "The bank account has been closed."
        payout |= {"failure_code": "account_closed", "failure_message": message}
    desk.save(payout)
    desk.tell(f"payout.{status}", payout)
    return payout


def _payout(desk: Desk, params: Json) -> Json:
    arrival = desk.now + ARRIVES_AFTER_SECONDS
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": params["amount"],
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrival,
        "automatic": False,
        "balance_transaction": None,
        "created": desk.now,
        "currency": params["currency"],
        "description": params.get("description"),
        "destination": _BANK,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
        "_due": arrival,
        "_fate_due": arrival,
    }


_CREATION: dict[str, Shape] = {
    "amount": Whole(required=True, least=1),
    "currency": Text(required=True, choices=("eur",)),
    "description": Text(),
    "metadata": Words(),
}

OPERATIONS = (
    Operation("POST", "/v1/payouts", _create, _CREATION),
    Operation("GET", "/v1/payouts/<identifier>", _retrieve),
    Operation("GET", "/v1/payouts", _list, {**DATED_LIST_FIELDS, "status": Text()}),
    Operation("POST", "/v1/payouts/<identifier>/cancel", _cancel),
)
