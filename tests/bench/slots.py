"""How long free slots take: `python -m tests.bench.slots`.

20 experts over 14 days, as a page of search results asks for them: reading the calendars (a fixed number of queries)
and computing the slots, apart, and the processor's time, which other work on the machine does not lengthen; without
bookings, and with 2,000 bookings each, of which as many lie in the 14 days as fit.
"""

import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from marketplace.domain.calendar import Slot, Span, free_slots, moment_of, quarter_from
from marketplace.store.bookings import Booking, OccupiedQuarter
from marketplace.store.busy_times import set_busy_spans
from marketplace.store.calendars import load_calendars, set_weekly_hours
from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database, Transaction
from tests.calendars import add_booking, add_expert

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
EXPERTS, DAYS, BOOKINGS, ROUNDS = 20, 14, 2_000, 30
ZONES = ("Europe/Paris", "America/Montreal", "Indian/Reunion", "Australia/Lord_Howe")
WEEK = ((Span(480, 720), Span(780, 1140)),) * 5 + ((),) * 2


def main() -> None:
    """Print both cases."""
    print(
        f"{EXPERTS} experts, {DAYS} days, sessions of 3 h every half hour, one other calendar each; ms, {ROUNDS} rounds"
    )
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'slots.db'}", durable=False)
        migrate(database)
        with database.transaction(NOW) as tx:
            experts = [_expert(tx, number) for number in range(EXPERTS)]
        _measure("no bookings", database, experts)
        for number, expert in enumerate(experts):
            with database.transaction(NOW) as tx:
                _book(tx, expert, number)
        _measure(f"{BOOKINGS} bookings each", database, experts)
        database.close()


def _expert(tx: Transaction, number: int) -> int:
    expert = add_expert(
        tx, f"Expert {number}", ZONES[number % len(ZONES)], start_step=30, max_per_day=3, max_per_week=40,
        min_notice_hours=0, horizon_days=365,
    )  # fmt: skip
    set_weekly_hours(tx.session, expert, WEEK)
    first = quarter_from(NOW)
    set_busy_spans(tx.session, expert, [range(first + 192 * day, first + 192 * day + 4) for day in range(100)])
    return expert


def _book(tx: Transaction, expert: int, number: int) -> None:
    """Sessions of three hours, two a day, from three years ago to four weeks ahead."""
    template = tx.session.get_one(Booking, add_booking(tx, expert, Slot(NOW, NOW + timedelta(hours=3))))
    usual = {c.name: getattr(template, c.name) for c in Booking.__table__.columns if c.name != "id"}
    first = quarter_from(NOW + timedelta(days=28)) // 96 * 96 - BOOKINGS // 2 * 96
    starts = [first + 96 * (each // 2) + (30, 64)[each % 2] for each in range(BOOKINGS - 1)]
    ids = range(1_000_000 + number * BOOKINGS, 1_000_000 + number * BOOKINGS + len(starts))
    tx.session.execute(
        insert(Booking),
        [
            usual | {"id": id_, "reference": f"B{id_}", "starts_at": moment_of(at), "ends_at": moment_of(at + 12)}
            for id_, at in zip(ids, starts, strict=True)
        ],
    )
    tx.session.execute(
        insert(OccupiedQuarter),
        [
            {"expert_id": expert, "quarter": quarter, "booking_id": id_}
            for id_, at in zip(ids, starts, strict=True)
            for quarter in range(at, at + 12)
        ],
    )


def _measure(name: str, database: Database, experts: list[int]) -> None:
    reading, computing, worked, found = [], [], [], 0
    for _ in range(ROUNDS):
        with database.reading() as session:
            began, busy = time.perf_counter(), time.process_time()
            calendars = load_calendars(session, experts, NOW, NOW + timedelta(days=DAYS))
            read = time.perf_counter()
            slots = [free_slots(each, 180, NOW, NOW + timedelta(days=DAYS), NOW) for each in calendars.values()]
            done = time.perf_counter()
            worked.append((time.process_time() - busy) * 1000)
        reading.append((read - began) * 1000)
        computing.append((done - read) * 1000)
        found = sum(map(len, slots))
    print(
        f"  {name}: reading {statistics.median(reading):.1f}, computing {statistics.median(computing):.1f}, "
        f"together p95 {sorted(map(sum, zip(reading, computing, strict=True)))[int(ROUNDS * 0.95)]:.1f}; "
        f"processor {statistics.median(worked):.1f}; {found} slots"
    )


if __name__ == "__main__":
    main()
