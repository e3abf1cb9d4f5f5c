"""Clients that keep their connection and cookies, and what they measured."""

import http.client
import itertools
import re
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from tests.living import Site

CLIENTS = 2
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of request: how many a second of CPU serves, and how long people wait."""

    name: str
    requests: int
    per_core: float  # requests per second of CPU
    p50_ms: float
    p95_ms: float
    kilobytes: float  # of one answer

    def line(self) -> str:
        """For the report."""
        return (
            f"{self.name:<34} {self.per_core:8.0f} req/s per core   p50 {self.p50_ms:6.1f} ms   "
            f"p95 {self.p95_ms:6.1f} ms   {self.kilobytes:5.1f} KB   ({self.requests} requests)"
        )


class Client:
    """One browser: a connection that stays open, cookies that are sent back."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=60)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str]:
        """Status and body."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: Sequence[tuple[str, str]]) -> tuple[int, str]:
        """Status and body; redirects are not followed."""
        return self._ask("POST", path, urlencode(fields))

    def sign_in(self, email: str, password: str) -> None:
        """Through the form."""
        token = self.token("/sign-in")
        status, body = self.post("/sign-in", [("csrf_token", token), ("email", email), ("password", password)])
        assert status == 303, body[:500]

    def token(self, path: str) -> str:
        """The CSRF token of a page."""
        found = _TOKEN.search(self.get(path)[1])
        assert found, path
        return found.group(1)

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self._answer(method, path, body, headers)
        words = answer.read().decode()
        for header in answer.headers.get_all("Set-Cookie") or ():
            self._cookies.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
        return answer.status, words

    def _answer(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> http.client.HTTPResponse:
        try:
            self._connection.request(method, path, body, headers)
            return self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server shuts a connection that was idle for two seconds, as it may: open it again.
            self._connection.close()
            self._connection.request(method, path, body, headers)
            return self._connection.getresponse()


Task = Callable[[], tuple[int, str]]


class Clients:
    """One signed-in client per thread."""

    def __init__(self, site: Site, email: str, password: str) -> None:
        self._site, self._email, self._password = site, email, password
        self._local = threading.local()

    def gets(self, paths: list[str], count: int) -> list[Task]:
        """So many requests for these paths, in turn."""
        return [lambda path=path: self.mine().get(path) for path in itertools.islice(itertools.cycle(paths), count)]

    def mine(self) -> Client:
        """This thread's client."""
        if not hasattr(self._local, "client"):
            self._local.client = Client(self._site.url)
            self._local.client.sign_in(self._email, self._password)
        client: Client = self._local.client
        return client


def measure(site: Site, name: str, tasks: Sequence[Task], expected: int, warm_up: int = 20) -> Measured:
    """Run the tasks with `CLIENTS` at a time; the first `warm_up` are not counted."""
    for task in tasks[:warm_up]:
        task()
    before = site.cpu_seconds()
    with ThreadPoolExecutor(CLIENTS) as pool:
        timed = list(pool.map(_timed, tasks[warm_up:]))
    cpu = site.cpu_seconds() - before
    wrong = [status for status, _, _ in timed if status != expected]
    assert not wrong, f"{name}: {len(wrong)} answers were {set(wrong)}"
    waits = sorted(1000 * seconds for _, seconds, _ in timed)
    sizes = [size for _, _, size in timed]
    return Measured(
        name,
        len(timed),
        len(timed) / cpu,
        statistics.median(waits),
        waits[int(0.95 * (len(waits) - 1))],
        statistics.mean(sizes) / 1000,
    )


def _timed(task: Task) -> tuple[int, float, int]:
    started = time.perf_counter()
    status, body = task()
    return status, time.perf_counter() - started, len(body.encode())
