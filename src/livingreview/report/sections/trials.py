"""Trials: the printed table beside the registry's present state, what is not in it, and what changed."""

from collections import defaultdict
from datetime import date
from typing import Any

from livingreview.records import Change, PrintedTrial, Record, Severity, StoredChange, StoredRecord, TrialFacts
from livingreview.records.change_types import REGISTRY_TYPES, ChangeType
from livingreview.records.identifiers import is_before, normal_status
from livingreview.records.news import TRIAL_NEWS
from livingreview.records.sanitize import clean
from livingreview.records.trial_standing import ANNOUNCED, state_date
from livingreview.report.context import Frame
from livingreview.report.numbers import (
    POSTING_LABELS,
    STANDING_LABELS,
    PrintedState,
    numbers,
    printed_states,
    standing_words,
    unprinted_trials,
)
from livingreview.text import wording
from livingreview.text.change_words import overdue
from livingreview.text.links import nct_url, pmid_url, record_url, results_url

CAP = 100
"""Rows of a list of trials that are printed; the JSON holds them all."""
_LOUD = (Severity.ALERT.value, Severity.NOTABLE.value, Severity.ROUTINE.value)


def then_and_now(frame: Frame) -> dict[str, Any]:
    """The printed trials beside the registry's present state, and the trials that are not among them."""
    rows = frame.once(printed_rows)
    others = _others(frame)
    found = frame.once(numbers)
    late = sum(bool(row["overdue"]) for row in (*rows, *others))
    since = (wording.trial_news(type_, found.others[kind]) for kind, type_ in TRIAL_NEWS.items() if found.others[kind])
    return {
        "summary": "; ".join([standing_words(found.table), *since, *([f"{late:,} overdue"] if late else [])]),
        "published_date": frame.material.baseline.published_date.isoformat(),
        "standings": {
            place: {kind.value: {"label": STANDING_LABELS[kind], "n": n} for kind, n in counts.items()}
            for place, counts in (("table1", found.table), ("text", found.text))
        },
        "postings": {
            kind.value: {
                "label": POSTING_LABELS[kind],
                "words": wording.trial_news(type_, found.others[kind]),
                "n": found.others[kind],
                "n_now": found.news.trials[type_],
            }
            for kind, type_ in TRIAL_NEWS.items()
        },
        "printed": rows,
        "others": others,
        "cap": CAP,
    }


def changes(frame: Frame) -> dict[str, Any]:
    """What the registry changed, one row a trial, in a person's words."""
    groups = defaultdict(list)
    for found in frame.changes:
        if found.change.type in REGISTRY_TYPES:
            groups[(found.change.source, found.change.source_id)].append(found)
    rows = []
    for key, group in groups.items():
        # In the order of the runs, so that a period of several reads as a story.
        group.sort(key=lambda found: (found.id, _place(found)))
        if len({found.run for found in group}) == 1:
            group.sort(key=_place)
        own = [frame.change_row(found) for found in group]
        stored = frame.by_key.get(key)
        rows.append(
            {
                "source": key[0],
                "source_id": clean(key[1]),
                "title": clean(stored.record.title) if stored else own[0]["title"],
                "url": own[0]["url"],
                "severity": min((row["severity"] for row in own), key=_LOUD.index),
                "is_printed": key in frame.material.baseline.trial_keys,
                "scope": frame.scope_of(stored) if stored else "",
                "words": "; ".join(_words(group, own)),
                "changes": own,
            }
        )
    other = frame.material.review.other_scope
    rows.sort(
        key=lambda row: (
            not row["is_printed"],
            row["scope"] in ("", other),
            _LOUD.index(row["severity"]),
            row["source_id"],
        )
    )
    return {"summary": wording.counted(len(rows), "trial") + " changed", "trials": rows, "cap": CAP}


def _place(found: StoredChange) -> int:
    return REGISTRY_TYPES.index(ChangeType(found.change.type))


