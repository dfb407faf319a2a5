"""Every change between real registry records, held against the files themselves: no false one, none missed.

What is expected is read from the raw JSON by rules of their own, a few lines each, and the numbers of the studies are
pinned in ``registry_changes.json``; each was looked at by a person.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from livingreview.acquisition.progress import Watch
from livingreview.changes import Context, derive
from livingreview.config import Project, load_baseline
from livingreview.pipeline.run import run_files
from livingreview.records import Change, Score
from livingreview.records.change_types import FIRST_STORED_TYPES
from livingreview.sources.clinicaltrials import studies as clinicaltrials_json
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository

pytestmark = pytest.mark.field

PINNED = json.loads(Path(__file__).with_name("registry_changes.json").read_text(encoding="utf-8"))
DATES = ("startDateStruct", "primaryCompletionDateStruct", "completionDateStruct")


def raw(folder: Path) -> dict[str, Any]:
    """NCT number -> study as the file has it."""
    studies = [one for path in sorted(folder.glob("*.json")) for one in json.loads(path.read_bytes())["studies"]]
    return {one["protocolSection"]["identificationModule"]["nctId"]: one for one in studies}


def at(study: dict[str, Any], *path: str) -> Any:
    found: Any = study["protocolSection"]
    for name in path:
        found = found.get(name, {})
    return found or None


def is_other_day(first: str | None, second: str | None) -> bool:
    return bool(first and second) and not str(first).startswith(str(second)) and not str(second).startswith(str(first))


def expected(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The types of change between two states of a study, by what the files say."""

    def differs(*path: str) -> bool:
        return at(before, *path) is not None and at(after, *path) != at(before, *path)

    found = set()
    if differs("statusModule", "overallStatus"):
        found.add("status_changed")
    if differs("designModule", "enrollmentInfo"):
        found.add("enrollment_changed")
    if any(is_other_day(*(at(one, "statusModule", name, "date") for one in (before, after))) for name in DATES):
        found.add("date_slipped")
    if differs("identificationModule", "briefTitle") or differs("conditionsModule", "conditions"):
        found.add("design_changed")
    if after.get("hasResults") and not before.get("hasResults"):
        found.add("results_posted")
    if at(after, "statusModule", "whyStopped") and not at(before, "statusModule", "whyStopped"):
        found.add("why_stopped")
    return found


def test_between_two_states_of_the_registry(field_data: Path, tmp_path: Path, tiny_project: Project) -> None:
    folders = [field_data / "clinicaltrials" / name for name in ("asof-2022-01-31", "asof-2022-10-31")]
    first, second = map(raw, folders)
    repository = Repository.open(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "archive")
    try:
        run_files(tiny_project, repository, folders[0], datetime(2022, 2, 1, tzinfo=UTC), Watch())
        run = run_files(tiny_project, repository, folders[1], datetime(2022, 11, 1, tzinfo=UTC), Watch())
    finally:
        repository.close()
    told = defaultdict(set)
    for found in run.changes:
        # New, missed by the review or merely read for the first time: what it is called hangs on the review.
        type_ = "new_trial" if found.change.type in FIRST_STORED_TYPES else found.change.type
        told[found.change.source_id].add(type_)
    wanted = {number: expected(first[number], second[number]) for number in first.keys() & second.keys()}
    wanted |= {number: {"new_trial"} for number in second.keys() - first.keys()}
    assert dict(told) == {number: types for number, types in wanted.items() if types}
    by_type = defaultdict(set)
    for number, types in told.items():
        for type_ in types:
            by_type[type_].add(number)
    assert {type_: sorted(numbers) for type_, numbers in sorted(by_type.items())} == PINNED["asof"]
    assert {type_: len(numbers) for type_, numbers in by_type.items()} == {
        "date_slipped": 59,
        "new_trial": 34,
        "status_changed": 28,
        "enrollment_changed": 14,
        "design_changed": 11,
        "results_posted": 2,
    }
    # Nothing else moved in the other 21 of the 90 changed studies but the date of their last update.
    for number in first.keys() & second.keys() - told.keys():
        dated = [json.loads(json.dumps(one[number])) for one in (first, second)]
        for one in dated:
            del one["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]
        assert dated[0] == dated[1], number
    assert len([number for number in first.keys() & second.keys() if first[number] != second[number]]) == 90


def test_day_after_day(field_data: Path, tmp_path: Path, empty_store: Path, tiny_project: Project) -> None:
    """145 steps: 136 move nothing but ``versionHolder``, three more nothing that a person would call a change."""
    now = datetime(2026, 3, 20, tzinfo=UTC)
    context = Context.of(tiny_project.review, load_baseline(tiny_project), tiny_project.settings.trials, now)
    score = Score(scope="other", probabilities={"other": 1.0})
    repository = Repository.open(f"sqlite:///{empty_store}", tmp_path / "archive")
    told: list[list[Any]] = []
    steps = stamps = 0
    try:
        run = repository.start_run("files", now, "", "")
        for folder in sorted((field_data / "clinicaltrials" / "v2-daily").iterdir()):
            before: Any = None
            for path in sorted(folder.glob("*.json")):
                study = json.loads(path.read_bytes())
                study["derivedSection"]["miscInfoModule"].pop("versionHolder")
                steps += before is not None
                stamps += before == study
                with path.open("rb") as document, repository.writing(run) as writing:
                    writing.apply(clinicaltrials_json.parse(document), "", now, Tally())
                versions = repository.underived(10)
                changes = [change for one in versions for change in derive(one, score, context)]
                repository.commit_derived(run, [one.version_id for one in versions], {}, [], "other")
                if before is not None and changes:
                    assert {change.type for change in changes} == expected(before, study), path.name
                    told += [[path.parent.name, path.name[:10], *shown(change)] for change in changes]
                elif before is not None:
                    assert not expected(before, study), path.name
                before = study
    finally:
        repository.close()
    assert (steps, stamps) == (145, 136)
    assert told == PINNED["daily"]


def shown(change: Change) -> list[Any]:
    return [change.type, change.before, {name: value for name, value in change.after.items() if name != "why_stopped"}]
