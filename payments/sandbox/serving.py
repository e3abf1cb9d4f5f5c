"""Serving the sandbox on loopback, in the foreground or beside a test."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from payments.sandbox.app import build
from payments.sandbox.courier import Courier
from payments.sandbox.doors import Doors
from payments.sandbox.settings import SandboxSettings, check
from payments.sandbox.state import State

# How long a stop may go unnoticed.
_STOP_SECONDS = 0.05


class Sandbox:
    """A sandbox that listens at `address`, remembers `state`, and opens its `doors` to tests."""

    def __init__(self, settings: SandboxSettings, state: State, server: BaseWSGIServer) -> None:
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

    def stop(self) -> None:
        """Finish what is under way and stop listening."""
        self._server.shutdown()


class _Quiet(WSGIRequestHandler):
    # Connections stay open between requests, as with Stripe itself.
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests: they carry keys and addresses."""


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
        server = make_server(
            settings.host,
            settings.port,
            build(settings, state),
            threaded=True,
            request_handler=_Quiet,
            fd=taken.fileno(),
        )
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
