"""money: cases, disputes, Stripe's own book, checks, and a ledger that the database balances.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from marketplace.store.base import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _booking()
    _cases()
    _disputes()
    _book()
    if op.get_bind().dialect.name == "sqlite":
        _balance_on_sqlite()
    else:
        _balance_on_postgresql()


def _booking() -> None:
    with op.batch_alter_table("booking", schema=None) as batch_op:
        for name in ("sent_minor", "reserved_minor", "lost_minor"):
            batch_op.add_column(sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
        for name in ("disputed_from", "absent"):
            batch_op.add_column(sa.Column(name, sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("contest_by", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("transfer_id", sa.String(length=80), nullable=True))
        batch_op.create_index("ix_booking_state_contest_by", ["state", "contest_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_transfer_id"), ["transfer_id"], unique=False)
    # What was sent so far was sent whole.
    op.execute("UPDATE booking SET sent_minor = share_minor WHERE released_at IS NOT NULL")
    op.execute(
        "UPDATE booking SET transfer_id = (SELECT max(operation.object_id) FROM operation WHERE "
        "operation.kind = 'transfer' AND operation.status = 'done' AND operation.booking_id = booking.id)"
    )


def _cases() -> None:
    op.create_table(
        "booking_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("refund_minor", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_booking_case_answered_by")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_booking_case_booking_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"], name=op.f("fk_booking_case_opened_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"], name=op.f("fk_booking_case_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_case")),
    )
    with op.batch_alter_table("booking_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_case_booking_id"), ["booking_id"], unique=False)
        batch_op.create_index("ix_booking_case_settled_at_opened_at", ["settled_at", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_booking_case_open",
            ["booking_id", "kind"],
            unique=True,
            sqlite_where=sa.text("settled_at is null"),
            postgresql_where=sa.text("settled_at is null"),
        )


def _disputes() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("charge_id", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("answer_by", UtcDateTime(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("payout_minor", sa.Integer(), nullable=False),
        sa.Column("reversed_minor", sa.Integer(), nullable=False),
        sa.Column("written_off_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_dispute_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_booking_id"), ["booking_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dispute_charge_id"), ["charge_id"], unique=False)


def _book() -> None:
    op.create_table(
        "balance_line",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("fee_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("fee_entry_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_balance_line_entry_id")),
        sa.ForeignKeyConstraint(["fee_entry_id"], ["ledger_entry.id"], name=op.f("fk_balance_line_fee_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_line")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_balance_line_entry_id")),
        sa.UniqueConstraint("fee_entry_id", name=op.f("uq_balance_line_fee_entry_id")),
    )
    with op.batch_alter_table("balance_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_balance_line_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_balance_line_source_id_type", ["source_id", "type"], unique=False)
    op.create_table(
        "ledger_check",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("figure", sa.BigInteger(), nullable=False),
        sa.Column("breached", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_check")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("ledger_minor", sa.BigInteger(), nullable=False),
        sa.Column("stripe_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )


def _balance_on_postgresql() -> None:
    """At commit, every entry touched must sum to zero in every currency."""
    op.execute(
        "CREATE FUNCTION posting_balanced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF (SELECT sum(amount_minor) FROM posting "
        "WHERE entry_id = NEW.entry_id AND currency = NEW.currency) <> 0 THEN "
        "RAISE EXCEPTION 'ledger entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation'; "
        "END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER posting_balanced AFTER INSERT ON posting "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_balanced()"
    )


def _balance_on_sqlite() -> None:
    """SQLite has no deferred triggers but deferred foreign keys: while an entry is uneven, a row points to an entry
    that can never exist, and the commit is refused."""
    op.execute(
        "CREATE TABLE ledger_imbalance (entry_id INTEGER NOT NULL, currency VARCHAR(3) NOT NULL, "
        "impossible INTEGER NOT NULL CHECK (impossible < 0) "
        "REFERENCES ledger_entry (id) DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (entry_id, currency))"
    )
    op.execute(
        "CREATE TRIGGER posting_balanced AFTER INSERT ON posting BEGIN "
        "DELETE FROM ledger_imbalance WHERE entry_id = NEW.entry_id AND currency = NEW.currency; "
        "INSERT INTO ledger_imbalance (entry_id, currency, impossible) "
        "SELECT NEW.entry_id, NEW.currency, -NEW.entry_id WHERE (SELECT sum(amount_minor) FROM posting "
        "WHERE entry_id = NEW.entry_id AND currency = NEW.currency) <> 0; END"
    )
    op.execute(
        "CREATE TRIGGER ledger_entry_positive AFTER INSERT ON ledger_entry WHEN NEW.id < 0 "
        "BEGIN SELECT RAISE(ABORT, 'an entry has a positive id'); END"
    )


def downgrade() -> None:
    raise RuntimeError("money does not go back")
