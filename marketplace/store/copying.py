"""Move a whole installation from one database to another, and prove that nothing is missing or different."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKeyConstraint, Table, func, insert, select, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from marketplace.store.engine import ALONE, on_snapshot
from marketplace.store.migrate import is_current, migrate
from marketplace.store.money import Posting
from marketplace.store.tables import metadata
from marketplace.store.transaction import Database

BATCH = 1_000  # rows


class CopyRefused(Exception):
    """Why nothing was copied, in a sentence."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing on both sides: a table's count, or the balance of an account of the ledger in cents."""

    name: str
    there: int  # in the source
    here: int  # in the target
    equal: bool  # for a table: every value of every row


def copy(source: Database, target: Database) -> list[Compared]:
    """Copy all tables in one transaction; undone, all of it, unless both sides are equal in the end.

    The target's schema is made if need be. Raises `CopyRefused` for a source of another version, a target that holds
    something already, and a copy that is not equal.
    """
    if not is_current(source):
        raise CopyRefused("The source is of another version: run `cadran db upgrade` there first.")
    migrate(target)
    reading, writing = on_snapshot(source.engine), target.engine.execution_options(cadran_writes=ALONE)
    with reading.begin() as there, writing.begin() as here:
        _take_time(there)
        _take_time(here)
        _check_empty(here)
        _fill(there, here)
        compared = [*_tables(there, here), *_balances(there, here)]
        if unequal := [each.name for each in compared if not each.equal]:
            raise CopyRefused(f"Not equal, so nothing was kept: {', '.join(unequal)}.")
    return compared


def _take_time(connection: Connection) -> None:
    """A copy may take longer than a page."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _check_empty(here: Connection) -> None:
    full = [table.name for table in metadata.sorted_tables if _count(here, table)]
    if full:
        raise CopyRefused(f"The target holds something already ({', '.join(full)}): copy into an empty database.")


def _fill(there: Connection, here: Connection) -> None:
    rings = list(_rings())
    if here.dialect.name == "sqlite":
        here.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        # Two tables that point at each other cannot be filled one after the other; put back, the key checks them all.
        for key in rings:
            here.execute(DropConstraint(key))
    for table in metadata.sorted_tables:
        for rows in _batches(there, table):
            here.execute(insert(table), rows)
    if here.dialect.name == "postgresql":
        for key in rings:
            here.execute(AddConstraint(key))
        for table in metadata.sorted_tables:
            _set_sequence(here, table)


def _rings() -> Iterator[ForeignKeyConstraint]:
    for table in metadata.sorted_tables:
        yield from (key for key in table.foreign_key_constraints if key.use_alter)


def _batches(there: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """A column that may be NULL is told apart from JSON's null by the schema: no JSON column is nullable."""
    lax = [column.name for column in table.columns if isinstance(column.type, JSON) and column.nullable]
    if lax:
        raise CopyRefused(f"{table.name}.{lax[0]} is JSON and may be NULL: its two nothings cannot be told apart.")
    for rows in _rows(there, table).mappings().partitions(BATCH):
        yield [dict(row) for row in rows]


def _rows(connection: Connection, table: Table) -> Any:
    found = select(table).order_by(*table.primary_key.columns)
    return connection.execution_options(stream_results=True, yield_per=BATCH).execute(found)


def _set_sequence(here: Connection, table: Table) -> None:
    """The next row made here gets a number that no copied row has."""
    column = table.autoincrement_column
    if column is None:
        return
    last = here.scalar(select(func.max(column)))
    sequence = here.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), _names(table, column.name))
    if last is not None and sequence is not None:
        here.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _names(table: Table, column: str) -> dict[str, str]:
    return {"table": table.name, "column": column}


def _tables(there: Connection, here: Connection) -> Iterator[Compared]:
    for table in metadata.sorted_tables:
        same = _fingerprint(there, table) == _fingerprint(here, table)
        yield Compared(table.name, _count(there, table), _count(here, table), same)


def _fingerprint(connection: Connection, table: Table) -> str:
    """A hash over every value, in Python's order: the two databases may sort differently."""
    lines = sorted(repr(tuple(row)) for row in _rows(connection, table))
    return sha256("\n".join(lines).encode()).hexdigest()


def _balances(there: Connection, here: Connection) -> Iterator[Compared]:
    left, right = _ledger(there), _ledger(here)
    for name in sorted(left.keys() | right.keys()):
        ours, theirs = left.get(name, 0), right.get(name, 0)
        yield Compared(f"ledger {name}", ours, theirs, ours == theirs)


def _ledger(connection: Connection) -> dict[str, int]:
    """The balance of every account per currency, and of all together ('sum': it must be 0)."""
    total = func.coalesce(func.sum(Posting.amount_minor), 0)
    each = select(Posting.account, Posting.currency, total).group_by(Posting.account, Posting.currency)
    found = {f"{account} {currency}": int(cents) for account, currency, cents in connection.execute(each)}
    return found | {"sum": int(connection.scalar(select(total)) or 0)}


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
