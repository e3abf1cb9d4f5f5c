"""The wire protocol itself: keys, parameters, idempotency, expansion, lists, errors."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from payments.port import CheckoutOrder, GatewayRefused, GatewayUnknown, Hold
from payments.sandbox import Sandbox, SandboxSettings, create_sandbox, running_sandbox
from payments.sandbox.api import OPERATIONS
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import KEY, START, Clock, Shopper

VERSION = "2026-10-28.endive"


class Wire:
    """Speaks to the sandbox without any library of Stripe's."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {KEY}"

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(self.address + path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        return self.session.post(self.address + path, data=body, headers=headers)

    def post_json(self, path: str, body: Any) -> requests.Response:
        return self.session.post(self.address + path, json=body, headers={"Stripe-Version": VERSION})


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Wire]:
    wire = Wire(sandbox.address)
    yield wire
    wire.session.close()


def session_form(**changes: str) -> dict[str, str]:
    form = {
        "mode": "payment",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "36000",
        "line_items[0][price_data][product_data][name]": "Chatbot roll-out in a bank",
        "line_items[0][quantity]": "1",
        "success_url": "http://127.0.0.1:8000/return",
    }
    return {name: value for name, value in {**form, **changes}.items() if value}


def fault(response: requests.Response) -> tuple[int, str | None, str | None]:
    details = response.json()["error"]
    return response.status_code, details.get("code"), details.get("param")


def fault_in_v2(response: requests.Response, param: str) -> str:
    """The code of an error that names its parameter in words only."""
    details = response.json()["error"]
    assert response.status_code == 400
    assert param in details["message"]
    assert "param" not in details
    return str(details["code"])


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer sk_test_other", "Bearer sk_live_cadran", "Basic x"])
def test_only_the_configured_key_is_let_in(sandbox: Sandbox, header: str) -> None:
    response = requests.get(f"{sandbox.address}/v1/balance", headers={"Authorization": header}, timeout=5)
    assert response.status_code == 401


def test_another_api_version_is_refused(wire: Wire) -> None:
    assert wire.get("/v1/balance", **{"Stripe-Version": VERSION}).status_code == 200
    assert wire.get("/v1/balance", **{"Stripe-Version": "2024-06-20"}).status_code == 400
    assert wire.get("/v2/core/accounts/acct_1").json()["error"]["code"] == "missing_version"


