"""The report of a run: which changes it tells, what it is made of, where it is written; and the feed of every run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from livingreview import changes, emerging, report
from livingreview.aside import written_aside
from livingreview.config import Project
from livingreview.deliver import atom
from livingreview.errors import StoreError
from livingreview.records import Baseline
from livingreview.sources import queries_of
from livingreview.store.repository import Repository
from livingreview.views import Run, StoredChange, StoredRecord

_IDS_A_LOOK = 1_000


def changes_to_report(repository: Repository, run: Run) -> tuple[StoredChange, ...]:
    """The changes that the report of a run tells: its own, and those of runs that ended before they could report."""
    runs = repository.runs()
    last_told = max((other.id for other in runs if other.id < run.id and other.reported_at is not None), default=0)
    names = [other.name for other in runs if last_told < other.id <= run.id]
    return tuple(found for name in names for found in repository.changes(run=name))


def write_report(
    project: Project,
    repository: Repository,
    baseline: Baseline,
    run: Run,
    failures: Mapping[str, str],
    found: Sequence[StoredChange],
) -> tuple[Path, ...]:
    """Builds the report of a run from the store and writes it to ``out/<run>/``.

    Raises:
        StoreError: the folder cannot be written to.
    """
    built = report.build(material(project, repository, baseline, run, failures, found))
    pictures = report.drawn(built, project.path("figures_dir"))
    return report.write(built, project.path("out_dir") / run.name, pictures)


def write_feed(project: Project, repository: Repository, now: datetime) -> None:
    """``out/changes.atom``: the newest changes of every run."""
    path = project.path("out_dir") / "changes.atom"
    found = repository.changes(last=atom.MAX_ENTRIES)
    try:
        with written_aside(path) as file:
            file.write(atom.feed(project.review, found, now=now).encode())
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error


def material(
    project: Project,
    repository: Repository,
    baseline: Baseline,
    run: Run,
    failures: Mapping[str, str],
    found: Sequence[StoredChange],
    *,
    since: datetime | None = None,
) -> report.Material:
    """Everything that the report of one run is made of.

    Args:
        project: settings and review.
        repository: the store as it was when the run had ended.
        baseline: what the review cites and printed.
        run: the last one that is reported.
        failures: source or file -> why it could not be read.
        found: the changes.
        since: the beginning of a period; None for the changes since the report before.
    """
    review, settings = project.review, project.settings
    context = changes.Context.of(review, baseline, settings.trials, run.now_at)
    relevant = [scope.slug for scope in review.scopes if scope.is_relevant]
    kept: dict[tuple[str, str], StoredRecord] = {
        stored.record.key: stored for stored in repository.records(scopes=relevant)
    }
    # Trials whose registry entry changed are shown with their titles, whatever their scope.
    changed = {(one.change.source, one.change.source_id) for one in found if one.change.type in changes.TRIAL_TYPES}
    wanted: dict[str, list[str]] = {}
    for source, source_id in sorted(baseline.trial_keys | changed):
        wanted.setdefault(source, []).append(source_id)
    for source, ids in wanted.items():
        for start in range(0, len(ids), _IDS_A_LOOK):
            for stored in repository.records(source=source, ids=ids[start : start + _IDS_A_LOOK]):
                kept[stored.record.key] = stored
    for stored in repository.reference_records(sorted(baseline.pmids), sorted(baseline.dois)):
        if context.is_baseline(stored.record):
            kept[stored.record.key] = stored
    queries = queries_of(review, settings)
    earlier = [other for other in repository.runs() if other.id < run.id and other.reported_at is not None]
    if since is not None:
        earlier = [other for other in earlier if other.now_at < since]
    # The last one that searched: a run that read a file in between changed no method.
    asked = (repository.query_logs(other) for other in reversed(earlier))
    searched = next((logs for logs in asked if any(log.query_hash for log in logs)), [])
    return report.Material(
        review=review,
        baseline=baseline,
        run=run,
        previous_run=earlier[-1] if earlier else None,
        queries=tuple(repository.query_logs(run)),
        previous_queries=tuple(searched),
        issues=tuple(repository.issues(run)),
        changes=tuple(found),
        records=tuple(kept[key] for key in sorted(kept)),
        trial_history={
            nct: tuple(repository.versions("clinicaltrials", nct))
            for nct in sorted(baseline.nct_ids)
            if ("clinicaltrials", nct) in kept
        },
        counts=repository.counts(),
        status=repository.status(review, queries, settings.services(), run.now_at),
        model_card=repository.model_card(run.model),
        failures=dict(failures),
        now=run.now_at,
        since=since,
        told_trials=(*repository.telling.told("overdue"), *repository.telling.told("results_published")),
        new_areas=tuple(
            report.NewArea(terms=group.terms, keys=group.keys) for group in emerging.area_groups(review, kept.values())
        ),
        flows=repository.flow.through(
            run, {stored.work_id for stored in kept.values() if context.is_baseline(stored.record)}
        ),
    )
