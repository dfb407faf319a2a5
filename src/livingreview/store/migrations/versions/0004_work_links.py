"""Why records are one work, and what people said of it."""

import sqlalchemy as sa
from alembic import op

from livingreview.store.columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates the table of links, and gives every record the row of a work of its own."""
    op.create_table(
        "work_link",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("undone_by", sa.String(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"]),
        sa.ForeignKeyConstraint(["other_id"], ["record.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_work_link_record_id"), "work_link", ["record_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_work_link_other_id"), "work_link", ["other_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_work_link_run_id"), "work_link", ["run_id"], unique=False, if_not_exists=True)
    # Until now a record that joined the work of another had no row of its own.
    op.execute(
        "INSERT INTO work (id, first_run_id)"
        " SELECT source || ':' || source_id, first_run_id FROM record"
        " WHERE source || ':' || source_id NOT IN (SELECT id FROM work)"
    )


def downgrade() -> None:
    """Drops the table of links."""
    op.drop_table("work_link")
