"""Opens the database: folder, connection, schema; every way in which that fails is one line for a person.

A transaction of SQLite begins by a statement of our own. Left to itself the driver begins one before INSERT, UPDATE and
DELETE only, so that each statement that makes a table would stand alone, and what had been read before would not be
of the same state. A transaction that may write takes the lock for writing at once (``BEGIN IMMEDIATE``), waiting for
whoever has it: one that took it halfway would fail where another had written in between.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from livingreview.errors import StoreError
from livingreview.records.serialization import canonical_json
from livingreview.store import tables
from livingreview.store.hashing import loaded

HEAD_REVISION = "0014"
_BUSY_TIMEOUT_MS = 30_000
_BUSY_WAIT_SECONDS = 0.02
_READS_ONLY = "livingreview_reads_only"
_SCHEMA_LOCK = 7_453_010_377_291
"""The number of PostgreSQL's advisory lock on the schema: any, but the same in every version."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(url: str) -> Engine:
    """An engine on a database whose schema is the present one; older ones are migrated first.

    Args:
        url: ``sqlite:////absolute/path.db`` or ``postgresql+psycopg://...``; ``postgresql://`` means the same.

    Raises:
        StoreError: the address is wrong, or the database cannot be opened, written to or migrated.
    """
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg" + url.removeprefix("postgresql")
    try:
        where = make_url(url).render_as_string(hide_password=True)
    except ArgumentError as error:
        raise StoreError("database_url: not an address of a database; see config/settings.toml") from error
    try:
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, json_serializer=canonical_json, json_deserializer=loaded)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        try:
            _bring_up_to_date(engine, where)
        except BaseException:
            engine.dispose()
            raise
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"{where}: no driver for it; install livingreview[postgres]") from error
    except OSError as error:
        raise StoreError(f"{where}: the folder cannot be used ({error.strerror or error})") from error
    except DBAPIError as error:
        raise explain(error, where) from error
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for transactions that only read: they wait for nobody, and a statement that writes fails."""
    return engine.execution_options(**{_READS_ONLY: True, "postgresql_readonly": True})


def explain(error: DBAPIError, where: str) -> StoreError:
    """A database error as one line with what to do."""
    cause = str(error.orig or error).strip().splitlines()[0]
    if "not a database" in cause or "malformed" in cause or "disk image" in cause:
        advice = "the file is damaged: put it aside and restore it (`livingreview snapshot restore`) or a copy"
    elif "readonly" in cause or "unable to open" in cause:
        advice = "check that the folder exists and may be written to"
    elif "disk is full" in cause or "No space" in cause:
        advice = "free some space; nothing that was committed is lost"
    elif "locked" in cause:
        advice = "another program holds the file; try again when it is done"
    else:
        advice = "check database_url and that the server runs"
    return StoreError(f"{where}: {cause}; {advice}")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver begins no transaction by itself; see _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    _write_ahead(cursor)
    # In WAL, NORMAL loses no committed transaction to a crash of the program; FULL also survives a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Puts the file into WAL mode; SQLite itself does not wait for others who do so to a new file at this moment."""
    give_up_at = time.monotonic() + _BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(_BUSY_WAIT_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    reads_only = bool(connection.get_execution_options().get(_READS_ONLY))
    connection.exec_driver_sql(f"PRAGMA query_only={int(reads_only)}")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _bring_up_to_date(engine: Engine, where: str) -> None:
    """Makes or migrates the schema in one transaction; who comes meanwhile waits, and finds it done."""
    with reading(engine).begin() as connection:
        if _revision(connection) == HEAD_REVISION:
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        found = _revision(connection)
        if found != HEAD_REVISION:
            _migrate(connection, found, where)
            _check_tables(connection, where)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection, found: str | None, where: str) -> None:
    # Imported only when there is something to migrate: it takes longer than opening the database.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        if found is not None:
            ScriptDirectory.from_config(config).get_revision(found)
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"{where}: its schema ({found}) is not one that this version knows; use the newer livingreview"
        ) from error


def _check_tables(connection: Connection, where: str) -> None:
    """The migrations leave alone what is there already, as a killed one left it; so it must be what they make."""
    inspector = inspect(connection)
    for name, table in tables.LockRow.metadata.tables.items():
        missing = set(table.columns.keys()) - {column["name"] for column in inspector.get_columns(name)}
        if missing:
            raise StoreError(
                f"{where}: its table {name} is not livingreview's (no column {min(missing)}); use another database"
            )
