"""unexplained: what a comparison with Stripe leaves over once late bookings are taken off.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    amount = sa.Column("unexplained_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    op.add_column("reconciliation", amount)


def downgrade() -> None:
    op.drop_column("reconciliation", "unexplained_minor")
