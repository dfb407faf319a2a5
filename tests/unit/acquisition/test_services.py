"""What a run asks, and what becomes of the answers."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from livingreview.acquisition.plan import ABSENT, CENSUS, RESTORED, UNFINISHED, WATCH, WATCH_DOI, plan
from livingreview.acquisition.progress import Watch
from livingreview.acquisition.services import Acquired, read_services
from livingreview.acquisition.transport import live
from livingreview.config import Project, load_project
from livingreview.errors import InputError, LockedError, StoreError
from livingreview.records import Baseline, Cursor, Deletion, PrintedTrial, Reference, Run
from livingreview.sources import SOURCES, queries_of
from livingreview.store.hashing import query_hash
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support import server as faults
from support.records import NOW, article, trial
from support.runs import context_of, unlogged
from support.server import Server
from support.spoils import redirected
from support.world import Article, study


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[Repository]:
    opened = Repository.open(f"sqlite:///{empty_store}", tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def run(store: Repository) -> Run:
    return store.start_run("services", NOW, "", "")


def put(store: Repository, run: Run, *records: object) -> None:
    with store.writing(run) as writing:
        writing.apply(records, "", NOW, Tally())  # type: ignore[arg-type]


def cited(*pmids: str, dois: tuple[str, ...] = (), trials: tuple[str, ...] = ()) -> Baseline:
    """A review that cites and prints these."""
    names = [(pmid, "") for pmid in pmids] + [("", doi) for doi in dois]
    references = tuple(
        Reference(ref_no=number, first_author="", year=2020, journal="", title="", pmid=pmid, doi=doi)
        for number, (pmid, doi) in enumerate(names, start=1)
    )
    blank = dict.fromkeys(("title", "ev_source", "condition", "status", "location", "area", "note", "role"), "")
    printed = tuple(PrintedTrial(nct_id=nct_id, **blank) for nct_id in trials)
    return Baseline(published_date=date(2022, 1, 10), references=references, trials=printed)


def asked(project: Project, store: Repository, baseline: Baseline | None = None) -> list[tuple[object, ...]]:
    return [
        (one.query.source, one.query.name, one.window.since if one.window else one.ids)
        for one in plan(context_of(project, store, baseline=baseline))
    ]


def read(project: Project, store: Repository, run: Run, watch: Watch, baseline: Baseline | None = None) -> Acquired:
    context = context_of(project, store, run, baseline=baseline, watch=watch)
    return read_services(context, plan(context), live(context))


def test_the_first_plan_reads_from_the_beginning(tiny_project: Project, store: Repository) -> None:
    begin = tiny_project.review.read_from_date
    assert asked(tiny_project, store) == [
        ("pubmed", "core", begin),
        ("pubmed", "context", begin),
        ("clinicaltrials", "core", begin),
    ]


def test_a_cursor_is_where_the_next_reading_begins(tiny_project: Project, store: Repository, run: Run) -> None:
    query = queries_of(tiny_project.review, tiny_project.settings)[0]
    cursor = Cursor(source="pubmed", query_name="core", query_hash=query_hash(query), read_to_at=NOW, stamp="s")
    with store.writing(run) as writing:
        writing.move_cursor(cursor)
    first, *_ = plan(context_of(tiny_project, store, unlogged(NOW + timedelta(days=7))))
    assert first.window is not None
    # Less the overlap of 45 days.
    assert (first.window.since, first.window.until, first.window.stamp) == (date(2022, 4, 17), date(2022, 6, 8), "s")


def test_what_is_watched_unfinished_or_restored_is_asked_for_once(
    tiny_project: Project, store: Repository, run: Run
) -> None:
    put(
        store,
        run,
        trial("NCT00000001"),
        trial("NCT00000002", status="COMPLETED"),
        trial("NCT00000003"),
        article("5", is_text_complete=False),
        article("6", is_text_complete=False),
    )
    found = asked(tiny_project, store, cited("6", dois=("10.5555/x",), trials=("NCT00000001",)))
    assert found[3:] == [
        ("clinicaltrials", WATCH, ("NCT00000001",)),
        ("pubmed", WATCH, ("6",)),
        ("pubmed", WATCH_DOI, ("10.5555/x",)),
        ("clinicaltrials", UNFINISHED, ("NCT00000003",)),
        ("pubmed", RESTORED, ("5",)),
        ("clinicaltrials", CENSUS, ("NCT00000002",)),
    ]


def test_a_source_that_is_switched_off_is_not_asked(
    tiny_root: Path, tiny_project: Project, store: Repository, run: Run, monkeypatch: pytest.MonkeyPatch, watch: Watch
) -> None:
    for name in ("PUBMED", "CLINICALTRIALS"):
        monkeypatch.setenv(f"LIVINGREVIEW_SOURCES__{name}__IS_ENABLED", "false")
    project = load_project(tiny_root / "config")
    assert asked(project, store, cited("6")) == []
    assert read(project, store, run, watch) == Acquired()


def test_a_reading_is_told_and_counted(tiny_project: Project, store: Repository, run: Run, server: Server) -> None:
    server.world.add(Article(pmid="31000001", title="Vesicles of loom cells"))
    server.world.register(study("NCT90000009", "Vesicles of loom cells"))
    lines: list[str] = []
    found = read(tiny_project, store, run, Watch(tell=lines.append, sleep=lambda _seconds: None), cited("31000001"))
    assert (found.failures, found.answered, found.received) == ({}, {"pubmed", "clinicaltrials"}, 3)
    assert lines[0] == "pubmed / core: 1 announced, 1 received (1 new)"
    assert f"pubmed / {WATCH}: 1 announced, 1 received (1 unchanged)" in lines
    assert {cursor.read_to_at for cursor in store.cursors()} == {NOW - timedelta(days=2)}


def test_the_text_of_a_restored_record_comes_back(
    tiny_project: Project, store: Repository, run: Run, server: Server, watch: Watch
) -> None:
    import io
    from dataclasses import replace

    from livingreview.sources.pubmed import articles
    from support.world import article_set

    server.world.add(made := Article(pmid="31000001", title="Something else"))
    (whole,) = articles.parse(io.BytesIO(article_set(made)))
    put(store, run, whole)
    assert store.fetch_state((), (), {}).incomplete == {}
    other = replace(whole, source_id="31000002", pmid="31000002", abstract=(), is_text_complete=False)  # type: ignore[type-var]
    put(store, run, other)
    server.world.add(Article(pmid="31000002", title="Something else"))
    read(tiny_project, store, run, watch)
    (found,) = store.records(source="pubmed", ids=["31000002"])
    assert found.record.abstract_text


def test_a_service_that_is_not_there_is_asked_one_thing_only(
    tiny_project: Project, store: Repository, run: Run, server: Server, watch: Watch
) -> None:
    server.spoil(faults.reset, "/entrez/", times=None)
    found = read(tiny_project, store, run, watch, cited("1"))
    assert set(found.failures) == {"pubmed"}
    assert found.answered == {"clinicaltrials"}
    assert len(server.asked("/entrez/")) == 2
    logs = [log for log in store.query_logs(run) if log.source == "pubmed"]
    assert len(logs) == 3
    assert all(log.error and not log.is_reconciled for log in logs)


def test_an_answer_that_turns_out_unreadable_stops_only_its_query(
    tiny_project: Project, store: Repository, run: Run, server: Server, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.world.add(Article(pmid="31000001", title="Vesicles of loom cells"))
    server.world.register(study("NCT90000009", "Vesicles of loom cells"))
    # A page that says it holds a study and does not.
    monkeypatch.setattr("livingreview.sources.clinicaltrials.source.ClinicalTrialsSource.parse", lambda *_: iter(()))
    found = read(tiny_project, store, run, watch)
    assert "1 of 1 listed records did not come (NCT90000009)" in found.failures["clinicaltrials"]
    assert store.counts() == {"pubmed": 1}
    assert [cursor.source for cursor in store.cursors()] == ["pubmed", "pubmed"]


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("clinicaltrials.source.ClinicalTrialsSource.retrieve", KeyError("a\nstudy")),
        ("clinicaltrials.source.ClinicalTrialsSource.parse", RecursionError("too deep")),
        ("pubmed.source.PubmedSource._fetch_batch", InputError("not what it should be")),
        ("pubmed.source.PubmedSource.parse", ValueError("\x1b[31m" + "x" * 2_000)),
    ],
    ids=["asking", "parsing", "unreadable", "a long word"],
)
def test_whatever_a_source_raises_stays_with_it(
    tiny_project: Project,
    store: Repository,
    run: Run,
    server: Server,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    error: Exception,
) -> None:
    """A fault that nobody foresaw is told with its kind and its place, in one line."""

    def fail(*_arguments: object) -> None:
        raise error

    server.world.add(Article(pmid="31000001", title="Vesicles of loom cells"))
    server.world.register(study("NCT90000009", "Vesicles of loom cells"))
    monkeypatch.setattr(f"livingreview.sources.{place}", fail)
    found = read(tiny_project, store, run, watch)
    source = place.split(".")[0]
    assert set(found.failures) == {source}
    assert {"pubmed", "clinicaltrials"} - {source} <= found.answered
    words = found.failures[source]
    assert words.isprintable() and len(words) <= 500
    if not isinstance(error, InputError):
        assert f"{type(error).__name__} at livingreview." in words
    assert words in {log.error for log in store.query_logs(run)}


@pytest.mark.parametrize("kind", [StoreError, LockedError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("place", ["retrieve", "parse"])
def test_what_is_no_failure_of_a_source_ends_the_run(
    tiny_project: Project,
    store: Repository,
    run: Run,
    server: Server,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[BaseException],
    place: str,
) -> None:
    def fail(*_arguments: object) -> None:
        raise kind("the store")

    server.world.register(study("NCT90000009", "Vesicles of loom cells"))
    monkeypatch.setattr(f"livingreview.sources.clinicaltrials.source.ClinicalTrialsSource.{place}", fail)
    with pytest.raises(kind):
        read(tiny_project, store, run, watch)


def test_a_redirect_to_nowhere_stays_with_its_source(
    tiny_project: Project, store: Repository, run: Run, server: Server, watch: Watch
) -> None:
    server.world.add(Article(pmid="31000001", title="Vesicles of loom cells"))
    server.spoil(redirected(302, "http://["), "/api/v2", times=None)
    found = read(tiny_project, store, run, watch)
    assert found.answered == {"pubmed"}
    assert "which is no address that can be asked" in found.failures["clinicaltrials"]


def test_silence_after_a_habit_of_hits_is_named(
    tiny_project: Project, store: Repository, server: Server, watch: Watch
) -> None:
    server.world.add(Article(pmid="31000001", title="Vesicles of loom cells"))
    for number in range(3):
        run = store.start_run("services", NOW + timedelta(minutes=number), "", "")
        # Each reading finds the article again: it was modified once more.
        server.world.revise("31000001", mdat=date(2022, 6, 1))
        read(tiny_project, store, run, watch)
    assert not [issue for issue in store.issues(run) if issue.query == "core" and issue.source == "pubmed"]
    server.world.articles.clear()
    run = store.start_run("services", NOW + timedelta(minutes=9), "", "")
    read(tiny_project, store, run, watch)
    (issue,) = [issue for issue in store.issues(run) if issue.query == "core" and issue.source == "pubmed"]
    assert "after 3 readings with hits" in issue.reason


def test_every_answer_is_logged_and_archived_also_what_is_no_use(
    tiny_project: Project, store: Repository, run: Run, server: Server, watch: Watch
) -> None:
    server.spoil(faults.html_in_200, "esearch")
    server.spoil(faults.status(503, "too busy"), "esearch", first=2)
    server.spoil(faults.status(400, "what?"), "/studies")
    found = read(tiny_project, store, run, watch)
    assert set(found.failures) == {"clinicaltrials"}
    rows = [(one.source, one.status, one.fault, bool(one.key)) for one in store.received(run)]
    assert rows.count(("pubmed", 200, "ServiceFaultError", True)) == 1
    assert rows.count(("pubmed", 503, "ServiceFaultError", True)) == 1
    assert rows.count(("clinicaltrials", 400, "QueryRejectedError", True)) == 1
    # The request that ended without an answer has a line of its own.
    (ended,) = [one for one in store.received(run) if one.status == 0]
    assert (ended.source, ended.fault, ended.key) == ("clinicaltrials", "QueryRejectedError", "")
    assert "what?" in ended.error
    (busy,) = [one for one in store.received(run) if one.status == 503]
    assert (busy.is_post, busy.parameters["db"], busy.url.endswith("esearch.fcgi")) == (True, "pubmed", True)
    with store.archive.open(busy.key) as document:
        assert document.read() == b"too busy"


def test_dois_that_pubmed_does_not_list_are_handed_to_the_registry_of_dois(
    tiny_project: Project, store: Repository, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = cited(dois=("10.5555/known", "10.5555/unknown"))
    put(store, run, article("7", doi="10.5555/known"))
    handed = {(one[0], one[1]): one[2] for one in asked(tiny_project, store, baseline)[3:]}
    assert handed[("pubmed", WATCH)] == ("7",)
    assert handed[("pubmed", WATCH_DOI)] == ("10.5555/unknown",)
    assert ("crossref", WATCH) not in handed
    # Once there is such a source, it is asked.
    registered = {**SOURCES, "crossref": SOURCES["feeds"]}
    monkeypatch.setattr("livingreview.sources.SOURCES", registered)
    service = type(tiny_project.settings).service
    monkeypatch.setattr(
        type(tiny_project.settings),
        "service",
        lambda settings, name: service(settings, "pubmed" if name == "crossref" else name),
    )
    handed = {(one[0], one[1]): one[2] for one in asked(tiny_project, store, baseline)[3:]}
    assert handed[("crossref", WATCH)] == ("10.5555/unknown",)


def test_what_is_gone_is_asked_for_beside_what_is_there(tiny_project: Project, store: Repository, run: Run) -> None:
    put(store, run, *(article(str(number)) for number in range(1, 7)), Deletion(source="pubmed", source_id="2"))
    with store.writing(run) as writing:
        writing.miss("pubmed", {"6": "not returned"}, {}, NOW, Tally(), is_proof=True)
    assert asked(tiny_project, store, cited("6", "5"))[3:] == [
        ("pubmed", ABSENT, ("2", "6", "1", "3", "4")),
        ("pubmed", WATCH, ("5",)),
    ]
