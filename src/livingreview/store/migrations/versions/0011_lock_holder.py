"""The lock says in which boot of its machine its process began, and when: a process id alone is used again."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the two marks of a process; a lock without them is judged by host and process id."""
    op.add_column("lock", sa.Column("boot_id", sa.String(), nullable=False, server_default=""))
    op.add_column("lock", sa.Column("process_start", sa.String(), nullable=False, server_default=""))
