"""Reversals: money of a transfer taken back from the account that received it."""

from payments.sandbox import bookings, transfers
from payments.sandbox.balance import Movement
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Flag, Shape, Text, Whole, Words

KIND = "transfer_reversal"


def _create(desk: Desk, call: Call) -> Json:
    transfer = transfers.find(desk, call.identifier)
    amount = _amount(desk, transfer, call.params)
    reversal = desk.add(_reversal(desk, transfer, amount, call.params))
    movement = Movement("transfer_refund", amount, transfer["currency"], reversal["id"], available=desk.now)
    bookings.enter(desk, reversal, movement)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    desk.save(transfer)
    desk.tell("transfer.reversed", transfers.with_reversals(desk, transfer))
    return reversal


def _retrieve(desk: Desk, call: Call) -> Json:
    reversal = desk.find(KIND, call.second)
    if reversal is None or reversal["transfer"] != call.identifier:
        raise missing_object("transfer reversal", call.second)
    return reversal


def _list(desk: Desk, call: Call) -> Json:
    transfer = transfers.find(desk, call.identifier)
    url = f"/v1/transfers/{transfer['id']}/reversals"
    return listing(desk, KIND, call.params, url, transfer=transfer["id"])


def _amount(desk: Desk, transfer: Json, params: Json) -> int:
    left: int = transfer["amount"] - transfer["amount_reversed"]
    amount: int = params.get("amount", left)
    if amount > left or not left:
        message = f"Transfer {transfer['id']} cannot be reversed by {amount}: only {left} is left of it."
        raise invalid(message, code="amount_too_large", param="amount")
    held = transfers.held_minor(desk, transfer["destination"], transfer["currency"])
    if amount > held:
        message = "The connected account does not have enough balance for this reversal."
        raise invalid(message, code="balance_insufficient", param="amount")
    return amount


def _reversal(desk: Desk, transfer: Json, amount: int, params: Json) -> Json:
    return {
        "id": new_id("trr"),
        "object": KIND,
        "amount": amount,
        "balance_transaction": None,
        "created": desk.now,
        "currency": transfer["currency"],
        "destination_payment_refund": new_id("pyr"),
        "metadata": params.get("metadata", {}),
        "source_refund": None,
        "transfer": transfer["id"],
    }


_CREATION: dict[str, Shape] = {
    "amount": Whole(least=1),
    "description": Text(),
    "metadata": Words(),
    "refund_application_fee": Flag(),
}

OPERATIONS = (
    Operation("POST", "/v1/transfers/<identifier>/reversals", _create, _CREATION),
    Operation("GET", "/v1/transfers/<identifier>/reversals/<second>", _retrieve),
    Operation("GET", "/v1/transfers/<identifier>/reversals", _list, LIST_FIELDS),
)
