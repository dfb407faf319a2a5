"""What every store promises, on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from livingreview.errors import LockedError, StoreError
from livingreview.records import (
    Change,
    Cursor,
    Decision,
    Deletion,
    EarlierReading,
    Fidelity,
    Kind,
    Notice,
    Problem,
    Record,
    Run,
    Score,
    Section,
    Severity,
)
from livingreview.records.exchange import Payload, Request
from livingreview.sources import Item
from livingreview.store import lock
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from livingreview.store.versioning import Action
from support.records import NOW, article, trial

HOUR = timedelta(hours=1)
QUERY = {
    "source": "pubmed",
    "name": "core",
    "role": "core",
    "query_hash": "abc",
    "text": "x",
    "since": "",
    "until": "",
    "announced": 1,
    "requests": 1,
    "is_reconciled": True,
    "is_skipped": False,
    "error": "",
}


@pytest.fixture
def run(repository: Repository) -> Run:
    return repository.start_run("services", NOW, "0.1.0", "config")


def apply(repository: Repository, run: Run, *items: Item) -> Tally:
    tally = Tally()
    with repository.writing(run) as writing:
        writing.apply(items, "key", NOW, tally)
    return tally


def actions(tally: Tally) -> dict[str, int]:
    return {str(action): count for action, count in tally.counts.items() if count}


def current(repository: Repository, source_id: str = "31000001", source: str = "pubmed") -> Record:
    (found,) = repository.records(source=source, ids=[source_id])
    return found.record


def is_withdrawn(repository: Repository, source_id: str = "31000001") -> bool:
    (found,) = repository.records(source="pubmed", ids=[source_id])
    return found.is_withdrawn


# States


def test_a_record_is_new_once(repository: Repository, run: Run) -> None:
    assert actions(apply(repository, run, article())) == {"new": 1}
    assert actions(apply(repository, run, article())) == {"unchanged": 1}
    assert repository.counts() == {"pubmed": 1}
    assert current(repository) == article()


def test_the_same_record_twice_in_one_document_is_one(repository: Repository, run: Run) -> None:
    assert actions(apply(repository, run, article(), article())) == {"new": 1, "unchanged": 1}
    assert len(repository.versions("pubmed", "31000001")) == 1


def test_a_revised_record_keeps_its_history(repository: Repository, run: Run) -> None:
    first = article(title="One", source_date="2022-01-01")
    second = article(title="Two", source_date="2022-02-01")
    apply(repository, run, first)
    assert actions(apply(repository, run, second)) == {"revised": 1}
    assert repository.versions("pubmed", "31000001") == [first, second]
    assert current(repository) == second


def test_a_new_stamp_on_the_same_content_is_no_version(repository: Repository, run: Run) -> None:
    apply(repository, run, article(source_date="2022-01-01", indexing_status="Publisher"))
    again = article(source_date="2022-03-01", source_stamp="7", indexing_status="MEDLINE")
    assert actions(apply(repository, run, again)) == {"unchanged": 1}
    assert len(repository.versions("pubmed", "31000001")) == 1
    # The date moved all the same: another content of the day between is older now.
    between = article(title="Between", source_date="2022-02-01")
    assert actions(apply(repository, run, between)) == {"older": 1}


def test_an_older_state_is_history_and_never_current(repository: Repository, run: Run) -> None:
    late = article(title="Late", source_date="2022-05-01")
    early = article(title="Early", source_date="2022-01-01")
    apply(repository, run, late)
    assert actions(apply(repository, run, early)) == {"older": 1}
    assert current(repository) == late
    assert repository.versions("pubmed", "31000001") == [early, late]
    assert actions(apply(repository, run, early)) == {"unchanged": 1}
    # Only the late one is to be classified and reported.
    assert [version.record.title for version in repository.underived(10)] == ["Late"]


def test_after_an_older_state_the_next_is_held_against_the_current_one(repository: Repository, run: Run) -> None:
    first, early = article(title="B", source_date="2022-05-01"), article(title="A", source_date="2022-01-01")
    last = article(title="C", source_date="2022-06-01")
    apply(repository, run, first)
    apply(repository, run, early)
    apply(repository, run, last)
    found = {version.record.title: version for version in repository.underived(10)}
    assert found["C"].before == first
    assert (found["C"].before_number, found["C"].number) == (1, 3)


def test_a_thinner_copy_changes_nothing(repository: Repository, run: Run) -> None:
    full = article(abstract=(Section(text="Long."),), source_date="2022-01-01")
    apply(repository, run, full)
    thin = article(title="Shorter", fidelity=Fidelity.FACTS, source_date="2023-01-01")
    assert actions(apply(repository, run, thin)) == {"thinner": 1}
    assert current(repository) == full


def test_a_fuller_copy_is_taken_whatever_its_date(repository: Repository, run: Run) -> None:
    apply(repository, run, article(fidelity=Fidelity.FACTS, source_date="2023-01-01"))
    full = article(abstract=(Section(text="Long."),), source_date="2022-01-01")
    later = repository.start_run("services", NOW + timedelta(days=7), "", "")
    assert actions(apply(repository, later, full)) == {"revised": 1}
    assert current(repository) == full
    (first, second) = repository.underived(10)
    assert (first.is_superseded, second.is_superseded) == (False, False)
    assert second.before is not None
    assert second.before.fidelity is Fidelity.FACTS


def test_a_full_copy_of_the_same_run_tells_in_the_place_of_the_thin_one(repository: Repository, run: Run) -> None:
    doi = "10.5555/x"
    thin = Record(source="crossref", source_id=doi, doi=doi, title="Title", fidelity=Fidelity.FACTS)
    apply(repository, run, thin, article(fidelity=Fidelity.FACTS))
    apply(repository, run, article(doi=doi, abstract=(Section(text="Long."),)))
    repository.link_works(run)
    reported = {
        (one.record.source, one.number): (one.is_superseded, one.reported_kinds, one.before)
        for one in repository.underived(10)
    }
    assert reported == {
        ("crossref", 1): (True, frozenset(), None),
        ("pubmed", 1): (True, frozenset(), None),
        ("pubmed", 2): (False, frozenset(), None),
    }


def test_copies_of_one_text_know_of_each_other(repository: Repository, run: Run) -> None:
    doi = "10.5555/x"
    copy = Record(source="crossref", source_id=doi, doi=doi, title="Title")
    preprint = Record(
        source="europepmc", source_id="PPR1", kind=Kind.PREPRINT, notices=(Notice(kind="PreprintOf", doi=doi),)
    )
    apply(repository, run, article(doi=doi), copy, preprint)
    repository.link_works(run)
    siblings = {one.record.source: one.siblings for one in repository.underived(10)}
    assert siblings == {"pubmed": (), "crossref": (article(doi=doi),), "europepmc": ()}
    assert len({one.work_id for one in repository.underived(10)}) == 1


def test_several_versions_in_one_document_in_any_order(repository: Repository, run: Run) -> None:
    states = [article(title=f"Version {number}", source_version=number) for number in (1, 2, 3)]
    assert actions(apply(repository, run, states[1], states[2], states[0])) == {"new": 1, "revised": 1, "older": 1}
    assert current(repository) == states[2]
    assert repository.versions("pubmed", "31000001") == states
    assert actions(apply(repository, run, *states)) == {"unchanged": 3}


def test_a_deletion_makes_a_tombstone_once(repository: Repository, run: Run) -> None:
    gone = Deletion(source="pubmed", source_id="31000001")
    apply(repository, run, article())
    assert actions(apply(repository, run, gone)) == {"withdrawn": 1}
    assert actions(apply(repository, run, gone)) == {"unchanged": 1}
    assert is_withdrawn(repository)
    (_, tombstone) = repository.underived(10)
    assert tombstone.is_withdrawal
    assert tombstone.record == article()


def test_a_deletion_of_what_was_never_here_is_named(repository: Repository, run: Run) -> None:
    tally = apply(repository, run, Deletion(source="pubmed", source_id="5"))
    assert actions(tally) == {"unstored": 1}
    assert [(issue.source_id, issue.reason) for issue in tally.issues] == [
        ("5", "deleted by its source, never stored here")
    ]
    assert repository.counts() == {}


def test_a_record_and_its_deletion_in_one_document(repository: Repository, run: Run) -> None:
    document = (article(), article("31000002"), Deletion(source="pubmed", source_id="31000001"))
    assert actions(apply(repository, run, *document)) == {"new": 2, "withdrawn": 1}
    assert is_withdrawn(repository)
    assert actions(apply(repository, run, *document)) == {"unchanged": 3}
    assert is_withdrawn(repository)


def test_a_withdrawn_record_returns_with_a_later_date(repository: Repository, run: Run) -> None:
    apply(repository, run, article(source_date="2022-01-01"), Deletion(source="pubmed", source_id="31000001"))
    assert actions(apply(repository, run, article(source_date="2022-02-01"))) == {"revised": 1}
    assert not is_withdrawn(repository)
    last = repository.underived(10)[-1]
    assert last.was_withdrawn
    assert not last.is_withdrawal


def test_a_problem_is_named_and_not_stored(repository: Repository, run: Run) -> None:
    problem = Problem(source="pubmed", source_id="9", reason="broken")
    tally = apply(repository, run, problem)
    assert tally.issues == [problem]
    assert tally.covered == {"9"}
    assert repository.counts() == {}


def test_more_records_than_one_batch(repository: Repository, run: Run) -> None:
    many = [article(str(number)) for number in range(1, 1_202)]
    assert actions(apply(repository, run, *many)) == {"new": 1_201}
    assert actions(apply(repository, run, *many)) == {"unchanged": 1_201}
    assert repository.counts() == {"pubmed": 1_201}


# Works


def works(repository: Repository) -> dict[str, str]:
    return {f"{found.record.source}:{found.record.source_id}": found.work_id for found in repository.records()}


@pytest.mark.parametrize("is_preprint_first", [True, False])
def test_a_doi_or_a_pmid_joins_records_of_two_sources(
    repository: Repository, run: Run, is_preprint_first: bool
) -> None:
    one = article(doi="10.5555/a")
    other = Record(source="europepmc", source_id="PPR1", kind=Kind.PREPRINT, title="Another", doi="10.5555/a")
    third = Record(source="crossref", source_id="10.5555/b", title="A third", pmid="31000001")
    first, second = (other, one) if is_preprint_first else (one, other)
    apply(repository, run, first)
    apply(repository, run, second, third)
    repository.link_works(run)
    assert len(set(works(repository).values())) == 1
    (one, later, _) = repository.underived(10)
    assert (one.reported_kinds, later.reported_kinds) == (frozenset(), {str(first.kind)})


def test_two_items_of_one_source_stay_two_works(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1", doi="10.5555/a"), article("2", doi="10.5555/a"))
    repository.link_works(run)
    assert works(repository) == {"pubmed:1": "pubmed:1", "pubmed:2": "pubmed:2"}


def test_a_reference_is_found_by_doi_and_by_pmid(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1", doi="10.5555/a"), article("2"), article("3"))
    found = repository.reference_records(["2"], ["10.5555/a"])
    assert [stored.record.source_id for stored in found] == ["1", "2"]


# Transactions


def test_a_transaction_that_fails_leaves_nothing(repository: Repository, run: Run) -> None:
    cursor = Cursor(source="pubmed", query_name="core", query_hash="abc", read_to_at=NOW)
    with pytest.raises(RuntimeError), repository.writing(run) as writing:
        writing.apply([article()], "key", NOW, Tally())
        writing.log_query(QUERY, Tally())
        writing.move_cursor(cursor)
        raise RuntimeError
    assert repository.counts() == {}
    assert repository.cursors() == []
    assert repository.query_logs(run) == []
    assert repository.underived(10) == []


def test_a_cursor_is_kept_per_query_and_moves(repository: Repository, run: Run) -> None:
    first = Cursor(source="pubmed", query_name="core", query_hash="abc", read_to_at=NOW)
    other = Cursor(source="pubmed", query_name="core", query_hash="def", read_to_at=NOW - HOUR)
    later = replace(first, query_name="renamed", read_to_at=NOW + HOUR, stamp="s")
    for cursor in (first, other, later):
        with repository.writing(run) as writing:
            writing.move_cursor(cursor)
    assert repository.cursors() == [other, later]


def test_named_exceptions_stand_with_their_query(repository: Repository, run: Run) -> None:
    tally = Tally(issues=[Problem(source="pubmed", source_id="9", reason="broken")], received=3)
    tally.counts[Action.NEW] = 2
    with repository.writing(run) as writing:
        writing.log_query(QUERY, tally)
    (issue,) = repository.issues(run)
    assert (issue.source_id, issue.query, issue.reason) == ("9", "core", "broken")
    (log,) = repository.query_logs(run)
    assert (log.received, log.counts["new"], log.announced) == (3, 2, 1)
    assert repository.readings("pubmed", "abc") == [
        EarlierReading(since=str(QUERY["since"]), announced=1, is_doubtful=True)
    ]
    with repository.writing(run) as writing:
        writing.log_query(QUERY, Tally(received=1))
        writing.log_query(QUERY | {"query_hash": "other"}, Tally())
        writing.log_query(QUERY | {"is_reconciled": False}, Tally())
    # The exception belongs to the query of that name in that run.
    assert len(repository.readings("pubmed", "abc")) == 2


def test_a_reading_that_found_nothing_is_doubtful(repository: Repository) -> None:
    for announced in (3, 0):
        run = repository.start_run("services", NOW, "", "")
        with repository.writing(run) as writing:
            writing.log_query(QUERY | {"announced": announced}, Tally())
    assert [(one.announced, one.is_doubtful) for one in repository.readings("pubmed", "abc")] == [(3, False), (0, True)]


# Runs and the lock


def test_runs_are_named_after_their_moment(repository: Repository) -> None:
    names = [repository.start_run("services", NOW, "", "").name for _ in range(3)]
    assert names == ["20220601T050000Z", "20220601T050000Z-2", "20220601T050000Z-3"]
    with pytest.raises(StoreError, match="not in this store"):
        repository.run("20220601T050000Z-9")


def test_a_run_that_was_killed_is_broken(repository: Repository) -> None:
    repository.start_run("services", NOW, "", "")
    second = repository.start_run("services", NOW + HOUR, "", "")
    repository.finish_run(second, "done", model="m")
    assert [(run.status, bool(run.error)) for run in repository.runs()] == [("broken", True), ("done", False)]
    repository.mark_reported(second, NOW + HOUR)
    assert repository.run(second.name).reported_at == NOW + HOUR


def test_moments_come_back_as_they_were(repository: Repository) -> None:
    east = datetime(2022, 6, 1, 7, 0, 0, 123456, tzinfo=UTC).astimezone()
    assert repository.start_run("services", east, "", "").now_at == east


def test_a_second_taker_is_turned_away(repository: Repository) -> None:
    with repository.locked(HOUR):
        owner = repository.lock_owner(HOUR)
        assert owner is not None
        assert owner.pid == os.getpid()
        with pytest.raises(LockedError) as caught, repository.locked(HOUR):
            pass
        assert caught.value.exit_code == 5
        assert str(os.getpid()) in str(caught.value)
        assert repository.lock_owner(HOUR) == owner
    assert repository.lock_owner(HOUR) is None


def test_the_lock_is_given_back_after_an_error(repository: Repository) -> None:
    with pytest.raises(RuntimeError), repository.locked(HOUR):
        raise RuntimeError
    with repository.locked(HOUR):
        pass


def set_lock(database_url: str, **values: object) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        names = ", ".join(f"{name} = :{name}" for name in values)
        connection.execute(text(f"UPDATE lock SET {names}"), values)  # noqa: S608
    engine.dispose()


def test_the_lock_of_a_process_that_is_gone_is_taken_over(repository: Repository, database_url: str) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with repository.locked(HOUR):
        set_lock(database_url, pid=gone.pid)
        left_behind = repository.lock_owner(HOUR)
        assert left_behind is not None
        assert left_behind.is_stale
        with repository.locked(HOUR):
            owner = repository.lock_owner(HOUR)
            assert owner is not None
            assert (owner.pid, owner.is_stale) == (os.getpid(), False)
        assert repository.lock_owner(HOUR) is None


def test_an_old_lock_of_another_machine_is_taken_over(repository: Repository, database_url: str) -> None:
    with repository.locked(HOUR):
        set_lock(database_url, host="elsewhere", pid=1)
        with pytest.raises(LockedError), repository.locked(HOUR):
            pass
        with repository.locked(timedelta(0)):
            pass
        assert repository.lock_owner(HOUR) is None


def test_the_lock_of_a_living_process_of_this_machine_does_not_age(repository: Repository, database_url: str) -> None:
    with repository.locked(HOUR):
        set_lock(database_url, taken_at="2020-01-01 00:00:00")
        with pytest.raises(LockedError), repository.locked(HOUR):
            pass
        # Where the system does not say when a process began, its id alone is not believed for ever.
        set_lock(database_url, pid=os.getppid(), process_start="")
        with repository.locked(HOUR):
            pass


@pytest.mark.parametrize(
    "values",
    [
        {"token": "of its predecessor"},
        {"pid": os.getppid(), "process_start": "1"},
        {"pid": os.getppid(), "process_start": "", "boot_id": "another"},
    ],
    ids=["the same process id", "another start", "another boot"],
)
def test_a_process_id_that_was_given_again_is_seen(
    repository: Repository, database_url: str, values: dict[str, object]
) -> None:
    """The first process of every container has the id 1, and a machine that boots begins to count anew."""
    with repository.locked(HOUR):
        set_lock(database_url, **values)
        owner = repository.lock_owner(HOUR)
        assert owner is not None
        assert owner.is_stale
        with repository.locked(HOUR):
            pass


@pytest.mark.parametrize("token", ["", "left behind"])
def test_of_several_that_see_the_same_lock_one_takes_it(
    repository: Repository, database_url: str, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    with repository.locked(HOUR):
        # Both looked before either took it.
        monkeypatch.setattr(lock, "find", lambda *_arguments: token)
        if token:
            set_lock(database_url, token=token)
            with repository.locked(HOUR), pytest.raises(LockedError, match="has just begun"), repository.locked(HOUR):
                pass
        else:
            with pytest.raises(LockedError, match="has just begun"), repository.locked(HOUR):
                pass


def test_who_lost_the_lock_writes_nothing(repository: Repository, run: Run, database_url: str, tmp_path: Path) -> None:
    other = Repository.open(database_url, tmp_path / "archive")
    with repository.locked(HOUR):
        apply(repository, run, article("1"))
        set_lock(database_url, host="elsewhere")
        with other.locked(timedelta(0)):
            with pytest.raises(LockedError, match="took over") as caught:
                apply(repository, run, article("2"))
            assert caught.value.exit_code == 5
            writes: list[Callable[[], object]] = [
                lambda: repository.link_works(run),
                lambda: repository.record_changes(run, [change()]),
                lambda: repository.add_evidence(run, []),
                lambda: repository.commit_derived(run, [], {}, [], "other"),
                lambda: repository.finish_run(run, "failed"),
                lambda: repository.mark_reported(run, NOW),
                lambda: repository.add_decisions([]),
                lambda: repository.log_document(run, "files", "a", "k", 1, NOW),
            ]
            for write in writes:
                with pytest.raises(LockedError, match="took over"):
                    write()
            assert repository.counts() == {"pubmed": 1}
            apply(other, run, article("2"))
    other.close()
    assert repository.lock_owner(HOUR) is None
    assert repository.counts() == {"pubmed": 2}
    assert repository.run(run.name).status == "running"


def test_a_transaction_that_only_reads_writes_nothing(repository: Repository, run: Run) -> None:
    with pytest.raises(StoreError, match="readonly|read-only"), repository._read() as connection:
        connection.execute(text("DELETE FROM run"))
    assert repository.run(run.name) == run


def test_a_reader_does_not_wait_for_a_writer(repository: Repository, database_url: str, tmp_path: Path) -> None:
    with repository._begin():
        other = Repository.open(database_url, tmp_path / "archive")
        assert (other.counts(), other.lock_owner(HOUR)) == ({}, None)
        other.close()


# Scores and changes


def change(source_id: str = "31000001", **values: object) -> Change:
    given = {
        "type": "new_record",
        "severity": Severity.ROUTINE,
        "source": "pubmed",
        "source_id": source_id,
        "work": f"pubmed:{source_id}",
        "at": NOW,
        "effective_date": "2022-05",
        "after": {"title": "T", "areas": ["skin"], "count": 3, "none": None},
        "after_version": 1,
    }
    return Change(**(given | values))


SCORE = Score(
    scope="core",
    probabilities={"core": 0.75, "other": 0.25},
    areas=("skin",),
    facets={"gene": (("mir-1", "miR-1"),)},
    terms=(("loom", 1.5),),
    model="m1",
)


def derive(repository: Repository, run: Run, changes: Sequence[Change]) -> None:
    ids = [version.version_id for version in repository.underived(100)]
    repository.commit_derived(run, ids, dict.fromkeys(ids, SCORE), changes, "other")


def test_versions_wait_until_they_are_derived(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1"), article("2"))
    assert [version.number for version in repository.underived(1)] == [1]
    derive(repository, run, [change("1"), change("2")])
    assert repository.underived(10) == []
    assert [stored.change for stored in repository.changes()] == [change("1"), change("2")]
    assert all(stored.score == SCORE for stored in repository.records())
    assert [stored.record.source_id for stored in repository.records(scopes=["core"])] == ["1", "2"]
    assert list(repository.records(scopes=["other"])) == []


def test_scores_are_replaced_for_the_current_version(repository: Repository, run: Run) -> None:
    apply(repository, run, article())
    derive(repository, run, [])
    ((version_id, record),) = repository.derived(0, 10)
    assert record == article()
    repository.replace_scores({version_id: replace(SCORE, scope="other", model="m2")}, "other")
    (stored,) = repository.records()
    assert stored.score is not None
    assert (stored.score.scope, stored.score.model) == ("other", "m2")


def test_what_waits_to_be_derived_is_not_scored_before(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1"), article("2"))
    derive(repository, run, [])
    apply(repository, run, article("3"), article("1", title="Another title", source_date="2030-01-01"))
    assert [record.source_id for _, record in repository.derived(0, 10)] == ["2"]
    assert [record.source_id for _, record in repository.derived(0, 1)] == ["2"]
    derive(repository, run, [])
    found = repository.derived(0, 10)
    assert [record.source_id for _, record in found] == ["2", "3", "1"]
    assert [record.source_id for _, record in repository.derived(found[0][0], 1)] == ["3"]


def test_changes_by_run_period_and_number(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1"))
    derive(repository, run, [change("1"), change("1", type="corrected", at=NOW + HOUR)])
    other = repository.start_run("services", NOW + 2 * HOUR, "", "")
    apply(repository, other, article("2"))
    derive(repository, other, [change("2", at=NOW + 2 * HOUR)])

    def types(**chosen: object) -> list[str]:
        return [f"{one.change.source_id}{one.change.type[0]}" for one in repository.changes(**chosen)]  # type: ignore[arg-type]

    assert types() == ["1n", "1c", "2n"]
    assert types(run=other.name) == ["2n"]
    assert types(since=NOW + HOUR) == ["1c", "2n"]
    assert types(until=NOW + HOUR) == ["1n", "1c"]
    assert types(last=2) == ["1c", "2n"]


def test_a_change_is_undelivered_until_its_digest_is_accepted(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1"))
    derive(repository, run, [change("1"), change("1", type="corrected")])
    first, second = (one.id for one in repository.changes())

    def undelivered() -> list[int]:
        return [one.id for one in repository.changes(is_undelivered=True)]

    digest = repository.begin_digest("<1@x>", "subject", ["a@example.org"], [first], NOW)
    assert undelivered() == [first, second]
    assert repository.pending_digest() == digest
    repository.finish_digest(digest, "failed", "smtp", NOW)
    assert undelivered() == [first, second]
    assert repository.pending_digest() is None
    again = repository.begin_digest("<1@x>", "subject", ["a@example.org"], [first], NOW)
    assert again.id == digest.id
    repository.finish_digest(again, "delivered", "smtp", NOW)
    assert undelivered() == [second]
    assert [one.is_delivered for one in repository.changes()] == [True, False]


def test_a_model_card_is_kept_once(repository: Repository) -> None:
    assert repository.model_card("") == {}
    repository.save_model("m1", NOW, {"name": "first"})
    repository.save_model("m1", NOW + HOUR, {"name": "other words"})
    repository.save_model("m2", NOW + HOUR, {"name": "second"})
    assert repository.model_card("m1") == {"name": "first"}
    assert repository.model_card("") == {"name": "second"}


# Decisions


def decision(work_id: str = "pubmed:1", **values: object) -> Decision:
    given = {
        "work_id": work_id,
        "stage": "title_abstract",
        "decision": "include",
        "person": "a",
        "decided_at": NOW,
        "reason": "because",
        "areas": ("skin",),
    }
    return Decision(**(given | values))


def test_decisions_are_only_ever_added(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1"))
    later = decision(decision="exclude", decided_at=NOW + HOUR)
    assert repository.add_decisions([decision(), decision("pubmed:404")]) == (1, ["pubmed:404"])
    assert repository.add_decisions([decision(decision="exclude"), later]) == (1, [])
    assert repository.decisions() == [decision(), later]
    (stored,) = repository.records()
    assert stored.decisions == (decision(), later)


# What a run asks of the store


def test_trials_that_are_not_finished_are_named(repository: Repository, run: Run) -> None:
    apply(
        repository,
        run,
        trial("NCT00000001", status="RECRUITING"),
        trial("NCT00000002", status="COMPLETED"),
        trial("NCT00000003", status="UNKNOWN"),
        trial("NCT00000004", status=""),
        article("1"),
    )
    assert repository.fetch_state([], [], {}).unfinished == {
        "clinicaltrials": ["NCT00000001", "NCT00000003", "NCT00000004"]
    }


def test_a_text_that_a_snapshot_left_out_comes_back_without_a_version(repository: Repository, run: Run) -> None:
    apply(repository, run, article(is_text_complete=False))
    assert repository.fetch_state((), (), {}).incomplete == {"pubmed": ["31000001"]}


def test_payloads_are_logged_without_secrets(repository: Repository, run: Run, database_url: str) -> None:
    request = Request(url="http://x/efetch", parameters={"id": "1"}, secrets={"api_key": "hush"}, is_post=True)
    repository.log_answer(run, "pubmed", "k", Payload(request=request, status=200, body=b"abc", retrieved_at=NOW), None)
    repository.log_document(run, "files", "a.xml", "k2", 7, NOW)
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        rows = [str(tuple(row)) for row in connection.execute(text("SELECT * FROM payload ORDER BY id"))]
    engine.dispose()
    assert len(rows) == 2
    assert "hush" not in "".join(rows)


# What a source does not return


def miss(repository: Repository, run: Run, *source_ids: str, is_proof: bool = True) -> Tally:
    tally = Tally()
    with repository.writing(run) as writing:
        missing = dict.fromkeys(source_ids, "not returned")
        writing.miss("pubmed", missing, {"1": "9"}, NOW, tally, is_proof=is_proof)
    return tally


def test_a_record_is_withdrawn_by_the_second_run_that_misses_it(repository: Repository, run: Run) -> None:
    apply(repository, run, article("1"), article("2"))
    # The same run may ask twice; that is no second witness.
    reasons = [[issue.reason for issue in miss(repository, run, "1", "404").issues] for _ in range(2)]
    assert reasons[0] == ["candidate for withdrawal, not returned for the first time: not returned", "not returned"]
    assert reasons[1][0].startswith("candidate for withdrawal, not returned since ")
    (absence,) = repository.absences()
    assert (absence.source_id, absence.merged_into, absence.is_withdrawn) == ("1", "9", False)
    later = repository.start_run("services", NOW + HOUR, "", "")
    assert miss(repository, later, "1", is_proof=False).counts[Action.WITHDRAWN] == 0
    assert miss(repository, later, "1").counts[Action.WITHDRAWN] == 1
    assert repository.absences()[0].is_withdrawn
    (version,) = [one for one in repository.underived(10) if one.is_withdrawal]
    assert version.record.merged_into == "9"
    assert miss(repository, later, "1").issues == []
    state = repository.fetch_state([], [], {"pubmed": ["1", "2", "3"]})
    assert (state.stored["pubmed"], state.gone["pubmed"]) == ({"2"}, {"1"})
    assert state.controls["pubmed"] == ("2",)
    # A file that holds it proves nothing, its own source does.
    apply(repository, later, article("1"))
    assert repository.absences()
    with repository.writing(later) as writing:
        tally = Tally()
        writing.apply([article("1")], "", NOW, tally, live_source="pubmed")
        writing.miss("pubmed", {}, {}, NOW, tally, is_proof=True)
    assert repository.absences() == []
    assert tally.counts[Action.REVISED] == 1


# Opening


def test_a_store_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    Repository.open(f"sqlite:///{path}", tmp_path / "archive").close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for table in (
            "work_key",
            "linking",
            "absence",
            "work_link",
            "statement_rule",
            "statement_evidence",
            "statement_decision",
        ):
            connection.execute(text(f"DROP TABLE {table}"))
        for table, column in (
            ("run", "n_decisions"),
            ("run", "n_statement_decisions"),
            ("run", "drift"),
            ("record", "raw_digest"),
            ("payload", "headers"),
            ("payload", "fault"),
            ("payload", "error"),
            ("lock", "boot_id"),
            ("lock", "process_start"),
        ):
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        for index in (
            "ix_record_version_number",
            "ix_record_version_is_text_complete",
            "ix_record_kind",
            "ix_record_source_id",
            "ix_change_source_id",
        ):
            connection.execute(text(f"DROP INDEX {index}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        connection.execute(
            text(
                "INSERT INTO run (name, road, status, now_at, started_at, code_version, config_hash, model, error)"
                " VALUES ('a', 'services', 'done', '2022-06-01 05:00:00', '2022-06-01 05:00:00', '', '', '', '')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO payload (run_id, key, source, url, parameters, is_post, status, media_type, size_bytes,"
                " retrieved_at) VALUES (1, 'k', 'pubmed', 'u', '{}', 0, 200, '', 3, '2022-06-01 05:00:00')"
            )
        )
    engine.dispose()
    opened = Repository.open(f"sqlite:///{path}", tmp_path / "archive")
    (found,) = opened.runs()
    assert found.n_decisions == 0
    (received,) = opened.received(found)
    assert (received.headers, received.fault, received.error) == ({}, "", "")
    assert opened.absences() == []
    opened.close()


def test_an_existing_store_is_opened_as_it_is(
    repository: Repository, run: Run, database_url: str, tmp_path: Path
) -> None:
    apply(repository, run, article())
    other = Repository.open(database_url, tmp_path / "archive")
    assert other.counts() == {"pubmed": 1}
    other.close()


def test_a_store_of_a_newer_version_is_left_alone(repository: Repository, database_url: str, tmp_path: Path) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer livingreview"):
        Repository.open(database_url, tmp_path / "archive")


def stamps(repository: Repository) -> dict[str, str]:
    return {cursor.source: cursor.stamp for cursor in repository.cursors()}


def with_stamps(repository: Repository, run: Run) -> None:
    with repository.writing(run) as writing:
        for source in ("clinicaltrials", "feeds"):
            writing.move_cursor(
                Cursor(source=source, query_name="q", query_hash=source, read_to_at=NOW, stamp=f"stamp of {source}")
            )
        writing.log_query(QUERY | {"source": "clinicaltrials", "error": "503"}, Tally())


@pytest.mark.parametrize(
    ("status", "left"),
    [("done", {"clinicaltrials", "feeds"}), ("partial", {"feeds"}), ("failed", set())],
)
def test_stamps_hold_only_where_everything_was_read(
    repository: Repository, run: Run, status: str, left: set[str]
) -> None:
    with_stamps(repository, run)
    repository.finish_run(run, status)
    assert {source for source, stamp in stamps(repository).items() if stamp} == left
    assert {cursor.read_to_at for cursor in repository.cursors()} == {NOW}


def test_a_run_that_was_killed_leaves_no_stamps(repository: Repository, run: Run) -> None:
    with_stamps(repository, run)
    repository.start_run("services", NOW + HOUR, "0.1.0", "config")
    assert set(stamps(repository).values()) == {""}
