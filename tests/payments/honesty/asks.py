"""Everything that the gateway can be asked, by the name that the port gives it, with the least that it needs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from payments.port import CheckoutOrder, GatewayUnknown
from payments.stripe_gateway import StripeGateway
from tests.payments.honesty.published import Key

_MOMENT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
_NAMED: dict[str, Any] = {"key": "k", "metadata": {"op_id": "op"}}
ORDER = CheckoutOrder(
    reference="booking-17",
    op_id="op-1",
    title="Three hours",
    gross_minor=36000,
    currency="eur",
    customer_email="lea@banque-azur.example",
    language="fr",
    success_url="http://127.0.0.1/ok",
    cancel_url="http://127.0.0.1/back",
    expires_at=_MOMENT + timedelta(hours=1),
    po_number_field=True,
)

ASKS: dict[str, Callable[[StripeGateway], object]] = {
    "open_checkout": lambda gateway: gateway.open_checkout(ORDER, key="k"),
    "expire_checkout": lambda gateway: gateway.expire_checkout("cs_1", key="k"),
    "fetch_checkout": lambda gateway: gateway.fetch_checkout("cs_1"),
    "find_checkout": lambda gateway: gateway.find_checkout("op", _MOMENT),
    "fetch_hold": lambda gateway: gateway.fetch_hold("pi_1"),
    "find_hold": lambda gateway: gateway.find_hold("op", _MOMENT),
    "capture": lambda gateway: gateway.capture("pi_1", key="k"),
    "void": lambda gateway: gateway.void("pi_1", key="k"),
    "refund": lambda gateway: gateway.refund("pi_1", 1, **_NAMED),
    "fetch_refund": lambda gateway: gateway.fetch_refund("re_1"),
    "find_refund": lambda gateway: gateway.find_refund("pi_1", "op"),
    "transfer": lambda gateway: gateway.transfer("acct_1", 1, "eur", source_charge="ch_1", reference="b", **_NAMED),
    "fetch_transfer": lambda gateway: gateway.fetch_transfer("tr_1"),
    "find_transfer": lambda gateway: gateway.find_transfer("b", "op"),
    "reverse_transfer": lambda gateway: gateway.reverse_transfer("tr_1", 1, **_NAMED),
    "find_reversal": lambda gateway: gateway.find_reversal("tr_1", "op"),
    "fetch_dispute": lambda gateway: gateway.fetch_dispute("du_1"),
    "disputes_of": lambda gateway: gateway.disputes_of("ch_1"),
    "create_account": lambda gateway: gateway.create_account(
        email="samir@example.org", name="Samir", country="FR", language="fr", **_NAMED
    ),
    "fetch_account": lambda gateway: gateway.fetch_account("acct_1"),
    "find_account": lambda gateway: gateway.find_account("op"),
    "onboarding_link": lambda gateway: gateway.onboarding_link(
        "acct_1", return_url="http://127.0.0.1/back", refresh_url="http://127.0.0.1/again"
    ),
    "dashboard_link": lambda gateway: gateway.dashboard_link("acct_1"),
    "fetch_balance": lambda gateway: gateway.fetch_balance("eur"),
    "balance_transactions": lambda gateway: list(gateway.balance_transactions(_MOMENT, _MOMENT)),
    "notices_since": lambda gateway: gateway.notices_since(_MOMENT),
    "account_notices_since": lambda gateway: gateway.account_notices_since(_MOMENT),
}

# Which of their ids a path is about is not seen from the id itself.
_IDS = ("cs_1", "pi_1", "re_1", "tr_1", "du_1", "acct_1")


def sent_by_the_gateway() -> dict[str, Key]:
    """Method by method, the operation of Stripe's that it asks for first, as seen on the wire."""
    with _listening() as (address, heard):
        gateway = StripeGateway("sk_test_listening", address)
        for name, ask in ASKS.items():
            _ask_in_vain(gateway, ask)
            heard[name] = heard.pop("")
        gateway.close()
    return heard


def _ask_in_vain(gateway: StripeGateway, ask: Callable[[StripeGateway], object]) -> None:
    try:
        ask(gateway)
    except GatewayUnknown:
        return
    raise AssertionError("an answer from nobody")


@contextmanager
def _listening() -> Iterator[tuple[str, dict[str, Key]]]:
    """Somebody who hears what is asked and never has an answer."""
    heard: dict[str, Key] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            steps = self.path.partition("?")[0].split("/")
            heard[""] = (self.command, "/".join("{}" if step in _IDS else step for step in steps))
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
