"""Runs migrations on the connection handed over by `marketplace.store.migrate`, or on CADRAN_DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import Connection

from marketplace.store.engine import open_engine
from marketplace.store.migrate import is_described
from marketplace.store.tables import metadata


def run(connection: Connection) -> None:
    """One transaction for all steps."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_server_default=True,
        include_object=is_described,
        user_module_prefix="",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_engine(os.environ["CADRAN_DATABASE_URL"], durable=True).begin() as opened:
        run(opened)
