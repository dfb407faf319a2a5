"""Indexes for what is asked of all records and versions at once, and the keys by which records find each other."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the indexes, and the tables of linking: empty ones mean that every record is linked anew."""
    op.create_table(
        "work_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("camp", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"]),
        sa.PrimaryKeyConstraint("key", "record_id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_work_key_record_id"), "work_key", ["record_id"], if_not_exists=True)
    op.create_table(
        "linking",
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("through_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("rules"),
        if_not_exists=True,
    )
    op.create_index("ix_record_version_number", "record_version", ["number", "run_id", "record_id"], if_not_exists=True)
    op.create_index(
        "ix_record_version_is_text_complete",
        "record_version",
        ["is_text_complete", "record_id", "number"],
        if_not_exists=True,
    )
    op.drop_index("ix_statement_evidence_record", "statement_evidence", if_exists=True)
    op.create_index("ix_statement_evidence_record", "statement_evidence", ["source_id", "source"], if_not_exists=True)
    op.create_index(op.f("ix_change_source_id"), "change", ["source_id"], if_not_exists=True)
    op.create_index(op.f("ix_record_source_id"), "record", ["source_id"], if_not_exists=True)
    op.create_index(op.f("ix_record_kind"), "record", ["kind"], if_not_exists=True)
