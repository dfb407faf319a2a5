"""Copies of one trial through different channels: in whatever order they come, the newest word on its course holds."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livingreview.records import Fidelity, Record, Run
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from livingreview.store.versioning import Action
from support.records import NOW, trial

STATUSES = ("NOT_YET_RECRUITING", "RECRUITING", "SUSPENDED", "COMPLETED")
NUMBERS = itertools.count(1)


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[Repository]:
    opened = Repository.open(f"sqlite:///{empty_store}", tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def run(store: Repository) -> Run:
    return store.start_run("files", NOW, "", "")


def full(nct_id: str, month: int) -> Record:
    """What the registry's API said in a month: a title and phases of that month, a finer stamp."""
    found = trial(nct_id, source_date=f"2022-{month:02d}-01", status=STATUSES[month - 1], phases=(f"PHASE{month}",))
    return replace(found, title=f"Title of month {month}", source_stamp=f"2022-{month:02d}-02")


def thin(nct_id: str, month: int) -> Record:
    """What a CSV download said in a month: the status, and a title that it shortens."""
    found = trial(nct_id, source_date=f"2022-{month:02d}-01", status=STATUSES[month - 1])
    return replace(found, title="Shortened", fidelity=Fidelity.CITATION)


def apply(store: Repository, run: Run, *records: Record) -> Tally:
    tally = Tally()
    with store.writing(run) as writing:
        writing.apply(records, "", NOW, tally)
    return tally


def present(store: Repository, nct_id: str) -> Record:
    (found,) = store.records(source="clinicaltrials", ids=[nct_id])
    return found.record


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    copies=st.lists(st.tuples(st.sampled_from((full, thin)), st.integers(1, 4)), min_size=1, max_size=6),
    is_one_batch=st.booleans(),
)
def test_the_newest_word_holds_in_every_order(store, run, copies, is_one_batch) -> None:  # type: ignore[no-untyped-def]
    nct_id = f"NCT{next(NUMBERS):08d}"
    records = [make(nct_id, month) for make, month in copies]
    batches = [records] if is_one_batch else [[record] for record in records]
    for batch in batches:
        apply(store, run, *batch)
    found = present(store, nct_id)
    assert found.trial is not None
    assert found.trial.status == STATUSES[max(month for _, month in copies) - 1]
    months = [month for make, month in copies if make is full]
    if months:
        assert found.fidelity is Fidelity.FULL
        assert found.title in {f"Title of month {month}" for month in months}
        assert found.trial.phases
    if copies[-1:] and months and max(months) == max(month for _, month in copies):
        assert found == full(nct_id, max(months))
    versions = store.versions("clinicaltrials", nct_id)
    tally = apply(store, run, *records)
    assert tally.counts[Action.NEW] == tally.counts[Action.REVISED] == tally.counts[Action.OLDER] == 0
    assert present(store, nct_id) == found
    assert store.versions("clinicaltrials", nct_id) == versions


def test_a_newer_download_changes_the_status_once(store: Repository, run: Run) -> None:
    apply(store, run, full("NCT91000001", 2))
    tally = apply(store, run, thin("NCT91000001", 4))
    assert tally.counts[Action.REVISED] == 1
    # The registry's own answer of the same day is the whole of it.
    assert apply(store, run, full("NCT91000001", 4)).counts[Action.REVISED] == 1
    assert present(store, "NCT91000001") == full("NCT91000001", 4)
    assert apply(store, run, thin("NCT91000001", 4)).counts[Action.THINNER] == 1


def test_a_fuller_copy_that_comes_late_is_kept_as_history(store: Repository, run: Run) -> None:
    apply(store, run, thin("NCT91000001", 4))
    apply(store, run, full("NCT91000001", 2))
    found = present(store, "NCT91000001")
    assert found.trial is not None
    assert (found.title, found.trial.status) == ("Title of month 2", "COMPLETED")
    assert [record.trial.status for record in store.versions("clinicaltrials", "NCT91000001") if record.trial] == [
        "RECRUITING",
        "COMPLETED",
        "COMPLETED",
    ]
    waiting = [version for version in store.underived(10) if version.number > 1]
    # Nothing has happened to the trial between the two: only more of it is known.
    assert [(version.before.trial.status, version.record.trial.status) for version in waiting] == [  # type: ignore[union-attr]
        ("COMPLETED", "COMPLETED")
    ]


def test_a_withdrawn_trial_is_not_brought_back_by_a_thin_copy(store: Repository, run: Run) -> None:
    from livingreview.records import Deletion

    apply(store, run, full("NCT91000001", 2))
    with store.writing(run) as writing:
        writing.apply([Deletion(source="clinicaltrials", source_id="NCT91000001")], "", NOW, Tally())
    assert apply(store, run, thin("NCT91000001", 4)).counts[Action.THINNER] == 1
    (found,) = store.records(source="clinicaltrials", ids=["NCT91000001"])
    assert found.is_withdrawn