def _words(group: list[StoredChange], rows: list[dict[str, Any]]) -> list[str]:
    """What the changes of one trial say; a reason for stopping once, though the status says it as well."""
    reasons = [one.change.after.get("why_stopped") for one in group if one.change.type == ChangeType.STATUS_CHANGED]
    return [
        row["words"]
        for row, found in zip(rows, group, strict=True)
        if found.change.type != ChangeType.WHY_STOPPED or found.change.after.get("why_stopped") not in reasons
    ]


def printed_rows(frame: Frame) -> list[dict[str, Any]]:
    """One row a trial of the baseline, in the order in which the review printed them."""
    return [_printed_row(frame, one) for one in frame.once(printed_states)]


def _printed_row(frame: Frame, one: PrintedState) -> dict[str, Any]:
    printed, stored, history, state = one.printed, one.stored, one.history, one.state
    facts = history[-1].trial if history and history[-1].trial else TrialFacts()
    now = state.trial.status if state and state.trial else ""
    is_registered = stored is not None and normal_status(printed.status) == ANNOUNCED
    as_of = clean(state_date(state or history[-1])) if history else ""
    return {
        "nct_id": printed.nct_id,
        "source_id": clean(stored.record.source_id) if stored else printed.nct_id,
        "url": record_url(stored.record) if stored else nct_url(printed.nct_id),
        "title": clean(printed.title),
        "area": frame.area_labels.get(frame.material.review.area_of_alias().get(printed.area, ""), ""),
        "role": printed.role,
        "place": printed.place,
        "printed_status": clean(printed.status),
        "status": now,
        "status_label": wording.status_words(now) or ("registered" if is_registered else ""),
        "as_of": as_of,
        "standing": one.standing.value,
        "standing_label": STANDING_LABELS[one.standing],
        "differences": _differences(frame, printed, stored, facts, history),
        "enrollment": wording.enrollment_words(_enrollment(facts)),
        "has_results": facts.has_results,
        "overdue": _overdue(frame, stored),
        "results": _results(frame, stored),
        "history": _history(history),
        "changed_now": stored is not None
        and stored.record.key in frame.changed_keys
        and stored.record.key not in frame.new_keys,
    }


def _enrollment(facts: TrialFacts) -> dict[str, Any]:
    return {"enrollment_count": facts.enrollment_count, "enrollment_type": facts.enrollment_type}


def _differences(
    frame: Frame, printed: PrintedTrial, stored: StoredRecord | None, facts: TrialFacts, history: tuple[Record, ...]
) -> list[str]:
    """Further facts of the present state that the printed table does not have, in words."""
    if stored is None:
        return []
    parts = []
    if not printed.nct_id:
        parts.append(f"registered as {clean(stored.record.source_id)}")
    if facts.has_results or facts.results_first_posted_date:
        posted = clean(facts.results_first_posted_date)
        parts.append(f"results posted {posted}".strip() + _aside(posted, frame.material.baseline.published_date))
    if facts.why_stopped:
        parts.append(f"reason given: {clean(facts.why_stopped)}")
    if facts.status == "UNKNOWN" and facts.last_known_status:
        parts.append(f"last known: {wording.status_words(facts.last_known_status)}")
    if gone := _gone(stored):
        parts.append(gone)
    return parts


def _gone(stored: StoredRecord) -> str:
    """That a registry no longer has a trial, in words; empty while it has."""
    if not stored.is_withdrawn:
        return ""
    target = clean(stored.record.merged_into)
    return f"the registry has merged it into {target}" if target else "the registry no longer has it"


def _overdue(frame: Frame, stored: StoredRecord | None) -> str:
    """That a trial is overdue, in words: it was reported so and was not updated since; empty otherwise."""
    facts = stored.record.trial if stored is not None and not stored.is_withdrawn else None
    if stored is None or facts is None:
        return ""
    own = [change.after for change in _reported(frame, ChangeType.OVERDUE, stored)]
    updated = facts.last_update_posted_date or stored.record.source_date
    return overdue({}, own[-1]) if own and own[-1].get("last_update_posted_date") == updated else ""


