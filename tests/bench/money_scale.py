# ruff: noqa: S608 - the names of tables and columns are our own
"""How long the reducer, the checks of the ledger and a full comparison with Stripe take, and how they grow.

`python -m tests.bench.money_scale 10000 100000`. One real session is booked, paid, held and paid out through the
services and the sandbox; then everything of it, in our database and at Stripe, is copied under other names.
"""

import json
import logging
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import structlog

from marketplace.cashier.reducer import reduce_booking
from marketplace.services import audits, bookings, clockwork
from marketplace.services.bookings import Answer, Reserve
from marketplace.services.payments import Look, look_at_payment
from marketplace.services.payouts import Payouts, look_at_account, onboarding_page
from tests.money.kills import SLOT, pass_until
from tests.money.stall import Stall, draw_up, memory_folder, open_stall

SAMPLE = 300  # bookings that are reduced, one by one
COPIED = ("payment_intent", "charge", "transfer", "balance_transaction", "checkout.session")


def main(arguments: Sequence[str]) -> int:
    """Print one line per size; the last line is JSON. 1 when a check or the comparison finds anything."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sizes = [int(each) for each in arguments] or [1_000, 10_000]
    reports = [_measured(size) for size in sizes]
    sys.stdout.write(json.dumps(reports) + "\n")
    return int(any(report["found"] for report in reports))


def _measured(size: int) -> dict[str, Any]:
    with memory_folder() as folder:
        blueprint = draw_up(folder)
        (folder / "stall").mkdir()
        with open_stall(folder / "stall", blueprint) as stall:
            _one_session(stall)
            copying, _ = _timed(lambda: _copy(stall, size))
            picked = random.Random(7).sample(range(1, size + 1), min(SAMPLE, size))
            reducing, _ = _timed(lambda: [reduce_booking(stall.work, number) for number in picked])
            checking, findings = _timed(lambda: audits.check_ledger(stall.work))
            comparing, result = _timed(lambda: audits.reconcile(stall.work))
            again, _ = _timed(lambda: audits.reconcile(stall.work))
    breached = [finding.name for finding in findings if finding.breached]
    report = {
        "bookings": size,
        "lines_of_stripe": result.lines,
        "copied_in_seconds": round(copying, 1),
        "reducer_ms": round(1000 * reducing / len(picked), 2),
        "reducer_all_seconds": round(reducing / len(picked) * size, 1),
        "checks_seconds": round(checking, 2),
        "reconcile_seconds": round(comparing, 2),
        "reconcile_again_seconds": round(again, 2),
        "unexplained_minor": result.unexplained,
        "found": [*breached, *map(str, result.left[:5])],
    }
    found = ", ".join(report["found"]) or "nothing"
    sys.stdout.write(
        f"{size:>7} bookings: reducer {report['reducer_ms']} ms each ({report['reducer_all_seconds']} s for all), "
        f"checks {report['checks_seconds']} s, full comparison {report['reconcile_seconds']} s over "
        f"{result.lines} lines, the next one {report['reconcile_again_seconds']} s; found {found}\n"
    )
    sys.stdout.flush()
    return report


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result


def _one_session(stall: Stall) -> None:
    lea, ines = stall.cast.lea.actor, stall.cast.ines.actor
    stall.press(onboarding_page(stall.work, Payouts(ines)), outcome="complete")
    look_at_account(stall.work, Payouts(ines))
    reserved = bookings.reserve(stall.work, Reserve(lea, stall.offering_id, SLOT, "remote", "Know.", ("Forty.",)))
    stall.press(reserved.checkout_url, outcome="pay")
    look_at_payment(stall.work, Look(lea, reserved.booking_id))
    bookings.accept(stall.work, Answer(ines, reserved.booking_id))
    for hours in (0, 3, 76, 77):
        pass_until(stall, SLOT + timedelta(hours=hours))
        clockwork.tick(stall.work)
    stall.clock.advance(hours=1)


def _copy(stall: Stall, size: int) -> None:
    with (
        closing(sqlite3.connect(stall.folder / "cadran.db")) as ours,
        closing(sqlite3.connect(stall.folder / "sandbox.db")) as theirs,
    ):
        ours.row_factory = sqlite3.Row
        names = _copy_theirs(theirs, size)
        _copy_ours(ours, size, names)
        theirs.commit()
        ours.commit()


def _copy_theirs(stripe: sqlite3.Connection, size: int) -> list[str]:
    """Copies of every object; returns the names that were replaced, each in `{name}` and `{name}x{number}`."""
    columns = [row[1] for row in stripe.execute("PRAGMA table_info(objects)") if row[1] != "position"]
    marks = ",".join("?" * len(COPIED))
    rows = stripe.execute(
        f"SELECT {','.join(columns)} FROM objects WHERE kind IN ({marks}) ORDER BY position", COPIED
    ).fetchall()
    names = [row[columns.index("id")] for row in rows]
    reference = json.loads(rows[0][columns.index("body")])["client_reference_id"]

    def copies() -> Iterator[tuple[Any, ...]]:
        for number in range(2, size + 1):
            for row in rows:
                yield tuple(_renamed(value, [*names, reference], number) for value in row)

    stripe.executemany(f"INSERT INTO objects ({','.join(columns)}) VALUES ({','.join('?' * len(columns))})", copies())
    return [*names, reference]


def _renamed(value: Any, names: Sequence[str], number: int) -> Any:
    if isinstance(value, str):
        for name in names:
            value = value.replace(name, _name(name, number))
    return value


def _name(name: str, number: int) -> str:
    """As long as before: references and names have their width."""
    digits = f"{number:06}"
    return name[: -len(digits)] + digits


def _copy_ours(database: sqlite3.Connection, size: int, names: Sequence[str]) -> None:
    entries = database.execute("SELECT * FROM ledger_entry ORDER BY id").fetchall()
    step = max(row["id"] for row in entries)
    for number in range(2, size + 1):
        shift = (number - 1) * step
        _insert(database, "booking", names, number, id=number)
        _insert(database, "operation", names, number, where="booking_id = 1", id=None, booking_id=number)
        for row in entries:
            _put(database, "ledger_entry", row, names, number, id=row["id"] + shift, booking_id=number)
        for row in database.execute("SELECT * FROM posting WHERE entry_id <= ?", (step,)).fetchall():
            _put(database, "posting", row, names, number, id=None, entry_id=row["entry_id"] + shift)


def _insert(
    database: sqlite3.Connection, table: str, names: Sequence[str], number: int, where: str = "id = 1", **changed: Any
) -> None:
    for row in database.execute(f"SELECT * FROM {table} WHERE {where}").fetchall():
        _put(database, table, row, names, number, **changed)


def _put(
    database: sqlite3.Connection, table: str, row: sqlite3.Row, names: Sequence[str], number: int, **changed: Any
) -> None:
    values = {name: _renamed(row[name], names, number) for name in row.keys()} | changed  # noqa: SIM118 - not a dict
    for name in ("account", "subject", "key", "source_id"):
        if isinstance(values.get(name), str):
            values[name] = _of_booking(values[name], number)
    marks = ",".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({','.join(values)}) VALUES ({marks})", tuple(values.values()))


def _of_booking(name: str, number: int) -> str:
    """'client_money:1' and 'booking:1' speak of a booking, '1' is a booking's number; 'expert_payable:4' is not."""
    if name == "1":
        return str(number)
    return name.replace("client_money:1", f"client_money:{number}").replace("booking:1", f"booking:{number}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
