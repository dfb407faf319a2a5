"""Opens the database: folder, connection, schema; every way in which that fails is one line for a person."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from livingreview.canonical import canonical_json
from livingreview.errors import StoreError

HEAD_REVISION = "0012"
_BUSY_TIMEOUT_MS = 30_000
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
        engine = create_engine(url, json_serializer=canonical_json)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
        try:
            with engine.begin() as connection:
                _migrate(connection, where)
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
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # In WAL, NORMAL loses no committed transaction to a crash of the program; FULL also survives a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _migrate(connection: Connection, where: str) -> None:
    found = None
    if inspect(connection).has_table("alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found == HEAD_REVISION:
        return
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
