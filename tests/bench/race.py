"""Twenty people, one slot: who gets it? `python -m tests.bench.race [rounds]` prints the report.

Every contender is a thread with a database connection of its own on one SQLite file; a barrier releases all of them at
once into the real `reserve`. Three settings: as shipped; only the primary key (nobody looks whether the slot is free
before writing, as on a path where that was forgotten); and, as the control that shows the race, without the key too.
"""

import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, cast
from unittest.mock import patch

import structlog
from sqlalchemy import update

from marketplace.domain.access import Actor, Role
from marketplace.domain.calendar import free_slots
from marketplace.domain.errors import Conflict
from marketplace.hashing import hash_password
from marketplace.post.file_post import FilePost
from marketplace.services.bookings import Reserve, reserve, reserving
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.calendars import load_calendars
from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.port import Checkout, CheckoutOrder, PaymentGateway
from search.port import SearchIndex
from tests.cast import PASSWORD, START, StillClock, stage
from tests.till import publish

CONTENDERS = 20
WITHOUT_KEY = (
    "DROP TABLE occupied_quarter",
    "CREATE TABLE occupied_quarter (expert_id INTEGER, quarter BIGINT, booking_id INTEGER)",
)


@dataclass(frozen=True, slots=True)
class Report:
    """What came out of the rounds of one setting."""

    setting: str
    rounds: int
    contenders: int
    one_winner: int  # rounds with exactly one
    several: int  # rounds with more than one: the slot was sold twice
    none: int
    refused: int  # contenders who were told "slot_taken"
    failed: int  # contenders who met anything else
    seconds: float


class OpenTill:
    """A gateway that opens every payment page at once: the race is about the slot."""

    def open_checkout(self, order: CheckoutOrder, *, key: str) -> Checkout:
        return Checkout(
            id=f"cs_{key}", url="http://127.0.0.1/pay", status="open", payment_intent_id=None,
            amount_minor=order.gross_minor, currency=order.currency, expires_at=order.expires_at,
            reference=order.reference, op_id=order.op_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Track:
    """Where the race is run: contenders with their own parts, the offering, its free slots."""

    starters: tuple[tuple[Work, Actor], ...]
    offering_id: int
    slots: tuple[datetime, ...]


SETTINGS = {"as shipped": (True, True), "only the key": (False, True), "guard off": (False, False)}  # (look, key)


def race(setting: str, rounds: int, folder: Path, contenders: int = CONTENDERS) -> Report:
    """Run the rounds of one setting on a database of its own in the folder."""
    look, key = SETTINGS[setting]
    began = time.monotonic()
    with laid_track(folder, contenders, key=key) as track, nullcontext() if look else _nobody_looks():
        outcomes = [_round(track, starts_at) for starts_at in track.slots[:rounds]]
    winners = [outcome.count("won") for outcome in outcomes]
    everybody = [end for outcome in outcomes for end in outcome]
    return Report(
        setting=setting,
        rounds=len(outcomes),
        contenders=contenders,
        one_winner=winners.count(1),
        several=sum(count > 1 for count in winners),
        none=winners.count(0),
        refused=everybody.count("slot_taken"),
        failed=len(everybody) - everybody.count("slot_taken") - everybody.count("won"),
        seconds=round(time.monotonic() - began, 1),
    )


@contextmanager
def laid_track(folder: Path, contenders: int, *, key: bool) -> Iterator[Track]:
    """A database of its own in the folder, and everybody at the start."""
    url = f"sqlite:///{folder / 'race.db'}"
    with ExitStack() as stack:
        databases = [Database(url) for _ in range(contenders)]
        for database in databases:
            stack.callback(database.close)
        migrate(databases[0])
        works = [_work(database, folder) for database in databases]
        ines = stage(databases[0]).ines
        offering_id = publish(works[0], ines)
        slots = _free_starts(works[0], ines.id)
        leads = _leads(works[0], contenders)
        if not key:
            _remove_key(databases[0])
        yield Track(tuple(zip(works, leads, strict=True)), offering_id, slots)


def clear_holds(work: Work) -> None:
    """Nobody runs into the limit of unpaid holds; the quarters stay taken."""
    with work.transaction() as tx:
        tx.session.execute(update(Booking).values(state="expired_unpaid"))


def lead_email(number: int) -> str:
    """The address of a contender; all sign in with the cast's password."""
    return f"lead{number}@example.org"


def main(arguments: Sequence[str]) -> int:
    """Print the three reports, the last line as JSON; 1 when a slot was sold twice or the control shows no race."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # the report only
    rounds = int(arguments[0]) if arguments else 100
    reports = []
    for setting in SETTINGS:
        folder = Path(tempfile.mkdtemp(prefix="race-"))
        reports.append(race(setting, rounds, folder))
        shutil.rmtree(folder)
        sys.stdout.write(_line(reports[-1]) + "\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps([asdict(report) for report in reports]) + "\n")
    shipped, only_key, control = reports
    held = shipped.one_winner == shipped.rounds and only_key.one_winner == only_key.rounds
    return 0 if held and control.several >= 0.9 * control.rounds else 1


def _line(report: Report) -> str:
    return (
        f"{report.setting:14} {report.rounds} rounds of {report.contenders}: one winner {report.one_winner}, "
        f"several {report.several}, none {report.none}; refused {report.refused}, failed {report.failed}; "
        f"{report.seconds} s"
    )


def _round(track: Track, starts_at: datetime) -> list[str]:
    barrier = Barrier(len(track.starters))

    def run(starter: tuple[Work, Actor]) -> str:
        work, actor = starter
        barrier.wait()
        try:
            reserve(work, Reserve(actor, track.offering_id, starts_at, "remote", "Win.", ("One.",)))
        except Conflict as conflict:
            return conflict.code
        except Exception as error:
            return type(error).__name__
        return "won"

    with ThreadPoolExecutor(len(track.starters)) as pool:
        outcomes = list(pool.map(run, track.starters))
    clear_holds(track.starters[0][0])
    return outcomes


@contextmanager
def _nobody_looks() -> Iterator[None]:
    with patch.object(reserving, "is_bookable", lambda *_: True):
        yield


def _work(database: Database, folder: Path) -> Work:
    return Work(
        database=database,
        clock=StillClock(START),
        index=cast("SearchIndex", None),
        gateway=cast("PaymentGateway", OpenTill()),
        post=FilePost(folder / "mailbox", "Cadran <no-reply@localhost>"),
        base_url="http://127.0.0.1",
        secret="x" * 40,
    )


def _free_starts(work: Work, expert_id: int) -> tuple[datetime, ...]:
    end = START + timedelta(days=60)
    with work.reading() as session:
        calendar = load_calendars(session, [expert_id], START, end)[expert_id]
    return tuple(slot.starts_at for slot in free_slots(calendar, 180, START, end, START))


def _leads(work: Work, number: int) -> list[Actor]:
    with work.transaction() as tx:
        shared: dict[str, Any] = {
            "password_hash": hash_password(PASSWORD),
            "role": "lead",
            "created_at": START,
            "verified_at": START,
        }
        accounts = [Account(email=lead_email(n), name=f"Lead {n}", **shared) for n in range(number)]
        tx.session.add_all(accounts)
        tx.session.flush()
        return [Actor(account.id, Role.LEAD) for account in accounts]


def _remove_key(database: Database) -> None:
    with database.engine.connect() as connection:
        for statement in WITHOUT_KEY:
            connection.exec_driver_sql(statement)
        connection.commit()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