def test_an_unknown_address_is_said_to_be_one(wire: Wire) -> None:
    response = wire.get("/v1/invoices")
    assert response.status_code == 404
    assert "Unrecognized request URL" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value", "code", "param"),
    [
        ("payment_method_types[0]", "card", "parameter_unknown", "payment_method_types"),
        ("payment_intent_data[application_fee_amount]", "1", "parameter_unknown",
         "payment_intent_data[application_fee_amount]"),
        ("mode", "", "parameter_missing", "mode"),
        ("success_url", "", "parameter_missing", "success_url"),
        ("success_url", "javascript:alert(1)", "url_invalid", "success_url"),
        ("line_items[0][price_data][currency]", "", "parameter_missing", "line_items[0][price_data][currency]"),
        ("line_items[0][price_data][unit_amount]", "3.5", "parameter_invalid_integer",
         "line_items[0][price_data][unit_amount]"),
        ("line_items[0][price_data][unit_amount]", "-1", "parameter_invalid_integer",
         "line_items[0][price_data][unit_amount]"),
        ("line_items[0][price_data][unit_amount]", "49", "amount_too_small", "line_items"),
        ("mode", "subscription", None, "mode"),
        ("custom_fields[0][optional]", "perhaps", None, "custom_fields[0][optional]"),
        ("metadata", "x", None, "metadata"),
        ("metadata[op]", "x" * 501, "metadata_too_large", "metadata[op]"),
        ("line_items", "x", None, "line_items"),
        ("payment_intent_data", "x", None, "payment_intent_data"),
        ("client_reference_id", "x" * 5001, "parameter_invalid_string", "client_reference_id"),
        ("expand[0]", "no_such_thing", None, "expand"),
        ("expand[0]", "url", None, "expand"),
        ("expand[0]", "a.b.c.d.e", None, "expand"),
        ("a[b", "x", "parameter_unknown", "a[b"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused_by_name(wire: Wire, name: str, value: str, code: str | None, param: str) -> None:
    form = session_form(**{name: value})
    if name == "custom_fields[0][optional]":
        form |= {"custom_fields[0][key]": "po", "custom_fields[0][type]": "text",
                 "custom_fields[0][label][type]": "custom", "custom_fields[0][label][custom]": "PO"}  # fmt: skip
    if name == "line_items":
        form = {key: text for key, text in form.items() if not key.startswith("line_items[")}
    assert fault(wire.post("/v1/checkout/sessions", form)) == (400, code, param)


def test_an_empty_text_is_refused(wire: Wire) -> None:
    form = session_form() | {"client_reference_id": ""}
    assert fault(wire.post("/v1/checkout/sessions", form)) == (
        400, "parameter_invalid_empty", "client_reference_id"
    )  # fmt: skip


def test_a_list_may_come_without_numbers(wire: Wire) -> None:
    response = wire.get("/v1/events?types[]=charge.failed&types[]=charge.succeeded")
    assert response.json() == {"object": "list", "url": "/v1/events", "has_more": False, "data": []}


def test_a_field_is_not_a_text_and_a_group_at_once(wire: Wire) -> None:
    form = [*session_form().items(), ("metadata", "x"), ("metadata[op]", "y")]
    assert fault(wire.post("/v1/checkout/sessions", form))[0] == 400


def test_v2_takes_json_only(wire: Wire) -> None:
    response = wire.post("/v2/core/accounts", {"display_name": "x"}, **{"Stripe-Version": VERSION})
    assert fault(response) == (400, "invalid_json", None)
    assert fault_in_v2(wire.post_json("/v2/core/accounts", {"kind": "x"}), "kind") == "parameter_unknown"
    wrong = {"account": "acct_1", "use_case": {"type": "account_onboarding"}, "configurations": ["recipient"]}
    assert fault_in_v2(wire.post_json("/v2/core/account_links", wrong), "configurations") == "parameter_unknown"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"display_name": 7}, "display_name"),
        ({"identity": "FR"}, "identity"),
        ({"include": "requirements"}, "include"),
        ({"include": ["merchant"]}, "include[0]"),
        ({"metadata": {"op_id": 7}}, "metadata"),
    ],
)
def test_v2_refuses_the_wrong_kinds(wire: Wire, body: dict[str, Any], param: str) -> None:
    assert fault_in_v2(wire.post_json("/v2/core/accounts", body), param) == "invalid_request_error"


def test_v2_shows_only_what_was_asked_for(wire: Wire) -> None:
    wish = {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}}
    bare = wire.post_json("/v2/core/accounts", {"configuration": wish}).json()
    assert (bare["configuration"], bare["requirements"]) == (None, None)
    path = f"/v2/core/accounts/{bare['id']}?include[0]=configuration.recipient&include[1]=requirements"
    full = wire.get(path, **{"Stripe-Version": VERSION}).json()
    transfers = full["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]
    assert transfers["status"] == "restricted"
    assert full["requirements"]["entries"]
    link = {"account": bare["id"], "use_case": {"type": "account_onboarding"}}
    assert fault(wire.post_json("/v2/core/account_links", link))[1] == "parameter_missing"


def test_a_transfers_capability_that_was_not_requested_is_unsupported(wire: Wire) -> None:
    body = {"configuration": {}, "include": ["configuration.recipient"]}
    account = wire.post_json("/v2/core/accounts", body).json()
    transfers = account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]
    assert transfers["status"] == "unsupported"


def test_ids_are_expanded_into_their_objects(wire: Wire, captured: Hold) -> None:
    path = f"/v1/payment_intents/{captured.id}"
    assert wire.get(path).json()["latest_charge"] == captured.charge_id
    charge = wire.get(f"{path}?expand[]=latest_charge.balance_transaction").json()["latest_charge"]
    assert (charge["id"], charge["balance_transaction"]) == (captured.charge_id, None)
    listed = wire.get("/v1/events?expand[]=data.data").json()
    assert listed["data"][0]["data"]["object"]


