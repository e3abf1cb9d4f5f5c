"""A whole installation moves to another database, and both are shown to be equal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import JSON, func, select

from marketplace import cli
from marketplace.store import copying
from marketplace.store.accounts import Account
from marketplace.store.copying import CopyRefused, copy
from marketplace.store.migrate import migrate
from marketplace.store.tables import metadata
from marketplace.store.transaction import Database
from marketplace.work import Work
from tests.cast import START, Cast, StillClock, stage
from tests.postgres import Server
from tests.till import Till, running_till


@pytest.fixture
def blank(postgresql: Server) -> Iterator[Database]:
    """An empty PostgreSQL without any table."""
    url = postgresql.create()
    database = Database(url)
    yield database
    database.close()
    postgresql.drop(url)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Database]:
    """A SQLite file with the cast in it."""
    database = Database(f"sqlite:///{tmp_path / 'small.db'}")
    migrate(database)
    stage(database)
    yield database
    database.close()


def run(source: Database, target: Database) -> Result:
    urls = [database.engine.url.render_as_string(hide_password=False) for database in (source, target)]
    return CliRunner().invoke(cli.cadran, ["db", "copy", "--from", urls[0], "--to", urls[1]])


def test_everything_arrives_and_new_rows_get_new_numbers(small: Database, blank: Database) -> None:
    compared = {each.name: (each.there, each.here) for each in copy(small, blank)}
    assert compared["account"] == (9, 9)
    assert compared["expert"] == (3, 3)
    with blank.transaction(START) as tx:
        newcomer = Account(email="new@example.org", name="New", password_hash="x", role="lead", created_at=START)
        tx.session.add(newcomer)
        tx.session.flush()
        assert newcomer.id == 10


@pytest.fixture
def till(work: Work, clock: StillClock, cast: Cast, tmp_path: Path) -> Iterator[Till]:
    with running_till(work, clock, cast, tmp_path) as till:
        yield till


def test_a_paid_session_arrives_with_its_ledger_whichever_database_it_was_in(till: Till, blank: Database) -> None:
    till.released()
    compared = {each.name: each.here for each in copy(till.work.database, blank)}
    balances = {name.removeprefix("ledger "): cents for name, cents in compared.items() if name.startswith("ledger ")}
    assert balances.pop("sum") == 0
    assert balances["commission eur"] == -5_400
    assert compared["posting"] > 6


def test_the_command_prints_both_sides(small: Database, blank: Database) -> None:
    result = run(small, blank)
    assert result.exit_code == 0, result.output
    assert "account                                     9 = 9" in result.output
    assert "ledger sum                                  0 = 0" in result.output


def test_a_target_that_holds_something_is_refused(small: Database, blank: Database) -> None:
    copy(small, blank)
    result = run(small, blank)
    assert result.exit_code == 1
    assert "holds something already (company, " in result.output


def test_a_source_of_another_version_is_refused(blank: Database, small: Database) -> None:
    with pytest.raises(CopyRefused, match="another version"):
        copy(blank, small)


def test_a_copy_that_is_not_equal_is_undone(small: Database, blank: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: one name is lost on the way."""
    honest = copying._batches

    def lossy(*given: object) -> Iterator[list[dict[str, object]]]:
        for rows in honest(*given):  # type: ignore[arg-type]
            yield [{**row, "name": "?"} if row.get("email", "").startswith("lea") else row for row in rows]

    monkeypatch.setattr(copying, "_batches", lossy)
    result = run(small, blank)
    assert result.exit_code == 1
    assert "Not equal, so nothing was kept: account." in result.output
    with blank.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_no_json_column_may_be_null() -> None:
    """Else a copy could not tell SQL's NULL from JSON's null."""
    columns = [column for table in metadata.sorted_tables for column in table.columns]
    assert [str(column) for column in columns if isinstance(column.type, JSON) and column.nullable] == []
