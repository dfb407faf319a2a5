"""Two states of one trial -> events, only where both states say something and differ in it.

A value that a state does not give is unknown, not changed: lists of facts and older exports leave much out.
"""

import html
import re
from collections.abc import Set
from datetime import date
from typing import Any

from livingreview.changes.event import Event
from livingreview.config import TrialsSettings
from livingreview.records import Record, Severity, TrialFacts
from livingreview.records.change_types import ChangeType
from livingreview.text.normalise import plain_text

_ALERT_STATUS = frozenset({"TERMINATED", "WITHDRAWN", "SUSPENDED"})
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([^\w\s])")
"""A character of Markdown that is meant literally; which ones are escaped has changed over the years."""
_DATES = ("start_date", "primary_completion_date", "completion_date")
_DESIGN = ("study_type", "phases", "conditions", "interventions", "sponsor")


def between(before: Record, after: Record, settings: TrialsSettings, reported_results: Set[str]) -> list[Event]:
    """What happened to a trial between two stored states.

    Args:
        before: the earlier state; both are trials.
        after: the later one.
        settings: from how many days on a moved date is notable.
        reported_results: PMIDs that earlier changes reported as its results.
    """
    old, new = before.trial, after.trial
    if old is None or new is None:
        return []
    events = [
        *_status(old, new),
        *_results(old, new, reported_results),
        *_enrollment(old, new),
        *_dates(old, new, settings),
        *_design(before, after, old, new),
    ]
    if new.why_stopped and _bare(new.why_stopped) != _bare(old.why_stopped):
        events.append(
            Event(
                ChangeType.WHY_STOPPED,
                Severity.NOTABLE,
                _some(why_stopped=old.why_stopped),
                {"why_stopped": new.why_stopped},
            )
        )
    if set(new.aliases) - set(old.aliases):
        events.append(
            Event(
                ChangeType.ALIAS_CHANGED,
                Severity.ROUTINE,
                {"aliases": list(old.aliases)},
                {"aliases": list(new.aliases)},
            )
        )
    return events


def _some(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None)}


def _status(old: TrialFacts, new: TrialFacts) -> list[Event]:
    if not old.status or not new.status or old.status == new.status:
        return []
    severity = Severity.ALERT if new.status in _ALERT_STATUS else Severity.NOTABLE
    # What was last known matters only while nobody knows more.
    known = new.last_known_status if new.status == "UNKNOWN" else ""
    after = {"status": new.status} | _some(last_known_status=known, why_stopped=new.why_stopped)
    return [Event(ChangeType.STATUS_CHANGED, severity, {"status": old.status}, after, new.last_update_posted_date)]


def _results(old: TrialFacts, new: TrialFacts, reported_results: Set[str]) -> list[Event]:
    events = []
    was_posted = bool(old.has_results) or bool(old.results_first_posted_date)
    is_posted = bool(new.has_results) or bool(new.results_first_posted_date)
    if is_posted and not was_posted:
        after = {"has_results": True} | _some(results_first_posted_date=new.results_first_posted_date)
        events.append(
            Event(
                ChangeType.RESULTS_POSTED, Severity.ALERT, {"has_results": False}, after, new.results_first_posted_date
            )
        )
    if fresh := sorted(set(new.result_pmids) - set(old.result_pmids) - reported_results):
        before = {"result_pmids": list(old.result_pmids)}
        events.append(
            Event(ChangeType.RESULTS_PUBLISHED, Severity.ALERT, before, {"result_pmids": fresh, "named_by": "registry"})
        )
    return events


def _enrollment(old: TrialFacts, new: TrialFacts) -> list[Event]:
    if old.enrollment_count is None or new.enrollment_count is None:
        return []
    has_type = bool(old.enrollment_type and new.enrollment_type)
    is_same_type = not has_type or old.enrollment_type == new.enrollment_type
    if old.enrollment_count == new.enrollment_count and is_same_type:
        return []
    before = {"enrollment_count": old.enrollment_count} | _some(enrollment_type=old.enrollment_type)
    after = {"enrollment_count": new.enrollment_count} | _some(enrollment_type=new.enrollment_type)
    is_actual = has_type and new.enrollment_type == "ACTUAL" and old.enrollment_type != "ACTUAL"
    return [Event(ChangeType.ENROLLMENT_CHANGED, Severity.NOTABLE if is_actual else Severity.ROUTINE, before, after)]


def _dates(old: TrialFacts, new: TrialFacts, settings: TrialsSettings) -> list[Event]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    slips = []
    for name in _DATES:
        first, second = getattr(old, name), getattr(new, name)
        # "2024-05" and "2024-05-31" may be the same day given with more or less precision.
        if first and second and not first.startswith(second) and not second.startswith(first):
            before[name], after[name] = first, second
            slips.append((_first_day(second) - _first_day(first)).days)
    if not slips:
        return []
    days = max(slips, key=abs)
    is_notable = abs(days) >= settings.notable_slip_days
    return [
        Event(
            ChangeType.DATE_SLIPPED,
            Severity.NOTABLE if is_notable else Severity.ROUTINE,
            before,
            after | {"days": days},
        )
    ]


def _first_day(partial: str) -> date:
    """The first day that a partial date may mean; malformed dates count as the first day of all."""
    parts = (partial.split("-") + ["01", "01"])[:3]
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return date.min


def _design(before: Record, after: Record, old: TrialFacts, new: TrialFacts) -> list[Event]:
    was: dict[str, Any] = {}
    now: dict[str, Any] = {}
    if before.title and after.title and _bare(before.title) != _bare(after.title):
        was["title"], now["title"] = before.title, after.title
    for name in _DESIGN:
        first, second = getattr(old, name), getattr(new, name)
        if first and second and _bare(first) != _bare(second):
            was[name] = list(first) if isinstance(first, tuple) else first
            now[name] = list(second) if isinstance(second, tuple) else second
    return [Event(ChangeType.DESIGN_CHANGED, Severity.ROUTINE, was, now)] if now else []


def _bare(value: str | tuple[str, ...]) -> Any:
    """Without markup, case, width and order, which registries shuffle; Markdown or HTML, a text is the same one."""
    if isinstance(value, tuple):
        return sorted(map(_bare, value))
    text = _TAG.sub("", html.unescape(_ESCAPE.sub(r"\1", value)))
    return plain_text(text).casefold().rstrip(".")
