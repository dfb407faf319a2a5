"""Fixtures of every test that needs a server, a project, a store or the command line."""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from livingreview.acquisition.progress import Watch
from livingreview.cli import main
from livingreview.config import Project, load_project
from livingreview.store import engine
from livingreview.store.repository import Repository
from support import shared, tiny_review
from support.lab import Cli, Ended, Lab, Once
from support.server import Server, serve

settings.register_profile("default", deadline=None, database=None, max_examples=60, derandomize=True)
settings.register_profile("thorough", deadline=None, database=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


Prepare = Callable[[sqlite3.Connection, object], None]


@pytest.fixture(scope="session", autouse=True)
def prepare_sqlite() -> Iterator[Prepare]:
    """How the program prepares a connection. In tests nobody waits for the disk: processes are killed, not machines."""
    prepare: Prepare = engine._prepare_sqlite

    def prepare_quickly(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_prepare_sqlite", prepare_quickly)
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield prepare


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own variables say nothing here."""
    for name in list(os.environ):
        if name.startswith("LIVINGREVIEW_") and not name.startswith(("LIVINGREVIEW_TEST_", "LIVINGREVIEW_FIELD_")):
            monkeypatch.delenv(name)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _program_is_made_once() -> Iterator[None]:
    """What takes longer than most tests, and is the same in each."""
    with shared.program():
        yield


@pytest.fixture
def schema_by_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new store is made as the program makes it."""
    monkeypatch.setattr(engine, "_migrate", shared.migrate)


@pytest.fixture
def _figures_are_drawn_once() -> Iterator[None]:
    with shared.figures():
        yield


@pytest.fixture(scope="session")
def _running_server() -> Iterator[Server]:
    """One server for all tests, so that a project that asked it can be copied: its address is that of every test."""
    with serve() as running:
        yield running


@pytest.fixture
def server(_running_server: Server) -> Server:
    """A local server in the services' shapes, with an empty world."""
    _running_server.renew()
    return _running_server


@pytest.fixture
def tiny_root(tmp_path: Path) -> Path:
    """A folder with config/ and data/ of the tiny review."""
    return tiny_review.write(tmp_path / "tiny")


@pytest.fixture
def tiny_project(
    tiny_root: Path, server: Server, monkeypatch: pytest.MonkeyPatch, _figures_are_drawn_once: None
) -> Project:
    """The tiny review, asking the local server."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return load_project(tiny_root / "config")


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs one command in this process."""

    def run(*arguments: str | Path) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@pytest.fixture
def lab(
    tiny_root: Path, server: Server, cli: Cli, monkeypatch: pytest.MonkeyPatch, _figures_are_drawn_once: None
) -> Lab:
    """The tiny review upon the local server, by the command line."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return Lab(tiny_root, server, cli)


@pytest.fixture
def once(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Makes the project what it is after some commands, which run for the first test of a process that wants it."""

    def make(name: str, commands: Callable[[], object]) -> None:
        if name in _MADE:
            shutil.rmtree(lab.root)
            shutil.copytree(_MADE[name], lab.root)
            return
        commands()
        _MADE[name] = shutil.copytree(lab.root, tmp_path_factory.mktemp("made") / "tiny")

    return make


_MADE: dict[str, Path] = {}
"""Name of a project -> a copy of it."""


@pytest.fixture
def watch() -> Watch:
    """Nobody watches, and nobody waits."""
    return Watch(sleep=lambda _seconds: None)


@pytest.fixture(scope="session")
def _migrated_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the present schema and nothing in it; making one takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    Repository.open(f"sqlite:///{path}", path.parent / "archive").close()
    return path


@pytest.fixture
def empty_store(_migrated_store: Path, tmp_path: Path) -> Path:
    """A fresh SQLite file of one's own."""
    return Path(shutil.copy(_migrated_store, tmp_path / "store.db"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, empty_store: Path) -> Iterator[str]:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{empty_store}"
        return
    server_url = os.environ.get("LIVINGREVIEW_TEST_POSTGRES", "")
    if not server_url:
        pytest.skip("LIVINGREVIEW_TEST_POSTGRES names no server")
    import psycopg

    plain_url = server_url.replace("postgresql+psycopg://", "postgresql://")
    name = f"livingreview_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(plain_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield plain_url.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(plain_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def repository(database_url: str, tmp_path: Path) -> Iterator[Repository]:
    """A fresh store on each kind of database."""
    opened = Repository.open(database_url, tmp_path / "archive")
    try:
        yield opened
    finally:
        opened.close()
