"""The report of a run: which changes it covers, what it is made of, where it is written; and the feed of every run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from livingreview import changes, report
from livingreview.acquisition.context import RunContext
from livingreview.atomic import written_aside
from livingreview.config import Project
from livingreview.deliver import atom
from livingreview.errors import StoreError
from livingreview.pipeline import monitor
from livingreview.records import StoredChange, StoredRecord
from livingreview.records.change_types import TRIAL_TYPES, ChangeType
from livingreview.sources import queries_of
from livingreview.statements.evaluate import waiting
from livingreview.text.published import published_text

_IDS_A_LOOK = 1_000


def changes_to_report(context: RunContext) -> tuple[StoredChange, ...]:
    """The changes that the report of a run covers: its own, and those of runs that ended before they could report."""
    repository, run = context.repository, context.run
    runs = repository.runs()
    last_reported = max((other.id for other in runs if other.id < run.id and other.reported_at is not None), default=0)
    names = [other.name for other in runs if last_reported < other.id <= run.id]
    return tuple(found for name in names for found in repository.changes(run=name))


def write_report(project: Project, gathered: report.Material, folder: str) -> tuple[Path, ...]:
    """Builds a report, draws its figures and writes it to a folder below ``out/``.

    Raises:
        StoreError: the folder cannot be written to.
    """
    built = report.build(gathered)
    return report.write(built, project.path("out_dir") / folder, report.drawn(built))


def write_feed(context: RunContext) -> None:
    """``out/changes.atom``: the newest changes of every run."""
    path = context.project.path("out_dir") / "changes.atom"
    found = context.repository.changes(last=atom.MAX_ENTRIES)
    published = published_text(context.project.review, context.repository.review_sentences())
    text = atom.feed(context.project.review, found, now=context.run.now_at, published=published)
    try:
        with written_aside(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error


def material(
    context: RunContext,
    failures: Mapping[str, str],
    found: Sequence[StoredChange],
    *,
    since: datetime | None = None,
    groups: Sequence[changes.Group] | None = None,
) -> report.Material:
    """Everything that the report of one run is made of.

    Args:
        context: the last run that is reported, with the store as it was when it had ended.
        failures: source or file -> why it could not be read.
        found: the changes.
        since: the beginning of a period; None for the changes since the report before.
        groups: core records that fit no area, where the run has just found them; None to find them.
    """
    repository, baseline, run = context.repository, context.baseline, context.run
    review, settings = context.project.review, context.project.settings
    relevant = [scope.slug for scope in review.scopes if scope.is_relevant]
    pmids, dois = sorted(baseline.pmids), sorted(baseline.dois)
    # Trials whose registry entry changed are shown with their titles, whatever their scope.
    changed = {(one.change.source, one.change.source_id) for one in found if one.change.type in TRIAL_TYPES}
    wanted: dict[str, list[str]] = {}
    for source, source_id in sorted(baseline.trial_keys | changed):
        wanted.setdefault(source, []).append(source_id)
    known = changes.Context.of(review, baseline, settings.trials, run.now_at)
    cited: dict[tuple[str, str], StoredRecord] = {}
    for source, ids in wanted.items():
        for start in range(0, len(ids), _IDS_A_LOOK):
            for stored in repository.records(source=source, ids=ids[start : start + _IDS_A_LOOK]):
                cited[stored.record.key] = stored
    for stored in repository.reference_records(pmids, dois):
        if known.is_baseline(stored.record):
            cited[stored.record.key] = stored
    wanted_records = {stored.record.key: stored for stored in repository.records(scopes=relevant)} | cited
    records = tuple(wanted_records[key] for key in sorted(wanted_records))
    if groups is None:
        groups = monitor.area_groups(review, records)
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
        records=records,
        trial_history={
            nct: tuple(repository.versions("clinicaltrials", nct))
            for nct in sorted(baseline.nct_ids)
            if ("clinicaltrials", nct) in cited
        },
        counts=repository.counts(),
        status=repository.status(review, queries, settings.services(), run.now_at),
        model_card=repository.model_card(run.model),
        failures=dict(failures),
        now=run.now_at,
        since=since,
        reported_trials=tuple(
            stored.change
            for type_ in (ChangeType.OVERDUE, ChangeType.RESULTS_PUBLISHED)
            for stored in repository.changes(type_=type_)
        ),
        new_areas=tuple(report.NewArea(terms=group.terms, keys=group.keys) for group in groups),
        sentences=repository.review_sentences(),
        flows=repository.prisma_counts(
            run, {stored.work_id for stored in cited.values() if known.is_baseline(stored.record)}
        ),
        waiting=waiting(review, repository),
        statement_decisions=tuple(repository.statement_decisions()),
    )
