"""A trial that should have been completed and of which its registry hears nothing: a calendar change.

No new version brings this change: the days pass, and nothing happens. So it is derived from a stored state and from how
long its registry is known to have kept silent, which is no longer than it has been read.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from livingreview.changes.event import Event
from livingreview.config import TrialsSettings
from livingreview.records import FINISHED_STATUS, Record, Severity, TrialFacts
from livingreview.records.change_types import ChangeType
from livingreview.records.identifiers import last_day

_SAYS_SO = FINISHED_STATUS | {"UNKNOWN"}
"""Statuses of trials that are never overdue: those that a trial ends in, and ``UNKNOWN``, by which the registry itself
says that the completion date has passed and nobody has confirmed the status since."""


def overdue(record: Record, seen_through: date, settings: TrialsSettings) -> Event | None:
    """The event of a trial that is overdue; None when it is not, or when its registry's silence is not known.

    The date that counts is the primary completion date; once that has passed (``ACTUAL``), the completion date.

    Args:
        record: the current state of a trial.
        seen_through: the day up to which its registry is known to have said nothing else.
        settings: for how many days without an update a trial is overdue.
    """
    facts = record.trial
    if facts is None or not facts.status or facts.status in _SAYS_SO:
        return None
    # What a sponsor lists as results is often what the trial builds upon, so it is no reason to expect no more.
    if facts.has_results or facts.results_first_posted_date:
        return None
    name = _due_name(facts)
    due, updated = last_day(getattr(facts, name)), last_day(facts.last_update_posted_date or record.source_date)
    if due is None or updated is None:
        return None
    since = max(due + timedelta(days=1), updated + timedelta(days=settings.overdue_after_days))
    if since > seen_through:
        return None
    after: dict[str, Any] = {
        "title": record.title,
        "status": facts.status,
        name: getattr(facts, name),
        "last_update_posted_date": facts.last_update_posted_date or record.source_date,
    }
    return Event(ChangeType.OVERDUE, Severity.NOTABLE, {}, after, since.isoformat())


def is_reported(after: Mapping[str, Any], reported: Mapping[str, Any] | None) -> bool:
    """Whether an earlier change has said so: since then the registry has had no update.

    Args:
        after: of the event, from :func:`overdue`.
        reported: ``after`` of the last such change of the trial; None when there is none.
    """
    name = "last_update_posted_date"
    return reported is not None and reported.get(name) == after[name]


def _due_name(facts: TrialFacts) -> str:
    is_reached = facts.primary_completion_date_type == "ACTUAL"
    if facts.primary_completion_date and not (is_reached and facts.completion_date):
        return "primary_completion_date"
    return "completion_date"
