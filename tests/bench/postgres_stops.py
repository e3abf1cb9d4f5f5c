"""PostgreSQL falls again and again while people book: `python -m tests.bench.postgres_stops --stops 20`.

`immediate` is what a power cut does to the server: every connection breaks, nothing is put in order. The site
(gunicorn, two workers), the worker and the sandbox keep running. Leads book, pay and come back over HTTP meanwhile,
experts accept, half of them in French. In the end: whatever was acknowledged is there, no quarter is sold twice, the
ledger adds up, nobody saw anything but a page, and after each start of the server the site's first good answer came
within `BACK_WITHIN` seconds.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from marketplace.store.transaction import Database
from tests.bench.crowd import CLIENTS, EXPERTS, PEOPLE, Acknowledged, Crowd
from tests.bench.premises import Premises, opened
from tests.postgres import Server, running_server

BACK_WITHIN = 5.0  # seconds from the server's first answer to the site's first good one (P17)
SETTLED_WITHIN = 90.0  # seconds that the worker has for what is left over
LIVE = ("awaiting_payment", "requested", "capturing", "confirmed")


def main(arguments: Sequence[str]) -> int:
    """Stop, start, check; the last line is JSON, 1 for a breach."""
    given = _parser().parse_args(arguments)
    random.seed(given.seed)
    with tempfile.TemporaryDirectory(prefix="stops-") as name, running_server(durable=True) as server:
        url = server.create()
        with opened(url, Path(name), given.port, CLIENTS * PEOPLE, EXPERTS) as premises:
            facts = _under_fire(premises, server, given)
            facts["breaches"] += _left_over(url, facts.pop("acknowledged"))
            if premises.worker.poll() is not None:
                facts["breaches"].append("the worker has ended")
        facts |= _log_of(Path(name) / "log") | books_of(url)
    facts |= {"seed": given.seed, "load": [round(each, 1) for each in os.getloadavg()]}
    facts["breaches"] += _sums(facts)
    sys.stdout.write(
        f"{given.stops} stops, acknowledged {facts['told']}, 503 pages "
        f"{facts['polite']}, statuses {facts['statuses']}; back after at most {facts['worst_back']} s "
        f"(down {facts['down']} s on average): {len(facts['breaches'])} breaches\n"
    )
    sys.stdout.write("".join(f"  {breach}\n" for breach in facts["breaches"][:20]) + json.dumps(facts) + "\n")
    return int(bool(facts["breaches"]))


def _under_fire(premises: Premises, server: Server, given: argparse.Namespace) -> dict[str, Any]:
    down: list[float] = []
    back: list[float] = []
    with Crowd(premises) as crowd:
        for _ in range(given.stops):
            time.sleep(random.uniform(1.0, given.pause))
            began = time.monotonic()
            server.stop("immediate")
            time.sleep(random.uniform(0.2, 2.0))
            server.start()
            down.append(time.monotonic() - began)
            back.append(_back(crowd, time.monotonic()))
        time.sleep(1.0)
    told = Counter(each.what for each in crowd.acknowledged)
    late = [f"back only after {seconds:.1f} s" for seconds in back if seconds > BACK_WITHIN]
    return {
        "stops": given.stops, "acknowledged": crowd.acknowledged, "told": dict(told),
        "polite": dict(crowd.polite), "statuses": dict(crowd.statuses),
        "down": round(sum(down) / len(down), 2), "worst_back": round(max(back), 2),
        "back": [round(each, 2) for each in back],
        "breaches": [*late, *(f"impolite: {wrong}" for wrong in crowd.impolite), *crowd.broken],
    }  # fmt: skip


def _back(crowd: Crowd, since: float) -> float:
    """Seconds until the first good answer after that moment."""
    while time.monotonic() < since + 60:
        if crowd.good and crowd.good[-1] > since:
            return next(moment for moment in list(crowd.good) if moment > since) - since
        time.sleep(0.01)
    return float("inf")


def _left_over(url: str, acknowledged: Sequence[Acknowledged]) -> list[str]:
    """What was acknowledged and is not there, once the worker had time for the rest."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while True:
        lost = list(missing(url, acknowledged))
        if not lost or time.monotonic() > deadline:
            return lost
        time.sleep(1.0)


def missing(url: str, acknowledged: Sequence[Acknowledged]) -> Iterator[str]:
    bookings = {row.object_id: row for row in _rows(url, _OPENED)}
    for each in acknowledged:
        booking = bookings.get(each.checkout_id)
        if booking is None or booking.starts_at != each.starts_at:
            yield f"acknowledged as {each.what}, and gone: {each.checkout_id}"
        elif each.what == "held" and booking.state not in LIVE:
            yield f"acknowledged as held, and {booking.state}: {each.checkout_id}"
        elif each.what == "paid" and booking.state == "awaiting_payment":
            yield f"acknowledged as paid, and not known as such: {each.checkout_id}"
        elif each.what == "accepted" and booking.state != "confirmed":
            yield f"acknowledged as accepted, and {booking.state}: {each.checkout_id}"


def books_of(url: str) -> dict[str, Any]:
    """What the database itself says."""
    states = {row.state: row.number for row in _rows(url, "select state, count(*) number from booking group by state")}
    (sums,) = _rows(url, "select count(*) number, coalesce(sum(amount_minor), 0) total from posting")
    doubles = _rows(url, _TWICE)
    return {"states": states, "twice": len(doubles), "postings": sums.number, "ledger": int(sums.total)}


def _sums(facts: dict[str, Any]) -> Iterator[str]:
    if facts["twice"]:
        yield f"{facts['twice']} pairs of living bookings overlap"
    if facts["ledger"]:
        yield f"the ledger is {facts['ledger']} cents off"
    if facts["unforeseen"]:
        yield f"{facts['unforeseen']} unforeseen errors in the site's log: {facts['errors']}"
    if set(facts["polite"]) != {"fr", "en"} or not facts["postings"]:
        yield "no 503 page in both languages, or no money moved: nothing was shown"


def _log_of(path: Path) -> dict[str, Any]:
    """How often the site met something that it had not foreseen, and what."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    errors = Counter(
        f"{line.get('error')} at {(line.get('at') or ['?'])[-1]}" for line in lines if line["event"] == "unforeseen"
    )
    survived = sum(line["event"] == "worker.step_failed" for line in lines)
    return {"unforeseen": errors.total(), "errors": dict(errors), "worker_steps_failed": survived}


def _rows(url: str, sql: str) -> list[Any]:
    database = Database(url)
    try:
        with database.reading() as session:
            return list(session.execute(text(sql)))
    finally:
        database.close()


_OPENED = """
    select operation.object_id, booking.state, booking.starts_at from operation
    join booking on operation.booking_id = booking.id where operation.kind = 'checkout'
"""
# By the times of the bookings, not by `occupied_quarter`: its key would hide what it is there to prevent.
_TWICE = """
    select 1 from booking a join booking b
        on a.expert_id = b.expert_id and a.id < b.id and a.starts_at < b.ends_at and b.starts_at < a.ends_at
    where a.state in ('awaiting_payment', 'requested', 'capturing', 'confirmed')
      and b.state in ('awaiting_payment', 'requested', 'capturing', 'confirmed')
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.postgres_stops", description=__doc__)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--pause", type=float, default=5.0, help="the longest time between two stops, in seconds")
    parser.add_argument("--port", type=int, default=8200)
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
