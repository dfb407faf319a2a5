"""What came of every request, what a run knew of decisions, and which records their source no longer returns."""

import sqlalchemy as sa
from alembic import op

from livingreview.store.migrations.half_made import add_column

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns and the table; what older runs did not write down stays empty."""
    add_column("run", sa.Column("n_decisions", sa.Integer(), nullable=False, server_default="0"))
    add_column("payload", sa.Column("headers", sa.JSON(none_as_null=True), nullable=False, server_default="{}"))
    add_column("payload", sa.Column("fault", sa.String(), nullable=False, server_default=""))
    add_column("payload", sa.Column("error", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "absence",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("first_run_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["first_run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("source", "source_id"),
        if_not_exists=True,
    )
