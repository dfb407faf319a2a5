"""What was read, so that the same bytes need not be read again."""

import sqlalchemy as sa
from alembic import op

from livingreview.store.migrations.half_made import add_column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the digest to every record; nobody knows it yet."""
    add_column("record", sa.Column("raw_digest", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drops the digests."""
    op.drop_column("record", "raw_digest")
