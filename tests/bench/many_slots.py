"""Fifty clients book four hundred different slots over HTTP: `python -m tests.bench.many_slots --database postgresql`.

Nobody stands in anybody's way, so every single one must succeed; what is measured is how many a second and how long the
POST takes (from the sent form to the redirect to the payment page, the sandbox's answer included). gunicorn with two
workers, the worker and the sandbox run as they do in the demo; the database writes to the disk.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Barrier

from sqlalchemy import text

from marketplace.store.transaction import Database
from tests.bench.premises import Bookable, Market, opened
from tests.bench.visitor import BOOKED, Visitor
from tests.postgres import running_server

HELD_AT_ONCE = 3  # unpaid slots that one lead may hold: a client with more to book signs in as several


@dataclass(frozen=True, slots=True)
class Answered:
    """One POST."""

    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Errand:
    """Somebody's slots."""

    visitor: Visitor
    slots: Sequence[Bookable]

    def run(self) -> Iterator[Answered]:
        """Book one after the other."""
        for slot in self.slots:
            began = time.perf_counter()
            answer = self.visitor.book(slot.offering_id, slot.starts_at)
            yield Answered(answer.status_code, time.perf_counter() - began)


def main(arguments: Sequence[str]) -> int:
    """Print throughput and waiting times, the last line as JSON; 1 unless every slot was booked once."""
    given = _parser().parse_args(arguments)
    with _disk_database(given.database) as (url, folder):
        facts = many_slots(url, folder, given.slots, given.clients, given.port)
    facts = {"database": given.database, **facts, "load": [round(each, 1) for each in os.getloadavg()]}
    sys.stdout.write(
        f"{facts['booked']} of {given.slots} booked by {given.clients} clients on {given.database} in "
        f"{facts['seconds']} s: {facts['per_second']} bookings/s, p50 {facts['p50_ms']} ms, p95 {facts['p95_ms']} ms, "
        f"statuses {facts['statuses']}, bookings in the database {facts['rows']}\n" + json.dumps(facts) + "\n"
    )
    return 0 if facts["booked"] == facts["rows"] == given.slots else 1


def many_slots(url: str, folder: Path, slots: int, clients: int, port: int) -> dict[str, object]:
    """All clients start at once; the figures, and how many bookings hold their time in the end."""
    per_client = -(-slots // clients)
    leads = clients * -(-per_client // HELD_AT_ONCE)
    with opened(url, folder, port, leads) as premises:
        errands = _errands(premises.site, premises.market, slots, clients)
        answers, seconds = _all_at_once(errands)
    waits = sorted(1000 * answer.seconds for answer in answers)
    statuses = Counter(answer.status for answer in answers)
    return {
        "booked": statuses[BOOKED],
        "rows": _held(url),
        "statuses": dict(statuses),
        "seconds": round(seconds, 2),
        "per_second": round(len(answers) / seconds, 1),
        "p50_ms": round(median(waits)),
        "p95_ms": round(waits[int(0.95 * (len(waits) - 1))]),
    }


def _errands(site: str, market: Market, slots: int, clients: int) -> list[list[Errand]]:
    """For each client: whom to be, and which slots to book as that person."""
    wanted = market.slots[:slots]
    if len(wanted) < slots:
        raise SystemExit(f"there are only {len(wanted)} slots")
    people = iter(market.leads)
    errands = []
    for number in range(clients):
        mine = wanted[number::clients]
        parts = [mine[start : start + HELD_AT_ONCE] for start in range(0, len(mine), HELD_AT_ONCE)]
        errands.append([Errand(Visitor(site, next(people), "en").sign_in(), part) for part in parts])
    return errands


def _all_at_once(errands: Sequence[Sequence[Errand]]) -> tuple[list[Answered], float]:
    barrier = Barrier(len(errands) + 1)

    def run(mine: Sequence[Errand]) -> list[Answered]:
        barrier.wait()
        return [answer for errand in mine for answer in errand.run()]

    with ThreadPoolExecutor(len(errands)) as pool:
        running = [pool.submit(run, mine) for mine in errands]
        barrier.wait()
        began = time.perf_counter()
        answers = [answer for each in running for answer in each.result()]
    return answers, time.perf_counter() - began


def _held(url: str) -> int:
    database = Database(url)
    with database.reading() as session:
        rows = session.scalar(text("select count(distinct booking_id) from occupied_quarter"))
    database.close()
    return int(rows or 0)


@contextmanager
def _disk_database(kind: str) -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="slots-") as name:
        folder = Path(name)
        if kind == "sqlite":
            yield f"sqlite:///{folder / 'cadran.db'}", folder
            return
        with running_server(durable=True) as server:
            yield server.create(), folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.many_slots", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--slots", type=int, default=400)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--port", type=int, default=8200)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
