"""moving: proposals of other times, how often a booking moved, which version of it a letter is about."""

import sqlalchemy as sa
from alembic import op

from marketplace.store.base import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("booking") as batch_op:
        batch_op.add_column(sa.Column("moves", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(sa.Column("moved_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("letter") as batch_op:
        batch_op.add_column(sa.Column("booking_sequence", sa.Integer(), nullable=True))
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("from_state", sa.String(length=40), nullable=False),
        sa.Column("from_start", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_proposal_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index("ix_proposal_booking_id", "proposal", ["booking_id"])
    op.create_index("ix_proposal_state_expires_at", "proposal", ["state", "expires_at"])
    op.create_index(
        "uq_proposal_open",
        "proposal",
        ["booking_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "proposed_time",
        sa.Column("proposal_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposed_time_proposal_id")),
        sa.PrimaryKeyConstraint("proposal_id", "place", name=op.f("pk_proposed_time")),
    )
