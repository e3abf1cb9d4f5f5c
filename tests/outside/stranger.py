"""An https server on this machine that plays a stranger's, with a certificate of its own and any bad behaviour."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

HOST = "calendar.example"
URL = f"https://{HOST}/private/basic.ics"

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Stranger:
    """`asked` are the headers of each request; `trust` believes its certificate."""

    port: int
    trust: ssl.SSLContext
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def stranger(behave: Behaviour, host: str = HOST) -> Iterator[Stranger]:
    authority = trustme.CA()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            behave(self)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A visitor who hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Stranger(server.server_port, trust, asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answers(body: bytes = b"", status: int = 200, claims: int | None = None, **headers: str) -> Behaviour:
    """Answer with this; `claims` is a length that need not be true."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if claims is None else claims))
        handler.end_headers()
        handler.wfile.write(body)

    return behave
