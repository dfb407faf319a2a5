"""The sentences of the published text of the review."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table; a run or ``baseline text`` fills it."""
    op.create_table(
        "review_sentence",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cites", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
