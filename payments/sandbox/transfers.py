"""Transfers: the platform's money moved to an account that may receive it."""

from payments.sandbox import accounts, balance, charges
from payments.sandbox.desk import Desk, new_id, page
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import LIST_FIELDS, Shape, Text, Whole, Words


def _create(desk: Desk, call: Call) -> Json:
    params = call.params
    _check_destination(desk, params["destination"])
    available = _check_money(desk, params)
    transfer = _transfer(desk, params)
    entry = balance.move(
        desk,
        "transfer",
        -transfer["amount"],
        transfer["currency"],
        transfer["id"],
        fee=0,
        available=available,
    )
    transfer["balance_transaction"] = entry["id"]
    desk.add(transfer)
    desk.tell("transfer.created", transfer)
    return transfer


def _retrieve(desk: Desk, call: Call) -> Json:
    transfer = desk.find("transfer", call.identifier)
    if transfer is None:
        raise missing_object("transfer", call.identifier, param="transfer")
    return transfer


def _list(desk: Desk, call: Call) -> Json:
    wanted = {name: call.params[name] for name in ("transfer_group", "destination") if name in call.params}
    return page(desk.every("transfer", **wanted), call.params, "/v1/transfers")


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
    return charges.money_available_on(desk, charges.book(desk, charge))


def _check_group(charge: Json, params: Json) -> None:
    group = charge["transfer_group"]
    if group and params.get("transfer_group", group) != group:
        message = "The transfer_group must equal the one of the source_transaction."
        raise invalid(message, param="transfer_group")


def _transfer(desk: Desk, params: Json) -> Json:
    identifier = new_id("tr")
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
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/transfers/{identifier}/reversals",
        },
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
    Operation("GET", "/v1/transfers", _list, {**LIST_FIELDS, "transfer_group": Text(), "destination": Text()}),
)
