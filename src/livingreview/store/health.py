"""Is the database whole, of the present schema, and may it be written to?"""

from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from livingreview.store.ingest import table
from livingreview.store.tables import LockRow

_PROBE = "probe"


def schema(connection: Connection) -> str:
    """The revision that the schema is of."""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def faults(connection: Connection) -> list[str]:
    """What SQLite's own check of the whole file finds, and rows that point at nothing; PostgreSQL guards itself."""
    if connection.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(5)")]
    strays = [
        f"a row of {row[0]} points at nothing in {row[2]}"
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
    ]
    return [line for line in found if line != "ok"] + strays[:5]


def why_not_writable(connection: Connection) -> str:
    """Why a row cannot be written, empty when it can; nothing stays of the attempt."""
    row = {"name": _PROBE, "host": "", "pid": 0, "token": "", "taken_at": datetime.now(UTC)}
    attempt = connection.begin_nested()
    try:
        connection.execute(table(LockRow).insert().values(row))
    except DBAPIError as error:
        return str(error.orig or error).splitlines()[0]
    finally:
        attempt.rollback()
    return ""
