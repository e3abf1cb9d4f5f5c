"""Notices are signed, delivered in order, and repeated until somebody takes them."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from payments.port import CheckoutOrder
from payments.sandbox import Endpoint, Sandbox, SandboxSettings
from payments.sandbox.courier import BACK_OFF, Courier
from payments.sandbox.state import State
from payments.stripe_gateway import StripeGateway
from payments.stripe_notices import verify
from tests.payments.conftest import KEY, SECRET, SECRET_V2, Clock, Inbox, Shopper


def eventually(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


@pytest.fixture
def telling_gateway(telling_sandbox: Sandbox) -> Iterator[StripeGateway]:
    gateway = StripeGateway(KEY, telling_sandbox.address)
    yield gateway
    gateway.close()


@pytest.fixture
def told(state: Path, inbox: Inbox, clock: Clock) -> tuple[State, Courier]:
    """A state with one event to tell and a courier that walks only when told to."""
    endpoint = Endpoint(f"{inbox.address}/platform", SECRET)
    opened = State(state, (endpoint,), clock)
    with opened.desk() as desk:
        desk.tell("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent", "_note": "private"})
    return opened, Courier(opened, (endpoint,))


def test_what_happens_is_told_signed_and_in_order(
    telling_gateway: StripeGateway, inbox: Inbox, order: CheckoutOrder, shopper: Shopper, clock: Clock
) -> None:
    checkout = telling_gateway.open_checkout(order, key="checkout:17:1")
    assert checkout.url
    shopper.press(checkout.url, "pay")
    eventually(lambda: len(inbox.letters) >= 4)
    notices = [
        verify(
            letter.body,
            letter.signature,
            secrets=(SECRET,),
            endpoint="platform",
            now=clock.now,
            livemode=False,
        )
        for letter in inbox.letters
    ]
    assert [notice.type for notice in notices] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "checkout.session.completed",
    ]
    assert notices[-1].object_id == checkout.id
    assert {letter.path for letter in inbox.letters} == {"/platform"}
    listed = {notice.id for notice in telling_gateway.notices_since(clock.now)}
    assert listed == {notice.id for notice in notices}


def test_accounts_are_told_of_thinly_at_their_own_endpoint(
    telling_gateway: StripeGateway, inbox: Inbox, shopper: Shopper, clock: Clock
) -> None:
    account = telling_gateway.create_account(
        email="samir@example.org", name="Samir Haddad", country="FR", language="fr", key="a:1", metadata={}
    )
    link = telling_gateway.onboarding_link(
        account.id, return_url="http://127.0.0.1/b", refresh_url="http://127.0.0.1/a"
    )
    shopper.press(link.url, "complete")
    eventually(lambda: len(inbox.letters) >= 3)
    assert {letter.path for letter in inbox.letters} == {"/v2"}
    notices = [
        verify(letter.body, letter.signature, secrets=(SECRET_V2,), endpoint="v2", now=clock.now, livemode=False)
        for letter in inbox.letters
    ]
    assert {notice.object_id for notice in notices} == {account.id}
    assert notices[-1].type == "v2.core.account[configuration.recipient].capability_status_updated"
    assert all("display_name" not in json.loads(letter.body) for letter in inbox.letters)


def test_a_notice_is_delivered_once(told: tuple[State, Courier], inbox: Inbox) -> None:
    _, courier = told
    assert courier.round() == 1
    assert courier.round() == 0
    assert len(inbox.letters) == 1
    assert b"private" not in inbox.letters[0].body


def test_a_refused_notice_comes_again_later_and_freshly_signed(
    told: tuple[State, Courier], inbox: Inbox, clock: Clock
) -> None:
    _, courier = told
    inbox.status = 503
    assert courier.round() == 0
    assert courier.round() == 0
    assert len(inbox.letters) == 1
    clock.pass_by(seconds=BACK_OFF[0])
    inbox.status = 200
    assert courier.round() == 1
    first, second = inbox.letters
    assert first.body == second.body
    assert first.signature != second.signature


def test_a_notice_is_given_up_in_the_end(told: tuple[State, Courier], inbox: Inbox, clock: Clock) -> None:
    opened, courier = told
    inbox.status = 400
    for pause in (*BACK_OFF, BACK_OFF[-1]):
        courier.round()
        clock.pass_by(seconds=pause)
    assert len(inbox.letters) == len(BACK_OFF) + 1
    with opened.desk() as desk:
        assert desk.connection.execute("SELECT count(*) FROM deliveries").fetchone() == (0,)


def test_nobody_listening_is_no_reason_to_stop(state: Path, clock: Clock, inbox: Inbox) -> None:
    gone = Endpoint("http://127.0.0.1:9/notices", SECRET)
    listening = Endpoint(f"{inbox.address}/platform", SECRET)
    opened = State(state, (gone, listening), clock)
    with opened.desk() as desk:
        desk.tell("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"})
    assert Courier(opened, (gone, listening)).round() == 1
    assert len(inbox.letters) == 1


def test_notices_wait_for_an_endpoint_that_is_not_configured_now(state: Path, clock: Clock, inbox: Inbox) -> None:
    endpoint = Endpoint(f"{inbox.address}/platform", SECRET)
    with State(state, (endpoint,), clock).desk() as desk:
        desk.tell("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"})
    assert Courier(State(state, (), clock), ()).round() == 0
    assert Courier(State(state, (endpoint,), clock), (endpoint,)).round() == 1


def test_the_clock_works_even_when_nobody_calls(
    telling_sandbox: Sandbox,
    telling_gateway: StripeGateway,
    inbox: Inbox,
    order: CheckoutOrder,
    clock: Clock,
) -> None:
    telling_gateway.open_checkout(order, key="checkout:17:1")
    clock.pass_by(hours=2)
    eventually(lambda: inbox.letters)
    assert json.loads(inbox.letters[0].body)["type"] == "checkout.session.expired"


def test_settings_without_endpoints_tell_nobody(gateway: StripeGateway, captured: object, sandbox: Sandbox) -> None:
    with sandbox.state.desk() as desk:
        assert desk.connection.execute("SELECT count(*) FROM deliveries").fetchone() == (0,)
    assert SandboxSettings(state=Path("x"), key=KEY).endpoints == ()
