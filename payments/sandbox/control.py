"""What a demo and its tests may do that Stripe never would: ask for health, move the clock."""

from flask import Blueprint, Response, jsonify, request

from payments.sandbox.deadlines import settle
from payments.sandbox.state import State

_LONGEST_STEP_SECONDS = 366 * 86400


def controls(state: State) -> Blueprint:
    """The routes under `/_sandbox`; they need no key and are reached from loopback only."""
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

    return blueprint


def _seconds(asked: object) -> int | None:
    seconds = asked.get("advance_seconds") if isinstance(asked, dict) else None
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    return seconds if 0 <= seconds <= _LONGEST_STEP_SECONDS else None
