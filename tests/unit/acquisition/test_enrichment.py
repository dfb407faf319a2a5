"""The second round of a run: what it asks, how often, and what becomes of it."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.acquisition import enrichment
from livingreview.acquisition.enrichment import NOTICED, RESOLVED, due_ids
from livingreview.acquisition.plan import Asking
from livingreview.acquisition.services import Acquired
from livingreview.acquisition.transport import live
from livingreview.config import Project, Query, ResolvingSettings, load_project
from livingreview.records import Fidelity, Kind, Record, Run, Score, Tries
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support import server as faults
from support.records import NOW, article, trial
from support.runs import context_of
from support.server import Server
from support.world import Article, work

DOI = "10.5555/thin"
WEEK = timedelta(days=7)


@pytest.fixture
def project(tiny_root: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__CROSSREF__IS_ENABLED", "true")
    return load_project(tiny_root / "config")


@pytest.fixture
def run(repository: Repository) -> Run:
    return repository.start_run("services", NOW, "", "")


@pytest.fixture
def put(repository: Repository, run: Run) -> Callable[..., None]:
    def write(*records: Record) -> None:
        with repository.writing(run) as writing:
            writing.apply(records, "", NOW, Tally())

    return write


def thin(source_id: str = DOI, **values: object) -> Record:
    given = {"source": "crossref", "source_id": source_id, "doi": source_id, "fidelity": Fidelity.FACTS}
    return Record(**(given | values))  # type: ignore[arg-type]


def planned(project: Project, repository: Repository) -> dict[tuple[str, str], tuple[str, ...]]:
    askings = enrichment.plan(context_of(project, repository), frozenset())
    return {(one.query.source, one.role): one.ids for one in askings}


def test_what_is_thin_is_followed_and_what_is_full_is_not(
    project: Project, repository: Repository, put: Callable[..., None]
) -> None:
    put(
        article("1", fidelity=Fidelity.FACTS),
        article("2", fidelity=Fidelity.CITATION),
        article("3"),
        article("4", doi="10.5555/known"),
        thin(),
        thin("10.5555/known"),
        thin("10.1101/2025.01.02.900001", kind=Kind.PREPRINT),
        thin("10.5555/full", fidelity=Fidelity.FULL),
        trial(),
    )
    found = planned(project, repository)
    assert set(found) == {("pubmed", RESOLVED), ("crossref", RESOLVED)}
    assert set(found["pubmed", RESOLVED]) == {"1", "2", DOI, "10.5555/full"}
    assert set(found["crossref", RESOLVED]) == {DOI, "10.1101/2025.01.02.900001"}


def test_notices_are_asked_of_relevant_records(
    project: Project, repository: Repository, run: Run, put: Callable[..., None]
) -> None:
    full = {"fidelity": Fidelity.FULL}
    put(
        thin("10.5555/relevant", **full),
        thin("10.5555/other", **full),
        article("5", doi="10.5555/pubmed"),
        Record(source="europepmc", source_id="PPR1", doi="10.1101/one", kind=Kind.PREPRINT),
    )
    versions = repository.underived(10)
    scopes = {one.version_id: "other" if one.record.source_id == "10.5555/other" else "loom" for one in versions}
    scores = {number: Score(scope=scope, probabilities={scope: 1.0}) for number, scope in scopes.items()}
    repository.commit_derived(run, list(scores), scores, [], "other")
    assert planned(project, repository)["crossref", NOTICED] == ("10.1101/one", "10.5555/relevant")


def test_a_source_that_is_not_asked_at_all(
    tiny_project: Project, repository: Repository, put: Callable[..., None]
) -> None:
    put(thin())
    assert set(planned(tiny_project, repository)) == {("pubmed", RESOLVED)}


def test_nothing_is_asked_for_twice_in_one_run(
    project: Project, repository: Repository, put: Callable[..., None]
) -> None:
    put(thin(), article("1", fidelity=Fidelity.FACTS))
    asked = {("pubmed", "1"), ("pubmed", DOI), ("crossref", DOI)}
    assert enrichment.plan(context_of(project, repository), asked) == []


def test_no_more_than_so_many_a_run(
    project: Project, repository: Repository, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(*(thin(f"10.5555/{number}") for number in range(5)))
    monkeypatch.setenv("LIVINGREVIEW_RESOLVING__MAX_RECORDS_PER_RUN", "2")
    few = load_project(project.config_dir)
    assert [len(ids) for ids in planned(few, repository).values()] == [2, 2]


@pytest.mark.parametrize(
    ("count", "days", "is_due"),
    [(1, 6, False), (1, 7, True), (2, 13, False), (2, 14, True), (5, 111, False), (5, 112, True), (6, 10_000, False)],
)
def test_pauses_grow_and_there_is_an_end(count: int, days: int, is_due: bool) -> None:
    tries = {DOI: Tries(count=count, last_at=NOW - timedelta(days=days))}
    assert due_ids([DOI], tries, ResolvingSettings(), NOW) == [DOI] * is_due


def test_what_was_tried_least_comes_first() -> None:
    tries = {"a": Tries(count=2, last_at=NOW - 10 * WEEK), "b": Tries(count=1, last_at=NOW - 10 * WEEK)}
    assert due_ids(["a", "b", "c", "d"], tries, ResolvingSettings(), NOW) == ["c", "d", "b", "a"]


@given(st.integers(1, 12), st.integers(1, 30), st.integers(1, 3))
def test_a_weekly_run_tries_no_more_than_allowed(max_tries: int, between: int, weeks: int) -> None:
    settings = ResolvingSettings(max_tries=max_tries, days_between_tries=between)
    tries: dict[str, Tries] = {}
    total = 0
    for number in range(300):
        now = NOW + number * weeks * WEEK
        if due_ids([DOI], tries, settings, now):
            total += 1
            tries = {DOI: Tries(count=total, last_at=now)}
    assert 1 <= total <= max_tries


def follow(project: Project, repository: Repository, run: Run, acquired: Acquired | None = None) -> Acquired:
    found = acquired or Acquired()
    follow_up(project, repository, run, [], found)
    return found


def follow_up(project: Project, repository: Repository, run: Run, asked: list[Asking], found: Acquired) -> None:
    context = context_of(project, repository, run)
    enrichment.follow(context, asked, found, live(context), lambda _asking: True)


def current(repository: Repository) -> dict[tuple[str, str], Fidelity]:
    return {one.record.key: one.record.fidelity for one in repository.records()}


def test_the_full_record_takes_the_place_of_the_thin_one_or_joins_its_work(
    project: Project, repository: Repository, run: Run, server: Server, put: Callable[..., None]
) -> None:
    server.world.add(Article(pmid="1", title="Full", edat=date(2019, 1, 1)), Article(pmid="2", title="By doi", doi=DOI))
    put(article("1", fidelity=Fidelity.FACTS), thin())
    acquired = follow(project, repository, run)
    assert (acquired.answered, acquired.failures) == ({"pubmed", "crossref"}, {})
    assert current(repository) == {
        ("crossref", DOI): Fidelity.FACTS,
        ("pubmed", "1"): Fidelity.FULL,
        ("pubmed", "2"): Fidelity.FULL,
    }
    repository.link_works(run)
    assert {one.work_id for one in repository.records() if one.record.doi == DOI} == {f"crossref:{DOI}"}
    server.forget()
    follow(project, repository, repository.start_run("services", NOW + WEEK, "", ""))
    assert server.seen == []


def test_what_was_asked_for_in_vain_is_named_and_asked_for_again_later(
    project: Project, repository: Repository, run: Run, server: Server, put: Callable[..., None]
) -> None:
    put(thin())
    follow(project, repository, run)
    named = {(issue.source, issue.source_id, issue.query) for issue in repository.issues(run)}
    assert named == {("pubmed", DOI, RESOLVED), ("crossref", DOI, RESOLVED)}
    server.forget()
    follow(project, repository, repository.start_run("services", NOW + timedelta(days=3), "", ""))
    assert server.seen == []
    server.world.deposit(work(DOI, "Now there"))
    follow(project, repository, repository.start_run("services", NOW + WEEK, "", ""))
    assert len(server.asked("/works")) == 1
    assert current(repository) == {("crossref", DOI): Fidelity.FULL}


def test_a_failure_is_no_try_and_stops_only_its_source(
    project: Project, repository: Repository, run: Run, server: Server, put: Callable[..., None]
) -> None:
    server.world.deposit(work(DOI, "There"))
    server.spoil(faults.status(500), "esearch", times=None)
    put(thin())
    acquired = follow(project, repository, run)
    assert set(acquired.failures) == {"pubmed"}
    assert acquired.answered == {"crossref"}
    assert repository.issues(run) == []
    assert repository.lookup_tries("pubmed", RESOLVED) == {}


@pytest.mark.parametrize("place", ["retrieve_ids", "parse"])
def test_a_fault_that_nobody_foresaw_stays_with_its_source(
    project: Project,
    repository: Repository,
    run: Run,
    server: Server,
    put: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    def fail(*_arguments: object) -> None:
        raise KeyError("message")

    server.world.add(Article(pmid="1", title="Full", edat=date(2019, 1, 1)))
    server.world.deposit(work(DOI, "A work"))
    put(article("1", fidelity=Fidelity.FACTS), thin())
    monkeypatch.setattr(f"livingreview.sources.crossref.CrossrefSource.{place}", fail)
    acquired = follow(project, repository, run)
    assert acquired.answered == {"pubmed"}
    assert "KeyError at livingreview." in acquired.failures["crossref"]


def test_a_source_that_failed_in_the_first_round_is_left_alone(
    project: Project, repository: Repository, run: Run, server: Server, put: Callable[..., None]
) -> None:
    put(thin())
    acquired = follow(project, repository, run, Acquired(failures={"pubmed": "down"}))
    assert acquired.failures == {"pubmed": "down"}
    assert server.asked("esearch") == []
    assert server.asked("/works")


def test_what_the_first_round_asked_is_not_asked_again(
    project: Project, repository: Repository, run: Run, server: Server, put: Callable[..., None]
) -> None:
    put(thin())
    asked = [Asking(query=Query(name="baseline watch", source=name), ids=(DOI,)) for name in ("pubmed", "crossref")]
    follow_up(project, repository, run, asked, Acquired())
    assert server.seen == []
