"""One stored version -> the changes that it means, from stored states alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livingreview.changes import notices, results, trials
from livingreview.changes.event import Event
from livingreview.config import Review, TrialsSettings
from livingreview.records import Baseline, Change, Fidelity, Kind, Record, Reference, Score, Severity, Underived
from livingreview.records.change_types import ChangeType
from livingreview.records.identifiers import is_before, normal_title
from livingreview.records.news import TRIAL_NEWS
from livingreview.records.reference_index import ReferenceIndex
from livingreview.records.trial_standing import posting


@dataclass(frozen=True, slots=True)
class Context:
    """What every version is compared with.

    Attributes:
        references: what the review cites.
        trial_keys: (source, source_id) of the trials that the review printed.
    """

    review: Review
    settings: TrialsSettings
    references: ReferenceIndex
    trial_keys: frozenset[tuple[str, str]]
    now: datetime

    @classmethod
    def of(cls, review: Review, baseline: Baseline, settings: TrialsSettings, now: datetime) -> "Context":
        """The context of one run."""
        return cls(review, settings, ReferenceIndex(baseline.texts), baseline.trial_keys, now)

    def reference_of(self, record: Record) -> Reference | None:
        """The baseline reference that a record is."""
        return self.references.find(record)

    def citing(self, reference: Reference | None) -> tuple[str, ...]:
        """Ids of the statements that cite a reference."""
        if reference is None:
            return ()
        return tuple(statement.id for statement in self.review.statements if reference.ref_no in statement.refs)

    def is_baseline(self, record: Record) -> bool:
        """Whether the published review cites or prints the record."""
        return record.key in self.trial_keys or self.reference_of(record) is not None


def derive_all(pairs: Iterable[tuple[Underived, Score]], context: Context) -> list[Change]:
    """The changes of versions that are derived together, in their order."""
    return list(results.once(change for version, score in pairs for change in derive(version, score, context)))


def derive(version: Underived, score: Score, context: Context) -> list[Change]:
    """The changes between a version and the state before it.

    Args:
        version: a stored version that has no changes yet, with the state before it.
        score: what the model says of it.
        context: the review, its baseline, thresholds and the run's ``now``.
    """
    changes = [_change(event, version, context) for event in _events(version, score, context)]
    return changes + _results(version, context)


def _results(version: Underived, context: Context) -> list[Change]:
    """Changes of the trials whose results the version is; what the review cites or could have cited is no news."""
    record = version.record
    if record.kind == Kind.TRIAL or version.is_withdrawal or context.is_baseline(record):
        return []
    if is_before(record.publication_date, context.review.published_date):
        return []
    return [
        Change(
            type=event.type,
            severity=event.severity,
            source=trial.source,
            source_id=trial.source_id,
            work=trial.work_id,
            at=context.now,
            effective_date=event.effective_date,
            after=event.after,
            before_version=trial.version,
            after_version=trial.version,
        )
        for trial, event in results.published(version.before, record, version.trials)
    ]


def _events(version: Underived, score: Score, context: Context) -> list[Event]:
    record, before = version.record, version.before
    reference = context.reference_of(record)
    is_baseline = reference is not None or record.key in context.trial_keys
    if version.is_withdrawal:
        type_ = ChangeType.WITHDRAWN.on_reference if reference else ChangeType.WITHDRAWN
        severity = Severity.ALERT if is_baseline else Severity.NOTABLE
        after = {"title": record.title} | ({"merged_into": record.merged_into} if record.merged_into else {})
        return [Event(type_, severity, {"title": record.title}, _with_reference(after, reference, context))]
    events: list[Event] = []
    if version.is_superseded:
        # The fuller copy that came with it reports the work; its notices count all the same.
        pass
    elif before is None:
        events.extend(_first(version, score, context, is_baseline=is_baseline))
    elif record.kind == Kind.TRIAL and before.trial and record.trial:
        reported = {pmid for trial in version.trials for pmid in trial.reported_pmids}
        events.extend(trials.between(before, record, context.settings, reported))
    else:
        events.extend(_revision(before, record))
        events.extend(_core_at_last(version, score, context, is_baseline=is_baseline))
    if version.was_withdrawn:
        type_ = ChangeType.REINSTATED.on_reference if reference else ChangeType.REINSTATED
        after = _with_reference({"title": record.title}, reference, context)
        events.append(Event(type_, Severity.NOTABLE, {}, after))
    role = notices.ReviewRole(
        reference=reference,
        is_core=score.scope == context.review.core_scope,
        is_included=version.decision == "include",
        cited_by=context.citing(reference),
        evidence_of=version.evidence_of,
    )
    events.extend(notices.new_notices(before, record, role, siblings=version.siblings))
    return events


def _with_reference(values: dict[str, Any], reference: Reference | None, context: Context) -> dict[str, Any]:
    if reference is None:
        return values
    cited_by = context.citing(reference)
    return values | {"ref_no": reference.ref_no} | ({"cited_by": list(cited_by)} if cited_by else {})


def _first(version: Underived, score: Score, context: Context, *, is_baseline: bool) -> list[Event]:
    """The event of a record that is stored for the first time.

    A copy of a publication that has been reported is none. A notice, a report of a trial and a second article of a work
    are news, whatever the work they belong to.
    """
    record = version.record
    is_core = score.scope == context.review.core_scope
    is_relevant = score.scope != context.review.other_scope
    after: dict[str, Any] = {
        "title": record.title,
        "scope": score.scope,
        "areas": list(score.areas),
        "is_baseline": is_baseline,
    }
    if record.kind == Kind.TRIAL and record.trial:
        facts = record.trial
        after |= {
            "status": facts.status,
            "enrollment_count": facts.enrollment_count,
            "phases": list(facts.phases),
            "conditions": list(facts.conditions),
            "interventions": list(facts.interventions),
        }
        after["first_posted_date"] = facts.first_posted_date
        effective = facts.first_posted_date or record.source_date
        if is_baseline or not is_relevant:
            return [Event(ChangeType.TRIAL_READ, Severity.ROUTINE, {}, after, effective)]
        type_ = TRIAL_NEWS[posting(record, context.review.published_date)]
        # A trial of the product that the review is about is what its lead must hear of first. What the review missed
        # was there to be found: an omission, never news.
        severity = Severity.ALERT if is_core and type_ != ChangeType.MISSED_TRIAL else Severity.NOTABLE
        return [Event(type_, severity, {}, after, effective)]
    after |= _publication(record)
    effective = record.publication_date or record.created_date
    if version.reported_kinds:
        # A mere row about a preprint, such as its retraction, does not publish it.
        is_article = record.kind == Kind.ARTICLE and record.fidelity > Fidelity.FACTS
        is_published = version.reported_kinds == {Kind.PREPRINT} and is_article
        before = {"work": version.work_id}
        if is_published:
            return [Event(ChangeType.PREPRINT_PUBLISHED, Severity.NOTABLE, before, after, effective)]
        return _core_at_last(version, score, context, is_baseline=is_baseline)
    if is_core and not is_baseline:
        return [Event(ChangeType.NEW_CORE_RECORD, Severity.NOTABLE, {}, after, effective)]
    return [Event(ChangeType.NEW_RECORD, Severity.ROUTINE, {}, after, effective)]


def _publication(record: Record) -> dict[str, Any]:
    return {
        "journal": record.journal,
        "publication_date": record.publication_date,
        "doi": record.doi,
        "pmid": record.pmid,
    }


def _core_at_last(version: Underived, score: Score, context: Context, *, is_baseline: bool) -> list[Event]:
    """The event of a work whose first full record shows that it is in the review's scope, as its title did not."""
    record, core = version.record, context.review.core_scope
    earlier = [*version.siblings, *([version.before] if version.before else [])]
    is_filled = bool(earlier) and all(state.fidelity < record.fidelity for state in earlier)
    if is_baseline or not is_filled or score.scope != core or core in version.work_scopes:
        return []
    after = {"title": record.title, "scope": score.scope, "areas": list(score.areas), "is_baseline": False}
    effective = record.publication_date or record.created_date
    return [Event(ChangeType.NEW_CORE_RECORD, Severity.NOTABLE, {}, after | _publication(record), effective)]


def _revision(before: Record, after: Record) -> list[Event]:
    parts = []
    if normal_title(before.title) != normal_title(after.title):
        parts.append("title")
    # A thin copy that had no abstract and now has one has not been revised by its authors.
    if before.abstract and after.abstract and before.is_text_complete:
        texts = [normal_title(record.abstract_text) for record in (before, after)]
        if texts[0] != texts[1]:
            parts.append("abstract")
    if not parts:
        return []
    return [
        Event(
            ChangeType.REVISED_TEXT,
            Severity.ROUTINE,
            {"title": before.title},
            {"title": after.title, "parts": parts},
            after.source_date,
        )
    ]


def _change(event: Event, version: Underived, context: Context) -> Change:
    return Change(
        type=event.type,
        severity=event.severity,
        source=version.record.source,
        source_id=version.record.source_id,
        work=version.work_id,
        at=context.now,
        # A source does not say when it took something back; what it last said is dated otherwise.
        effective_date=event.effective_date or ("" if version.is_withdrawal else version.record.source_date),
        before=event.before,
        after=event.after,
        before_version=version.before_number,
        after_version=version.number,
    )