def _results(frame: Frame, stored: StoredRecord | None) -> list[dict[str, str]]:
    """Links to the results of a trial: those posted at its registry, then papers that were reported or are listed."""
    facts = stored.record.trial if stored is not None else None
    if stored is None or facts is None:
        return []
    known = _reported(frame, ChangeType.RESULTS_PUBLISHED, stored)
    reported = {pmid for change in known for pmid in change.after["result_pmids"]}
    links = []
    for pmid in sorted({*facts.result_pmids, *reported}, key=lambda pmid: (len(pmid), pmid)):
        # Sponsors list what a trial builds upon as its results, too: whose word it is must be seen.
        aside = "" if pmid in reported else " (listed by the sponsor)"
        links.append({"label": f"PMID {clean(pmid)}{aside}", "url": pmid_url(pmid)})
    if facts.has_results:
        links.insert(0, {"label": "results at the registry", "url": results_url(stored.record.source_id)})
    return links


def _reported(frame: Frame, type_: str, stored: StoredRecord) -> list[Change]:
    return frame.once(_reported_by_key).get((type_, *stored.record.key), [])


def _reported_by_key(frame: Frame) -> dict[tuple[str, str, str], list[Change]]:
    found: dict[tuple[str, str, str], list[Change]] = defaultdict(list)
    for change in frame.material.reported_trials:
        found[change.type, change.source, change.source_id].append(change)
    return found


def _aside(partial: str, published: date) -> str:
    return " (before the review)" if is_before(partial, published) else ""


def _history(history: tuple[Record, ...]) -> list[dict[str, str]]:
    """The statuses that the stored states went through; a state that repeats the one before it is left out."""
    path: list[dict[str, str]] = []
    for record in history:
        status = record.trial.status if record.trial else ""
        if status and (not path or path[-1]["status"] != status):
            path.append({"status": status, "label": wording.status_words(status), "as_of": clean(state_date(record))})
    return path


def _others(frame: Frame) -> list[dict[str, Any]]:
    """Trials of a relevant scope that the review did not print: new ones first, the core scope before the rest."""
    scopes = sorted(frame.material.review.scopes, key=lambda scope: not scope.is_core)
    places = {scope.slug: place for place, scope in enumerate(scopes)}
    rows: list[dict[str, Any]] = []
    for stored, posted in frame.once(unprinted_trials):
        record, facts, scope = stored.record, stored.record.trial or TrialFacts(), frame.scope_of(stored)
        areas = stored.score.areas if stored.score else ()
        rows.append(
            {
                "source": record.source,
                "source_id": clean(record.source_id),
                "url": record_url(record),
                "title": clean(record.title or record.source_id),
                "scope": scope,
                "scope_label": frame.scope_labels.get(scope, ""),
                "area_labels": frame.areas_of(areas),
                "conditions": [clean(name) for name in facts.conditions],
                "status": facts.status,
                "status_label": wording.status_words(facts.status),
                "as_of": clean(state_date(record)),
                "first_posted": clean(facts.first_posted_date),
                "posting": posted.value,
                "posting_label": POSTING_LABELS[posted],
                "phases": wording.enum_words(facts.phases),
                "enrollment": wording.enrollment_words(_enrollment(facts)),
                "has_results": facts.has_results,
                "overdue": _overdue(frame, stored),
                "results": _results(frame, stored),
                "gone": _gone(stored),
                "is_now": record.key in frame.new_keys,
            }
        )
    order = [kind.value for kind in POSTING_LABELS]
    rows.sort(
        key=lambda row: (
            order.index(row["posting"]),
            not row["is_now"],
            places.get(row["scope"], len(places)),
            row["source_id"],
        )
    )
    return rows
