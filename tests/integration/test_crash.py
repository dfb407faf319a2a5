"""kill -9 at any instant of a run: the next run completes it, loses nothing and repeats nothing."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from support import tiny_review
from support.lab import Lab
from support.server import Seen, Server
from support.stores import rows_of
from support.tiny_review import CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, study

OVERDUE = {"primaryCompletionDateStruct": {"date": "2021-03", "type": "ESTIMATED"}}
NOW = "2022-06-01T05:00:00Z"
AFTER = "2022-06-08T05:00:00Z"


def fill(server: Server) -> None:
    topics = ["burns"] * 20 + ["snoring"] * 3
    server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)),
        *(
            Article(pmid=str(31_000_000 + number), title=f"Vesicles of loom cells, {topic}", edat=date(2022, 4, 1))
            for number, topic in enumerate(topics)
        ),
    )
    server.world.register(
        study(PRINTED_NCT, "Vesicles of loom cells for burns", updated="2021-03-20", stamp="2022-05-01", **OVERDUE),
        study(OTHER_NCT, "Vesicles of yarn cells for dry eyes", status="COMPLETED"),
        *(study(f"NCT9000010{number}", f"Vesicles of loom cells {number}") for number in range(7)),
    )


class Place:
    """A project whose runs are processes of their own."""

    def __init__(self, root: Path, server: Server) -> None:
        self.root = tiny_review.write(root)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LIVINGREVIEW_", "COV_"))},
            **server.environment(),
        }

    @property
    def database(self) -> Path:
        return self.root / "var" / "tiny.db"

    def start(self, now: str, *program: str) -> subprocess.Popen[bytes]:
        """A run; ``program`` is what Python is told to run in place of the module."""
        arguments = ["--config", str(self.root / "config"), "--now", now, "run"]
        command = [sys.executable, *(program or ("-m", "livingreview")), *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.root
        )

    def rows(self) -> dict[str, list[object]]:
        found = rows_of(f"sqlite:///{self.database}")
        # Which model row was first depends on nothing but the labels, yet its card bears the moment of training.
        del found["model"]
        return found


def finish(place: Place, lab_config: Callable[..., object]) -> None:
    """The next run, in this process."""
    ended = lab_config("--config", place.root / "config", "--now", AFTER, "run")
    assert ended.code == 0, ended.err  # type: ignore[attr-defined]


_UNDISTURBED: dict[str, list[object]] = {}
"""The same for every test, so found once a process."""


@pytest.fixture
def undisturbed(lab: Lab) -> dict[str, list[object]]:
    """What the store holds after a run and one more, with nobody in the way."""
    fill(lab.server)
    if not _UNDISTURBED:
        assert lab("run", now=NOW).code == 0
        assert lab("run", now=AFTER).code == 0
        _UNDISTURBED.update(lab.rows())
        del _UNDISTURBED["model"]
        lab.server.forget()
        types = [json.loads(line)["type"] for line in lab("changes", "--json").lines]
        assert (types.count("overdue"), types.count("new_area")) == (1, 1)
    return _UNDISTURBED


def check(place: Place, expected: dict[str, list[object]]) -> None:
    found = place.rows()
    assert set(found) == set(expected)
    for table in expected:
        assert found[table] == expected[table], table


# A run sends more than a dozen requests; the seed makes the choice the same every time.
@pytest.mark.parametrize("wanted", sorted(random.Random(20220914).sample(range(1, 13), 5)))
def test_killed_at_some_request(lab: Lab, undisturbed: dict[str, list[object]], tmp_path: Path, wanted: int) -> None:
    place = Place(tmp_path / "request", lab.server)
    process = place.start(NOW)

    def kill(_seen: Seen) -> None:
        if len(lab.server.seen) >= wanted:
            process.send_signal(signal.SIGKILL)

    lab.server.on_request = kill
    assert process.wait(timeout=60) == -signal.SIGKILL
    lab.server.on_request = lambda _seen: None
    finish(place, lab._cli)
    check(place, undisturbed)


_INSTANTS = {
    "the first versions are in": "SELECT count(*) > 0 FROM record_version",
    "one cursor has moved": "SELECT count(*) > 0 FROM cursor",
    "the model is trained": "SELECT count(*) > 0 FROM model",
    "changes are in": "SELECT count(*) > 0 FROM change",
    "the run is done but not reported": "SELECT count(*) > 0 FROM run WHERE status = 'done'",
}


@pytest.mark.parametrize("instant", _INSTANTS)
def test_killed_after_some_commit(lab: Lab, undisturbed: dict[str, list[object]], tmp_path: Path, instant: str) -> None:
    place = Place(tmp_path / "commit", lab.server)
    process = place.start(NOW)
    killed = threading.Event()
    while process.poll() is None and not killed.wait(0.002):
        try:
            with closing(sqlite3.connect(f"file:{place.database}?mode=ro", uri=True)) as connection:
                is_reached = bool(connection.execute(_INSTANTS[instant]).fetchone()[0])
        except sqlite3.OperationalError:
            continue
        if is_reached:
            process.send_signal(signal.SIGKILL)
            killed.set()
    process.wait(timeout=60)
    # A machine under load may miss the last instant: then nothing was disturbed, and that must hold as well.
    assert killed.is_set() or instant == list(_INSTANTS)[-1]
    finish(place, lab._cli)
    check(place, undisturbed)
    with closing(sqlite3.connect(place.database)) as connection:
        statuses = [row[0] for row in connection.execute("SELECT status FROM run ORDER BY id")]
    assert statuses in (["broken", "done"], ["done", "done"])


_SUICIDE = """
import os, signal, sys
from livingreview.cli import main
from livingreview.store.calendar_changes import CalendarChanges

tell, calls = CalendarChanges.record_changes, []

def dying(*arguments):
    calls.append(arguments)
    if {is_after}:
        tell(*arguments)
    if len(calls) == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    if not {is_after}:
        tell(*arguments)

CalendarChanges.record_changes = dying
main(sys.argv[1:])
"""


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("is_after", [False, True])
def test_killed_about_the_telling_of_what_no_version_brings(
    lab: Lab, undisturbed: dict[str, list[object]], tmp_path: Path, call: int, is_after: bool
) -> None:
    """Overdue trials (the first call) and new areas (the second): just before they commit, and just after."""
    place = Place(tmp_path / "telling", lab.server)
    process = place.start(NOW, "-c", _SUICIDE.format(call=call, is_after=is_after))
    assert process.wait(timeout=60) == -signal.SIGKILL
    finish(place, lab._cli)
    check(place, undisturbed)
