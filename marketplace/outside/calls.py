"""Call an address that somebody gave: https, public hosts, the very address that was checked, no redirects."""

import socket
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Protocol
from urllib.parse import urlsplit

from marketplace.domain.errors import Invalid
from marketplace.outside.https import Lookup, PinnedHttps, is_public, look_up
from marketplace.outside.port import Unreadable

SECONDS = 10.0
LONGEST_ADDRESS = 500
OWN_MACHINE = ("127.0.0.1", "localhost")


class CallFailed(Exception):
    """There was no answer; `code` says why, in a word for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Caller(Protocol):
    """Brings a message to an address."""

    def check(self, url: str) -> str:
        """The address as we keep it; `Invalid` "webhook_address" for one that we would not call."""
        ...

    def call(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """POST, and return the status of the answer; raises `CallFailed`."""
        ...


class HttpsCaller:
    """The real one. `demo`: plain http on this machine is allowed, too, and nothing else changes."""

    def __init__(self, *, demo: bool, lookup: Lookup = look_up, allowed: Callable[[str], bool] = is_public) -> None:
        self._demo, self._lookup, self._allowed = demo, lookup, allowed

    def check(self, url: str) -> str:
        """See `Caller`. Where its name leads is looked at when it is called, each time."""
        url = url.strip()
        try:
            parts = urlsplit(url)
            plain = bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment
            safe = parts.scheme == "https" and parts.port in (None, 443)
            fine = plain and (safe or self._is_own(url))
        except ValueError:
            fine = False
        if not fine or len(url) > LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
            raise Invalid("webhook_address", field="url")
        return url

    def call(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """See `Caller`. What the other side writes back is not read: only its status matters."""
        connection = self._connection(url)
        parts = urlsplit(url)
        timer = Timer(SECONDS, _cut, [connection])
        timer.daemon = True
        timer.start()
        try:
            connection.request(
                "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, dict(headers)
            )
            return connection.getresponse().status
        except TimeoutError as error:
            raise CallFailed("slow") from error
        except (OSError, HTTPException) as error:
            raise CallFailed(type(error).__name__) from error
        finally:
            timer.cancel()
            connection.close()

    def _connection(self, url: str) -> HTTPConnection:
        try:
            parts = urlsplit(self.check(url))
        except Invalid as refused:
            raise CallFailed("address") from refused
        if self._is_own(url):
            return HTTPConnection(parts.hostname or "", parts.port or 80, timeout=SECONDS)
        try:
            addresses = self._lookup(parts.hostname or "")
        except Unreadable as error:
            raise CallFailed("unknown_host") from error
        # All of them: a name that also leads inside is not to be trusted.
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise CallFailed("private_address")
        return PinnedHttps(parts.hostname or "", addresses[0])

    def _is_own(self, url: str) -> bool:
        parts = urlsplit(url)
        return self._demo and parts.scheme == "http" and parts.hostname in OWN_MACHINE


class NobodyCalls:
    """Where no webhooks are sent."""

    def check(self, url: str) -> str:
        """Every address is refused."""
        raise Invalid("webhook_address", field="url")

    def call(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Never reaches anybody."""
        raise CallFailed("nobody")


def _cut(connection: HTTPConnection) -> None:
    """Time is over: whoever waits on the line wakes up."""
    if connection.sock is not None:
        connection.sock.shutdown(socket.SHUT_RDWR)
