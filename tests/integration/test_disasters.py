"""No room, no right, no folder, a wrong clock, a second run, a kill at every commit: one line, and nothing is lost."""

import errno
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from livingreview import atomic
from livingreview.store import engine
from support import forks
from support.lab import Ended, Lab
from support.server import Seen
from support.tiny_review import CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, study

NOW, AFTER = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z"
_LONG = "Invented words about nothing in particular. " * 200
Rows = dict[str, list[object]]


def rows_of(lab: Lab) -> Rows:
    found = lab.rows()
    # The card bears the moment of training.
    del found["model"]
    return found


@pytest.fixture
def filled(lab: Lab) -> Lab:
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, edat=date(2020, 5, 1)),
        *(Article(pmid=str(31_000_000 + n), title=f"Vesicles of loom cells, {n}", abstract=_LONG) for n in range(7)),
    )
    lab.server.world.register(
        study(PRINTED_NCT, "Vesicles of loom cells for burns"),
        study(OTHER_NCT, "Vesicles of yarn cells for dry eyes", status="COMPLETED", updated="2021-01-01"),
    )
    return lab


@pytest.fixture
def template(filled: Lab, tmp_path: Path) -> Path:
    """The project with a trained model and an empty store, to be copied back."""
    assert filled("train").code == 0
    return shutil.copytree(filled.root, tmp_path / "template")


_UNDISTURBED: Rows = {}
"""The same for every test, so found once a process."""


@pytest.fixture
def undisturbed(filled: Lab, template: Path) -> Rows:
    if not _UNDISTURBED:
        assert filled("run", now=NOW).code == 0
        assert filled("run", now=AFTER).code == 0
        _UNDISTURBED.update(rows_of(filled))
        start_over(filled, template)
    return _UNDISTURBED


def start_over(lab: Lab, template: Path) -> None:
    shutil.rmtree(lab.root)
    shutil.copytree(template, lab.root)
    lab.server.forget()


def assert_one_line(ended: Ended, *words: str) -> None:
    assert ended.code == 2
    assert "Traceback" not in ended.err
    errors = [line for line in ended.err.splitlines() if line.startswith("livingreview: ")]
    assert len(errors) == 1, ended.err
    for word in words:
        assert word in errors[0]


def assert_recovers(lab: Lab, undisturbed: Rows) -> None:
    ended = lab("run", now=AFTER)
    assert ended.code == 0, ended.err
    assert rows_of(lab) == undisturbed


# No room


@pytest.mark.parametrize("number", [1, 3, 6])
def test_no_room_in_the_archive(filled: Lab, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    calls = iter(range(1, 1_000))

    def fsync(_descriptor: int) -> None:
        if next(calls) >= number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "fsync", fsync)
        assert_one_line(filled("run", now=NOW), "archive", "No space left on device")
    assert not list((filled.root / "var" / "archive").rglob(".part-*"))
    assert_recovers(filled, undisturbed)


