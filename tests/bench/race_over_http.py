"""Twenty signed-in browsers, one slot, over HTTP: `python -m tests.bench.race_over_http postgresql 100`.

The whole application answers: forms, CSRF, sessions, pages; a barrier releases the twenty POSTs at once.
"""

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Barrier, Thread

import requests
import structlog
from bs4 import BeautifulSoup
from werkzeug.serving import WSGIRequestHandler, make_server

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.queries.booking_page import slot_key
from marketplace.work import Work
from tests.bench.race_track import CONTENDERS, Track, laid_track, lead_email, new_database
from tests.cast import PASSWORD

BOOKED, LOST = 303, 409


@dataclass(frozen=True, slots=True)
class Contender:
    """A browser that is signed in and has the booking page open."""

    window: requests.Session
    url: str
    csrf_token: str

    def book(self, starts_at: datetime) -> int:
        """Send the form; the answer's status."""
        fields = {
            "csrf_token": self.csrf_token, "slot": slot_key(starts_at), "objective": "Win.", "answer_0": "One.",
            "format": "remote",
        }  # fmt: skip
        return self.window.post(self.url, data=fields, allow_redirects=False, timeout=60).status_code


def race_over_http(url: str, folder: Path, rounds: int, contenders: int = CONTENDERS) -> list[Counter[int]]:
    """The statuses of every round, on an empty database."""
    with laid_track(url, folder, contenders) as track, _served(track.works[0], settings_on(url, folder)) as base:
        page = f"{base}/offerings/{track.offering_id}/booking"
        people = [_contender(base, page, number) for number in range(contenders)]
        outcomes = [_round(track, people, starts_at) for starts_at in track.slots[:rounds]]
        for person in people:
            person.window.close()
        return outcomes


def main(arguments: Sequence[str]) -> int:
    """Print how the rounds ended, the last line as JSON; 1 unless every round had one winner and else only losers."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # the report only
    database = arguments[0] if arguments else "sqlite"
    rounds = int(arguments[1]) if arguments[1:] else 100
    began = time.monotonic()
    with new_database(database) as (url, folder):
        outcomes = race_over_http(url, folder, rounds)
    fair = sum(outcome == {BOOKED: 1, LOST: CONTENDERS - 1} for outcome in outcomes)
    total = sum(outcomes, Counter())
    facts = {"database": database, "rounds": rounds, "fair": fair, "seconds": round(time.monotonic() - began, 1)}
    sys.stdout.write(f"{rounds} rounds of {CONTENDERS}: one 303 and else 409 in {fair}; statuses {dict(total)}\n")
    sys.stdout.write(json.dumps(facts) + "\n")
    return 0 if fair == rounds else 1


def _round(track: Track, people: Sequence[Contender], starts_at: datetime) -> Counter[int]:
    barrier = Barrier(len(people))

    def run(person: Contender) -> int:
        barrier.wait()
        return person.book(starts_at)

    with ThreadPoolExecutor(len(people)) as pool:
        statuses = Counter(pool.map(run, people))
    track.clear(starts_at)
    return statuses


def _contender(base: str, url: str, number: int) -> Contender:
    window = requests.Session()
    token = _token(window, f"{base}/sign-in")
    fields = {"csrf_token": token, "email": lead_email(number), "password": PASSWORD}
    answer = window.post(f"{base}/sign-in", data=fields, allow_redirects=False, timeout=60)
    if answer.status_code != 303:
        raise RuntimeError(f"contender {number} could not sign in: {answer.status_code}")
    return Contender(window, url, _token(window, url))


def _token(window: requests.Session, url: str) -> str:
    page = BeautifulSoup(window.get(url, timeout=60).text, "html.parser")
    field = page.find("input", {"name": "csrf_token"})
    if field is None:
        raise RuntimeError(f"no form at {url}")
    return str(field["value"])


@contextmanager
def _served(work: Work, settings: Settings) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(settings, work), threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Two thousand lines would hide the report."""


def settings_on(url: str, folder: Path) -> Settings:
    """An installation on that database, without a Stripe."""
    return Settings(
        environment="demo",
        secret="x" * 40,
        base_url="http://127.0.0.1",
        database_url=url,
        data_dir=folder,
        stripe_key="sk_test_race",
        stripe_api="http://127.0.0.1:9",
        stripe_secrets=("whsec_race",),
        stripe_secrets_v2=(),
        smtp_url="",
        mail_from="Cadran <no-reply@localhost>",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
