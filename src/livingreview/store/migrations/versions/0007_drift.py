"""How a run's records compare with the training set of its model."""

import sqlalchemy as sa
from alembic import op

from livingreview.store.migrations.half_made import add_column

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; earlier runs compared nothing."""
    add_column("run", sa.Column("drift", sa.JSON(none_as_null=True), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Drops the column."""
    op.drop_column("run", "drift")
