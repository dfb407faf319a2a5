"""A run again, from the raw archive alone."""

import importlib
import itertools
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from livingreview.records import Decision
from livingreview.replay.replay import first_difference, line_difference
from support import server as faults
from support import tiny_review
from support.lab import Lab
from support.tiny_review import CITED_PMID, CITED_TITLE, PRINTED_NCT
from support.world import Article, article_set, study

FIRST, SECOND, THIRD = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z", "2022-06-15T05:00:00Z"
NAMES = {now: now.replace("-", "").replace(":", "") for now in (FIRST, SECOND, THIRD)}


@pytest.fixture
def filled(lab: Lab) -> Lab:
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)),
        Article(pmid="31000001", title="Vesicles of loom cells in burns of mice", edat=date(2022, 3, 15)),
        Article(pmid="31000002", title="Vesicles of yarn cells: a trial", edat=date(2022, 5, 20)),
    )
    lab.server.world.register(study(PRINTED_NCT, "Vesicles of loom cells for burns", updated="2022-01-20"))
    return lab


def news(lab: Lab) -> None:
    """What the second week brings."""
    lab.server.world.add(Article(pmid="31000003", title="Vesicles of loom cells and sleep", edat=date(2022, 6, 3)))
    moved = study(PRINTED_NCT, "Vesicles of loom cells for burns", updated="2022-06-03", status="COMPLETED")
    lab.server.world.register(moved, at="2022-06-06T09:00:00")


def assert_identical(lab: Lab, *moments: str) -> None:
    """Each of these runs is made again without one request."""
    lab.server.forget()
    for now in moments:
        ended = lab("run", "--replay", NAMES[now], now="2023-01-01")
        assert (ended.code, ended.lines[-1]) == (0, f"{NAMES[now]}: identical"), ended.out + ended.err
    assert lab.server.seen == []


def test_runs_are_made_again_without_a_network(filled: Lab, tmp_path: Path) -> None:
    assert filled("run", now=FIRST).code == 0
    news(filled)
    assert filled("run", now=SECOND).code == 0
    filled.server.world.articles.clear()
    before = filled.rows()
    assert_identical(filled, FIRST, SECOND)
    assert filled.rows() == before
    folder = tmp_path / "again"
    ended = filled("run", "--replay", NAMES[SECOND], "--output", folder, "--json")
    assert json.loads(ended.out) == {"run": NAMES[SECOND], "is_identical": True, "difference": "", "notes": []}
    for name in ("report.md", "report.html", "report.json"):
        assert (folder / name).read_bytes() == (filled.root / "out" / NAMES[SECOND] / name).read_bytes()


def test_a_partial_run_is_partial_again(filled: Lab) -> None:
    assert filled("run", now=FIRST).code == 0
    news(filled)
    filled.server.spoil(faults.status(500, "no index"), "/api/v2", times=None)
    # A fault that passes leaves a second answer to the same request.
    filled.server.spoil(faults.html_in_200, "efetch")
    filled.server.spoil(faults.status(400, "what?"), "esearch", first=5)
    assert filled("run", now=SECOND).code == 3
    filled.server.mend()
    assert filled("run", now=THIRD).code == 0
    assert_identical(filled, SECOND, THIRD)


