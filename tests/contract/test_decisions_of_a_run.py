"""Which decisions a run knows, on SQLite and on PostgreSQL."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from livingreview.config import Project
from livingreview.records import Decision, Notice, Run, Score
from livingreview.records.evidence import StatementDecision
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.records import NOW, article

RETRACTION = Notice(kind="RetractionIn", pmid="77")


def begin(repository: Repository, weeks: int = 0) -> Run:
    return repository.start_run("services", NOW + timedelta(weeks=weeks), "0.1.0", "config")


def take(repository: Repository, run: Run, *, is_derived: bool) -> None:
    with repository.writing(run) as writing:
        writing.apply([article("1", notices=(RETRACTION,)), article("2")], "key", NOW, Tally())
    repository.link_works(run)
    if is_derived:
        fresh = [version.version_id for version in repository.underived(9)]
        score = Score(scope="loom_ev", probabilities={"loom_ev": 1.0})
        repository.commit_derived(run, fresh, dict.fromkeys(fresh, score), [], "other")


def decided(work_id: str, hours: int) -> Decision:
    moment = NOW + timedelta(hours=hours)
    return Decision(work_id=work_id, stage="full_text", decision="include", person="Ada", decided_at=moment)


def test_a_run_knows_what_stood_in_the_store_as_it_began(repository: Repository, tiny_project: Project) -> None:
    take(repository, begin(repository), is_derived=True)
    early, late, backdated = decided("pubmed:1", 2), decided("pubmed:2", 3), decided("pubmed:1", 1)
    repository.add_decisions([early])
    run = begin(repository, 1)
    # Another process, while the run is at work; one of the two was decided before what the run knows.
    repository.add_decisions([late, backdated])
    known = repository.for_run(run)
    assert (run.n_decisions, known.decisions(), known.decision_log()) == (1, [early], [early])
    assert repository.decisions() == [backdated, early, late]
    assert repository.decision_log() == [early, late, backdated]
    assert [one.decisions for one in known.records()] == [(early,), ()]
    assert [one.decisions for one in known.records(work_ids=["pubmed:1", "pubmed:2"])] == [(early,), ()]
    assert [sum(one.n for one in flow.decided) for flow in known.prisma_counts(run, ())] == [1, 0]
    assert [sum(one.n for one in flow.decided) for flow in repository.prisma_counts(run, ())] == [2, 0]

    def triaged(of: Repository) -> object:
        return of.status(tiny_project.review, [], {}, NOW)["pubmed"].triaged_through_at

    assert (triaged(known), triaged(repository)) == (None, NOW)
    # It takes decisions all the same, and none of them twice.
    assert known.add_decisions([late, decided("pubmed:2", 4)]) == (1, [])
    assert known.decisions() == [early]
    assert begin(known, 2).n_decisions == 4


def test_changes_are_derived_from_what_the_run_knows(repository: Repository) -> None:
    first = begin(repository)
    take(repository, first, is_derived=False)
    repository.add_decisions([decided("pubmed:1", 1)])
    assert [version.decision for version in repository.for_run(first).underived(9)] == ["", ""]
    assert [version.decision for version in repository.underived(9)] == ["include", ""]


def on_statement(hours: int, wording: str = "") -> StatementDecision:
    moment = NOW + timedelta(hours=hours)
    return StatementDecision(
        statement_id="S01", effect="outdates", verdict="accepted", person="Ada", decided_at=moment, wording=wording
    )


def test_a_run_knows_the_decisions_on_statements_that_stood_in_the_store(repository: Repository) -> None:
    early, backdated = on_statement(2, "Two trials are registered"), on_statement(1)
    assert repository.add_statement_decisions([early, early]) == 1
    run = begin(repository, 1)
    assert repository.add_statement_decisions([early, backdated]) == 1
    known = repository.for_run(run)
    assert (run.n_statement_decisions, known.statement_decisions()) == (1, [early])
    assert repository.statement_decisions() == [backdated, early]
    assert repository.statement_decision_log() == [early, backdated]


def test_a_restored_store_knows_what_each_run_knew(repository: Repository, tmp_path: Path) -> None:
    take(repository, begin(repository), is_derived=True)
    repository.add_decisions([decided("pubmed:1", 2)])
    run = begin(repository, 1)
    repository.add_decisions([decided("pubmed:2", 1)])
    repository.finish_run(run, "done")
    repository.export_snapshot(tmp_path / "snapshot")
    with closing(Repository.open(f"sqlite:///{tmp_path / 'restored.db'}", tmp_path / "archive")) as restored:
        restored.restore_snapshot(tmp_path / "snapshot")
        assert restored.decision_log() == repository.decision_log()
        (known,) = restored.for_run(restored.run(run.name)).decisions()
        assert known.work_id == "pubmed:1"
        restored.export_snapshot(tmp_path / "again")
    same = [(tmp_path / folder / "decisions.csv").read_bytes() for folder in ("snapshot", "again")]
    assert same[0] == same[1]
