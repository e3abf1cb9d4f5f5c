"""The seams of the code that moves money: every commit, and every call to Stripe. Between any two steps lies one."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from werkzeug.test import EnvironBuilder, run_wsgi_app

from marketplace.store.transaction import Database, Transaction
from payments.stripe_gateway import StripeGateway

ADDRESS = "http://127.0.0.1:9"  # nothing listens there; the wire below leads into the sandbox in this process
FAULTS = ("reset", "timeout", "500", "429")


class Crash(BaseException):
    """The process dies here: nothing catches it, as nothing catches SIGKILL."""


class Seams:
    """Counts the seams that are passed; at the one that was chosen, `die` is called."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.until_death: int | None = None
        self.die: Callable[[], None] = _crash

    def die_after(self, seams: int) -> None:
        """Die at the seam after so many more; 0 is the next one."""
        self.until_death = seams

    def live(self) -> None:
        """Forget about dying."""
        self.until_death = None

    def reach(self, name: str) -> None:
        """Somebody comes to a seam."""
        self.passed.append(name)
        if self.until_death is None:
            return
        if self.until_death == 0:
            self.until_death = None
            self.die()
        else:
            self.until_death -= 1


class SeamedDatabase(Database):
    """The real database, with a seam before and after each commit."""

    seams: Seams

    @contextmanager
    def transaction(self, now: datetime, request_id: str = "", *, beside: bool = False) -> Iterator[Transaction]:
        place = _caller()
        with super().transaction(now, request_id, beside=beside) as tx:
            yield tx
            tx.session.flush()
            self.seams.reach(f"before the commit of {place}")
        self.seams.reach(f"after the commit of {place}")


class Wire(BaseAdapter):
    """The wire to the sandbox's WSGI application: Stripe's client library does everything but open a socket.

    `faults` are used up one per request: "reset" (nothing arrives), "timeout" (carried out, no answer comes back),
    "500" and "429" (not carried out).
    """

    def __init__(self, sandbox: Flask, seams: Seams) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._seams = seams
        self.faults: deque[str] = deque()
        self.cut = False  # nothing arrives at all
        self.failed: Counter[str] = Counter()

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        what = f"{request.method} {_plain(request.url or '')}"
        self._seams.reach(f"before {what}")
        fault = "reset" if self.cut else self.faults.popleft() if self.faults else ""
        self.failed[fault] += bool(fault)
        if fault == "reset":
            raise requests.ConnectionError("reset by the test")
        if fault in ("500", "429"):
            return _answer(request, int(fault), {}, b'{"error": {"type": "api_error", "message": "not now"}}')
        answer = self.pass_on(request)
        self._seams.reach(f"after {what}")
        if fault == "timeout":
            raise requests.Timeout("no answer came back")
        return answer

    def pass_on(self, request: requests.PreparedRequest) -> requests.Response:
        """Into the sandbox and back."""
        address = urlsplit(request.url or "")
        body = request.body or b""
        environment = EnvironBuilder(
            path=address.path,
            base_url=ADDRESS,
            query_string=address.query,
            method=request.method or "GET",
            headers=dict(request.headers),
            data=body if isinstance(body, bytes) else body.encode(),
            environ_base={"REMOTE_ADDR": "127.0.0.1"},
        ).get_environ()
        chunks, status, headers = run_wsgi_app(self._sandbox, environment, buffered=True)
        return _answer(request, int(status.split()[0]), dict(headers), b"".join(chunks))

    def close(self) -> None:
        """There is nothing to close."""


def wired_gateway(key: str, wire: Wire) -> StripeGateway:
    """The real gateway on that wire."""
    gateway = StripeGateway(key, ADDRESS)
    gateway._http._session = session_on(wire)
    return gateway


def session_on(wire: BaseAdapter) -> requests.Session:
    """An HTTP client that knows only this wire."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", wire)
    return session


def _crash() -> None:
    raise Crash


def _plain(url: str) -> str:
    """The path without the names of objects: /v1/refunds, /v1/payment_intents/.../capture."""
    parts = urlsplit(url).path.split("/")
    return "/".join("..." if "_" in part and any(c.isdigit() for c in part) else part for part in parts)


def _answer(request: requests.PreparedRequest, status: int, headers: dict[str, str], body: bytes) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.headers = CaseInsensitiveDict(headers)
    answer.raw = BytesIO(body)
    answer._content = body
    answer.url = request.url or ""
    answer.request = request
    return answer


def _caller() -> str:
    """Which function of ours opened the transaction."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith("marketplace.") and not name.startswith(("marketplace.work", "marketplace.store")):
            return f"{name.rpartition('.')[2]}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "the test"
