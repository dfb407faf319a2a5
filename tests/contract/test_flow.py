"""What each run brought, in numbers, on SQLite and on PostgreSQL."""

from datetime import timedelta

from livingreview.records import Change, Decision, DecisionCount, Record, Run, Severity
from livingreview.sources import Item
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.records import NOW, article, trial

HOUR = timedelta(hours=1)
ARTICLE = article("1", doi="10.5555/a")
COPY = Record(source="crossref", source_id="10.5555/a", doi="10.5555/a", title="A copy")


def take(repository: Repository, weeks: int, *items: Item) -> Run:
    """A run that stores, links and derives."""
    run = repository.start_run("services", NOW + timedelta(weeks=weeks), "0.1.0", "config")
    with repository.writing(run) as writing:
        writing.apply(items, "key", NOW, Tally())
    repository.link_works(run)
    repository.commit_derived(run, [version.version_id for version in repository.underived(100)], {}, [], "other")
    return run


def said(work_id: str, verdict: str, stage: str = "title_abstract", hours: int = 0, reason: str = "") -> Decision:
    return Decision(
        work_id=work_id, stage=stage, decision=verdict, person="Ada", decided_at=NOW + hours * HOUR, reason=reason
    )


def test_records_and_works_are_counted_where_they_came_first(repository: Repository) -> None:
    first = take(repository, 0, ARTICLE, article("2"), trial("NCT00000001"))
    second = take(repository, 1, COPY, article("2", title="Revised"), article("3"))
    one, two = repository.prisma_counts(second, ())
    assert (one.run.name, one.records, one.n_works, one.n_known) == (
        first.name,
        {"clinicaltrials": 1, "pubmed": 2},
        3,
        0,
    )
    # The copy is a record of the second run and of a work of the first; a revision is neither.
    assert (two.records, two.n_works) == ({"crossref": 1, "pubmed": 1}, 1)
    assert repository.prisma_counts(first, ()) == (one,)


def test_works_that_the_review_cites_are_counted_apart(repository: Repository) -> None:
    take(repository, 0, ARTICLE, article("2"))
    last = take(repository, 1, COPY)
    one, two = repository.prisma_counts(last, {"pubmed:1", "pubmed:404"})
    assert (one.records, one.n_works, one.n_known) == ({"pubmed": 1}, 1, 1)
    assert (two.records, two.n_works, two.n_known) == ({}, 0, 1)


def test_the_last_decision_of_the_last_stage_is_counted(repository: Repository) -> None:
    last = take(repository, 0, ARTICLE, article("2"), article("3"), trial("NCT00000001"), article("4"))
    repository.add_decisions(
        [
            said("pubmed:1", "exclude", hours=9),
            said("pubmed:1", "include", "full_text", hours=1),
            said("pubmed:2", "include"),
            said("pubmed:2", "exclude", hours=1, reason="wrong cell"),
            said("pubmed:3", "exclude", reason="wrong cell"),
            said("clinicaltrials:NCT00000001", "include", "full_text"),
            said("pubmed:4", "exclude"),
        ]
    )
    (flow,) = repository.prisma_counts(last, {"pubmed:4"})
    assert flow.decided == (
        DecisionCount(stage="full_text", decision="include", reason="", is_trial=False, n=1),
        DecisionCount(stage="full_text", decision="include", reason="", is_trial=True, n=1),
        DecisionCount(stage="title_abstract", decision="exclude", reason="wrong cell", is_trial=False, n=2),
    )


def test_a_decision_follows_its_work_to_the_run_that_brought_it(repository: Repository) -> None:
    take(repository, 0, COPY)
    second = take(repository, 1, article("9"))
    repository.add_decisions([said("crossref:10.5555/a", "include")])
    last = take(repository, 2, ARTICLE)
    flows = repository.prisma_counts(last, ())
    assert [sum(one.n for one in flow.decided) for flow in flows] == [1, 0, 0]
    assert [flow.n_works for flow in flows] == [1, 1, 0]
    assert second.name == flows[1].run.name


def test_changes_are_counted_by_type_and_severity(repository: Repository) -> None:
    run = take(repository, 0, ARTICLE)
    found = [
        Change(
            type=kind, severity=severity, source="pubmed", source_id="1", work="pubmed:1", at=NOW, before={}, after={}
        )
        for kind, severity in [
            ("retracted", Severity.ALERT),
            ("new_record", Severity.ROUTINE),
            ("new_record", Severity.ROUTINE),
        ]
    ]
    repository.commit_derived(run, [], {}, found, "other")
    (flow,) = repository.prisma_counts(run, ())
    assert flow.changes == (("new_record", "routine", 2), ("retracted", "alert", 1))
