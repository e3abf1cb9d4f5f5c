"""The platform's balance: every movement of money, its fee and when it becomes available."""

from payments.sandbox.desk import Desk, new_id, page
from payments.sandbox.faults import Json, missing_object
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import LIST_FIELDS, Text

# What Stripe charges in France for a card of the European Economic Area: 1.5 % + 0.25 EUR.
_FEE_PER_MILLE = 15
_FEE_FIXED_MINOR = 25

# Stripe holds card money back for some days; three is usual in France.
_AVAILABLE_AFTER_SECONDS = 3 * 86400

_CATEGORIES = {"charge": "charge", "refund": "refund", "transfer": "transfer"}


def card_fee(amount_minor: int) -> int:
    """1.5 % rounded half up, plus 25 cents."""
    return (amount_minor * _FEE_PER_MILLE + 500) // 1000 + _FEE_FIXED_MINOR


def available_on(desk: Desk) -> int:
    """When money that comes in now can be used."""
    return desk.now + _AVAILABLE_AFTER_SECONDS


def move(desk: Desk, kind: str, amount: int, currency: str, source: str, *, fee: int, available: int) -> Json:
    """Record one movement; `amount` is signed, `net` is what the balance changes by."""
    return desk.add(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": available,
            "balance_type": "payments",
            "created": desk.now,
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": _fee_details(fee, currency),
            "net": amount - fee,
            "reporting_category": _CATEGORIES[kind],
            "source": source,
            "status": "available" if available <= desk.now else "pending",
            "type": kind,
        }
    )


def available_minor(desk: Desk, currency: str) -> int:
    """What can be moved now."""
    return sum(entry["net"] for entry in _entries(desk, currency) if entry["available_on"] <= desk.now)


def pending_minor(desk: Desk, currency: str) -> int:
    """What is ours and cannot be moved yet."""
    return sum(entry["net"] for entry in _entries(desk, currency) if entry["available_on"] > desk.now)


def _retrieve_balance(desk: Desk, _call: Call) -> Json:
    return {
        "object": "balance",
        "available": [_part("eur", available_minor(desk, "eur"))],
        "livemode": False,
        "pending": [_part("eur", pending_minor(desk, "eur"))],
    }


def _retrieve_entry(desk: Desk, call: Call) -> Json:
    entry = desk.find("balance_transaction", call.identifier)
    if entry is None:
        raise missing_object("balance transaction", call.identifier)
    return _as_of_now(desk, entry)


def _list_entries(desk: Desk, call: Call) -> Json:
    wanted = {name: call.params[name] for name in ("source", "type") if name in call.params}
    entries = [_as_of_now(desk, entry) for entry in desk.every("balance_transaction", **wanted)]
    return page(entries, call.params, "/v1/balance_transactions")


def _entries(desk: Desk, currency: str) -> list[Json]:
    return desk.every("balance_transaction", currency=currency)


def _as_of_now(desk: Desk, entry: Json) -> Json:
    return {**entry, "status": "available" if entry["available_on"] <= desk.now else "pending"}


def _part(currency: str, amount: int) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def _fee_details(fee: int, currency: str) -> list[Json]:
    if not fee:
        return []
    detail = {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
    return [{**detail, "description": "Stripe processing fees"}]


OPERATIONS = (
    Operation("GET", "/v1/balance", _retrieve_balance),
    Operation("GET", "/v1/balance_transactions/<identifier>", _retrieve_entry),
    Operation("GET", "/v1/balance_transactions", _list_entries, {**LIST_FIELDS, "source": Text(), "type": Text()}),
)
