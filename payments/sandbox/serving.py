"""Serving the sandbox on loopback, in the foreground or beside a test."""

import io
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from payments.sandbox.api import CUT
from payments.sandbox.app import LARGEST_BODY, build
from payments.sandbox.courier import Courier
from payments.sandbox.doors import Doors
from payments.sandbox.settings import SandboxSettings, check
from payments.sandbox.state import State

# What the library calls a request before it has been read.
Line = socket.socket | tuple[bytes, socket.socket]

# How long a stop may go unnoticed.
_STOP_SECONDS = 0.05
_IDLE_SECONDS = 60
_BACKLOG = 128
# Closing with nothing left to linger for sends a reset instead of an orderly end.
_RESET = struct.pack("ii", 1, 0)


class Sandbox:
    """A sandbox that listens at `address`, remembers `state`, and opens its `doors` to tests."""

    def __init__(self, settings: SandboxSettings, state: State, server: "_Server") -> None:
        self.state = state
        self.courier = Courier(state, settings.endpoints)
        self.address = f"http://{_in_url(settings.host)}:{server.port}"
        self.doors = Doors(self.address)
        self._server = server

    def serve(self) -> None:
        """Answer until `stop` is called from another thread."""
        self.courier.start()
        try:
            self._server.serve_forever(poll_interval=_STOP_SECONDS)
        finally:
            self.courier.stop()
            self._server.server_close()
            self._server.hang_up()

    def stop(self) -> None:
        """Finish what is under way and stop listening."""
        self._server.shutdown()


class _Handler(WSGIRequestHandler):
    """Keeps connections open between requests, as Stripe does, and cuts them when a mishap wants it.

    Werkzeug's own handler closes every connection, because it never knows whether a body was read to its end. Here
    the body is read before the application runs.
    """

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: "_Server"

    def run_wsgi(self) -> None:
        """Read one request, answer it, stay for the next."""
        if self.server.closing:
            self.close_connection = True
            return
        self.environ = environ = self.make_environ()
        length = int(self.headers.get("Content-Length") or 0)
        # A body that is too long is left on the wire, and the line with it.
        self.close_connection |= length > LARGEST_BODY or "Transfer-Encoding" in self.headers
        environ["wsgi.input"] = io.BytesIO(b"" if length > LARGEST_BODY else self.rfile.read(length))
        environ[CUT] = cut = threading.Event()
        parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        if cut.is_set():
            self._cut()
            return
        body = b"".join(parts)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests: they carry keys and addresses."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
        """Say nothing of connections that fell asleep."""

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.server.forget(self.connection)
        # The library would end the connection in good order: it must not find it any more.
        socket.close(self.connection.detach())


class _Server(ThreadedWSGIServer):
    """Knows its connections, so that none outlives it."""

    daemon_threads = True
    request_queue_size = _BACKLOG

    def __init__(self, settings: SandboxSettings, app: Flask, taken: socket.socket) -> None:
        super().__init__(settings.host, settings.port, app, handler=_Handler, fd=taken.fileno())
        self._open: set[Line] = set()
        self._lock = threading.Lock()
        self.closing = False

    def process_request(self, request: Line, client_address: Any) -> None:
        """Take a connection in."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Line) -> None:
        """Let a connection go."""
        self.forget(request)
        super().shutdown_request(request)

    def forget(self, request: Line) -> None:
        """Count the connection as gone."""
        with self._lock:
            self._open.discard(request)

    def hang_up(self) -> None:
        """Take no more requests on any connection; answers under way still go out."""
        self.closing = True
        with self._lock:
            for request in self._open:
                with suppress(OSError):
                    assert isinstance(request, socket.socket)  # noqa: S101 - only datagrams come as pairs
                    request.shutdown(socket.SHUT_RD)


def open_sandbox(
    settings: SandboxSettings,
    *,
    environment: Mapping[str, str] = os.environ,
    wall: Callable[[], float] = time.time,
) -> Sandbox:
    """Check, open the state and take the port; raises SandboxRefused or OSError."""
    check(settings, environment)
    # The port first: werkzeug would end the whole process when it is taken.
    with socket.create_server((settings.host, settings.port), family=_family(settings.host)) as taken:
        state = State(settings.state, settings.endpoints, wall)
        state.begin(settings.clock_offset_seconds)
        server = _Server(settings, build(settings, state), taken)
    return Sandbox(settings, state, server)


@contextmanager
def running_sandbox(
    settings: SandboxSettings,
    *,
    environment: Mapping[str, str] = os.environ,
    wall: Callable[[], float] = time.time,
) -> Iterator[Sandbox]:
    """A sandbox in a thread of this process, for tests; stopped at the end."""
    sandbox = open_sandbox(settings, environment=environment, wall=wall)
    thread = threading.Thread(target=sandbox.serve, name="sandbox", daemon=True)
    thread.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
        thread.join()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
