"""kill -9 at any instant of a run: the next run completes it, loses nothing and repeats nothing."""

import itertools
import json
import os
import random
import signal
import sqlite3
import threading
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from livingreview.store.calendar_changes import CalendarChanges
from support import forks, tiny_review
from support.lab import Lab
from support.server import Seen, Server
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


@pytest.fixture
def place(lab: Lab, tmp_path: Path) -> Lab:
    """Another project upon the same server, in which a run is killed."""
    return Lab(tiny_review.write(tmp_path / "killed"), lab.server, lab._cli)


def rows(lab: Lab) -> dict[str, list[object]]:
    found = lab.rows()
    # Which model row was first depends on nothing but the labels, yet its card bears the moment of training.
    del found["model"]
    return found


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def finish(place: Lab) -> None:
    """The next run."""
    ended = place("run", now=AFTER)
    assert ended.code == 0, ended.err


_UNDISTURBED: dict[str, list[object]] = {}
"""The same for every test, so found once a process."""


@pytest.fixture
def undisturbed(lab: Lab) -> dict[str, list[object]]:
    """What the store holds after a run and one more, with nobody in the way."""
    fill(lab.server)
    if not _UNDISTURBED:
        assert lab("run", now=NOW).code == 0
        assert lab("run", now=AFTER).code == 0
        _UNDISTURBED.update(rows(lab))
        lab.server.forget()
        types = [json.loads(line)["type"] for line in lab("changes", "--json").lines]
        assert (types.count("overdue"), types.count("new_area")) == (1, 1)
    return _UNDISTURBED


def check(place: Lab, expected: dict[str, list[object]]) -> None:
    found = rows(place)
    assert set(found) == set(expected)
    for table in expected:
        assert found[table] == expected[table], table


# A run sends more than a dozen requests; the seed makes the choice the same every time.
@pytest.mark.parametrize("wanted", sorted(random.Random(20220914).sample(range(1, 13), 5)))
def test_killed_at_some_request(place: Lab, undisturbed: dict[str, list[object]], wanted: int) -> None:
    started = threading.Event()

    def kill(_seen: Seen) -> None:
        if len(place.server.seen) >= wanted:
            assert started.wait(60)
            os.kill(process, signal.SIGKILL)

    place.server.on_request = kill
    process = forks.start(place.config, NOW)
    started.set()
    assert forks.end(process) == -signal.SIGKILL
    place.server.on_request = lambda _seen: None
    finish(place)
    check(place, undisturbed)


_INSTANTS = {
    "the first versions are in": "SELECT count(*) > 0 FROM record_version",
    "one cursor has moved": "SELECT count(*) > 0 FROM cursor",
    "the model is trained": "SELECT count(*) > 0 FROM model",
    "changes are in": "SELECT count(*) > 0 FROM change",
    "the run is done but not reported": "SELECT count(*) > 0 FROM run WHERE status = 'done'",
}


@pytest.mark.parametrize("instant", _INSTANTS)
def test_killed_after_some_commit(place: Lab, undisturbed: dict[str, list[object]], instant: str) -> None:
    """Before the first transaction that would see it."""
    path = place.root / "var" / "tiny.db"

    def die_then(_connection: object) -> None:
        # There is no table before the first transaction.
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as connection:
            if connection.execute(_INSTANTS[instant]).fetchone()[0]:
                die()

    process = forks.start(place.config, NOW, lambda: event.listen(Engine, "begin", die_then))
    assert forks.end(process) == -signal.SIGKILL
    finish(place)
    check(place, undisturbed)
    with closing(sqlite3.connect(path)) as connection:
        statuses = [row[0] for row in connection.execute("SELECT status FROM run ORDER BY id")]
    assert statuses == ["done" if "done" in instant else "broken", "done"]


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("is_after", [False, True])
def test_killed_about_the_telling_of_what_no_version_brings(
    place: Lab, undisturbed: dict[str, list[object]], call: int, is_after: bool
) -> None:
    """Overdue trials (the first call) and new areas (the second): just before they commit, and just after."""
    record, calls = CalendarChanges.record_changes, itertools.count(1)

    def dying(*arguments: Any) -> None:
        is_last = next(calls) == call
        if is_last and not is_after:
            die()
        record(*arguments)
        if is_last:
            die()

    process = forks.start(place.config, NOW, lambda: setattr(CalendarChanges, "record_changes", dying))
    assert forks.end(process) == -signal.SIGKILL
    finish(place)
    check(place, undisturbed)
