"""Only two kinds of failure leave the gateway, whatever the other side does."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from payments.port import CheckoutOrder, GatewayRefused, GatewayUnknown, Hold
from payments.sandbox import Sandbox
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import KEY

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def stripe_that(answer: Answer) -> Iterator[StripeGateway]:
    """A gateway to something that behaves like this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    gateway = StripeGateway(KEY, f"http://127.0.0.1:{server.server_port}", answer_seconds=0.3)
    try:
        yield gateway
    finally:
        gateway.close()
        server.shutdown()
        server.server_close()
        thread.join()


def says(status: int, body: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return answer


def error(**details: str) -> str:
    return json.dumps({"error": {"message": "No.", **details}})


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def stays_silent(handler: BaseHTTPRequestHandler) -> None:
    threading.Event().wait(0.6)


@pytest.mark.parametrize(
    ("status", "details", "code", "decline_code"),
    [
        (400, {"type": "invalid_request_error", "code": "parameter_missing"}, "parameter_missing", None),
        (400, {"type": "invalid_request_error"}, "invalid_request_error", None),
        (400, {"type": "idempotency_error"}, "idempotency_error", None),
        (
            402,
            {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"},
            "card_declined",
            "lost_card",
        ),
        (403, {"type": "invalid_request_error", "code": "account_invalid"}, "account_invalid", None),
        (404, {"type": "invalid_request_error", "code": "resource_missing"}, "resource_missing", None),
        (404, {"code": "not_found"}, "resource_missing", None),
    ],
)
def test_a_refusal_is_definite_and_keeps_its_codes(
    status: int, details: dict[str, str], code: str, decline_code: str | None
) -> None:
    with stripe_that(says(status, error(**details))) as gateway, pytest.raises(GatewayRefused) as refused:
        gateway.fetch_hold("pi_1")
    assert (refused.value.code, refused.value.decline_code) == (code, decline_code)
    assert refused.value.message == "No."


@pytest.mark.parametrize("status", [401, 408, 409, 429, 500, 502, 503])
def test_trouble_on_their_side_decides_nothing(status: int) -> None:
    answer = says(status, error(type="api_error"))
    with stripe_that(answer) as gateway, pytest.raises(GatewayUnknown):
        gateway.fetch_hold("pi_1")


@pytest.mark.parametrize(
    "answer",
    [
        says(200, "<html>maintenance</html>"),
        says(502, "<html>bad gateway</html>"),
        says(200, json.dumps({"object": "payment_intent"})),
        says(200, json.dumps([])),
        says(200, ""),
        hangs_up,
        stays_silent,
    ],
)
def test_an_answer_that_cannot_be_read_decides_nothing(answer: Answer) -> None:
    with stripe_that(answer) as gateway, pytest.raises(GatewayUnknown):
        gateway.fetch_hold("pi_1")


def test_nobody_at_the_address_decides_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gateway = StripeGateway(KEY, f"http://127.0.0.1:{taken.getsockname()[1]}", connect_seconds=0.3)
        with pytest.raises(GatewayUnknown):
            gateway.fetch_hold("pi_1")
        gateway.close()


def test_a_wrong_key_decides_nothing(sandbox: Sandbox, order: CheckoutOrder) -> None:
    gateway = StripeGateway("sk_test_other", sandbox.address)
    with pytest.raises(GatewayUnknown):
        gateway.open_checkout(order, key="checkout:17:1")
    gateway.close()


def test_the_library_never_retries_by_itself() -> None:
    calls: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        calls.append(handler.path)
        says(500, error(type="api_error"))(handler)

    with stripe_that(answer) as gateway, pytest.raises(GatewayUnknown):
        gateway.fetch_hold("pi_1")
    assert len(calls) == 1


def test_threads_share_a_gateway(gateway: StripeGateway, hold: Hold) -> None:
    seen: list[Hold] = []

    def look() -> None:
        seen.extend(gateway.fetch_hold(hold.id) for _ in range(5))
        gateway.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [hold] * 20
