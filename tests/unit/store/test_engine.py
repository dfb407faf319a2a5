"""Opening a database: every way in which it fails is one line with what to do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

import livingreview.store
from livingreview.config import Query
from livingreview.errors import StoreError
from livingreview.store import tables
from livingreview.store.engine import HEAD_REVISION, explain, open_engine
from livingreview.store.hashing import query_hash

pytestmark = pytest.mark.usefixtures("schema_by_migrations")


def test_a_fresh_database_has_every_table(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'deep' / 'store.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD_REVISION
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        found = set(inspect(connection).get_table_names()) - {"alembic_version"}
        columns = {name: {column["name"] for column in inspect(connection).get_columns(name)} for name in found}
    engine.dispose()
    described = {name: set(table.columns.keys()) for name, table in tables.SQLModel.metadata.tables.items()}
    assert columns == described


def test_records_of_an_older_store_get_works_of_their_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(livingreview.store.__path__[0]) / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO run (id, name, road, status, now_at, started_at, code_version, config_hash, model, error)"
                " VALUES (1, 'a', 'files', 'done', '2022-06-01', '2022-06-01', '', '', '', '')"
            )
        )
        connection.execute(text("INSERT INTO work (id, first_run_id) VALUES ('europepmc:PPR1', 1)"))
        for number, (source, source_id) in enumerate([("europepmc", "PPR1"), ("pubmed", "1")], start=1):
            connection.execute(
                text(
                    "INSERT INTO record (id, source, source_id, kind, work_id, first_run_id, current_version,"
                    " content_hash, order_key, fidelity, is_withdrawn, doi, pmid)"
                    f" VALUES ({number}, '{source}', '{source_id}', 'article', 'europepmc:PPR1', 1, 1, '', '', 3, 0,"
                    " '', '')"
                )
            )
    engine.dispose()
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM work ORDER BY id")).scalars().all() == [
            "europepmc:PPR1",
            "pubmed:1",
        ]
        assert connection.execute(text("SELECT count(*) FROM record WHERE work_id = 'europepmc:PPR1'")).scalar() == 2
    engine.dispose()


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite", "mysql://x/y", "nosuch://x", "postgresql://127.0.0.1:9/x"])
def test_an_address_that_leads_nowhere(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_engine(url)
    assert "\n" not in str(caught.value)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(StoreError) as caught:
        open_engine("postgresql://someone:hush@127.0.0.1:9/x")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("file is not a database", "put it aside"),
        ("database disk image is malformed", "put it aside"),
        ("attempt to write a readonly database", "may be written to"),
        ("unable to open database file", "may be written to"),
        ("database or disk is full", "free some space"),
        ("database is locked", "another program"),
        ("something else\nand more of it", "database_url"),
    ],
)
def test_every_fault_has_its_advice(cause: str, advice: str) -> None:
    found = explain(OperationalError("SELECT", {}, sqlite3.OperationalError(cause)), "sqlite:///x.db")
    assert advice in str(found)
    assert "sqlite:///x.db" in str(found)
    assert "more of it" not in str(found)


def test_the_hash_of_a_query_is_what_is_asked() -> None:
    query = Query(name="a", source="pubmed", text="x", parameters={"b": "1", "a": "2"})
    same = Query(name="b", source="pubmed", role="core", text="x", parameters={"a": "2", "b": "1"})
    assert query_hash(query) == query_hash(same)
    others = [
        query.model_copy(update={"text": "y"}),
        query.model_copy(update={"source": "europepmc"}),
        query.model_copy(update={"parameters": {"a": "2"}}),
    ]
    assert len({query_hash(one) for one in [query, *others]}) == 4


def test_a_commit_survives_a_power_cut(
    tmp_path: Path, prepare_sqlite: Callable[[sqlite3.Connection, object], None]
) -> None:
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        prepare_sqlite(connection, None)
        asked = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    full = 2
    assert asked == {"journal_mode": "wal", "synchronous": full}
