"""What a demo and its tests may do that Stripe never would: ask for health, move the clock, play bank and Stripe."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from payments.sandbox import (
    accounts,
    balance,
    charges,
    checkouts,
    deliveries,
    disputes,
    intents,
    mishaps,
    payouts,
    refunds,
)
from payments.sandbox.balance import Movement
from payments.sandbox.deadlines import settle
from payments.sandbox.desk import Desk, shown
from payments.sandbox.faults import Json, StripeFault, invalid
from payments.sandbox.mishaps import Mishap
from payments.sandbox.shapes import Fields, Flag, Shape, Text, Whole, read
from payments.sandbox.state import State

LONGEST_STEP_SECONDS = 366 * 86400

Act = Callable[[Desk, Json, str], Json]


def controls(state: State) -> Blueprint:
    """The doors under `/_sandbox`; they need no key and are reached from loopback only."""
    blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

    @blueprint.get("/health")
    def health() -> Response:
        with state.desk() as desk:
            (waiting,) = desk.connection.execute("SELECT count(*) FROM deliveries").fetchone()
            return jsonify(status="ok", now=desk.now, waiting_notices=waiting)

    @blueprint.post("/clock")
    def clock() -> tuple[Response, int]:
        seconds = _seconds(request.get_json(silent=True))
        if seconds is None:
            return jsonify(error="advance_seconds: a whole number from 0 to 366 days, as JSON"), 400
        state.advance(seconds)
        with state.desk() as desk:
            settle(desk)
            return jsonify(now=desk.now), 200

    @blueprint.get("/mishaps")
    def mishaps_waiting() -> Response:
        with state.desk() as desk:
            return jsonify(mishaps.waiting(desk.connection))

    @blueprint.get("/deliveries")
    def deliveries_waiting() -> Response:
        with state.desk() as desk:
            return jsonify(deliveries.waiting(desk.connection))

    @blueprint.delete("/mishaps")
    def all_well() -> Response:
        with state.desk() as desk:
            mishaps.clear(desk.connection)
        return jsonify([])

    for path, (act, fields) in _DOORS.items():
        blueprint.add_url_rule(path, path.replace(".", "_"), _door(state, act, fields), methods=["POST"])
    return blueprint


def _door(state: State, act: Act, fields: Fields) -> Callable[..., tuple[Response, int]]:
    def answer(identifier: str = "") -> tuple[Response, int]:
        try:
            asked = read(fields, _body())
            with state.desk() as desk:
                settle(desk)
                return jsonify(shown(act(desk, asked, identifier))), 200
        except StripeFault as fault:
            return jsonify(fault.body), fault.status

    return answer


def _body() -> Json:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise invalid("The sandbox's doors take a JSON object.")
    return body


def _open_dispute(desk: Desk, asked: Json, _identifier: str) -> Json:
    charge = _charge(desk, asked)
    return disputes.open_on(
        desk,
        charge,
        reason=asked.get("reason", "fraudulent"),
        inquiry=asked.get("inquiry", False),
        amount=asked.get("amount"),
    )


def _charge(desk: Desk, asked: Json) -> Json:
    if "charge" in asked:
        return charges.find(desk, asked["charge"])
    charge = intents.charge_of(desk, intents.find(desk, asked.get("payment_intent", "")))
    if charge is None:
        raise invalid("This payment has no charge yet.")
    return charge


def _decide_dispute(desk: Desk, asked: Json, identifier: str) -> Json:
    dispute = disputes.find(desk, identifier)
    if asked["outcome"] == "escalated":
        return disputes.escalate(desk, dispute)
    return disputes.decide(desk, dispute, asked["outcome"], fee_returned=asked.get("return_fee", False))


def _alter_checkout(desk: Desk, asked: Json, identifier: str) -> Json:
    return checkouts.alter(desk, checkouts.find(desk, identifier), asked)


def _doom_next_refund(desk: Desk, asked: Json, _identifier: str) -> Json:
    desk.set(refunds.NEXT, asked["outcome"])
    return asked


def _fail_refund(desk: Desk, _asked: Json, identifier: str) -> Json:
    return refunds.fail(desk, refunds.find(desk, identifier))


def _fail_payout(desk: Desk, _asked: Json, identifier: str) -> Json:
    return payouts.fail(desk, payouts.find(desk, identifier))


def _change_account(desk: Desk, asked: Json, identifier: str) -> Json:
    account = accounts.find(desk, identifier)
    if "paid_out" in asked:
        desk.set(f"paid_out:{identifier}", asked["paid_out"])
    if "transfers" in asked:
        accounts.set_transfers(desk, account, asked["transfers"])
    return account


def _add_movement(desk: Desk, asked: Json, _identifier: str) -> Json:
    """A movement that nobody asked for, as when Stripe charges a fee of its own."""
    movement = Movement(
        kind=asked["type"],
        amount=asked["amount"],
        currency="eur",
        source=None,
        available=desk.now,
        fee=asked.get("fee", 0),
        description=asked.get("description"),
    )
    return balance.move(desk, movement)


def _set_lateness(desk: Desk, asked: Json, _identifier: str) -> Json:
    for kind, seconds in asked.items():
        desk.set(f"booking:{kind}", seconds)
    return asked


def _add_mishap(desk: Desk, asked: Json, _identifier: str) -> Json:
    mishap = Mishap(asked["kind"], asked.get("seconds", 0))
    mishaps.add(desk.connection, asked["operation"], mishap, times=asked.get("times"), skip=asked.get("skip", 0))
    return asked


def _seconds(asked: Any) -> int | None:
    seconds = asked.get("advance_seconds") if isinstance(asked, dict) else None
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    return seconds if 0 <= seconds <= LONGEST_STEP_SECONDS else None


_DISPUTING: dict[str, Shape] = {
    "charge": Text(),
    "payment_intent": Text(),
    "reason": Text(),
    "amount": Whole(least=1),
    "inquiry": Flag(),
}
_DECIDING: dict[str, Shape] = {
    "outcome": Text(required=True, choices=("won", "lost", "escalated")),
    "return_fee": Flag(),
}
_FAILING: dict[str, Shape] = {"outcome": Text(required=True, choices=("failed",))}
_ALTERING: dict[str, Shape] = {
    "amount": Whole(least=1),
    "currency": Text(),
    "reference": Text(),
}
_ACCOUNT: dict[str, Shape] = {
    "transfers": Text(choices=("active", "pending", "restricted")),
    "paid_out": Whole(),
}
_MOVING: dict[str, Shape] = {
    "type": Text(required=True, choices=("adjustment", "stripe_fee", "topup", "reserve_hold", "contribution")),
    "amount": Whole(required=True, least=-(10**12)),
    "fee": Whole(),
    "description": Text(),
}
_MISHAP: dict[str, Shape] = {
    "operation": Text(required=True),
    "kind": Text(required=True, choices=mishaps.KINDS),
    "seconds": Whole(most=mishaps.LONGEST_SECONDS),
    "times": Whole(least=1),
    "skip": Whole(),
}
_LATE: dict[str, Shape] = {
    name: Whole(most=LONGEST_STEP_SECONDS)
    for name in ("charge", "refund", "transfer", "transfer_refund", "adjustment", "payout")
}

_DOORS: dict[str, tuple[Act, Fields]] = {
    "/disputes": (_open_dispute, _DISPUTING),
    "/disputes/<identifier>": (_decide_dispute, _DECIDING),
    "/checkouts/<identifier>": (_alter_checkout, _ALTERING),
    "/refunds": (_doom_next_refund, _FAILING),
    "/refunds/<identifier>": (_fail_refund, _FAILING),
    "/payouts/<identifier>": (_fail_payout, _FAILING),
    "/accounts/<identifier>": (_change_account, _ACCOUNT),
    "/balance_transactions": (_add_movement, _MOVING),
    "/lateness": (_set_lateness, _LATE),
    "/mishaps": (_add_mishap, _MISHAP),
}
