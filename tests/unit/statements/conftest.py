"""Rules of the tiny review held against single states of records."""

from collections.abc import Callable
from typing import Any

import pytest

from livingreview.changes import Context
from livingreview.config import Review, TrialsSettings, load_baseline, load_project
from livingreview.records import Baseline, Record, Score
from livingreview.records.evidence import RecordState
from livingreview.statements.rules import RuleSet
from support import tiny_review
from support.records import NOW

StateOf = Callable[..., RecordState]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Review, Baseline]:
    """The tiny review and what it printed."""
    project = load_project(tiny_review.write(tmp_path_factory.mktemp("tiny")) / "config")
    return project.review, load_baseline(project)


def state_of(record: Record, scope: str = "loom_ev", **given: Any) -> RecordState:
    """A state of a record as the store would hand it out."""
    values: dict[str, Any] = {
        "version_id": 1,
        "version": 1,
        "record": record,
        "work_id": record.source_id,
        "score": Score(scope=scope, probabilities={scope: 1.0}, areas=given.pop("areas", ())),
        "changes": frozenset(),
        "is_withdrawn": False,
    }
    return RecordState(**values | given)


def rules_of(review: Review, baseline: Baseline) -> RuleSet:
    """The rules of a review."""
    return RuleSet(Context.of(review, baseline, TrialsSettings(), NOW), baseline)
