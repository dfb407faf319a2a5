"""Killed, or out of room, at any statement of making or migrating the schema: the next opening makes it whole."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from livingreview.errors import StoreError
from livingreview.store import engine
from livingreview.store.engine import HEAD_REVISION, open_engine
from support import schemas

pytestmark = pytest.mark.usefixtures("schema_by_migrations")
LAST_OF_0_1_0 = "0010"
STARTS = ["", *schemas.revisions()[:-1]]
"""Nothing, and every earlier schema."""


@pytest.fixture
def whole(empty_store: Path) -> Any:
    """The schema of a fresh store."""
    return schemas.described(f"sqlite:///{empty_store}")[0]


def assert_opens(url: str, start: str, whole: Any) -> None:
    open_engine(url).dispose()
    schema, counts = schemas.described(url)
    assert schema == whole
    assert counts == (schemas.KEPT if start else dict.fromkeys(schemas.KEPT, 0))


@pytest.mark.parametrize("start", STARTS)
def test_killed_at_any_statement(tmp_path: Path, whole: Any, start: str) -> None:
    path = tmp_path / "old.db"
    schemas.make(f"sqlite:///{path}", start)
    images = schemas.crash_images(path, tmp_path / "images", lambda: open_engine(f"sqlite:///{path}").dispose())
    # The empty file or its first page, the old schema, the new one; nothing in between.
    assert len(images) <= 4
    for image in images:
        assert_opens(f"sqlite:///{image}", start, whole)


@pytest.mark.parametrize("start", STARTS[: STARTS.index(LAST_OF_0_1_0)])
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)], ids=["every fifth", "all"])
def test_a_store_left_half_made_by_the_first_version(tmp_path: Path, whole: Any, start: str, step: int) -> None:
    path = tmp_path / "old.db"
    schemas.make(f"sqlite:///{path}", start)
    images = schemas.crash_images(path, tmp_path / "images", lambda: schemas.migrate_as_before(path))
    assert len(images) > 2
    for image in images[-1::-step]:
        assert_opens(f"sqlite:///{image}", start, whole)


@pytest.mark.parametrize("start", ["", "0001", "0008"])
def test_out_of_room_at_any_size(tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    path = tmp_path / "old.db"
    url = f"sqlite:///{path}"
    schemas.make(url, start)
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("PRAGMA page_count").fetchone()[0]
    prepare = engine._prepare_sqlite
    refused = 0
    for pages in [before + 1, before + 2, *range(before + 4, before + 100, 24)]:

        def prepare_small(connection: sqlite3.Connection, record: object, limit: int = pages) -> None:
            prepare(connection, record)
            connection.execute(f"PRAGMA max_page_count={limit}")

        small = schemas.copy_of(path, tmp_path / "small.db")
        with monkeypatch.context() as patch:
            patch.setattr(engine, "_prepare_sqlite", prepare_small)
            try:
                open_engine(f"sqlite:///{small}").dispose()
            except StoreError as error:
                assert "free some space" in str(error)
                refused += 1
        assert_opens(f"sqlite:///{small}", start, whole)
        small.unlink()
    assert refused


def test_a_table_of_somebody_else_is_left_alone(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        schemas.path_of(database_url).unlink()
    other = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE model (id INTEGER PRIMARY KEY, wheels INTEGER)"))
    with pytest.raises(StoreError, match="its table model is not livingreview's") as caught:
        open_engine(database_url)
    assert "\n" not in str(caught.value)
    assert set(schemas.described(database_url)[0]) == {"model", "revision"}
    other.dispose()


# Several at once


@pytest.fixture
def unmade_url(database_url: str) -> Iterator[str]:
    """A database without any table, of each kind."""
    if database_url.startswith("sqlite"):
        schemas.path_of(database_url).unlink()
    yield database_url


def _open(url: str, start: Any, said: Any) -> None:
    start.wait()
    try:
        open_engine(url).dispose()
    except StoreError as error:
        said.put(str(error))
    else:
        said.put("")


@pytest.mark.parametrize("revision", ["", "0001"])
def test_several_that_open_a_database_at_once_wait_for_one_another(unmade_url: str, revision: str) -> None:
    schemas.make(unmade_url, revision)
    context = multiprocessing.get_context("fork")
    start, said = context.Barrier(4), context.SimpleQueue()
    processes = [context.Process(target=_open, args=(unmade_url, start, said)) for _ in range(4)]
    for process in processes:
        process.start()
    assert [said.get() for _ in processes] == [""] * 4
    for process in processes:
        process.join()
    schema, counts = schemas.described(unmade_url)
    assert (schema["revision"], counts["run"]) == ([HEAD_REVISION], bool(revision))


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("start", ["", "0003", "0008"])
def test_killed_at_any_statement_on_postgresql(database_url: str, start: str) -> None:
    schemas.make(database_url, start)
    number = 0
    while schemas.killed_while_opening(database_url, number + 1):
        number += 1
    # The last kill came before the commit, and the one that came no more let it through.
    assert number >= 4
    schema, counts = schemas.described(database_url)
    assert schema["revision"] == [HEAD_REVISION]
    assert counts == (schemas.KEPT if start else dict.fromkeys(schemas.KEPT, 0))