def test_a_charge_and_its_booking_can_be_read(wire: Wire, captured: Hold, clock: Clock) -> None:
    clock.pass_by(seconds=2)
    charge = wire.get(f"/v1/charges/{captured.charge_id}?expand[]=balance_transaction").json()
    booking = charge["balance_transaction"]
    assert (booking["amount"], booking["fee"], booking["net"], booking["status"]) == (36000, 565, 35435, "pending")
    assert wire.get(f"/v1/balance_transactions/{booking['id']}").json() == booking
    listed = wire.get(f"/v1/balance_transactions?source={captured.charge_id}&type=charge").json()
    assert listed["data"] == [booking]
    assert fault(wire.get("/v1/balance_transactions/txn_none"))[:2] == (404, "resource_missing")
    assert fault(wire.get("/v1/charges/ch_none"))[:2] == (404, "resource_missing")


def test_an_event_can_be_read_again(wire: Wire, captured: Hold) -> None:
    newest = wire.get("/v1/events?limit=1").json()["data"][0]
    assert wire.get(f"/v1/events/{newest['id']}").json() == newest
    assert fault(wire.get("/v1/events/evt_none"))[:2] == (404, "resource_missing")
    moment = int(START.timestamp())
    assert wire.get(f"/v1/events?created[gt]={moment}").json()["data"] == []
    assert wire.get(f"/v1/events?created[lt]={moment}").json()["data"] == []
    assert wire.get(f"/v1/events?created[lte]={moment}&type=charge.captured").json()["data"]


def test_lists_are_walked_by_cursor_in_both_directions(wire: Wire, gateway: StripeGateway, captured: Hold) -> None:
    ids = [gateway.refund(captured.id, 1, key=f"r{number}", metadata={}).id for number in range(5)][::-1]
    first = wire.get("/v1/refunds?limit=2").json()
    assert ([item["id"] for item in first["data"]], first["has_more"]) == (ids[:2], True)
    second = wire.get(f"/v1/refunds?limit=3&starting_after={ids[1]}").json()
    assert ([item["id"] for item in second["data"]], second["has_more"]) == (ids[2:], False)
    back = wire.get(f"/v1/refunds?limit=2&ending_before={ids[3]}").json()
    assert ([item["id"] for item in back["data"]], back["has_more"]) == (ids[1:3], True)
    assert fault(wire.get("/v1/refunds?starting_after=re_none")) == (
        400, "resource_missing", "starting_after"
    )  # fmt: skip
    by_charge = wire.get(f"/v1/refunds?charge={captured.charge_id}&limit=1").json()
    assert by_charge["has_more"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"amount": "1"}, "parameter_missing"),
        ({"payment_intent": "pi_none"}, "resource_missing"),
        ({"charge": "ch_none"}, "resource_missing"),
        ({"charge": "ch_none", "payment_intent": "pi_none"}, "parameter_missing"),
        ({"payment_intent": "pi_none", "amount": "0"}, "parameter_invalid_integer"),
    ],
)
def test_a_refund_needs_one_known_payment(wire: Wire, form: dict[str, str], code: str) -> None:
    assert fault(wire.post("/v1/refunds", form))[:2] == (400, code)


def test_a_refund_of_a_charge_without_an_amount_is_for_all_of_it(wire: Wire, captured: Hold) -> None:
    refund = wire.post("/v1/refunds", {"charge": captured.charge_id}).json()
    assert (refund["amount"], refund["payment_intent"]) == (36000, captured.id)


