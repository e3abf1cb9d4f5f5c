"""What keeps writers apart on PostgreSQL, each with the control that shows what it prevents."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from unittest.mock import patch

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.domain.booking import HELD_AT_ONCE
from marketplace.domain.errors import Conflict
from marketplace.services.bookings import Reserve, reserve, reserving
from marketplace.store import offerings
from marketplace.store.accounts import Account
from marketplace.store.engine import WRITERS_TURN
from marketplace.store.offerings import Offering, OfferingChange, log_change
from marketplace.store.outbox import Heartbeat
from marketplace.store.transaction import Database
from tests.bench.race_paths import apart
from tests.bench.race_track import Track, laid_track
from tests.cast import START, stage
from tests.postgres import TEMPLATE, Server


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    url = postgresql.create(TEMPLATE)
    yield url
    postgresql.drop(url)


@pytest.fixture
def postgres(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def numbers_seen_in_order(database: Database) -> tuple[list[int], list[int]]:
    """A writer takes a number and dawdles, a second one wants the next and commits at once: what an index sees
    meanwhile, and in the end."""
    ines = stage(database).ines
    with database.transaction(START) as tx:
        offering = Offering(expert_id=ines.id, created_at=START)
        tx.session.add(offering)
    taken, hurried, looked = Event(), Event(), Event()

    def dawdle() -> None:
        with database.transaction(START, beside=True) as tx:
            log_change(tx, offering.id)
            tx.session.flush()
            taken.set()
            looked.wait(30)

    def hurry() -> None:
        taken.wait()
        with database.transaction(START, beside=True) as tx:
            log_change(tx, offering.id)
        hurried.set()

    with ThreadPoolExecutor(2) as pool:
        slow, quick = pool.submit(dawdle), pool.submit(hurry)
        hurried.wait(1)
        meanwhile = _numbers(database)
        looked.set()
        slow.result()
        quick.result()
    return meanwhile, _numbers(database)


def test_the_change_log_appears_in_its_order(postgres: Database) -> None:
    meanwhile, finally_ = numbers_seen_in_order(postgres)
    assert meanwhile == []  # nobody overtook the one who had the first number
    assert finally_ == [1, 2]


def test_without_its_lock_an_index_would_see_the_second_number_and_never_the_first(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offerings, "one_at_a_time", lambda *_: None)
    meanwhile, finally_ = numbers_seen_in_order(postgres)
    assert meanwhile == [2]
    assert finally_ == [1, 2]


def holds_of_one_lead(url: str, folder: Path) -> int:
    """Eight clicks of one lead at once, on eight different slots: how many are held."""
    with laid_track(url, folder, 8) as track:
        barrier = Barrier(8, timeout=30)
        starts = apart(track.slots, 8)
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(lambda number: _held(track, number, starts, barrier), range(8)))


def test_three_unpaid_holds_are_the_most_however_fast_one_clicks(url: str, tmp_path: Path) -> None:
    assert holds_of_one_lead(url, tmp_path) == HELD_AT_ONCE


def test_without_the_lock_on_the_lead_there_are_more(url: str, tmp_path: Path) -> None:
    with patch.object(reserving, "locked_account", lambda session, id_: session.get_one(Account, id_)):
        assert holds_of_one_lead(url, tmp_path) > HELD_AT_ONCE


def test_a_writer_who_is_alone_waits_until_those_beside_each_other_are_done(postgres: Database) -> None:
    with (
        postgres.transaction(START, beside=True) as one,
        postgres.transaction(START, beside=True) as other,
        postgres.engine.connect() as alone,
    ):
        one.session.connection()
        other.session.connection()
        alone.execute(text("SET lock_timeout = 50"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            alone.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_TURN})"))


def test_a_page_sees_one_snapshot_and_cannot_write(postgres: Database) -> None:
    with postgres.reading() as session:
        assert session.get(Heartbeat, "worker") is None
        with postgres.transaction(START) as tx:
            tx.session.add(Heartbeat(name="worker", at=START))
        assert session.get(Heartbeat, "worker") is None
        with pytest.raises(DBAPIError, match="read-only"):
            session.execute(text("DELETE FROM heartbeat"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("transaction_isolation", "read committed"),
        ("lock_timeout", "10s"),
        ("statement_timeout", "15s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("synchronous_commit", "on"),
        ("TimeZone", "UTC"),
    ],
)
def test_the_settings_reach_the_server(postgres: Database, name: str, value: str) -> None:
    with postgres.engine.connect() as connection:
        assert connection.scalar(text(f"SHOW {name}")) == value


def _numbers(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(OfferingChange.id).order_by(OfferingChange.id)))


def _held(track: Track, number: int, slots: tuple, barrier: Barrier) -> bool:
    wish = Reserve(track.leads[0], track.offering_id, slots[number], "remote", "Win.", ("One.",))
    barrier.wait()
    try:
        reserve(track.works[number], wish)
    except Conflict:
        return False
    return True
