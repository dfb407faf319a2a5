"""Calendar changes, which come without any new version: trials that became overdue, areas that core records form.

Both are looked for over the whole store in every run, after its versions have been derived. What was reported is
known by the changes themselves, so a run that is killed before it records them leaves them to the next one, and nothing
is reported twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from livingreview import changes
from livingreview.acquisition.context import RunContext
from livingreview.changes.area_groups import MIN_RECORDS, propose_areas
from livingreview.config import Review
from livingreview.records import Change, Kind, KnownTrial, Severity, StoredRecord
from livingreview.records.change_types import ChangeType
from livingreview.records.decisions import current_verdict
from livingreview.records.representative import representatives

STAGES = ("overdue trials", "new areas")
"""Stages that a watch is given, each before anything of it is committed."""


def record_changes(context: RunContext) -> list[changes.Group]:
    """Records the changes that follow from the calendar and from the store as a whole.

    Args:
        context: the run that records them; no trial is overdue after its ``now_at``, and what its baseline cites makes
            no area that the review lacks.

    Returns:
        The groups of core records that fit no area, the largest first, for the report of the run.
    """
    project, repository, watch, run = context.project, context.repository, context.watch, context.run
    review = project.review
    known = changes.Context.of(review, context.baseline, project.settings.trials, run.now_at)
    watch.progress(STAGES[0], 0)
    repository.record_changes(run, _overdue(context, known))
    watch.progress(STAGES[1], 0)
    core = {stored.record.key: stored for stored in repository.records(scopes=[review.core_scope])}
    groups = area_groups(review, core.values())
    grouped = [key for group in groups for key in group.keys]
    reported = {
        (str(one["source"]), str(one["source_id"]))
        for found in repository.changes(type_=ChangeType.NEW_AREA)
        for one in found.change.after.get("records", ())
    } | {key for key in grouped if known.is_baseline(core[key].record)}
    titles = {key: core[key].record.title for key in grouped}
    repository.record_changes(run, changes.new_areas(groups, reported, titles, MIN_RECORDS, run.now_at))
    return groups


def _overdue(context: RunContext, known: changes.Context) -> list[Change]:
    """Trials that are overdue and have not been reported so yet."""
    repository, settings, now = context.repository, context.project.settings.trials, context.run.now_at
    overdue = [found.change for found in repository.changes(type_=ChangeType.OVERDUE)]
    reported = {(change.source, change.source_id): change.after for change in overdue}
    # Results that an article gave are known, though the registry does not list them.
    results = [found.change for found in repository.changes(type_=ChangeType.RESULTS_PUBLISHED)]
    published = {(change.source, change.source_id) for change in results}
    found = []
    for trial in repository.known_trials():
        if trial.seen_through is None or trial.record.key in published:
            continue
        event = changes.overdue(trial.record, min(trial.seen_through, now.date()), settings)
        if event is None or changes.is_reported(event.after, reported.get(trial.record.key)):
            continue
        is_heard = trial.scope != context.project.review.other_scope or known.is_baseline(trial.record)
        found.append(_change(trial, event if is_heard else replace(event, severity=Severity.ROUTINE), now))
    return found


def area_groups(review: Review, records: Iterable[StoredRecord]) -> list[changes.Group]:
    """Groups of core publications that fit no area, the largest first.

    A work counts once, and not at all when it was withdrawn or a person excluded it. It fits every area that one of its
    records fits.

    Args:
        review: its areas and its core scope.
        records: in their current state; trials and records of other scopes are passed over.
    """
    waiting: list[StoredRecord] = []
    areas: dict[str, set[str]] = defaultdict(set)
    for stored in records:
        if stored.score is None or stored.score.scope != review.core_scope or stored.record.kind == Kind.TRIAL:
            continue
        if stored.is_withdrawn or current_verdict(stored.decisions) == "exclude":
            continue
        waiting.append(stored)
        areas[stored.work_id].update(stored.score.areas)
    core = {
        one.record.key: (one.record, tuple(sorted(areas[work_id]))) for work_id, one in representatives(waiting).items()
    }
    return [changes.Group(terms=area.terms, keys=area.keys) for area in propose_areas(review, core)]


def _change(trial: KnownTrial, event: changes.Event, now: datetime) -> Change:
    return Change(
        type=event.type,
        severity=event.severity,
        source=trial.record.source,
        source_id=trial.record.source_id,
        work=trial.work_id,
        at=now,
        effective_date=event.effective_date,
        before=event.before,
        after=event.after,
        before_version=trial.version,
        after_version=trial.version,
    )
