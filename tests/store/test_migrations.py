"""The migrations make exactly the tables that the code describes, and the database guards what must not change."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.store.migrate import is_current, is_described
from marketplace.store.tables import metadata
from marketplace.store.transaction import Database


def test_migrations_and_tables_are_the_same(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_described})
        assert compare_metadata(context, metadata) == []


def test_a_migrated_database_is_current(database: Database) -> None:
    assert is_current(database)


def test_an_empty_database_is_not_current(tmp_path) -> None:
    blank = Database(f"sqlite:///{tmp_path}/blank.db")
    assert not is_current(blank)
    blank.close()


@pytest.mark.parametrize("verb", ["UPDATE journal SET what = 'other'", "DELETE FROM journal"])
def test_the_journal_refuses_changes(database: Database, verb: str) -> None:
    insert = (
        "INSERT INTO journal (at, actor_role, what, subject_type, subject_id, old, new, request_id) "
        "VALUES ('2026-11-02 08:00:00', 'system', 'x', 'booking', 1, '{}', '{}', '')"
    )
    with database.engine.execution_options(cadran_writes=True).begin() as connection:
        connection.execute(text(insert))
    with pytest.raises(IntegrityError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text(verb))
