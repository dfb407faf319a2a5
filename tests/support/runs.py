"""Runs for tests of single stages."""

from datetime import date, datetime

from livingreview.acquisition.context import RunContext
from livingreview.acquisition.progress import Watch
from livingreview.config import Project
from livingreview.records import Baseline, Run
from livingreview.store.repository import Repository
from support.records import NOW

NOBODY = Baseline(published_date=date(2022, 1, 10), references=(), trials=())
"""A review that cites and prints nothing."""


def unlogged(now: datetime = NOW) -> Run:
    """A run of which no store knows, for stages that only read."""
    return Run(
        id=0,
        name="",
        channel="services",
        status="running",
        now_at=now,
        started_at=now,
        finished_at=None,
        reported_at=None,
        code_version="",
        config_hash="",
        model="",
        error="",
    )


def context_of(
    project: Project,
    repository: Repository,
    run: Run | None = None,
    *,
    baseline: Baseline | None = None,
    watch: Watch | None = None,
) -> RunContext:
    """A run that waits for nobody, of a review that cites nothing unless the test says otherwise."""
    return RunContext(
        project=project,
        repository=repository,
        baseline=baseline or NOBODY,
        run=run or unlogged(),
        watch=watch or Watch(sleep=lambda _seconds: None),
    )
