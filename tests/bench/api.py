"""The API's speed: `python -m tests.bench.api [--data FOLDER]`. Figures, never a test: machines differ."""

import argparse
import http.client
import itertools
import json
import os
import threading
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

from marketplace.clock import DemoClock
from marketplace.demo.accounts import SHOWN_ACCOUNTS
from marketplace.domain.tokens import Scope
from marketplace.services.tokens import IssueToken, issue_token
from marketplace.store.transaction import Database
from marketplace.work import Work
from tests.bench.__main__ import PER_LEAD, WORDS, _new_leads
from tests.bench.load import CLIENTS, Measured, Task, measure
from tests.living import Site, running_demo

ROOMY = {"CADRAN_API_READS": "100000000", "CADRAN_API_CHANGES": "100000000"}  # how fast, not how often


class Caller:
    """Calls the API over connections that stay open, one a thread."""

    def __init__(self, site: Site) -> None:
        self._address = urlsplit(site.url)
        self._local = threading.local()

    def get(self, path: str, token: str) -> tuple[int, str]:
        """Status and body."""
        return self._ask("GET", path, token, None)

    def post(self, path: str, token: str, body: object) -> tuple[int, str]:
        """Status and body."""
        return self._ask("POST", path, token, json.dumps(body))

    def _ask(self, method: str, path: str, token: str, body: str | None) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept-Language": "fr"}
        for _ in range(2):
            try:
                self._line().request(method, f"/api/v1{path}", body, headers)
                answer = self._line().getresponse()
                return answer.status, answer.read().decode()
            except (http.client.HTTPException, ConnectionError):  # shut while idle, as it may be
                self._line().close()
        raise SystemExit("the demo does not answer")

    def _line(self) -> http.client.HTTPConnection:
        if not hasattr(self._local, "line"):
            host, port = self._address.hostname or "", self._address.port
            self._local.line = http.client.HTTPConnection(host, port, timeout=60)
        line: http.client.HTTPConnection = self._local.line
        return line


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var/bench"))
    parser.add_argument("--requests", type=int, default=400)
    options = parser.parse_args()
    os.environ.update(ROOMY)
    with running_demo(options.data) as site:
        print(f"{CLIENTS} clients with a token, the demo's own data; CPU of all web processes, database included")
        caller, token = Caller(site), _tokens(site, [SHOWN_ACCOUNTS[0][1]])[0]
        offerings = _offerings(caller, token)
        for measured in _reads(site, caller, token, offerings, options.requests):
            print(measured.line(), flush=True)
        print(_bookings(site, caller, offerings).line())


def _reads(site: Site, caller: Caller, token: str, offerings: list[int], count: int) -> list[Measured]:
    paths = {
        "search with words and facets": [f"/search?q={quote_plus(words)}" for words in WORDS],
        "item (/offerings/N)": [f"/offerings/{number}" for number in offerings],
        "slots (/offerings/N/slots)": [f"/offerings/{number}/slots" for number in offerings],
        "sessions (/bookings)": ["/bookings"],
        "whose token (/me)": ["/me"],
    }
    return [
        measure(
            site, name, [_read(caller, token, path) for path in itertools.islice(itertools.cycle(each), count)], 200
        )
        for name, each in paths.items()
    ]


def _read(caller: Caller, token: str, path: str) -> Task:
    return lambda: caller.get(path, token)


def _bookings(site: Site, caller: Caller, offerings: list[int]) -> Measured:
    """Each lead books up to three first slots of different offerings; only the POST is measured."""
    tokens = _tokens(site, _new_leads(site))
    tasks: list[Task] = []
    experts: set[int] = set()
    for offering in offerings:
        shown = json.loads(caller.get(f"/offerings/{offering}", tokens[0])[1])
        if shown["next_slots"] and shown["expert"]["id"] not in experts and len(tasks) < len(tokens) * PER_LEAD:
            experts.add(shown["expert"]["id"])
            body = {"offering_id": offering, "starts_at": shown["next_slots"][0]["starts_at"], "objective": "Speed."}
            tasks.append(_book(caller, tokens[len(tasks) % len(tokens)], body))
    return measure(site, "booking (POST, checkout opened)", tasks, 201, warm_up=10)


def _book(caller: Caller, token: str, body: object) -> Task:
    return lambda: caller.post("/bookings", token, body)


def _offerings(caller: Caller, token: str) -> list[int]:
    found: list[int] = []
    cursor = ""
    while cursor is not None and len(found) < 150:
        page = json.loads(caller.get(f"/search{cursor}", token)[1])
        found += [item["offering_id"] for item in page["items"]]
        cursor = f"?cursor={page['next']}" if page["next"] else None
    return found


def _tokens(site: Site, emails: list[str]) -> list[str]:
    """Straight into the database: making tokens is not measured here."""
    database = Database(f"sqlite:///{site.data.resolve() / 'cadran.db'}")
    clock = DemoClock(site.data.resolve() / "clock")
    work = Work(database, clock, None, None, None, "", "")  # type: ignore[arg-type]
    scopes = [str(Scope.READ), str(Scope.BOOKINGS)]
    made = [issue_token(work, IssueToken(email, "bench", scopes, 30)).token for email in emails]
    database.close()
    return made


if __name__ == "__main__":
    main()
