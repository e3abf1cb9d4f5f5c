"""The API's outer ring: key, version, parameters, idempotency, errors; the operations know none of it."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

from flask import Blueprint, Response, request

from payments.sandbox import (
    account_links,
    accounts,
    balance,
    charges,
    checkouts,
    customers,
    disputes,
    events,
    intents,
    mishaps,
    payment_methods,
    payouts,
    refunds,
    reversals,
    shapes,
    transfers,
)
from payments.sandbox.deadlines import settle
from payments.sandbox.desk import API_VERSION, Desk, Outcome, new_id
from payments.sandbox.faults import Json, StripeFault, invalid, key_in_use, key_reused, unknown_key
from payments.sandbox.mishaps import Mishap
from payments.sandbox.operations import Call, Operation, expanded
from payments.sandbox.state import State

OPERATIONS: tuple[Operation, ...] = (
    *customers.OPERATIONS,
    *payment_methods.OPERATIONS,
    *checkouts.OPERATIONS,
    *intents.OPERATIONS,
    *charges.OPERATIONS,
    *refunds.OPERATIONS,
    *transfers.OPERATIONS,
    *reversals.OPERATIONS,
    *disputes.OPERATIONS,
    *payouts.OPERATIONS,
    *balance.OPERATIONS,
    *accounts.OPERATIONS,
    *account_links.OPERATIONS,
    *events.OPERATIONS,
)

_LONGEST_KEY = 255

# In the environment of a request: an event to be set when its connection is to be cut instead of answered.
CUT = "cadran.sandbox.cut"


def api(state: State, key: str) -> Blueprint:
    """All operations under their paths, for whoever shows `key`."""
    blueprint = Blueprint("api", __name__)
    desk_clerk = _Clerk(state, key)
    for operation in OPERATIONS:
        blueprint.add_url_rule(
            operation.path,
            endpoint=f"{operation.method} {operation.path}".replace(".", "_"),
            view_func=desk_clerk.view(operation),
            methods=[operation.method],
        )
    return blueprint


class _Clerk:
    """Takes requests in and hands them to their operation, each in one transaction."""

    def __init__(self, state: State, key: str) -> None:
        self._state = state
        self._key = key
        self._in_progress: set[str] = set()
        self._lock = threading.Lock()

    def view(self, operation: Operation) -> Callable[..., Response]:
        def answer(identifier: str = "", second: str = "") -> Response:
            try:
                return self._answer(operation, identifier, second)
            except StripeFault as fault:
                return _response(fault.status, _told(operation, fault))

        return answer

    def _answer(self, operation: Operation, identifier: str, second: str) -> Response:
        self._check_key()
        _check_version(operation)
        call = _call(operation, identifier, second)
        key = request.headers.get("Idempotency-Key", "") if operation.method == "POST" else ""
        if len(key) > _LONGEST_KEY:
            raise invalid("Idempotency keys have at most 255 characters.", param="Idempotency-Key")
        with self._alone(key) if key else nullcontext():
            mishap, response = self._run(operation, call, key)
        return _after(operation, mishap, response)

    def _run(self, operation: Operation, call: Call, key: str) -> tuple[Mishap | None, Response]:
        """Carry the call out in one transaction, unless something goes wrong on purpose."""
        with self._state.desk() as desk:
            settle(desk)
            mishap = mishaps.take(desk.connection, f"{operation.method} {operation.path}")
            if mishap is None or not mishap.prevents:
                return mishap, _carried_out(desk, operation, call, key)
            if mishap.kind in mishaps.KEPT and key:
                return None, _carried_out(desk, _broken(operation, mishap), call, key)
        return mishap, Response()

    def _check_key(self) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            raise unknown_key()

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        with self._lock:
            if key in self._in_progress:
                raise key_in_use(key)
            self._in_progress.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._in_progress.discard(key)


def _check_version(operation: Operation) -> None:
    version = request.headers.get("Stripe-Version")
    if version is None and operation.is_v2:
        raise invalid("v2 needs a Stripe-Version header.", code="missing_version")
    if version not in (None, API_VERSION):
        raise invalid(f"Invalid Stripe API version: {version}; this sandbox speaks {API_VERSION}.")


def _call(operation: Operation, identifier: str, second: str) -> Call:
    common: dict[str, shapes.Shape] = {} if operation.is_v2 else {"expand": shapes.Many(shapes.Text())}
    params = shapes.read({**operation.fields, **common}, _given(operation))
    return Call(params=params, identifier=identifier, second=second, address=request.host_url.rstrip("/"))


def _given(operation: Operation) -> Json:
    if operation.method == "GET":
        return shapes.unfold(request.args.items(multi=True))
    if not operation.is_v2:
        return shapes.unfold(request.form.items(multi=True))
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise invalid("v2 takes a JSON object.", code="invalid_json")
    return given


def _carried_out(desk: Desk, operation: Operation, call: Call, key: str) -> Response:
    """The outcome; with a key, the one that the key led to first."""
    if not key:
        status, body = _outcome(desk, operation, call)
        return _response(status, body)
    fingerprint = _fingerprint(operation, call)
    before = desk.outcome(key)
    if before is None:
        status, body = _outcome(desk, operation, call)
        desk.remember(key, Outcome(fingerprint, status, body))
        return _response(status, body, key=key)
    if before.fingerprint != fingerprint:
        raise key_reused(key)
    return _response(before.status, before.body, key=key, replayed=True)


def _broken(operation: Operation, mishap: Mishap) -> Operation:
    """The operation, failing on Stripe's side."""

    def fail(_desk: Desk, _call: Call) -> Json:
        raise mishap.error() or StripeFault(500, "api_error", "An error occurred.")

    return replace(operation, run=fail)


def _after(operation: Operation, mishap: Mishap | None, response: Response) -> Response:
    """What the caller gets to see of it."""
    if mishap is None:
        return response
    if mishap.cuts:
        # Outside of every lock: nobody else waits for it.
        threading.Event().wait(mishap.seconds)
        request.environ[CUT].set()
    fault = mishap.error()
    return response if fault is None else _response(fault.status, _told(operation, fault))


def _outcome(desk: Desk, operation: Operation, call: Call) -> tuple[int, Json]:
    """What the operation led to; a refusal leaves nothing behind, most of the time, and is an outcome all the same."""
    try:
        with desk.attempt():
            try:
                return 200, expanded(desk, operation.run(desk, call), call.params.get("expand", []))
            except StripeFault as fault:
                if fault.keeps:
                    return fault.status, fault.body
                raise
    except StripeFault as fault:
        return fault.status, _told(operation, fault)


def _told(operation: Operation, fault: StripeFault) -> Json:
    """The error as v1 or v2 words it: v2 always has a code, and names no parameter but in its message."""
    error = fault.body["error"]
    if not operation.is_v2:
        return fault.body
    where = f" ({error['param']})" if "param" in error and error["param"] not in error["message"] else ""
    return {
        "error": {
            "code": error.get("code", error["type"]),
            "message": error["message"] + where,
            "type": error["type"],
        }
    }


def _fingerprint(operation: Operation, call: Call) -> str:
    asked = [operation.method, operation.path, call.identifier, call.second, call.params]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _response(status: int, body: Json, *, key: str = "", replayed: bool = False) -> Response:
    response = Response(json.dumps(body), status=status, content_type="application/json")
    response.headers["Request-Id"] = new_id("req")
    response.headers["Stripe-Version"] = API_VERSION
    if key:
        response.headers["Idempotency-Key"] = key
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response
