"""Three sentences (what changed, whether the review still holds, whether everything was read), and what waits."""

from typing import Any

from livingreview.records import Severity
from livingreview.records.change_types import ChangeType
from livingreview.report.context import Frame
from livingreview.report.sections import events, evidence, proposals, statements, trials
from livingreview.text import wording
from livingreview.text.gaps import source_gaps


def headline(frame: Frame) -> dict[str, Any]:
    """The three sentences, the numbers behind them, and what waits for a decision."""
    touched = frame.once(statements.touched)
    severities = {
        severity.value: sum(found.change.severity == severity for found in frame.changes) for severity in Severity
    }
    return {
        "summary": _summary(frame),
        "waiting": frame.once(proposals.waiting),
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
        gaps = source_gaps(frame.material.status, frame.failures, frame.material.now)
        gaps += [f"counts do not add up for {wording.joined(frame.unreconciled)}"] if frame.unreconciled else []
        if gaps:
            return f"No change was found, but not everything was read: {'; '.join(gaps)}."
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
    waiting, total = frame.once(proposals.waiting), touched["n_statements"]
    as_read = "" if frame.is_complete else ", as far as could be read"
    changed = touched["standing"]
    aside = (
        f" {wording.counted(len(changed), 'statement')} {'names' if len(changed) == 1 else 'name'} a trial that"
        " already stands differently from what was printed."
        if changed
        else ""
    )
    parts = []
    if waiting["n"]:
        lead = waiting["counts"] if frame.is_complete else f"as far as could be read, {waiting['counts']}"
        parts.append(f"{lead[:1].upper()}{lead[1:]}: {waiting['words']}; a person decides.")
    ids = [row["id"] for row in touched["touched"]]
    if ids:
        verb = "is" if len(ids) == 1 else "are"
        parts.append(
            f"{len(ids)} of {total} statements {verb} touched by what changed{as_read}, and should be looked at;"
            f" nobody has judged yet whether {'it still stands' if len(ids) == 1 else 'they still stand'}"
            f" ({_first_ids(ids)})."
        )
    if not parts:
        parts.append(f"No statement of the review ({total} are watched) is touched{as_read}.")
    return " ".join(parts) + aside


def _first_ids(ids: list[str]) -> str:
    """The first six by name."""
    return wording.joined(ids[:6] + ([f"{len(ids) - 6} more"] if len(ids) > 6 else []))


def _read(frame: Frame) -> str:
    asked = [log for log in frame.material.queries if not log.error]
    overdue = source_gaps(frame.material.status, (), frame.material.now)
    late = f" {'; '.join(overdue)}." if overdue else ""
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
