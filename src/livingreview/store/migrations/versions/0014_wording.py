"""A decision on a statement may suggest a new wording, and a run knows the decisions that stood when it began."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds both columns; an earlier run is taken to have known what had been decided by its moment."""
    op.add_column("statement_decision", sa.Column("wording", sa.Text(), nullable=False, server_default=""))
    op.add_column("run", sa.Column("n_statement_decisions", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE run SET n_statement_decisions ="
        " (SELECT COUNT(*) FROM statement_decision WHERE statement_decision.decided_at <= run.now_at)"
    )
