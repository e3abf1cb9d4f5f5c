"""How much a commit is worth."""

from pathlib import Path

import pytest

from marketplace.store.transaction import Database

OFF, FULL = 0, 2


@pytest.mark.parametrize(("durable", "expected"), [(True, FULL), (False, OFF)])
def test_commits_survive_a_power_cut_unless_the_database_can_be_made_anew(
    tmp_path: Path, durable: bool, expected: int
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", durable=durable)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == expected
    database.close()


def test_a_database_is_durable_unless_told_otherwise(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == FULL
    database.close()
