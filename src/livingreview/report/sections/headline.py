"""Three sentences: what changed, whether a sentence of the review still holds, and whether everything was read."""

from typing import Any

from livingreview.records import Severity
from livingreview.records.change_types import STATEMENT_TYPES, ChangeType
from livingreview.report.context import Frame
from livingreview.report.sections import events, evidence, statements, trials
from livingreview.text import wording


def headline(frame: Frame) -> dict[str, Any]:
    """The three sentences, and the numbers behind them."""
    touched = frame.once(statements.touched)
    severities = {
        severity.value: sum(found.change.severity == severity for found in frame.changes) for severity in Severity
    }
    return {
        "summary": _summary(frame),
        "sentences": {
            "changed": _changed(frame),
            "statements": _statements(frame, touched),
            "read": _read(frame),
        },
        "n_changes": len(frame.changes),
        "by_severity": severities,
        "by_type": events.counts_by_type(frame),
        "n_runs": len({found.run for found in frame.changes} | {frame.material.run.name}),
        "is_complete": frame.is_complete,
        "failures": frame.failures,
        "unreconciled": list(frame.unreconciled),
        "overdue": list(frame.overdue),
    }


def _summary(frame: Frame) -> str:
    text = wording.counted(len(frame.changes), "change")
    return text if frame.is_complete else f"{text} in what could be read; not everything was"


def _changed(frame: Frame) -> str:
    begin = frame.material.since or (frame.material.previous_run and frame.material.previous_run.now_at)
    if not frame.changes:
        if frame.failures:
            failed = wording.joined(wording.source_name(name) for name in frame.failures)
            return f"Nothing new in what could be read, but {failed} failed: this is not the same as nothing new."
        since = f" since {begin:%Y-%m-%d}" if begin else ""
        return f"Nothing new{since}."
    parts = [part for part in _parts(frame) if part]
    alerts = sum(found.change.severity == Severity.ALERT for found in frame.changes)
    lead = (
        f"{wording.counted(len(frame.changes), 'change')}, {wording.counted(alerts, 'alert') if alerts else 'no alert'}"
    )
    since = f" since {begin:%Y-%m-%d}" if begin else " in this first run"
    scope = "; only what could be read" if frame.failures else ""
    return f"{lead}{since}{scope}: {'; '.join(parts)}." if parts else f"{lead}{since}{scope}."


def _parts(frame: Frame) -> list[str]:
    review = frame.material.review
    core = [row for group in frame.once(evidence.core)["new"] for row in group["items"]]
    areas = evidence.area_names(frame, core)
    label = frame.scope_labels[review.core_scope]
    trial_rows = frame.once(trials.changes)["trials"]
    printed = sum(row["is_printed"] for row in trial_rows)
    others = [row for row in frame.once(trials.then_and_now)["others"] if row["is_new"] and not row["is_before_review"]]
    types = events.counts_by_type(frame)
    notices = frame.once(events.notices)
    n_notices = len(notices["references"]) + len(notices["others"])
    parts = []
    if core:
        parts.append(f"{wording.counted(len(core), 'new paper')} on {label}" + (f" ({areas})" if areas else ""))
    if others:
        parts.append(wording.counted(len(others), "new trial") + " that the review does not print")
    if trial_rows:
        some = "" if printed == len(trial_rows) else f"{printed} of them "
        aside = f" ({some}printed in the review)" if printed else ""
        parts.append(f"{wording.counted(len(trial_rows), 'trial')} changed{aside}")
    if n_notices:
        parts.append(wording.counted(n_notices, "notice"))
    if revised := types.get(ChangeType.REVISED_TEXT, 0):
        parts.append(wording.counted(revised, "revised text"))
    if not parts:
        parts.append("none of them new core evidence, a trial's change or a notice")
    return parts


def _statements(frame: Frame, touched: dict[str, Any]) -> str:
    total = touched["n_statements"]
    as_read = "" if frame.is_complete else ", as far as could be read,"
    changed = touched["standing"]
    aside = (
        f" {wording.counted(len(changed), 'statement')} {'names' if len(changed) == 1 else 'name'} a trial that"
        " already stands differently from what was printed."
        if changed
        else ""
    )
    proposed = _proposed(touched["proposals"])
    if not touched["touched"] and proposed:
        return f"Of {total} statements {proposed}{as_read}; each proposal waits for a person.{aside}"
    if not touched["touched"]:
        return f"No statement of the review ({total} are watched) is touched{as_read.rstrip(',')}.{aside}"
    ids = _first_ids([row["id"] for row in touched["touched"]])
    if proposed:
        return (
            f"Of {total} statements {proposed}{as_read}; each proposal waits for a person."
            f" What {ids} {'cites' if len(touched['touched']) == 1 else 'cite'} or stand for has changed, too.{aside}"
        )
    verb = "is" if len(touched["touched"]) == 1 else "are"
    return (
        f"{ids} of {total} statements {verb} touched{as_read} and should be looked at;"
        f" nobody has judged yet whether they still stand.{aside}"
    )


def _proposed(proposals: list[dict[str, Any]]) -> str:
    """``S73 proposed as challenged, S44 and S45 as outdated``; empty when nothing is proposed."""
    parts: list[str] = []
    for effect, type_ in STATEMENT_TYPES.items():
        if ids := [row["id"] for row in proposals if row["effect"] == effect]:
            lead = "as" if parts else "is proposed as" if len(ids) == 1 else "are proposed as"
            parts.append(f"{_first_ids(ids)} {lead} {wording.effect_words(type_)}")
    return ", ".join(parts)


def _first_ids(ids: list[str]) -> str:
    """The first six by name."""
    return wording.joined(ids[:6] + ([f"{len(ids) - 6} more"] if len(ids) > 6 else []))


def _read(frame: Frame) -> str:
    asked = [log for log in frame.material.queries if not log.error]
    overdue = wording.joined(wording.source_name(name) for name in frame.overdue)
    late = f" Overdue: {overdue}." if overdue else ""
    if frame.failures:
        failed = wording.joined(wording.source_name(name) for name in frame.failures)
        rest = f"; {wording.counted(len(asked), 'other search', 'other searches')} answered" if asked else ""
        return f"NOT everything was read: {failed} FAILED{rest}.{late}"
    if frame.unreconciled:
        return f"Everything answered, but counts do not add up for {wording.joined(frame.unreconciled)}.{late}"
    if not asked:
        return f"No search is on record for this run.{late}"
    if all(log.role == "file" for log in asked):
        return f"Everything given was read: {wording.counted(len(asked), 'file')}; no service was asked.{late}"
    sources = wording.counted(len({log.source for log in asked}), "source")
    return (
        f"Everything was read: {wording.counted(len(asked), 'search', 'searches')} of {sources}, all reconciled.{late}"
    )
