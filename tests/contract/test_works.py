"""Works and what people say of them, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from livingreview.errors import UsageError
from livingreview.records import Decision, Kind, Notice, Record, Run
from livingreview.sources import Item
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.records import NOW, article, trial
from support.stores import rows_of

HOUR = timedelta(hours=1)
ARTICLE = article("1", doi="10.5555/a")
COPY = Record(source="crossref", source_id="10.5555/a", doi="10.5555/a", title="A copy")
ERRATUM = article("2", notices=(Notice(kind="ErratumFor", pmid="1"),))
WHY = {"person": "Ada", "reason": "read both", "now": NOW}


@pytest.fixture
def run(repository: Repository) -> Run:
    return repository.start_run("services", NOW, "0.1.0", "config")


def take(repository: Repository, run: Run, *items: Item) -> None:
    """Stores, links and derives."""
    with repository.writing(run) as writing:
        writing.apply(items, "key", NOW, Tally())
    repository.link_works(run)
    repository.commit_derived(run, [version.version_id for version in repository.underived(100)], {}, [], "other")


def works(repository: Repository) -> list[list[str]]:
    """The works of more than one record, the name first."""
    return [
        [work.id, *(f"{one.record.source}:{one.record.source_id}" for one in work.records)]
        for work in repository.works(is_merged=True)
    ]


def current_links(repository: Repository, name: str) -> list[tuple[str, str, str]]:
    return [(link.record, link.other, link.kind) for link in repository.work(name).links if not link.undone_at]


def decision(work_id: str, hours: int = 0, said: str = "include") -> Decision:
    return Decision(work_id=work_id, stage="title_abstract", decision=said, person="Ada", decided_at=NOW + hours * HOUR)


def test_storing_links_nothing_and_linking_is_idempotent(repository: Repository, run: Run) -> None:
    with repository.writing(run) as writing:
        writing.apply([ARTICLE, COPY, ERRATUM], "key", NOW, Tally())
    assert works(repository) == []
    # A run that is killed here leaves versions to derive, and the next one links before it does.
    assert repository.link_works(run) == 2
    assert works(repository) == [["crossref:10.5555/a", "crossref:10.5555/a", "pubmed:1", "pubmed:2"]]
    before = rows_of(str(repository._engine.url.render_as_string(hide_password=False)))
    assert repository.link_works(run) == 0
    assert rows_of(str(repository._engine.url.render_as_string(hide_password=False))) == before
    assert current_links(repository, "pubmed:1") == [
        ("crossref:10.5555/a", "pubmed:1", "same_doi"),
        ("pubmed:1", "pubmed:2", "notice"),
    ]
    link = repository.work("pubmed:2").links[0]
    assert (link.reason, link.evidence, link.run, link.made_at) == (
        "same doi 10.5555/a",
        {"doi": "10.5555/a"},
        run.name,
        NOW,
    )


@pytest.mark.parametrize("is_erratum_first", [True, False])
def test_a_work_is_named_after_its_earliest_run(repository: Repository, run: Run, is_erratum_first: bool) -> None:
    first, second = (ERRATUM, ARTICLE) if is_erratum_first else (ARTICLE, ERRATUM)
    take(repository, run, first)
    take(repository, repository.start_run("services", NOW + HOUR, "0.1.0", "config"), second)
    assert works(repository) == [[f"pubmed:{first.source_id}", "pubmed:1", "pubmed:2"]]


def test_what_is_news_is_reported_by_publication(repository: Repository, run: Run) -> None:
    registered = trial("NCT91000001")
    report = article("3", accessions=("NCT91000001",))
    preprint = Record(
        source="europepmc", source_id="PPR1", kind=Kind.PREPRINT, notices=(Notice(kind="PreprintOf", pmid="3"),)
    )
    take(repository, run, registered, preprint, ARTICLE)
    later = repository.start_run("services", NOW + HOUR, "0.1.0", "config")
    with repository.writing(later) as writing:
        writing.apply([report, COPY, ERRATUM], "key", NOW, Tally())
    repository.link_works(later)
    reported = {version.record.source_id: version.reported_kinds for version in repository.underived(10)}
    assert reported == {"3": {"preprint"}, "10.5555/a": {"article"}, "2": frozenset()}
    assert repository.work("pubmed:3").id == "clinicaltrials:NCT91000001"


def test_decisions_of_both_works_are_found_under_the_merged_one(repository: Repository, run: Run) -> None:
    take(repository, run, article("1"), article("2"))
    repository.add_decisions([decision("pubmed:1"), decision("pubmed:2", 1, "exclude")])
    later = repository.start_run("services", NOW + HOUR, "0.1.0", "config")
    take(repository, later, article("2", source_date="2023-01-01", notices=(Notice(kind="ErratumFor", pmid="1"),)))
    assert [(said.work_id, said.decision) for said in repository.decisions()] == [
        ("pubmed:1", "include"),
        ("pubmed:1", "exclude"),
    ]
    found = {one.record.source_id: len(one.decisions) for one in repository.records(work_ids=["pubmed:2"])}
    assert found == {"1": 2, "2": 2}
    # The same word under the old name is the same word; a new one is stored under the present name.
    assert repository.add_decisions([decision("pubmed:2", 1, "exclude"), decision("pubmed:2", 2)]) == (1, [])
    # Taken apart again, each keeps what was said of it, and what was said of both stays with the name.
    repository.split_work("pubmed:2", **WHY)
    assert [(said.work_id, said.decision) for said in repository.decisions()] == [
        ("pubmed:1", "include"),
        ("pubmed:2", "exclude"),
        ("pubmed:1", "include"),
    ]


def test_a_merge_that_rests_on_nothing_any_more_is_undone(repository: Repository, run: Run) -> None:
    take(repository, run, ARTICLE, ERRATUM)
    take(repository, run, article("2", source_date="2023-01-01"))
    assert works(repository) == []
    (link,) = repository.work("pubmed:1").links
    assert (link.undone_by, link.undone_at, link.undone_reason) == ("", NOW, "the rules no longer say so")


def test_what_a_person_split_stays_split(repository: Repository, run: Run) -> None:
    take(repository, run, ARTICLE, COPY, ERRATUM)
    left = repository.split_work("pubmed:1", **WHY)
    assert [work.id for work in left] == ["pubmed:1", "crossref:10.5555/a", "pubmed:2"]
    # Another record that would bring two of them together cannot.
    third = Record(source="pmc", source_id="PMC7", doi="10.5555/a", pmid="1")
    take(repository, run, third, replace(ERRATUM, title="Revised", source_date="2023-01-01"))
    assert works(repository) == [["pmc:PMC7", "pmc:PMC7", "pubmed:1"]]
    undone = [link for link in repository.work("pubmed:1").links if link.undone_by]
    assert {(link.undone_by, link.undone_reason, link.undone_at) for link in undone} == {("Ada", "read both", NOW)}


def test_what_a_person_joined_is_one_whatever_the_rules_say(repository: Repository, run: Run) -> None:
    take(repository, run, article("1"), article("2"), article("3"))
    joined = repository.join_works("pubmed:3", "pubmed:1", **WHY)
    assert (joined.id, current_links(repository, "pubmed:1")) == ("pubmed:1", [("pubmed:1", "pubmed:3", "join")])
    take(repository, run, article("1", title="Revised", source_date="2023-01-01"))
    assert works(repository) == [["pubmed:1", "pubmed:1", "pubmed:3"]]
    # The later word counts, in either direction.
    repository.split_work("pubmed:1", **WHY)
    assert works(repository) == []
    repository.join_works("pubmed:1", "pubmed:3", **WHY)
    repository.join_works("pubmed:3", "pubmed:2", **WHY)
    assert works(repository) == [["pubmed:1", "pubmed:1", "pubmed:2", "pubmed:3"]]
    repository.split_work("pubmed:3", **WHY)
    assert works(repository) == []
    repository.join_works("pubmed:1", "pubmed:2", **WHY)
    # Joining one of a work's records lifts what had parted the others.
    repository.join_works("pubmed:2", "pubmed:3", **WHY)
    assert works(repository) == [["pubmed:1", "pubmed:1", "pubmed:2", "pubmed:3"]]


def test_a_word_that_means_nothing_is_refused(repository: Repository, run: Run) -> None:
    take(repository, run, article("1"), article("2"))
    with pytest.raises(UsageError, match="alone in its work"):
        repository.split_work("pubmed:1", **WHY)
    with pytest.raises(UsageError, match="no such record"):
        repository.join_works("pubmed:1", "pubmed:77", **WHY)
    with pytest.raises(UsageError, match="no such record"):
        repository.work("77")
    with pytest.raises(UsageError, match="the same record twice"):
        repository.join_works("pubmed:1", "pubmed:1", **WHY)
    with pytest.raises(UsageError, match="--by is empty"):
        repository.join_works("pubmed:1", "pubmed:2", **WHY | {"person": " "})
    repository.join_works("pubmed:1", "pubmed:2", **WHY)
    with pytest.raises(UsageError, match="joined already"):
        repository.join_works("pubmed:2", "pubmed:1", **WHY)


def test_a_snapshot_keeps_links_and_words(repository: Repository, run: Run, tmp_path: Path, empty_store: Path) -> None:
    take(repository, run, ARTICLE, COPY, ERRATUM, article("4"), article("5"))
    repository.split_work("pubmed:1", **WHY)
    repository.join_works("pubmed:4", "pubmed:5", **WHY)
    repository.export_snapshot(tmp_path / "s")
    other = Repository.open(f"sqlite:///{empty_store.with_name('other.db')}", tmp_path / "archive2")
    try:
        other.restore_snapshot(tmp_path / "s")
        other.export_snapshot(tmp_path / "again")
        for path in (tmp_path / "s").rglob("*.*"):
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "s")).read_bytes()
        again = other.start_run("services", NOW + HOUR, "0.1.0", "config")
        take(other, again, article("1", doi="10.5555/a", title="Revised", source_date="2023-01-01"))
        assert works(other) == works(repository) == [["pubmed:4", "pubmed:4", "pubmed:5"]]
        assert other.work("pubmed:1").links == repository.work("pubmed:1").links
    finally:
        other.close()
