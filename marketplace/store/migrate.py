"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from marketplace.store.engine import ALONE
from marketplace.store.transaction import Database

ROOT = Path(__file__).resolve().parents[2]


def migrate(database: Database) -> None:
    """Run every migration that is missing, in one transaction."""
    config = _config()
    with database.engine.execution_options(cadran_writes=ALONE).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a large table may take its time
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether the schema is the one this code was written for."""
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) == set(ScriptDirectory.from_config(_config()).get_heads())


def is_empty(database: Database) -> bool:
    """Whether there is no table at all, nobody's."""
    with database.engine.connect() as connection:
        return not inspect(connection).get_table_names()


def is_described(_thing: object, name: str | None, kind: str, _reflected: bool, _compared_to: object) -> bool:
    """Whether the code describes this part of the schema; only migrations know what merely serves SQLite's triggers."""
    return (kind, name) != ("table", "ledger_imbalance")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config
