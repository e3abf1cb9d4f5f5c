"""A sandbox on a free port, a gateway that speaks to it over HTTP, a shopper with a browser, and an inbox."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from bs4 import BeautifulSoup

from payments.port import Account, Checkout, CheckoutOrder, Hold
from payments.sandbox import Endpoint, Sandbox, SandboxSettings, running_sandbox
from payments.stripe_gateway import StripeGateway

KEY = "sk_test_cadran"
SECRET = "whsec_platform"
SECRET_V2 = "whsec_thin"
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Letter:
    path: str
    signature: str
    body: bytes


@dataclass
class Inbox:
    """Listens for notices; answers with `status` and keeps what came."""

    address: str
    letters: list[Letter] = field(default_factory=list)
    status: int = 200


class Shopper:
    """Uses the hosted pages as a browser without JavaScript does."""

    def __init__(self) -> None:
        self.browser = requests.Session()

    def see(self, url: str) -> BeautifulSoup:
        return BeautifulSoup(self.browser.get(url, allow_redirects=False).text, "html.parser")

    def press(self, url: str, outcome: str, **fields: str) -> requests.Response:
        """Press the button of that outcome, with the form's fields filled in."""
        page = self.see(url)
        assert page.select_one(f'form[method=post] button[name=outcome][value="{outcome}"]'), outcome
        for name in fields:
            assert page.select_one(f'form input[name="{name}"]'), name
        return self.browser.post(url, data={**fields, "outcome": outcome}, allow_redirects=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.letters.append(Letter(self.path, self.headers["Stripe-Signature"], body))
            self.send_response(kept.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Inbox(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sandbox(state: Path, clock: Clock) -> Iterator[Sandbox]:
    with running_sandbox(SandboxSettings(state=state, key=KEY), environment={}, wall=clock) as running:
        yield running


@pytest.fixture
def telling_sandbox(state: Path, clock: Clock, inbox: Inbox) -> Iterator[Sandbox]:
    """One that sends its notices to the inbox."""
    endpoints = (
        Endpoint(f"{inbox.address}/platform", SECRET, "snapshot"),
        Endpoint(f"{inbox.address}/v2", SECRET_V2, "thin"),
    )
    settings = SandboxSettings(state=state, key=KEY, endpoints=endpoints)
    with running_sandbox(settings, environment={}, wall=clock) as running:
        yield running


@pytest.fixture
def gateway(sandbox: Sandbox) -> Iterator[StripeGateway]:
    gateway = StripeGateway(KEY, sandbox.address)
    yield gateway
    gateway.close()


@pytest.fixture
def shopper() -> Iterator[Shopper]:
    shopper = Shopper()
    yield shopper
    shopper.browser.close()


@pytest.fixture
def order() -> CheckoutOrder:
    """Léa Marchand's three hours with Samir Haddad, 360.00 EUR."""
    return CheckoutOrder(
        reference="booking-17",
        op_id="op-1",
        title="Chatbot roll-out in a bank",
        gross_minor=36000,
        currency="eur",
        customer_email="lea@banque-azur.example",
        language="fr",
        success_url="http://127.0.0.1:8000/return?checkout={CHECKOUT_SESSION_ID}",
        cancel_url="http://127.0.0.1:8000/bookings/17",
        expires_at=START + timedelta(hours=1),
        po_number_field=True,
        metadata={"company": "42"},
    )


@pytest.fixture
def paid(gateway: StripeGateway, order: CheckoutOrder, shopper: Shopper) -> Checkout:
    """The order, authorised on the hosted page."""
    opened = gateway.open_checkout(order, key="checkout:17:1")
    assert opened.url
    shopper.press(opened.url, "pay")
    return gateway.fetch_checkout(opened.id)


@pytest.fixture
def hold(gateway: StripeGateway, paid: Checkout) -> Hold:
    assert paid.payment_intent_id
    return gateway.fetch_hold(paid.payment_intent_id)


@pytest.fixture
def captured(gateway: StripeGateway, hold: Hold) -> Hold:
    return gateway.capture(hold.id, key="capture:17:1")


@pytest.fixture
def new_account(gateway: StripeGateway) -> Account:
    """Samir's account, before its onboarding."""
    return gateway.create_account(
        email="samir@example.org",
        name="Samir Haddad",
        country="FR",
        language="fr",
        key="account:samir:1",
        metadata={"op_id": "op-9"},
    )


@pytest.fixture
def onboard(gateway: StripeGateway, shopper: Shopper) -> Callable[[Account], Account]:
    def complete(account: Account) -> Account:
        link = gateway.onboarding_link(
            account.id, return_url="http://127.0.0.1:8000/back", refresh_url="http://127.0.0.1:8000/again"
        )
        shopper.press(link.url, "complete")
        return gateway.fetch_account(account.id)

    return complete


@pytest.fixture
def active_account(new_account: Account, onboard: Callable[[Account], Account]) -> Account:
    return onboard(new_account)
