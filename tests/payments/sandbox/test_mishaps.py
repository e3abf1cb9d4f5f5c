"""What goes wrong on purpose goes wrong as often as was asked for, and the gateway tells unknown from refused."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from payments.port import CheckoutOrder, GatewayRefused, GatewayUnknown, Hold, NoticeRefused
from payments.sandbox import Endpoint, Sandbox, SandboxSettings, running_sandbox
from payments.sandbox.courier import Courier
from payments.sandbox.deliveries import queue
from payments.sandbox.doors import DoorShut
from payments.sandbox.mishaps import KINDS, Kind, Mishap
from payments.sandbox.state import State
from payments.stripe_gateway import StripeGateway
from payments.stripe_notices import verify
from tests.payments.conftest import KEY, SECRET, Clock, Inbox, Shopper

REFUND = "POST /v1/refunds"
SIGNED = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def hasty_gateway(sandbox: Sandbox) -> Iterator[StripeGateway]:
    """One that does not wait long."""
    gateway = StripeGateway(KEY, sandbox.address, answer_seconds=0.5)
    yield gateway
    gateway.close()


def refund(gateway: StripeGateway, hold: Hold, key: str = "refund:17:1") -> str:
    return gateway.refund(hold.id, 18000, key=key, metadata={"op_id": "op-3"}).id


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("server_error", False),
        ("rate_limit", False),
        ("conflict", False),
        ("reset", False),
        ("timeout", False),
        ("server_error_after", True),
        ("reset_after", True),
        ("timeout_after", True),
    ],
)
def test_a_lost_outcome_is_unknown_and_the_same_key_acts_once(
    hasty_gateway: StripeGateway, gateway: StripeGateway, sandbox: Sandbox, captured: Hold, kind: Kind, done: bool
) -> None:
    sandbox.doors.go_wrong(REFUND, kind, seconds=1 if kind.startswith("timeout") else 0)
    with pytest.raises(GatewayUnknown):
        refund(hasty_gateway, captured)
    assert gateway.fetch_hold(captured.id).refunded_minor == (18000 if done else 0)
    assert (gateway.find_refund(captured.id, "op-3") is not None) == done
    refund(gateway, captured)
    assert gateway.fetch_hold(captured.id).refunded_minor == 18000


def test_an_error_that_stripe_keeps_is_told_again_until_a_new_key_is_used(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold
) -> None:
    sandbox.doors.go_wrong(REFUND, "server_error_kept")
    for _ in range(3):
        with pytest.raises(GatewayUnknown):
            refund(gateway, captured)
    assert gateway.find_refund(captured.id, "op-3") is None
    assert refund(gateway, captured, key="refund:17:2")


def test_a_refusal_is_final_and_kept_under_the_key(gateway: StripeGateway, sandbox: Sandbox, hold: Hold) -> None:
    sandbox.doors.go_wrong("POST /v1/payment_intents/*/capture", "refused")
    for _ in range(2):
        with pytest.raises(GatewayRefused, match="card_declined"):
            gateway.capture(hold.id, key="capture:17:1")
    assert gateway.fetch_hold(hold.id).status == "requires_capture"
    assert gateway.capture(hold.id, key="capture:17:2").status == "succeeded"
    assert sandbox.doors.mishaps() == []


def test_a_mishap_comes_as_often_as_asked_and_where_it_was_asked(
    gateway: StripeGateway, sandbox: Sandbox, captured: Hold
) -> None:
    sandbox.doors.go_wrong("GET /v1/payment_intents/*", "rate_limit", times=2, skip=1)
    outcomes = []
    for _ in range(4):
        try:
            gateway.fetch_hold(captured.id)
            outcomes.append("well")
        except GatewayUnknown:
            outcomes.append("wrong")
    assert outcomes == ["well", "wrong", "wrong", "well"]
    assert gateway.fetch_balance("eur").currency == "eur"


def test_for_ever_lasts_until_all_is_well_again(gateway: StripeGateway, sandbox: Sandbox, captured: Hold) -> None:
    sandbox.doors.go_wrong("*", "server_error", times=None)
    for _ in range(5):
        with pytest.raises(GatewayUnknown):
            gateway.fetch_hold(captured.id)
    (mishap,) = sandbox.doors.mishaps()
    assert (mishap["operation"], mishap["times"]) == ("*", None)
    sandbox.doors.go_right()
    assert gateway.fetch_hold(captured.id) == captured


def test_mishaps_outlive_a_restart(state: Path, clock: Clock, order: CheckoutOrder) -> None:
    settings = SandboxSettings(state=state, key=KEY)
    with running_sandbox(settings, environment={}, wall=clock) as first:
        first.doors.go_wrong("POST /v1/checkout/sessions", "server_error")
    with running_sandbox(settings, environment={}, wall=clock) as second:
        gateway = StripeGateway(KEY, second.address)
        with pytest.raises(GatewayUnknown):
            gateway.open_checkout(order, key="checkout:17:1")
        assert gateway.open_checkout(order, key="checkout:17:1").status == "open"
        gateway.close()


@pytest.mark.parametrize("kind", ["", "explosion", None])
def test_an_unknown_mishap_is_refused(sandbox: Sandbox, kind: str | None) -> None:
    answer = requests.post(f"{sandbox.address}/_sandbox/mishaps", json={"operation": "*", "kind": kind}, timeout=5)
    assert answer.status_code == 400
    assert sandbox.doors.mishaps() == []


def test_the_doors_say_why_they_stay_shut(sandbox: Sandbox) -> None:
    with pytest.raises(DoorShut, match="resource_missing"):
        sandbox.doors.dispute("pi_none")
    answer = requests.post(f"{sandbox.address}/_sandbox/disputes", data="x", timeout=5)
    assert (answer.status_code, "JSON object" in answer.text) == (400, True)


def test_every_kind_either_prevents_or_lets_it_happen() -> None:
    calls = [Mishap(kind) for kind in KINDS if not kind.startswith("notice")]
    assert {mishap.kind for mishap in calls if not mishap.prevents} == {
        "server_error_after",
        "reset_after",
        "timeout_after",
    }


def told(state: Path, inbox: Inbox, clock: Clock, kind: Kind | None, *types: str) -> list[str]:
    """The types of the notices that arrive, in their order, when the first of them meets a mishap."""
    endpoint = Endpoint(f"{inbox.address}/platform", SECRET)
    opened = State(state, (endpoint,), clock)
    with opened.desk() as desk:
        if kind:
            desk.connection.execute(
                "INSERT INTO mishaps (operation, kind, seconds, times, skip) VALUES ('charge.*', ?, 60, 1, 0)", (kind,)
            )
        for number, name in enumerate(types):
            desk.tell(name, {"id": f"ch_{number}", "object": "charge"})
    courier = Courier(opened, (endpoint,))
    while courier.round():
        pass
    return [letter.body.decode().rpartition('"type": "')[2].partition('"')[0] for letter in inbox.letters]


TYPES = ("charge.captured", "payment_intent.succeeded", "refund.created")


@pytest.mark.parametrize(
    ("kind", "arrived"),
    [
        (None, list(TYPES)),
        ("notice_drop", [*TYPES[1:]]),
        ("notice_duplicate", [TYPES[0], *TYPES]),
        ("notice_reorder", [TYPES[1], TYPES[0], TYPES[2]]),
        ("notice_delay", [*TYPES[1:]]),
        ("notice_again", list(TYPES)),
    ],
)
def test_a_notice_is_lost_doubled_overtaken_or_late(
    state: Path, inbox: Inbox, clock: Clock, kind: Kind | None, arrived: list[str]
) -> None:
    assert told(state, inbox, clock, kind, *TYPES) == arrived


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("notice_forged", "bad_signature"),
        ("notice_blank", "bad_signature"),
        ("notice_stale", "stale"),
        ("notice_future", "future"),
    ],
)
def test_a_signature_is_wrong_in_one_way_each(state: Path, inbox: Inbox, clock: Clock, kind: Kind, reason: str) -> None:
    told(state, inbox, clock, kind, *TYPES)
    wrong, right = inbox.letters[0], inbox.letters[1]
    named = {"secrets": (SECRET,), "endpoint": "platform", "now": clock.now, "livemode": False}
    with pytest.raises(NoticeRefused, match=reason):
        verify(wrong.body, wrong.signature, **named)  # type: ignore[arg-type]
    assert verify(right.body, right.signature, **named).type == TYPES[1]  # type: ignore[arg-type]


def test_what_nobody_took_is_listed_with_the_answer(
    state: Path, inbox: Inbox, clock: Clock, order: CheckoutOrder
) -> None:
    inbox.status = 400
    settings = SandboxSettings(state=state, key=KEY, endpoints=(Endpoint(f"{inbox.address}/platform", SECRET),))
    with running_sandbox(settings, environment={}, wall=clock) as sandbox:
        sandbox.doors.go_wrong("payment_intent.*", "notice_forged")
        gateway = StripeGateway(KEY, sandbox.address)
        gateway.open_checkout(order, key="checkout:17:1")
        asked = {"amount": 100, "currency": "eur"}
        requests.post(f"{sandbox.address}/v1/payment_intents", data=asked, headers=SIGNED, timeout=5)
        sandbox.courier.round()
        (delivery,) = sandbox.doors.deliveries()
        gateway.close()
    assert (delivery["type"], delivery["flaw"]) == ("payment_intent.created", "notice_forged")
    assert (delivery["attempts"] >= 1, delivery["answer"], delivery["held"]) == (True, 400, 0)


def test_a_page_can_be_made_to_ask_for_something_else(
    gateway: StripeGateway, sandbox: Sandbox, order: CheckoutOrder, shopper: Shopper
) -> None:
    checkout = gateway.open_checkout(order, key="checkout:17:1")
    sandbox.doors.alter_checkout(checkout.id, amount=1, currency="usd", reference="CAD-OTHER")
    shopper.press(checkout.url or "", "pay")
    hold = gateway.fetch_hold(gateway.fetch_checkout(checkout.id).payment_intent_id or "")
    assert (hold.amount_minor, hold.currency, hold.reference) == (1, "usd", "CAD-OTHER")


def test_one_refund_can_be_made_to_come_back_at_once(gateway: StripeGateway, sandbox: Sandbox, captured: Hold) -> None:
    sandbox.doors.fail_next_refund()
    first = gateway.refund(captured.id, 100, key="refund:17:1", metadata={"op_id": "1"})
    second = gateway.refund(captured.id, 100, key="refund:17:2", metadata={"op_id": "2"})
    assert (first.status, second.status) == ("failed", "succeeded")
    assert gateway.fetch_hold(captured.id).refunded_minor == 100


def test_a_late_notice_comes_in_the_end(state: Path, inbox: Inbox, clock: Clock) -> None:
    told(state, inbox, clock, "notice_delay", "charge.captured")
    assert inbox.letters == []
    clock.pass_by(seconds=60)
    endpoint = Endpoint(f"{inbox.address}/platform", SECRET)
    assert Courier(State(state, (endpoint,), clock), (endpoint,)).round() == 1


def test_a_lost_notice_is_still_among_the_events(
    gateway: StripeGateway, sandbox: Sandbox, hold: Hold, clock: Clock
) -> None:
    sandbox.doors.go_wrong("*", "notice_drop", times=None)
    gateway.capture(hold.id, key="capture:17:1")
    assert "payment_intent.succeeded" in {notice.type for notice in gateway.notices_since(clock.now)}


def test_only_those_who_listen_to_accounts_hear_of_them(state: Path, clock: Clock) -> None:
    platform = Endpoint("http://127.0.0.1:9/platform", SECRET)
    connect = Endpoint("http://127.0.0.1:9/connect", SECRET, "connect")
    opened = State(state, (platform, connect), clock)
    with opened.desk() as desk:
        desk.tell_of_account("account.updated", "acct_1", {"id": "acct_1", "object": "account"})
        assert desk.connection.execute("SELECT url FROM deliveries").fetchall() == [(connect.url,)]
        assert desk.every("event") == []
        queue(desk.connection, (), {"id": "evt_1", "type": "x"}, "connect", 0.0)


def test_a_cut_connection_is_reset_and_the_next_one_works(gateway: StripeGateway, sandbox: Sandbox) -> None:
    sandbox.doors.go_wrong("GET /v1/balance", "reset")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.address}/v1/balance", headers={"Authorization": f"Bearer {KEY}"}, timeout=5)
    assert gateway.fetch_balance("eur").currency == "eur"


def test_a_connection_serves_many_requests(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        first = session.get(f"{sandbox.address}/_sandbox/health", timeout=5, stream=True)
        line = first.raw._connection.sock.getsockname()  # type: ignore[union-attr]
        first.content  # noqa: B018 - reading it frees the line
        second = session.get(f"{sandbox.address}/_sandbox/health", timeout=5, stream=True)
        assert second.raw._connection.sock.getsockname() == line  # type: ignore[union-attr]
        second.content  # noqa: B018


def test_a_stopped_sandbox_answers_nobody_on_an_old_connection(state: Path, clock: Clock) -> None:
    with requests.Session() as session:
        with running_sandbox(SandboxSettings(state=state, key=KEY), environment={}, wall=clock) as sandbox:
            assert session.get(f"{sandbox.address}/_sandbox/health", timeout=5).ok
        with pytest.raises(requests.ConnectionError):
            session.get(f"{sandbox.address}/_sandbox/health", timeout=5)


def test_a_body_that_is_too_long_is_refused_and_the_line_closed(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        answer = session.post(f"{sandbox.address}/_sandbox/clock", data=b"x" * 1_000_001, timeout=5)
        assert answer.status_code in (400, 413)
        assert answer.headers["Connection"] == "close"


def _refund_in_vain(gateway: StripeGateway, hold: Hold) -> None:
    with pytest.raises(GatewayUnknown):
        refund(gateway, hold)


def test_time_outs_hold_up_nobody_else(gateway: StripeGateway, sandbox: Sandbox, captured: Hold) -> None:
    sandbox.doors.go_wrong(REFUND, "timeout_after", seconds=5)
    waiting = threading.Thread(target=_refund_in_vain, args=(gateway, captured), daemon=True)
    waiting.start()
    other = StripeGateway(KEY, sandbox.address, answer_seconds=3)
    while other.fetch_hold(captured.id).refunded_minor == 0:
        pass
    assert waiting.is_alive()
    other.close()
    waiting.join()


def test_a_file_of_an_earlier_version_is_brought_up_to_date(state: Path, inbox: Inbox, clock: Clock) -> None:
    with closing(sqlite3.connect(state)) as old:
        old.execute(
            "CREATE TABLE deliveries (position INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL,"
            " url TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL)"
        )
    assert told(state, inbox, clock, "notice_reorder", *TYPES) == [TYPES[1], TYPES[0], TYPES[2]]
