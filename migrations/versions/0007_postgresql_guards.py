"""PostgreSQL guards what SQLite guards: the text of an offering exists, and what is append-only cannot be emptied."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

GUARDED = ("journal", "ledger_entry", "posting")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite has the key since the first migration, and no TRUNCATE
    # 0001 leaves this key out there: its two tables point at each other.
    op.create_foreign_key("fk_offering_live_revision_id", "offering", "offering_revision", ["live_revision_id"], ["id"])
    for table in GUARDED:
        _guard(table)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_offering_live_revision_id", "offering", type_="foreignkey")
        for table in GUARDED:
            op.execute(f"DROP TRIGGER {table}_refuse_truncate ON {table}")


def _guard(table: str) -> None:
    # restrict_violation is an integrity error, as SQLite's RAISE(ABORT) is.
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
