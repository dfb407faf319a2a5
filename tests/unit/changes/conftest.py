"""One context and one way to derive, for every test of changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from livingreview.changes import Context, derive
from livingreview.config import load_baseline, load_project
from livingreview.records import Change, Record, Score, Underived
from support import tiny_review
from support.records import NOW

Derive = Callable[..., list[Change]]


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """The tiny review's."""
    project = load_project(tiny_review.write(tmp_path_factory.mktemp("tiny")) / "config")
    return Context.of(project.review, load_baseline(project), project.settings.trials, NOW)


@pytest.fixture
def changes_of(context: Context) -> Derive:
    """The changes of one version: ``changes_of(after, before, scope=...)``."""

    def run(after: Record, before: Record | None = None, *, scope: str = "loom_ev", **values: object) -> list[Change]:
        score = Score(scope=scope, probabilities={scope: 1.0}, areas=("skin",))
        given = {
            "version_id": 1,
            "number": 2 if before else 1,
            "record": after,
            "work_id": "work",
            "before": before,
            "before_number": 1 if before else 0,
            "is_withdrawal": False,
            "was_withdrawn": False,
        }
        return derive(Underived(**(given | values)), score, context)  # type: ignore[arg-type]

    return run


@pytest.fixture
def config_dir() -> Path:
    """The shipped configuration."""
    return Path(__file__).parents[3] / "config"
