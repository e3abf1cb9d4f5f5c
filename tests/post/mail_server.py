"""A small mail server on loopback, whose answers a test can choose."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Clerk(socketserver.StreamRequestHandler):
    """One conversation."""

    server: "MailServer"

    def handle(self) -> None:
        """Say hello, then answer line by line."""
        self._say("220 ready")
        for raw in self.rfile:
            line = raw.decode().rstrip()
            word = line.split(" ")[0].upper()
            self.server.heard.append(line)
            if word == "DATA" and not self.server.answers.get("DATA"):
                self._take_letter()
            elif word == "EHLO":
                self._say(*self.server.greeting)
            else:
                self._say(self.server.answers.get(word, "221 bye" if word == "QUIT" else "250 fine"))
            if word == "QUIT":
                return

    def _take_letter(self) -> None:
        self._say("354 go on")
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw)
        self.server.letters.append(b"".join(lines))
        self._say(self.server.answers.get("END", "250 taken"))

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class MailServer(socketserver.ThreadingTCPServer):
    """`answers`: the reply to a command ('RCPT', 'DATA', 'QUIT' ...), or to the end of the letter ('END')."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Clerk)
        self.answers: dict[str, str] = {}
        self.greeting: tuple[str, ...] = ("250 fine",)
        self.heard: list[str] = []
        self.letters: list[bytes] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    """The server in a thread of its own."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