def test_a_run_without_a_single_answer_does_not_hinder_the_next(filled: Lab) -> None:
    assert filled("run", now=FIRST).code == 0
    filled.server.spoil(faults.reset, times=None)
    assert filled("run", now=SECOND).code == 4
    filled.server.mend()
    news(filled)
    assert filled("run", now=THIRD).code == 0
    assert_identical(filled, THIRD)
    ended = filled("run", "--replay", NAMES[SECOND])
    assert (ended.code, "made no report" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "stage",
    [
        "acquisition.services._apply",
        pytest.param("pipeline.run.derive", marks=pytest.mark.slow),
        pytest.param("pipeline.run.write_report", marks=pytest.mark.slow),
        pytest.param("changes.derive_all", marks=pytest.mark.slow),
        "pipeline.monitor.record_changes",
        pytest.param("pipeline.monitor.area_groups", marks=pytest.mark.slow),
        pytest.param("statements.evaluate.evaluate_rules", marks=pytest.mark.slow),
    ],
)
def test_a_run_that_was_cut_off_is_cut_off_again(filled: Lab, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """Of the second run stays what it had committed; the third goes on from there, and so does its replay."""
    room, _, name = stage.rpartition(".")
    monkeypatch.setattr("livingreview.pipeline.derive._DERIVE_BATCH", 1)
    assert filled("run", now=FIRST).code == 0
    news(filled)
    with monkeypatch.context() as patched:
        module = importlib.import_module(f"livingreview.{room}")
        inner, calls = getattr(module, name), itertools.count()

        def dying(*arguments: object, **named: object) -> object:
            # Once it goes well, so that something has been committed, then the power goes.
            if name not in ("_apply", "derive_all") or next(calls):
                raise KeyboardInterrupt
            return inner(*arguments, **named)

        patched.setattr(module, name, dying)
        assert filled("run", now=SECOND).code == 130
    assert filled("run", now=THIRD).code == 0
    assert_identical(filled, THIRD)


def test_files_and_records_by_hand(filled: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.xml").write_bytes(article_set(Article(pmid="5", title="Vesicles of loom cells, by file")))
    (folder / "b.xml").write_bytes(article_set(Article(pmid="6"))[:-40])
    (folder / "c.bin").write_bytes(b"of no format")
    assert filled("run", "--from", folder, now=FIRST).code == 3
    assert (
        filled("queue", "add", "--title", "Vesicles of loom cells, by hand", "--pmid", "31000001", now=SECOND).code == 0
    )
    assert filled("run", now=THIRD).code == 0
    for path in folder.iterdir():
        path.unlink()
    assert_identical(filled, FIRST, SECOND, THIRD)


def test_decisions_and_trainings_between_runs(filled: Lab, tmp_path: Path) -> None:
    assert filled("run", now=FIRST).code == 0
    table = tmp_path / "decided.csv"
    # Decided before the run, but told to the store only after it.
    table.write_text(
        "work_id,stage,decision,reason,areas,person,decided_at\n"
        "pubmed:31000001,title_abstract,include,,,AB,2022-05-31T08:00:00Z\n"
    )
    ended = filled("queue", "import", table)
    assert ended.code == 0, ended.err
    assert filled("train", now="2022-06-03T09:00:00Z").code == 0
    news(filled)
    assert filled("run", now=SECOND).code == 0
    assert_identical(filled, FIRST, SECOND)


def excluded(lab: Lab, now: str) -> list[str]:
    """Core evidence that the report of a run shows as excluded, held against the works that its flow counts."""
    report = json.loads((lab.root / "out" / NAMES[now] / "report.json").read_bytes())
    listed = [row["source_id"] for row in report["sections"]["core_evidence"]["excluded"]]
    (box,) = (
        box
        for box in report["sections"]["living"]["figures"]["flow_last"]["data"]["boxes"]
        if box["slug"] == "screened"
    )
    assert sum(value or 0 for line in box["lines"] for value in line["values"]) == len(listed)
    return listed


def decide(lab: Lab, *works: str, decision: str = "exclude", stage: str = "full_text") -> None:
    """Decisions of one moment, by another process."""
    moment = datetime(2022, 6, 2, tzinfo=UTC)
    said = {"stage": stage, "decision": decision, "person": "AB", "decided_at": moment}
    with closing(lab.open()) as repository:
        assert repository.add_decisions([Decision(work_id=work, **said) for work in works]) == (len(works), [])


@pytest.mark.parametrize(
    "stage",
    [
        "method.archive",
        pytest.param("monitor.record_changes", marks=pytest.mark.slow),
        pytest.param("run.changes_to_report", marks=pytest.mark.slow),
        "run.write_report",
    ],
)
def test_a_decision_that_arrives_during_a_run_is_of_the_next_one(
    filled: Lab, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    assert filled("run", now=FIRST).code == 0
    news(filled)
    room, _, name = stage.rpartition(".")
    module = importlib.import_module(f"livingreview.pipeline.{room}")
    inner = getattr(module, name)

    def late(*arguments: object, **named: object) -> object:
        decide(filled, "pubmed:31000001")
        return inner(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, late)
        assert filled("run", now=SECOND).code == 0
    assert excluded(filled, SECOND) == []
    assert_identical(filled, SECOND)
    folder = filled.root / "out" / NAMES[SECOND]
    pages = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert filled("report").code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == pages
    assert filled("run", now=THIRD).code == 0
    assert excluded(filled, THIRD) == ["31000001"]
    assert_identical(filled, THIRD)
    assert filled("report", "--run", NAMES[SECOND]).code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == pages


def test_decisions_of_one_moment_on_works_that_became_one(filled: Lab) -> None:
    filled.server.world.add(
        Article(pmid="31000005", title="A letter on vesicles of loom cells in burns", edat=date(2022, 5, 21))
    )
    assert filled("run", now=FIRST).code == 0
    decide(filled, "pubmed:31000001", decision="include")
    decide(filled, "pubmed:31000005")
    assert filled("run", now=SECOND).code == 0
    filled.server.world.revise("31000005", notices=(("ErratumFor", "31000001", "x"),), mdat=date(2022, 6, 9))
    assert filled("run", now=THIRD).code == 0
    assert len(excluded(filled, THIRD)) == 1
    assert_identical(filled, SECOND, THIRD)


def test_the_method_of_each_run_is_its_own(filled: Lab) -> None:
    assert filled("run", now=FIRST).code == 0
    path = filled.config / "reviews" / "tiny" / "review.toml"
    path.write_text(
        path.read_text().replace(tiny_review.CONTEXT_QUERY, f"({tiny_review.CONTEXT_QUERY}) OR noise[tiab]")
    )
    baseline = filled.root / "data" / "tiny" / "baseline" / "references.csv"
    baseline.write_text(baseline.read_text().replace(CITED_PMID, "31000001"))
    assert filled("run", now=SECOND).code == 0
    assert_identical(filled, FIRST, SECOND)
    ended = filled("run", "--replay", NAMES[FIRST])
    assert "configuration has been edited since" in ended.out


def test_what_differs_is_named(filled: Lab) -> None:
    assert filled("run", now=FIRST).code == 0
    page = filled.root / "out" / NAMES[FIRST] / "report.md"
    page.write_text(page.read_text().replace("loom cells in burns", "loom cells in turns"))
    ended = filled("run", "--replay", NAMES[FIRST])
    assert ended.code == 3
    assert "differs: report.md, line " in ended.out
    assert "turns" in ended.out
    with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
        connection.execute("UPDATE change SET severity = 'alert' WHERE id = 1")
        connection.commit()
    ended = filled("run", "--replay", NAMES[FIRST])
    assert ended.code == 3
    assert "differs: change 1, " in ended.out
    assert "severity" in ended.out


def _lose_archive(lab: Lab) -> None:
    for path in (lab.root / "var" / "archive").rglob("*"):
        if path.is_file():
            path.unlink()


def _lose_page(lab: Lab) -> None:
    (lab.root / "out" / NAMES[FIRST] / "report.html").unlink()


def _lose_log(lab: Lab) -> None:
    with closing(sqlite3.connect(lab.root / "var" / "tiny.db")) as connection:
        connection.execute("DELETE FROM payload WHERE url LIKE '%efetch%'")
        connection.commit()


@pytest.mark.parametrize("lose", [_lose_archive, _lose_page, _lose_log])
def test_what_is_not_there_cannot_be_replayed(filled: Lab, lose: Callable[[Lab], None]) -> None:
    assert filled("run", now=FIRST).code == 0
    lose(filled)
    ended = filled("run", "--replay", NAMES[FIRST])
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("livingreview: ")
    assert "Traceback" not in ended.err


def test_what_a_replay_does_not_take(filled: Lab, tmp_path: Path) -> None:
    assert filled("run", "--replay", "20000101T000000Z").code == 2
    assert filled("run", "--replay", "x", "--from", tmp_path).code == 2
    assert filled("run", "--output", tmp_path).code == 2


def test_differences_in_words() -> None:
    assert first_difference([], []) == ""
    assert line_difference("a", b"1\n2\n", b"1\n2\n") == ""
    assert line_difference("a", b"1\n2\n", b"1\n3\n") == "a, line 2: '2', replayed '3'"
    assert line_difference("a", b"1\n", b"1\r\n") == "a: the ends of lines differ"
