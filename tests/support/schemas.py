"""Databases of every earlier schema, with rows in them, and what a kill leaves of one while its schema is changed."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url

import livingreview.store
from livingreview.store.engine import open_engine

_MIGRATIONS = Path(livingreview.store.__path__[0]) / "migrations"
_LAST_OF_OLD_WAY = "0010"
"""The last revision whose migration was not one transaction on SQLite."""
_ROWS = (
    "INSERT INTO run (id, name, road, status, now_at, started_at, code_version, config_hash, model, error) VALUES"
    " (1, 'a', 'files', 'done', '2022-06-01', '2022-06-01', '', '', '', '')",
    "INSERT INTO work (id, first_run_id) VALUES ('europepmc:PPR1', 1)",
    "INSERT INTO record (id, source, source_id, kind, work_id, first_run_id, current_version, content_hash, order_key,"
    " fidelity, is_withdrawn, doi, pmid) VALUES"
    " (1, 'europepmc', 'PPR1', 'article', 'europepmc:PPR1', 1, 1, '', '', 3, false, '', ''),"
    " (2, 'pubmed', '1', 'article', 'europepmc:PPR1', 1, 1, '', '', 3, false, '', '1')",
    "INSERT INTO record_version (id, record_id, number, content_hash, order_key, fidelity, is_withdrawal,"
    " is_text_complete, is_derived, content, envelope, run_id, payload_key, retrieved_at) VALUES"
    " (1, 1, 1, '', '', 3, false, true, true, '{}', '{}', 1, 'k', '2022-06-01'),"
    " (2, 2, 1, '', '', 3, false, true, true, '{}', '{}', 1, 'k', '2022-06-01')",
    "INSERT INTO payload (run_id, key, source, url, parameters, is_post, status, media_type, size_bytes, retrieved_at)"
    " VALUES (1, 'k', 'pubmed', 'u', '{}', false, 200, '', 3, '2022-06-01')",
)
_CHANGING = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")
_WORK_OF_ITS_OWN = "INSERT INTO work (id, first_run_id) VALUES ('pubmed:1', 1)"
KEPT = {"run": 1, "work": 2, "record": 2, "record_version": 2, "payload": 1}
"""Table -> its rows after the migration, which gives every record a work of its own."""


def revisions() -> list[str]:
    """Every revision, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [revision.revision for revision in script.walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def make(url: str, revision: str) -> None:
    """A database of an earlier schema, with rows in it; nothing at all for an empty revision."""
    if revision:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            _upgrade(connection, revision)
            for statement in _ROWS:
                connection.execute(text(statement))
            if revision >= "0004":
                connection.execute(text(_WORK_OF_ITS_OWN))
        engine.dispose()


def migrate_as_before(path: Path) -> None:
    """Migrates a SQLite file as 0.1.0 did: the driver begins a transaction before the first INSERT or UPDATE only."""
    engine = create_engine(f"sqlite:///{path}")

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")

    event.listen(engine, "connect", prepare)
    with engine.begin() as connection:
        _upgrade(connection, _LAST_OF_OLD_WAY)
    engine.dispose()


@contextmanager
def at_every_change(act: Callable[[], None]) -> Iterator[None]:
    """Calls this before every statement that changes something in any database, and before every commit."""

    def on_statement(_connection: Connection, _cursor: Any, statement: str, *_arguments: Any) -> None:
        if statement.split(None, 1)[0].upper() in _CHANGING:
            act()

    def on_commit(_connection: Connection) -> None:
        act()

    event.listen(Engine, "before_cursor_execute", on_statement)
    event.listen(Engine, "commit", on_commit)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", on_statement)
        event.remove(Engine, "commit", on_commit)


def crash_images(path: Path, folder: Path, migrate: Callable[[], None]) -> list[Path]:
    """What a kill between any two statements of a migration would leave of a SQLite file: each state once.

    A process that is killed leaves the file and its write-ahead log as they are at that instant.
    """
    known: set[tuple[bytes, ...]] = set()
    images: list[Path] = []

    def keep() -> None:
        parts = [path, path.with_name(path.name + "-wal")]
        content = tuple(part.read_bytes() if part.exists() else b"" for part in parts)
        if content not in known:
            known.add(content)
            images.append(folder / f"{len(images)}.db")
            for suffix, part in zip(("", "-wal"), content, strict=True):
                images[-1].with_name(images[-1].name + suffix).write_bytes(part)

    folder.mkdir()
    with at_every_change(keep):
        migrate()
    keep()
    return images


def killed_while_opening(url: str, number: int) -> bool:
    """Opens a database in a process of its own that kills itself before this change; False when it was done by then."""
    child = os.fork()
    if child == 0:
        counter = iter(range(1, 100_000))

        def die() -> None:
            if next(counter) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with at_every_change(die):
                open_engine(url).dispose()
        finally:
            # Nothing of the parent's may be run at the end of its copy.
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def described(url: str) -> tuple[Any, dict[str, int]]:
    """The schema of a database, in a form that can be compared, and how many rows the tables of :data:`KEPT` have."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        inspector = inspect(connection)
        schema: Any = {
            table: (
                sorted((column["name"], str(column["type"]), column["nullable"]) for column in columns),
                sorted((str(index["name"]), index["column_names"]) for index in inspector.get_indexes(table)),
            )
            for table in sorted(inspector.get_table_names())
            for columns in [inspector.get_columns(table)]
        }
        schema["revision"] = (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
            if "alembic_version" in schema
            else []
        )
        counts = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() or 0  # noqa: S608
            for table in KEPT
            if table in schema
        }
    engine.dispose()
    return schema, counts


def copy_of(path: Path, target: Path) -> Path:
    """A copy of a SQLite file that nobody has open."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(shutil.copy(path, target))


def path_of(url: str) -> Path:
    """The file of a SQLite address."""
    return Path(make_url(url).database or "")
