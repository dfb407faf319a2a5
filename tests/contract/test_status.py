"""How far each source was triaged, on SQLite and on PostgreSQL."""

from datetime import datetime, timedelta

from livingreview.config import Project
from livingreview.records import Decision, Notice, Score
from livingreview.sources import Item
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.records import NOW, article

WEEK = timedelta(weeks=1)


def take(repository: Repository, weeks: int, *items: Item, scope: str = "loom_ev") -> None:
    """A run that stores, links and gives every version a scope."""
    run = repository.start_run("services", NOW + weeks * WEEK, "0.1.0", "config")
    with repository.writing(run) as writing:
        writing.apply(items, "key", NOW, Tally())
    repository.link_works(run)
    fresh = [version.version_id for version in repository.underived(100)]
    scores = {one: Score(scope=scope, probabilities={scope: 1.0}) for one in fresh}
    repository.commit_derived(run, fresh, scores, [], "other")


def test_triaged_up_to_the_run_before_the_first_open_work(repository: Repository, tiny_project: Project) -> None:
    def triaged_through() -> datetime | None:
        return repository.status(tiny_project.review, [], {}, NOW)["pubmed"].triaged_through_at

    def decide_on(*work_ids: str) -> None:
        said = {"stage": "title_abstract", "decision": "exclude", "person": "Ada", "decided_at": NOW}
        assert repository.add_decisions([Decision(work_id=one, **said) for one in work_ids])[1] == []

    take(repository, 0, article("1"), article("2"))
    take(repository, 0, article("9"), scope="other")
    take(repository, 1, article("3"))
    take(repository, 2, article("4"))
    assert triaged_through() is None
    decide_on("pubmed:1", "pubmed:3")
    # One work of the first run is open, and what the model calls irrelevant keeps nobody waiting.
    assert triaged_through() is None
    decide_on("pubmed:2")
    assert triaged_through() == NOW + WEEK
    decide_on("pubmed:4")
    assert triaged_through() == NOW + 2 * WEEK
    # What was said of a work holds for the one that it became part of.
    take(repository, 3, article("5"))
    decide_on("pubmed:5")
    take(repository, 4, article("5", source_date="2023-01-01", notices=(Notice(kind="ErratumFor", pmid="6"),)))
    take(repository, 5, article("6"))
    assert {one.work_id for one in repository.records(work_ids=["pubmed:5"])} == {"pubmed:5"}
    assert triaged_through() == NOW + 5 * WEEK
