"""Transfers: the platform's money moved to an account that may receive it."""

from payments.sandbox import accounts, balance, bookings, charges
from payments.sandbox.balance import Movement
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Shape, Text, Whole, Words

_REVERSALS_SHOWN = 10


def find(desk: Desk, identifier: str) -> Json:
    """The transfer of a path, or 404."""
    transfer = desk.find("transfer", identifier)
    if transfer is None:
        raise missing_object("transfer", identifier, param="transfer")
    return transfer


def with_reversals(desk: Desk, transfer: Json) -> Json:
    """The transfer with the newest of what was taken back from it."""
    url = f"/v1/transfers/{transfer['id']}/reversals"
    newest = listing(desk, "transfer_reversal", {"limit": _REVERSALS_SHOWN}, url, transfer=transfer["id"])
    return transfer | {"reversals": newest}


def held_minor(desk: Desk, account: str, currency: str) -> int:
    """What an account still holds of all it was sent: less what was taken back, and what its owner was paid out."""
    sent = [transfer for transfer in desk.every("transfer", destination=account) if transfer["currency"] == currency]
    paid_out = int(desk.setting(f"paid_out:{account}", 0))
    held: int = sum(transfer["amount"] - transfer["amount_reversed"] for transfer in sent)
    return held - paid_out


def _create(desk: Desk, call: Call) -> Json:
    params = call.params
    _check_destination(desk, params["destination"])
    available = _check_money(desk, params)
    transfer = desk.add(_transfer(desk, params))
    movement = Movement("transfer", -transfer["amount"], transfer["currency"], transfer["id"], available=available)
    bookings.enter(desk, transfer, movement)
    transfer = with_reversals(desk, transfer)
    desk.tell("transfer.created", transfer)
    return transfer


def _retrieve(desk: Desk, call: Call) -> Json:
    return with_reversals(desk, find(desk, call.identifier))


def _list(desk: Desk, call: Call) -> Json:
    found = listing(desk, "transfer", call.params, "/v1/transfers", by=("transfer_group", "destination"))
    return found | {"data": [with_reversals(desk, transfer) for transfer in found["data"]]}


def _check_destination(desk: Desk, identifier: str) -> None:
    account = desk.find(accounts.KIND, identifier)
    if account is None:
        message = f"No such destination: '{identifier}'"
        raise invalid(message, code="resource_missing", param="destination")
    if not accounts.may_receive(account):
        message = (
            "Your destination account needs to have at least one of the following capabilities enabled: "
            "transfers, crypto_transfers, legacy_payments"
        )
        raise invalid(message, code="insufficient_capabilities_for_transfer")


def _check_money(desk: Desk, params: Json) -> int:
    """When the transferred money becomes available; refuses what is not there."""
    if "source_transaction" in params:
        return _check_source(desk, params)
    if params["amount"] > balance.available_minor(desk, params["currency"]):
        raise invalid("You have insufficient funds in your Stripe account.", code="balance_insufficient")
    return desk.now


def _check_source(desk: Desk, params: Json) -> int:
    source = params["source_transaction"]
    charge = desk.find("charge", source)
    if charge is None:
        message = f"No such charge: '{source}'"
        raise invalid(message, code="resource_missing", param="source_transaction")
    if not charge["captured"]:
        message = "The source_transaction has to be a successful, captured charge."
        raise invalid(message, param="source_transaction")
    _check_group(charge, params)
    sent = sum(transfer["amount"] for transfer in desk.every("transfer", source_transaction=source))
    if sent + params["amount"] > charge["amount_captured"]:
        message = f"The transfers would exceed the source charge's amount ({charge['amount_captured']})."
        raise invalid(message, code="amount_too_large", param="amount")
    return charges.money_available_on(desk, bookings.settle_now(desk, charge))


def _check_group(charge: Json, params: Json) -> None:
    group = charge["transfer_group"]
    if group and params.get("transfer_group", group) != group:
        message = "The transfer_group must equal the one of the source_transaction."
        raise invalid(message, param="transfer_group")


def _transfer(desk: Desk, params: Json) -> Json:
    identifier = new_id("tr")
    url = f"/v1/transfers/{identifier}/reversals"
    return {
        "id": identifier,
        "object": "transfer",
        "amount": params["amount"],
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": desk.now,
        "currency": params["currency"],
        "description": params.get("description"),
        "destination": params["destination"],
        "destination_payment": new_id("py"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "reversals": {"object": "list", "data": [], "has_more": False, "url": url},
        "reversed": False,
        "source_transaction": params.get("source_transaction"),
        "source_type": "card",
        "transfer_group": params.get("transfer_group"),
    }


_CREATION: dict[str, Shape] = {
    "amount": Whole(required=True, least=1),
    "currency": Text(required=True, choices=("eur",)),
    "destination": Text(required=True),
    "description": Text(),
    "metadata": Words(),
    "source_transaction": Text(),
    "transfer_group": Text(),
}

OPERATIONS = (
    Operation("POST", "/v1/transfers", _create, _CREATION),
    Operation("GET", "/v1/transfers/<identifier>", _retrieve),
    Operation("GET", "/v1/transfers", _list, {**DATED_LIST_FIELDS, "transfer_group": Text(), "destination": Text()}),
)
