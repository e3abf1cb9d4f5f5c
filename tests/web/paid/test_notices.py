"""The door for Stripe's notices."""

import hmac
import json
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from marketplace.store.money import Notice
from marketplace.work import Work
from tests.till import Till

SECRET = "whsec_test"
DOOR = "/notices/stripe/platform"


def _notice(till: Till, **changes: Any) -> bytes:
    created = int(till.clock().timestamp())
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": created,
        "livemode": False,
        "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
    }
    return json.dumps({**event, **changes}).encode()


def _signature(till: Till, body: bytes, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    at = int(till.clock().timestamp()) - age
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return {"Stripe-Signature": f"t={at},v1={digest}"}


def _kept(work: Work) -> int:
    with work.reading() as session:
        return session.scalar(select(func.count()).select_from(Notice)) or 0


def test_an_authentic_notice_is_kept_once_however_often_it_comes(app: Flask, till: Till) -> None:
    body = _notice(till)
    for _ in range(3):
        answer = app.test_client().post(DOOR, data=body, headers=_signature(till, body))
        assert answer.status_code == 200
    assert _kept(till.work) == 1


def test_forged_stale_future_and_unsigned_notices_leave_no_trace(app: Flask, till: Till) -> None:
    body = _notice(till)
    wrong = (
        _signature(till, body, secret="whsec_other"),
        _signature(till, body, age=301),
        _signature(till, body, age=-301),
        _signature(till, b"something else"),
        {},
    )
    for headers in wrong:
        assert app.test_client().post(DOOR, data=body, headers=headers).status_code == 400
    live = _notice(till, livemode=True)
    assert app.test_client().post(DOOR, data=live, headers=_signature(till, live)).status_code == 400
    assert _kept(till.work) == 0


def test_each_endpoint_has_its_own_secret_and_others_do_not_exist(app: Flask, till: Till) -> None:
    body = _notice(till)
    assert app.test_client().post("/notices/stripe/v2", data=body, headers=_signature(till, body)).status_code == 400
    assert app.test_client().post("/notices/stripe/nobody", data=body).status_code == 404
    assert _kept(till.work) == 0
