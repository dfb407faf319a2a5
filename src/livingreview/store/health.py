"""Is the database whole, of the present schema, and may it be written to?"""

from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from livingreview.errors import StoreError
from livingreview.records import Health
from livingreview.store.base import Base
from livingreview.store.ingest import table
from livingreview.store.tables import LockRow

_PROBE = "probe"


class HealthChecks(Base):
    """Whether the database can be relied on."""

    def health(self) -> Health:
        """Whether the database is whole and may be written to."""
        with self._read() as connection:
            schema, faults = _schema(connection), tuple(_faults(connection))
        try:
            with self._begin() as connection:
                why_not = _why_not_writable(connection)
        except StoreError as error:
            why_not = str(error)
        return Health(schema=schema, faults=faults, why_not_writable=why_not)


def _schema(connection: Connection) -> str:
    """The revision that the schema is of."""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def _faults(connection: Connection) -> list[str]:
    """What SQLite's own check of the whole file finds, and rows that point at nothing; PostgreSQL guards itself."""
    if connection.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(5)")]
    strays = [
        f"a row of {row[0]} points at nothing in {row[2]}"
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
    ]
    return [line for line in found if line != "ok"] + strays[:5]


def _why_not_writable(connection: Connection) -> str:
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
