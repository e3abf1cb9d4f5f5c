"""webhook secrets: the one before a renewal stays good for a day."""

import sqlalchemy as sa
from alembic import op

from marketplace.store.base import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook", sa.Column("former_salt", sa.String(length=64), nullable=True))
    op.add_column("webhook", sa.Column("former_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("webhook", "former_until")
    op.drop_column("webhook", "former_salt")
