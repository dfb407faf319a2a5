"""The report of a run or a period that has passed, with the state of the store as it was then.

Only the classes and areas that the model gives are those of today, and so is the review's configuration.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from livingreview import report
from livingreview.acquisition.context import RunContext
from livingreview.acquisition.progress import Watch
from livingreview.acquisition.references import known_baseline
from livingreview.config import Project
from livingreview.errors import UsageError
from livingreview.pipeline.report import changes_to_report, material
from livingreview.records import Run
from livingreview.store.repository import Repository


def material_of_run(project: Project, repository: Repository, name: str) -> report.Material:
    """What the report of a run is made of.

    Args:
        project: the present one.
        repository: the store.
        name: of the run; empty for the last one that was reported.

    Raises:
        UsageError: no run has been reported.
        StoreError: there is no such run.
    """
    run = repository.run(name) if name else _last_reported(repository, None)
    with as_of(project, repository, run) as context:
        return material(context, _failures(context), changes_to_report(context))


def material_of_period(
    project: Project, repository: Repository, since: datetime | None, until: datetime | None
) -> report.Material:
    """What the report of a period is made of: its changes, and the state at its end.

    Raises:
        UsageError: no run had been reported by then.
    """
    run = _last_reported(repository, until)
    with as_of(project, repository, run) as context:
        found = repository.changes(since=since, until=until)
        return material(context, _failures(context), found, since=since)


@contextmanager
def as_of(project: Project, repository: Repository, run: Run) -> Iterator[RunContext]:
    """A run with the store as it was when it had ended: the store itself where no run came after it, else a copy.

    Either holds the decisions alone that the run knew as it began.
    """
    watch = Watch()
    if repository.runs()[-1].id == run.id:
        then = repository.for_run(run)
        baseline = known_baseline(project, then)
        yield RunContext(project=project, repository=then, baseline=baseline, run=run, watch=watch)
        return
    lags = {name: timedelta(days=service.lag_days) for name, service in project.settings.services().items()}
    with tempfile.TemporaryDirectory(prefix="livingreview-then-") as folder:
        then = Repository.open(f"sqlite:///{Path(folder) / 'then.db'}", project.path("archive_dir"))
        try:
            repository.copy_as_of(then, run, lags)
            baseline = known_baseline(project, then)
            yield RunContext(project=project, repository=then, baseline=baseline, run=run, watch=watch)
        finally:
            then.close()


def _last_reported(repository: Repository, until: datetime | None) -> Run:
    reported = [run for run in repository.runs() if run.reported_at is not None]
    if not reported:
        raise UsageError("no run has been reported yet; `livingreview run` makes the first report")
    known = [run for run in reported if until is None or run.now_at <= until]
    if not known:
        first = min(run.now_at for run in reported)
        raise UsageError(f"--until: nothing had been reported by then; the first report is of {first:%Y-%m-%d}")
    return known[-1]


def _failures(context: RunContext) -> dict[str, str]:
    return {log.source: log.error for log in context.repository.query_logs(context.run) if log.error}