def test_a_payment_that_never_reached_a_card_is_not_refunded(
    wire: Wire, gateway: StripeGateway, order: CheckoutOrder, shopper: Shopper
) -> None:
    checkout = gateway.open_checkout(order, key="checkout:17:1")
    assert checkout.url
    shopper.press(checkout.url, "authenticate")
    intent = wire.get("/v1/events?type=payment_intent.requires_action").json()["data"][0]["data"]["object"]["id"]
    assert fault(wire.post("/v1/refunds", {"payment_intent": intent}))[1] == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"destination": "acct_none"}, "resource_missing"),
        ({"source_transaction": "ch_none"}, "resource_missing"),
        ({"transfer_group": "booking-18"}, None),
        ({"source_transaction": ""}, "balance_insufficient"),
    ],
)
def test_a_transfer_is_checked(
    wire: Wire, captured: Hold, active_account: Any, changes: dict[str, str], code: str | None
) -> None:
    form = {
        "amount": "100",
        "currency": "eur",
        "destination": active_account.id,
        "source_transaction": captured.charge_id,
        "transfer_group": "booking-17",
        **changes,
    }
    form = {name: value for name, value in form.items() if value}
    assert fault(wire.post("/v1/transfers", form))[:2] == (400, code)


def test_available_money_can_be_transferred_without_a_source(
    wire: Wire, captured: Hold, active_account: Any, clock: Clock
) -> None:
    clock.pass_by(seconds=2)
    wire.get("/v1/balance")
    clock.pass_by(days=3)
    form = {"amount": "35435", "currency": "eur", "destination": active_account.id}
    assert wire.post("/v1/transfers", form).json()["source_transaction"] is None
    assert fault(wire.post("/v1/transfers", {**form, "amount": "1"}))[1] == "balance_insufficient"


def test_an_automatic_capture_takes_the_money_at_once(wire: Wire, shopper: Shopper) -> None:
    session = wire.post("/v1/checkout/sessions", session_form()).json()
    shopper.press(session["url"], "pay")
    paid = wire.get(f"/v1/checkout/sessions/{session['id']}?expand[]=payment_intent").json()
    assert (paid["payment_status"], paid["payment_intent"]["status"]) == ("paid", "succeeded")


def test_the_same_key_gives_the_first_outcome_again(gateway: StripeGateway, captured: Hold) -> None:
    first = gateway.refund(captured.id, 18000, key="refund:17:1", metadata={"op_id": "op-3"})
    again = gateway.refund(captured.id, 18000, key="refund:17:1", metadata={"op_id": "op-3"})
    assert again == first
    assert gateway.fetch_hold(captured.id).refunded_minor == 18000


def test_a_refusal_is_an_outcome_too(wire: Wire, captured: Hold) -> None:
    form = {"payment_intent": captured.id, "amount": "40000"}
    first = wire.post("/v1/refunds", form, **{"Idempotency-Key": "refund:17:1"})
    again = wire.post("/v1/refunds", form, **{"Idempotency-Key": "refund:17:1"})
    assert first.status_code == again.status_code == 400
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_request_that_was_never_carried_out_leaves_its_key_free(wire: Wire, captured: Hold) -> None:
    key = {"Idempotency-Key": "refund:17:1"}
    assert wire.post("/v1/refunds", {"payment_intent": captured.id, "colour": "x"}, **key).status_code == 400
    assert wire.post("/v1/refunds", {"payment_intent": captured.id}, **key).status_code == 200


def test_the_same_key_for_something_else_is_refused(gateway: StripeGateway, captured: Hold) -> None:
    gateway.refund(captured.id, 18000, key="refund:17:1", metadata={})
    with pytest.raises(GatewayRefused) as refused:
        gateway.refund(captured.id, 17000, key="refund:17:1", metadata={})
    assert refused.value.code == "idempotency_error"
    with pytest.raises(GatewayRefused):
        gateway.void(captured.id, key="refund:17:1")


def test_a_key_is_forgotten_after_a_day(gateway: StripeGateway, captured: Hold, clock: Clock) -> None:
    first = gateway.refund(captured.id, 100, key="refund:17:1", metadata={})
    clock.pass_by(hours=23, minutes=59)
    assert gateway.refund(captured.id, 100, key="refund:17:1", metadata={}) == first
    clock.pass_by(minutes=1)
    assert gateway.refund(captured.id, 100, key="refund:17:1", metadata={}) != first


