"""Statements: evidence, how far each rule was held, decisions on statements."""

import sqlalchemy as sa
from alembic import op

from livingreview.store.columns import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the tables of statements."""
    op.create_table(
        "statement_rule",
        sa.Column("rule_hash", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("through_version_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("rule_hash"),
        if_not_exists=True,
    )
    op.create_table(
        "statement_evidence",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("statement_id", sa.String(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("rule_hash", sa.String(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("quotes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_proposed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_statement_evidence_record", "statement_evidence", ["source", "source_id"], if_not_exists=True)
    op.create_index(op.f("ix_statement_evidence_run_id"), "statement_evidence", ["run_id"], if_not_exists=True)
    op.create_index(
        op.f("ix_statement_evidence_statement_id"), "statement_evidence", ["statement_id"], if_not_exists=True
    )
    op.create_table(
        "statement_decision",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("statement_id", sa.String(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("statement_id", "effect", "person", "decided_at"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_statement_decision_statement_id"), "statement_decision", ["statement_id"], if_not_exists=True
    )
