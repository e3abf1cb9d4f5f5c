"""The platform's balance: every movement of money, its fee, when it is booked and when it becomes available."""

from dataclasses import dataclass

from payments.sandbox.desk import Desk, new_id
from payments.sandbox.faults import Json, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Text

# What Stripe charges in France for a card of the European Economic Area: 1.5 % + 0.25 EUR.
_FEE_PER_MILLE = 15
_FEE_FIXED_MINOR = 25

# Stripe holds card money back for some days; three is usual in France.
_AVAILABLE_AFTER_SECONDS = 3 * 86400

# Stripe books card money a little after the capture, everything else at once, unless a test asks for lateness.
_BOOKED_AFTER_SECONDS = {"charge": 2}

# How Stripe's reports call a movement whose type says too little.
CATEGORIES = {"transfer_refund": "transfer_reversal", "stripe_fee": "fee", "payout_failure": "payout_reversal"}


@dataclass(frozen=True, slots=True)
class Movement:
    """What is to be booked: `amount` is signed, `fee` is kept by Stripe, `available` is when the net can be used."""

    kind: str
    amount: int
    currency: str
    source: str | None
    available: int
    fee: int = 0
    category: str = ""
    description: str | None = None


def card_fee(amount_minor: int) -> int:
    """1.5 % rounded half up, plus 25 cents."""
    return (amount_minor * _FEE_PER_MILLE + 500) // 1000 + _FEE_FIXED_MINOR


def available_on(desk: Desk) -> int:
    """When money that comes in now can be used."""
    return desk.now + _AVAILABLE_AFTER_SECONDS


def lateness(desk: Desk, kind: str) -> int:
    """How many seconds pass until a movement of this kind is booked."""
    return int(desk.setting(f"booking:{kind}", _BOOKED_AFTER_SECONDS.get(kind, 0)))


def move(desk: Desk, movement: Movement) -> Json:
    """Book one movement; its net is what the balance changes by."""
    fee, currency = movement.fee, movement.currency
    return desk.add(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": movement.amount,
            "available_on": movement.available,
            "balance_type": "payments",
            "created": desk.now,
            "currency": currency,
            "description": movement.description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": _fee_details(fee, currency, "Dispute fee" if movement.kind == "adjustment" else None),
            "net": movement.amount - fee,
            "reporting_category": movement.category or CATEGORIES.get(movement.kind, movement.kind),
            "source": movement.source,
            "status": "available" if movement.available <= desk.now else "pending",
            "type": movement.kind,
        }
    )


def available_minor(desk: Desk, currency: str) -> int:
    """What can be moved now."""
    return _sum(desk, currency, is_available=True)


def pending_minor(desk: Desk, currency: str) -> int:
    """What is ours and cannot be moved yet."""
    return _sum(desk, currency, is_available=False)


def as_of_now(desk: Desk, entry: Json) -> Json:
    """The movement as it stands now: pending until its money is available."""
    return {**entry, "status": "available" if entry["available_on"] <= desk.now else "pending"}


def _sum(desk: Desk, currency: str, *, is_available: bool) -> int:
    (total,) = desk.connection.execute(
        "SELECT coalesce(sum(json_extract(body, '$.net')), 0) FROM objects"
        " WHERE kind = 'balance_transaction' AND json_extract(body, '$.currency') = ?"
        " AND (json_extract(body, '$.available_on') <= ?) = ?",
        (currency, desk.now, is_available),
    ).fetchone()
    return int(total)


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
    return as_of_now(desk, entry)


def _list_entries(desk: Desk, call: Call) -> Json:
    by = ("source", "type", "currency")
    entries = listing(desk, "balance_transaction", call.params, "/v1/balance_transactions", by=by)
    return entries | {"data": [as_of_now(desk, entry) for entry in entries["data"]]}


def _part(currency: str, amount: int) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def _fee_details(fee: int, currency: str, description: str | None) -> list[Json]:
    if not fee:
        return []
    detail = {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
    return [{**detail, "description": description or "Stripe processing fees"}]


_LISTING = {**DATED_LIST_FIELDS, "source": Text(), "type": Text(), "currency": Text()}

OPERATIONS = (
    Operation("GET", "/v1/balance", _retrieve_balance),
    Operation("GET", "/v1/balance_transactions/<identifier>", _retrieve_entry),
    Operation("GET", "/v1/balance_transactions", _list_entries, _LISTING),
)