def test_a_key_of_256_characters_is_refused(wire: Wire, captured: Hold) -> None:
    response = wire.post("/v1/refunds", {"payment_intent": captured.id}, **{"Idempotency-Key": "k" * 256})
    assert response.status_code == 400


def test_the_same_key_at_the_same_time_is_told_to_wait(gateway: StripeGateway, captured: Hold, state: Path) -> None:
    """The first request is kept busy by a lock on the file while the second comes in."""
    outcomes: list[object] = []

    def refund() -> None:
        try:
            outcomes.append(gateway.refund(captured.id, 100, key="refund:17:1", metadata={}))
        except GatewayUnknown as unknown:
            outcomes.append(unknown)
        gateway.close()

    with closing(sqlite3.connect(state, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        threads = [threading.Thread(target=refund) for _ in range(2)]
        for thread in threads:
            thread.start()
        while not outcomes:
            threading.Event().wait(0.01)
        blocker.execute("ROLLBACK")
    for thread in threads:
        thread.join()
    assert isinstance(outcomes[0], GatewayUnknown)
    assert "409" in str(outcomes[0])
    assert not isinstance(outcomes[1], GatewayUnknown)
    assert gateway.fetch_hold(captured.id).refunded_minor == 100


def test_many_at_once_never_refund_more_than_there_is(gateway: StripeGateway, captured: Hold) -> None:
    def refund(number: int) -> None:
        try:
            gateway.refund(captured.id, 10000, key=f"refund:17:{number}", metadata={})
        except GatewayRefused:
            refusals.append(number)
        gateway.close()

    refusals: list[int] = []
    threads = [threading.Thread(target=refund, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gateway.fetch_hold(captured.id).refunded_minor == 30000
    assert len(refusals) == 5


def test_a_restart_keeps_everything(state: Path, clock: Clock, order: CheckoutOrder, shopper: Shopper) -> None:
    settings = SandboxSettings(state=state, key=KEY)
    with running_sandbox(settings, environment={}, wall=clock) as sandbox:
        gateway = StripeGateway(KEY, sandbox.address)
        opened = gateway.open_checkout(order, key="checkout:17:1")
        gateway.close()
    with running_sandbox(settings, environment={}, wall=clock) as sandbox:
        gateway = StripeGateway(KEY, sandbox.address)
        # The port differs here, so the page is found under the new one.
        assert opened.url
        page = sandbox.address + "/c/pay/" + opened.url.rsplit("/", 1)[1]
        assert gateway.open_checkout(order, key="checkout:17:1") == opened
        assert shopper.press(page, "pay").status_code == 303
        assert gateway.fetch_checkout(opened.id).status == "complete"
        gateway.close()


def test_strangers_are_turned_away(state: Path) -> None:
    client = create_sandbox(SandboxSettings(state=state, key=KEY), environment={}).test_client()
    near = {"REMOTE_ADDR": "127.0.0.1"}
    assert client.get("/_sandbox/health", environ_base=near).status_code == 200
    assert client.get("/_sandbox/health", environ_base={"REMOTE_ADDR": "192.168.1.9"}).status_code == 403
    rebound = client.get("/_sandbox/health", environ_base=near, headers={"Host": "evil.example"})
    assert rebound.status_code == 403


def test_an_operation_that_breaks_leaves_nothing_behind(sandbox: Sandbox) -> None:
    def tell_and_break() -> None:
        with sandbox.state.desk() as desk:
            desk.tell("charge.failed", {"id": "ch_1", "object": "charge"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tell_and_break()
    with sandbox.state.desk() as desk:
        assert desk.every("event") == []


def test_what_cannot_be_expanded_further_is_left_empty(wire: Wire, captured: Hold) -> None:
    path = f"/v1/payment_intents/{captured.id}?expand[]=latest_charge.balance_transaction.source"
    assert wire.get(path).json()["latest_charge"]["balance_transaction"] is None


def test_no_two_operations_share_an_address() -> None:
    addresses = [(operation.method, operation.path) for operation in OPERATIONS]
    assert len(set(addresses)) == len(addresses)
