"""Runs that are stopped, that are taken over, and that come after one which was killed."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from support.lab import Lab
from support.server import Seen
from support.tiny_review import CITED_PMID, CITED_TITLE, PRINTED_NCT
from support.world import Article, study

NOW, AFTER = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z"


@pytest.fixture
def filled(lab: Lab) -> Lab:
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, edat=date(2020, 5, 1)),
        *(Article(pmid=str(31_000_000 + n), title=f"Vesicles of loom cells, {n}") for n in range(4)),
    )
    lab.server.world.register(study(PRINTED_NCT, "Vesicles of loom cells for burns"))
    return lab


def start(lab: Lab, *program: str) -> subprocess.Popen[str]:
    """A run in a process of its own; ``program`` is what Python is told to run in place of the module."""
    command = [sys.executable, *(program or ("-m", "livingreview")), "--config", str(lab.config), "--now", NOW, "run"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=lab.root)


class Held:
    """A run in a process of its own, which waits for an answer until it is let go.

    Attributes:
        process: the run.
    """

    def __init__(self, lab: Lab, path: str) -> None:
        self._lab = lab
        self._asked, self._released = threading.Event(), threading.Event()

        def hold(seen: Seen) -> None:
            if path in seen.path and not self._asked.is_set():
                self._asked.set()
                self._released.wait(120)

        lab.server.on_request = hold
        self.process = start(lab)
        assert self._asked.wait(60), self.process.poll()

    def release(self) -> None:
        """Lets the answer come."""
        self._released.set()

    def end(self) -> tuple[int, list[str]]:
        """Waits for the run; returns its code, and what it said to the person."""
        _, words = self.process.communicate(timeout=60)
        return self.process.returncode, [line for line in words.splitlines() if line.startswith("livingreview: ")]


@pytest.fixture
def held(filled: Lab) -> Iterator[Held]:
    run = Held(filled, "efetch")
    yield run
    run.release()
    run.process.kill()
    run.process.communicate()


def ask(lab: Lab, statement: str) -> list[Any]:
    with closing(sqlite3.connect(Path(lab.root) / "var" / "tiny.db")) as connection:
        rows = connection.execute(statement).fetchall()
        connection.commit()
    return rows


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow)],
    ids=lambda one: str(one),
)
def test_a_signal_ends_a_run_that_waits_for_a_service(filled: Lab, held: Held, number: int, code: int) -> None:
    assert ask(filled, "SELECT count(*) FROM lock") == [(1,)]
    held.process.send_signal(number)
    assert held.end() == (code, ["livingreview: stopped; what was committed stays, the next run goes on from there"])
    assert ask(filled, "SELECT count(*) FROM lock") == [(0,)]
    assert ask(filled, "SELECT status, error FROM run") == [("failed", f"stopped by {signal.Signals(number).name}")]
    held.release()
    assert filled("run", now=AFTER).code == 0


def test_a_signal_that_is_ignored_stays_ignored(filled: Lab) -> None:
    program = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from livingreview.cli import main; main(None)"
    )

    def hang_up(seen: Seen) -> None:
        if "efetch" in seen.path:
            process.send_signal(signal.SIGHUP)

    filled.server.on_request = hang_up
    process = start(filled, "-c", program)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_run_whose_lock_was_taken_over_ends_without_a_trace(filled: Lab, held: Held) -> None:
    """It lives, but on another machine, and for longer than the settings allow."""
    ask(filled, "UPDATE lock SET host = 'elsewhere', taken_at = '2020-01-01 00:00:00'")
    ended = filled("run", now=AFTER)
    assert (ended.code, ended.lines[-1]) == (0, "6 changes")
    before, runs = filled.rows(), ask(filled, "SELECT * FROM run")
    ask(filled, "INSERT INTO lock (name, host, pid, token, taken_at) VALUES ('run', 'third', 1, 'third', '2099-01-01')")
    held.release()
    code, words = held.end()
    assert (code, len(words)) == (5, 1)
    assert "another run took over the lock (process 1 on third)" in words[0]
    assert (filled.rows(), ask(filled, "SELECT * FROM run")) == (before, runs)
    assert ask(filled, "SELECT token FROM lock") == [("third",)]


def test_a_living_run_of_this_machine_is_never_too_old(filled: Lab, held: Held) -> None:
    ask(filled, "UPDATE lock SET taken_at = '2020-01-01 00:00:00'")
    ended = filled("run", now=AFTER)
    assert (ended.code, "another run is at work" in ended.err) == (5, True)
    held.release()
    assert held.end() == (0, [])