@pytest.mark.parametrize("pages", [0, 4, 8, 12])
def test_no_room_in_the_database(filled: Lab, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """SQLite itself says that the disk is full, once the file would grow by more than so many pages."""
    with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
        limit = connection.execute("PRAGMA page_count").fetchone()[0] + pages
    prepare = engine._prepare_sqlite

    def prepare_small(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA max_page_count={limit}")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_prepare_sqlite", prepare_small)
        assert_one_line(filled("run", now=NOW), "tiny.db", "full", "free some space")
    assert_recovers(filled, undisturbed)


@pytest.mark.parametrize("folder", ["out", "out/20220601T050000Z"])
def test_no_room_for_the_report(filled: Lab, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().parent == filled.root / folder:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "fsync", fsync)
        assert_one_line(filled("run", now=NOW), "No space left on device")
    assert not list((filled.root / "out").rglob(".part-*"))
    # What that run found is told by the next: ten records, and the area that seven of them make.
    ended = filled("run", now=AFTER)
    assert (ended.code, ended.lines[-1]) == (0, "11 changes")
    assert rows_of(filled) == undisturbed


# No right, no folder


def test_a_database_that_may_not_be_written_to(filled: Lab, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch) -> None:

    def begin_read_only(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.exec_driver_sql("BEGIN")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_begin_sqlite", begin_read_only)
        assert_one_line(filled("run", now=NOW), "tiny.db", "readonly", "may be written to")
    assert filled.server.seen == []
    assert_recovers(filled, undisturbed)


def test_an_archive_that_vanishes_half_way(filled: Lab, undisturbed: Rows) -> None:
    def vanish(seen: Seen) -> None:
        if "efetch" in seen.path:
            shutil.rmtree(filled.root / "var" / "archive", ignore_errors=True)

    filled.server.on_request = vanish
    assert_one_line(filled("run", now=NOW), "archive")
    filled.server.on_request = lambda _seen: None
    assert_recovers(filled, undisturbed)


# A wrong clock


def test_a_clock_that_was_years_ahead_hides_nothing(filled: Lab) -> None:
    assert filled("run", now="2032-06-01T05:00:00Z").code == 0
    filled.server.world.add(Article(pmid="31000050", title="Vesicles of loom cells again", edat=date(2022, 6, 3)))
    ended = filled("run", now=AFTER)
    assert (ended.code, ended.lines[-1]) == (0, "1 changes")


def test_a_clock_that_is_behind_the_cursor_moves_it_back(filled: Lab, undisturbed: Rows) -> None:
    assert filled("run", now=AFTER).code == 0
    assert filled("run", now="2022-03-20T05:00:00Z").code == 0
    windows = [seen.parameters for seen in filled.server.asked("esearch") if "mindate" in seen.parameters]
    assert windows and all(asked["mindate"] <= asked["maxdate"] for asked in windows)
    assert_recovers(filled, undisturbed)


# A second run


def test_a_second_run_changes_nothing(filled: Lab) -> None:
    assert filled("run", now=NOW).code == 0
    before, files = filled.rows(), sorted(filled.root.rglob("*"))
    filled.server.forget()
    opened = filled.open()
    with opened.locked(timedelta(hours=1)):
        ended = filled("run", now=AFTER)
        assert [run.status for run in opened.runs()] == ["done"]
    opened.close()
    assert (ended.code, filled.server.seen, filled.rows()) == (5, [], before)
    assert [path for path in sorted(filled.root.rglob("*")) if path.suffix not in (".db-wal", ".db-shm")] == [
        path for path in files if path.suffix not in (".db-wal", ".db-shm")
    ]


@pytest.mark.parametrize(("host", "hours", "code"), [("elsewhere", 4, 0), ("elsewhere", 1, 5), ("", 0, 0)])
def test_a_lock_left_behind(filled: Lab, template: Path, host: str, hours: int, code: int) -> None:
    """Of another machine it counts for three hours; of this one until its process is gone."""
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    taken = datetime.now(UTC) - timedelta(hours=hours)
    with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
        connection.execute(
            "INSERT INTO lock (name, host, pid, token, taken_at) VALUES ('run', ?, ?, 'token', ?)",
            (host or os.uname().nodename, dead, taken.strftime("%Y-%m-%d %H:%M:%S.%f")),
        )
        connection.commit()
    assert filled("run", now=NOW).code == code


# A kill at every commit and every file


def points(at_point: Callable[[], None]) -> Callable[[], None]:
    """Calls this before every commit, and before and after every file gets its name; returns what undoes it."""
    replace = Path.replace

    def replace_watched(path: Path, target: Path) -> Path:
        at_point()
        found = replace(path, target)
        at_point()
        return found

    def on_commit(_connection: object) -> None:
        at_point()

    event.listen(Engine, "commit", on_commit)
    Path.replace = replace_watched  # type: ignore[method-assign, assignment]

    def undo() -> None:
        event.remove(Engine, "commit", on_commit)
        Path.replace = replace  # type: ignore[method-assign]

    return undo


def run_and_die(lab: Lab, number: int) -> int:
    """A run in a process of its own, killed at its n-th point; returns how it ended."""
    counter = iter(range(1, 10_000))

    def die() -> None:
        if next(counter) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return forks.end(forks.start(lab.config, NOW, lambda: points(die)))


@pytest.fixture
def n_points(filled: Lab, template: Path) -> Iterator[int]:
    counted: list[int] = []
    undo = points(lambda: counted.append(1))
    try:
        assert filled("run", now=NOW).code == 0
    finally:
        undo()
    start_over(filled, template)
    yield len(counted)


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)], ids=["every ninth", "all"])
def test_killed_at_commits_and_files(filled: Lab, template: Path, undisturbed: Rows, n_points: int, step: int) -> None:
    assert n_points > 30
    for number in range(1, n_points + 1, step):
        assert run_and_die(filled, number) == -signal.SIGKILL, number
        ended = filled("run", now=AFTER)
        assert ended.code == 0, (number, ended.err)
        assert rows_of(filled) == undisturbed, number
        # Every change is told: by the report of the killed run if it came to that, else by the next.
        with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
            told = connection.execute("SELECT count(*) FROM run WHERE now_at < '2022-06-02' AND reported_at <> ''")
            has_told = bool(told.fetchone()[0])
        assert ended.lines[-1] == ("0 changes" if has_told else "11 changes"), number
        start_over(filled, template)
