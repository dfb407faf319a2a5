"""What a search listed and the service never returned is remembered, with how often it was asked for by its id."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the count; the candidates of older runs are all stored records, which have none."""
    op.add_column("absence", sa.Column("n_missed", sa.Integer(), nullable=False, server_default="0"))
