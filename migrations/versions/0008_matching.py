"""Matching: next free slots, impressions of rankings, saved searches, requests that nobody fits."""

import sqlalchemy as sa
from alembic import op

from marketplace.store.base import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "next_slot",
        sa.Column("expert_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("length_minutes", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_next_slot_expert_id")),
        sa.PrimaryKeyConstraint("expert_id", "length_minutes", name=op.f("pk_next_slot")),
    )
    op.create_index(op.f("ix_next_slot_updated_at"), "next_slot", ["updated_at"])
    op.create_index(op.f("ix_standing_updated_at"), "standing", ["updated_at"])
    op.create_table(
        "impression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impression")),
    )
    op.create_index(op.f("ix_impression_at"), "impression", ["at"])
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("query", sa.String(length=5000), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("alerts", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_saved_search_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_index(op.f("ix_saved_search_account_id"), "saved_search", ["account_id"])
    op.create_index("ix_saved_search_alerts_looked_at", "saved_search", ["alerts", "looked_at"])
    op.create_table(
        "unmet_demand",
        sa.Column("brief_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("lacking", sa.String(length=40), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("met_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["brief_id"], ["brief.id"], name=op.f("fk_unmet_demand_brief_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_unmet_demand_topic_id")),
        sa.PrimaryKeyConstraint("brief_id", name=op.f("pk_unmet_demand")),
    )
    op.create_index(op.f("ix_unmet_demand_noted_at"), "unmet_demand", ["noted_at"])
