"""Real registry records: two states of the same studies, and day after day of the same eight."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livingreview.acquisition.progress import Watch
from livingreview.config import Project, load_project
from livingreview.errors import InputError
from livingreview.pipeline.run import run_files
from livingreview.records import Problem, Record
from livingreview.records.change_types import FIRST_STORED_TYPES
from livingreview.sources.clinicaltrials import studies as clinicaltrials_json
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository

pytestmark = pytest.mark.field


@pytest.fixture
def project() -> Project:
    return load_project(Path(__file__).parents[2] / "config")


def test_two_states_of_the_registry(field_data: Path, tmp_path: Path, tiny_project: Project) -> None:
    repository = Repository.open(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "archive")
    folder = field_data / "clinicaltrials"
    try:
        run_files(tiny_project, repository, folder / "asof-2022-01-31", datetime(2022, 2, 1, tzinfo=UTC), Watch())
        assert repository.counts() == {"clinicaltrials": 722}
        second = run_files(
            tiny_project, repository, folder / "asof-2022-10-31", datetime(2022, 11, 1, tzinfo=UTC), Watch()
        )
        assert repository.counts() == {"clinicaltrials": 756}
        types = Counter(found.change.type for found in second.changes)
        assert sum(types[type_] for type_ in FIRST_STORED_TYPES) == 34
        assert types["status_changed"] == 28
        counts = Counter[str]()
        for log in repository.query_logs(second.run):
            counts.update(log.counts)
        assert (counts["new"], counts["revised"], counts["unchanged"]) == (34, 90, 756 - 34 - 90)
        again = run_files(
            tiny_project, repository, folder / "asof-2022-10-31", datetime(2022, 11, 2, tzinfo=UTC), Watch()
        )
        assert again.changes == ()
    finally:
        repository.close()


def test_the_days_of_a_study_are_mostly_no_versions(field_data: Path, empty_store: Path, tmp_path: Path) -> None:
    repository = Repository.open(f"sqlite:///{empty_store}", tmp_path / "archive")
    steps = versions = 0
    try:
        run = repository.start_run("files", datetime(2026, 3, 1, tzinfo=UTC), "", "")
        for folder in sorted((field_data / "clinicaltrials" / "v2-daily").iterdir()):
            for day, path in enumerate(sorted(folder.glob("*.json"))):
                with path.open("rb") as document:
                    items = list(clinicaltrials_json.parse(document))
                assert [type(item) for item in items] == [Record], path.name
                tally = Tally()
                with repository.writing(run) as writing:
                    writing.apply(items, "", datetime(2026, 3, 1, tzinfo=UTC), tally)
                if day:
                    steps += 1
                    versions += tally.counts["revised"] + tally.counts["older"]
    finally:
        repository.close()
    assert steps == 145
    assert 0 < versions <= 9


def test_every_recorded_answer_is_read(field_data: Path) -> None:
    paths = sorted((field_data / "clinicaltrials" / "v2-recorded").glob("*.json"))
    assert paths
    for path in paths:
        expected = json.loads(path.read_bytes())
        with path.open("rb") as document:
            if isinstance(expected, dict) and not {"studies", "protocolSection"} & set(expected):
                # Kept by its recorder in a shape of its own.
                with pytest.raises(InputError):
                    list(clinicaltrials_json.parse(document))
                continue
            items = list(clinicaltrials_json.parse(document))
        problems = [item for item in items if isinstance(item, Problem)]
        # Searches that ask for some fields only give studies without a number; each is named, none is lost.
        studies = expected.get("studies", [expected]) if isinstance(expected, dict) else expected
        assert len(items) == len(studies), path.name
        assert all(problem.reason for problem in problems)
