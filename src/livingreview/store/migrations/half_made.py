"""Stores that 0.1.0 left half-made.

Its migrations were not one transaction on SQLite: where one was killed, or the disk was full, some of its tables,
columns and indexes are there, and the revision that is noted knows nothing of them. No table that is beyond this
revision holds a row, because no command gets as far as writing one. So every migration up to 0010 leaves alone what is
there already. Later ones are committed whole or not at all, and need not.
"""

import sqlalchemy as sa
from alembic import op


def add_column(table: str, column: sa.Column[object]) -> None:
    """Adds a column, unless it is there; SQLite has no statement for that."""
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)
