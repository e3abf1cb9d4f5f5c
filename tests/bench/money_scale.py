# ruff: noqa: S608 - the names of tables and columns are our own
"""How long the reducer, the checks of the ledger and a full comparison with Stripe take, and how they grow.

`python -m tests.bench.money_scale 1000 10000 100000`, in CPU seconds. A real session is booked, paid, held and paid out
through the services and the sandbox; then everything of it, in our database and at Stripe, is copied under other names.
"""

import json
import logging
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import structlog

from marketplace.cashier.reducer import reduce_booking
from marketplace.cashier.stripe_book import BEGINNING
from marketplace.services import audits, bookings, clockwork
from marketplace.services.bookings import Answer, Reserve
from marketplace.services.payments import Look, look_at_payment
from marketplace.services.payouts import Payouts, look_at_account, onboarding_page
from tests.money.kills import SLOT, pass_until
from tests.money.stall import Stall, draw_up, memory_folder, open_stall

SAMPLE = 300  # bookings that are reduced, one by one
NAMED = ("payment_intent", "charge", "transfer", "balance_transaction", "checkout.session")
COPIED = ("payment_intent", "charge", "balance_transaction")  # what the reducer and the comparison ask for


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
            reading, _ = _timed(lambda: _read_only(stall))
            comparing, result = _timed(lambda: audits.reconcile(stall.work))
            again, _ = _timed(lambda: audits.reconcile(stall.work))
            checking, findings = _timed(lambda: audits.check_ledger(stall.work))
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
        "of_that_stripes_side_seconds": round(reading, 2),
        "unexplained_minor": result.unexplained,
        "found": [*breached, *map(str, result.left[:5])],
    }
    found = ", ".join(report["found"]) or "nothing"
    sys.stdout.write(
        f"{size:>7} bookings: reducer {report['reducer_ms']} ms each ({report['reducer_all_seconds']} s for all), "
        f"checks {report['checks_seconds']} s, full comparison {report['reconcile_seconds']} s over "
        f"{result.lines} lines ({report['of_that_stripes_side_seconds']} s of it for reading them over the wire), "
        f"the next one {report['reconcile_again_seconds']} s; CPU; found {found}\n"
    )
    sys.stdout.flush()
    return report


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of CPU, the sandbox's included, which answers in this process; robust against whoever else works here."""
    began = time.process_time()
    result = act()
    return time.process_time() - began, result


def _read_only(stall: Stall) -> int:
    """What the wire, the library and the sandbox cost before a line of ours has run."""
    return sum(1 for _ in stall.work.gateway.balance_transactions(BEGINNING, stall.clock() + timedelta(days=1)))


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
    """Everything of the one session under other names, by SQL alone: our rows, and what Stripe has of it."""
    with (
        closing(sqlite3.connect(stall.folder / "cadran.db")) as ours,
        closing(sqlite3.connect(stall.folder / "sandbox.db")) as theirs,
    ):
        (reference,) = ours.execute("SELECT reference FROM booking").fetchone()
        found = theirs.execute(f"SELECT id FROM objects WHERE kind IN {NAMED}")
        names = [*(name for (name,) in found), reference]
        _copies(theirs, "objects", names, size, f"kind IN {COPIED}", position="NULL")
        (step,) = ours.execute("SELECT max(id) FROM ledger_entry").fetchone()
        _copies(ours, "booking", names, size, "id = 1", id="n")
        _copies(ours, "operation", names, size, "booking_id = 1", id="NULL", booking_id="n")
        _copies(ours, "ledger_entry", names, size, "booking_id = 1", id=f"id + (n - 1) * {step}", booking_id="n")
        _copies(ours, "posting", names, size, "1", id="NULL", entry_id=f"entry_id + (n - 1) * {step}")
        theirs.commit()
        ours.commit()


def _copies(
    database: sqlite3.Connection, table: str, names: Sequence[str], size: int, where: str, **changed: str
) -> None:
    """Copies 2 to `size` of some rows; `changed` are expressions in which `n` is the copy's number."""
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = [changed.get(column) or _renamed(column, names) for column in columns]
    database.execute(
        f"WITH RECURSIVE number(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < ?)"
        f" INSERT INTO {table} ({','.join(columns)})"
        f" SELECT {','.join(values)} FROM (SELECT * FROM {table} WHERE {where}), number WHERE n <= ? ORDER BY n",
        (size, size),
    )


def _renamed(column: str, names: Sequence[str]) -> str:
    """The column with every name made the copy's, as long as before: references and names have their width."""
    words = column
    for name in names:
        words = f"replace({words}, '{name}', '{name[:-6]}' || printf('%06d', n))"
    if column in ("account", "subject", "key", "source_id"):
        # 'client_money:1' and 'booking:1' speak of a booking, '1' is a booking's number; 'expert_payable:4' is not.
        for name in ("client_money", "booking"):
            words = f"replace({words}, '{name}:1', '{name}:' || n)"
        words = f"CASE {column} WHEN '1' THEN CAST(n AS TEXT) ELSE {words} END"
    return f"CASE typeof({column}) WHEN 'text' THEN {words} ELSE {column} END"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
