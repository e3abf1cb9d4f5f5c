"""What the database itself refuses to keep in the ledger, and that it keeps it once the guard is gone."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from marketplace.store.transaction import Database

LINE = "INSERT INTO posting (entry_id, account, currency, amount_minor) VALUES (1, :account, :currency, :amount)"


def _entry(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO ledger_entry (id, source_type, source_id, kind, at) "
            "VALUES (1, 'charge', 'ch_1', 'capture', '2026-11-02 08:00:00')"
        )
    )


def _lines(database: Database, *lines: tuple[str, str, int]) -> None:
    with database.engine.execution_options(cadran_writes=True).begin() as connection:
        _entry(connection)
        for account, currency, amount in lines:
            connection.execute(text(LINE), {"account": account, "currency": currency, "amount": amount})


def test_a_balanced_entry_is_kept_whatever_the_order_of_its_lines(database: Database) -> None:
    _lines(database, ("a", "eur", 5), ("b", "eur", -7), ("c", "eur", 2), ("a", "usd", 1), ("b", "usd", -1))
    with database.reading() as session:
        assert session.scalar(text("select count(*) from posting")) == 5


@pytest.mark.parametrize(
    "lines",
    [
        (("a", "eur", 5),),
        (("a", "eur", 5), ("b", "eur", -4)),
        (("a", "eur", 5), ("b", "usd", -5)),
    ],
)
def test_an_entry_that_does_not_sum_to_zero_in_each_currency_is_refused_at_commit(
    database: Database, lines: tuple[tuple[str, str, int], ...]
) -> None:
    with pytest.raises(DBAPIError):
        _lines(database, *lines)
    with database.reading() as session:
        assert session.scalar(text("select count(*) from posting")) == 0


def test_without_the_trigger_the_uneven_entry_would_be_kept(database: Database) -> None:
    on = " ON posting" if database.engine.dialect.name == "postgresql" else ""
    with database.engine.execution_options(cadran_writes=True).begin() as connection:
        connection.execute(text(f"DROP TRIGGER posting_balanced{on}"))
    _lines(database, ("a", "eur", 5))
    with database.reading() as session:
        assert session.scalar(text("select sum(amount_minor) from posting")) == 5


@pytest.mark.parametrize("table", ["ledger_entry", "posting"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_entries_and_lines_are_never_changed(database: Database, table: str, verb: str) -> None:
    _lines(database, ("a", "eur", 5), ("b", "eur", -5))
    with (
        pytest.raises(DBAPIError, match="append-only"),
        database.engine.execution_options(cadran_writes=True).begin() as connection,
    ):
        connection.execute(text(verb.format(table)))
