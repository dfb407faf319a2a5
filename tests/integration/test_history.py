"""What printed trials said between the published review and the first reading: asked where the settings say so."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from livingreview.config import project
from support import server as faults
from support.lab import Lab
from support.tiny_review import OTHER_NCT, PRINTED_NCT
from support.world import study

FIRST, SECOND = "2022-12-01T05:00:00Z", "2022-12-08T05:00:00Z"
_SWITCH = "LIVINGREVIEW_SOURCES__CLINICALTRIALS__IS_HISTORY_READ"
STATES = (
    ("2021-06-01", "NOT_YET_RECRUITING"),
    ("2021-12-15", "RECRUITING"),
    ("2022-03-01", "RECRUITING"),
    ("2022-05-04", "SUSPENDED"),
    ("2022-07-08", "RECRUITING"),
    ("2022-10-10", "COMPLETED"),
)
"""(posted, status) of the printed trial; the review appeared on 2022-01-10."""


@pytest.fixture
def past(lab: Lab) -> Lab:
    states = [study(PRINTED_NCT, "Vesicles &amp; burns", status=status, updated=day) for day, status in STATES[:-1]]
    day, status = STATES[-1]
    now = study(PRINTED_NCT, "Vesicles & burns", status=status, updated=day)
    # The history tab escapes what API v2 does not: the present state from there would be another one.
    shown = study(PRINTED_NCT, "Vesicles &amp; burns", status=status, updated=day)
    lab.server.world.register(now, study(OTHER_NCT, "Vesicles of yarn cells", status="COMPLETED", updated="2021-02-01"))
    lab.server.world.histories[PRINTED_NCT] = [*states, shown]
    return lab


def path_of(lab: Lab, now: str) -> Sequence[tuple[str, str]]:
    page = json.loads((lab.root / "out" / now.replace("-", "").replace(":", "") / "report.json").read_bytes())
    (row,) = [one for one in page["sections"]["trials"]["printed"] if one["source_id"] == PRINTED_NCT]
    return [(one["as_of"], one["status"]) for one in row["history"]]


def test_the_path_of_a_printed_trial_is_read_once(past: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_SWITCH, "true")
    ended = past("run", now=FIRST)
    assert ended.code == 0, ended.err
    assert path_of(past, FIRST) == [
        ("2021-12-15", "RECRUITING"),
        ("2022-05-04", "SUSPENDED"),
        ("2022-07-08", "RECRUITING"),
        ("2022-10-10", "COMPLETED"),
    ]
    # The list, and three of its versions: the one of the review's day, and each later one with another status.
    asked = [seen.path.rpartition("/history")[2] for seen in past.server.asked("/int/")]
    assert asked == ["", "/1", "/3", "/4"]
    # What was so then is no news.
    told = [json.loads(line) for line in past("changes", "--json").lines]
    assert {one["type"] for one in told if one["source_id"] == PRINTED_NCT} == {"trial_read"}
    past.server.forget()
    past.server.world.data_timestamp = "2022-12-07"
    ended = past("run", now=SECOND)
    assert (ended.code, ended.lines[-1]) == (0, "0 changes")
    assert past.server.asked("/int/") == []
    assert path_of(past, SECOND) == path_of(past, FIRST)


def test_a_run_reads_the_transcript_of_the_review_once(past: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_SWITCH, "true")
    read: list[str] = []
    inner = project.read_csv

    def counted(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
        read.append(path.name)
        return inner(path, columns)

    monkeypatch.setattr(project, "read_csv", counted)
    assert past("run", now=FIRST).code == 0
    assert (read.count("references.csv"), read.count("trials.csv")) == (1, 1)


def test_nobody_asks_for_what_is_not_switched_on(past: Lab) -> None:
    assert past("run", now=FIRST).code == 0
    assert past.server.asked("/int/") == []
    assert path_of(past, FIRST) == [STATES[-1]]


@pytest.mark.parametrize(
    "fault",
    [faults.status(404), faults.status(403), faults.status(500), faults.html_in_200, faults.empty_body],
    ids=["gone", "forbidden", "broken", "html", "empty"],
)
def test_a_path_that_is_not_there_any_more_costs_nothing_but_itself(
    past: Lab, monkeypatch: pytest.MonkeyPatch, fault: faults.Spoil
) -> None:
    assert past("run", now=FIRST).code == 0
    plain = [json.loads(line) for line in past("changes", "--json").lines]
    monkeypatch.setenv(_SWITCH, "true")
    past.server.spoil(fault, "/int/", times=None)
    ended = past("run", now=SECOND)
    assert (ended.code, ended.lines[-1]) == (0, "0 changes"), ended.err
    assert [json.loads(line) for line in past("changes", "--json").lines] == plain
    report = (past.root / "out" / "20221208T050000Z" / "report.md").read_text(encoding="utf-8")
    assert "its status history could not be read" in report


def test_what_comes_for_another_study_is_not_taken(past: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_SWITCH, "true")
    history = past.server.world.histories[PRINTED_NCT]
    history[3] = study("NCT90000077", "Vesicles of loom cells", status="SUSPENDED", updated="2022-05-04")
    assert past("run", now=FIRST).code == 0
    assert ("2022-05-04", "SUSPENDED") not in path_of(past, FIRST)
    assert all(json.loads(line)["source_id"] != "NCT90000077" for line in past("changes", "--json").lines)
