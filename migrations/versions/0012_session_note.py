"""session note: what both sides of a session write down together."""

import sqlalchemy as sa
from alembic import op

from marketplace.store.base import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_note",
        sa.Column("booking_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_session_note_booking_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_session_note_changed_by")),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_session_note")),
    )


def downgrade() -> None:
    op.drop_table("session_note")
