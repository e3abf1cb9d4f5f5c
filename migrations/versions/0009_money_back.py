"""money on its way back: what a dispute has taken, what is kept in reserve for it, refunds that must be made again.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _amount("booking", "undone_minor")
    _amount("dispute", "withdrawn_minor")
    _amount("dispute", "reserved_minor")


def _amount(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    raise RuntimeError("money does not go back")
