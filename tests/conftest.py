"""Shared parts: a migrated database, a clock that stands still, the whole application on real parts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database
from tests.cast import START, StillClock


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One migrated, empty SQLite file; tests copy it instead of migrating again."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh database of the test's own."""
    path = tmp_path / "cadran.db"
    shutil.copy(empty_database, path)
    fresh = Database(f"sqlite:///{path}")
    yield fresh
    fresh.close()


@pytest.fixture
def clock() -> StillClock:
    """Monday 2 November 2026, 09:00 in Paris, until the test moves it."""
    return StillClock(START)
