"""Fetch a file from an address that a stranger gave: https only, public hosts only, small, and soon over.

The name is looked up once for each hop and the connection goes to the very address that was checked: a name that
changes its mind between the check and the connection (DNS rebinding) gets nothing. Redirects are followed by hand, a
few, and each hop is checked like the first. A stopwatch shuts the line: a server that drips bytes wins no time.
"""

import ipaddress
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from urllib.parse import urljoin, urlsplit

from marketplace.domain.errors import Invalid
from marketplace.outside.port import Fetched, Unreadable, checked_address

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 12.0  # of one hop, from the first byte sent to the last byte read
LARGEST = 2_000_000  # bytes
HOPS = 4
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 65_536

Lookup = Callable[[str], list[str]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def look_up(host: str) -> list[str]:
    """The addresses of a name, as the system says."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreadable("calendar_away") from error
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether an address belongs to the open Internet: not this machine, not a private or shared network, not a cloud's
    own services (169.254.169.254), and not one of those in an IPv6 disguise."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inside(ip)
    if inner is not None:
        return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _inside(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


class HttpsFiles:
    """Fetches files; the lookup, the test of an address, the port and the certificates can be swapped for tests."""

    def __init__(
        self,
        lookup: Lookup = look_up,
        allowed: Callable[[str], bool] = is_public,
        port: int = 443,
        trust: ssl.SSLContext | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._lookup = lookup
        self._allowed = allowed
        self._port = port
        self._trust = trust or ssl.create_default_context()
        self._seconds = seconds

    def fetch(self, url: str, etag: str = "", modified: str = "") -> Fetched:
        """The file, or nothing when it has not changed; raises `Unreadable`."""
        for _ in range(HOPS):
            answer = self._ask(url, etag, modified)
            if isinstance(answer, Fetched):
                return answer
            url = answer
        raise Unreadable("calendar_redirects")

    def _ask(self, url: str, etag: str, modified: str) -> Fetched | str:
        """One hop: what came, or where to look instead."""
        connection = self._connection(url)
        parts = urlsplit(url)
        headers = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "Cadran"}
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": modified} if modified else {}
        timer = Timer(self._seconds, connection.cut)
        timer.daemon = True
        timer.start()
        try:
            connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=headers)
            with connection.getresponse() as response:
                answer = _read(url, response)
            if connection.was_cut:  # what came until then looks like the whole where no length was announced
                raise Unreadable("calendar_slow")
            return answer
        except ssl.SSLError as error:
            raise Unreadable("calendar_slow" if connection.was_cut else "calendar_untrusted") from error
        except (OSError, HTTPException) as error:
            late = connection.was_cut or isinstance(error, TimeoutError)
            raise Unreadable("calendar_slow" if late else "calendar_away") from error
        finally:
            timer.cancel()
            connection.close()

    def _connection(self, url: str) -> "PinnedHttps":
        try:
            host = urlsplit(checked_address(url)).hostname or ""
        except Invalid as refused:
            raise Unreadable("calendar_not_https") from refused
        addresses = self._lookup(host)
        # All of them, not only the one we would take: a name that also leads inside is not to be trusted.
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise Unreadable("calendar_private")
        return PinnedHttps(host, addresses[0], self._port, self._trust)


class PinnedHttps(HTTPSConnection):
    """A connection to one checked address, under the name that its certificate must carry."""

    def __init__(self, host: str, address: str, port: int = 443, trust: ssl.SSLContext | None = None) -> None:
        trust = trust or ssl.create_default_context()
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=trust)
        self._address = address
        self._trust = trust
        self._line: socket.socket | None = None
        self.was_cut = False

    def connect(self) -> None:
        """To the address, not to the name."""
        line = socket.create_connection((self._address, self.port), CONNECT_SECONDS)
        self._line = line
        self.sock = self._trust.wrap_socket(line, server_hostname=self.host, do_handshake_on_connect=False)
        self._line = self.sock
        self.sock.do_handshake()

    def cut(self) -> None:
        """Time is over: whoever waits on the line wakes up."""
        self.was_cut = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)


def _read(url: str, response: HTTPResponse) -> Fetched | str:
    if response.status in _REDIRECTS:
        return urljoin(url, response.getheader("Location") or "")
    tags = (response.getheader("ETag") or "")[:200], (response.getheader("Last-Modified") or "")[:60]
    if response.status == 304:
        return Fetched(None, *tags)
    if response.status in (401, 403, 404, 410):
        raise Unreadable("calendar_gone")
    if response.status != 200:
        raise Unreadable("calendar_away")
    if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
        raise Unreadable("calendar_unreadable")  # we asked for plain bytes: what is packed may unpack to anything
    return Fetched(_body(response), *tags)


def _body(response: HTTPResponse) -> bytes:
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            raise Unreadable("calendar_too_large")
    if response.length:  # fewer bytes than announced: the line was cut
        raise Unreadable("calendar_away")
    return bytes(body)
