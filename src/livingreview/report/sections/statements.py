"""Which statements of the review this run's changes touch, to look at; and what people decided on statements."""

from collections import defaultdict
from typing import Any

from livingreview.config import Statement
from livingreview.records import StoredChange
from livingreview.records.change_types import ChangeType
from livingreview.records.news import TRIAL_NEWS, is_meeting
from livingreview.records.sanitize import clean
from livingreview.records.trial_standing import Standing
from livingreview.report.context import Frame
from livingreview.report.sections import proposals, trials
from livingreview.text import wording
from livingreview.text.published import shown
from livingreview.text.rule_words import watch_words

CAP = 10
"""Changes that are printed a statement; the JSON holds them all."""


def touched(frame: Frame) -> dict[str, Any]:
    """Statement by statement, the changes that concern it, and the trials that have changed since publication."""
    review = frame.material.review
    reasons: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for found in frame.changes:
        if _is_first_sight(found) or found.change.source == "review":
            continue
        number = _reference_number(frame, found)
        for statement in review.statements:
            if why := _why(frame, statement, found, number):
                reasons[statement.id].append(frame.change_row(found, is_with_statements=False) | why)
    changed = _changed_since_publication(frame)
    rows = [
        _row(frame, statement) | {"changes": reasons[statement.id]}
        for statement in review.statements
        if statement.id in reasons
    ]
    ids = {row["id"] for row in rows} | {proposal.statement_id for proposal in frame.material.waiting}
    return {
        "summary": f"{wording.counted(len(ids), 'statement')} of {len(review.statements)} to look at",
        "decisions": frame.once(proposals.decided),
        "n_statements": len(review.statements),
        "cap": CAP,
        "touched": rows,
        "standing": changed,
    }


def _row(frame: Frame, statement: Statement) -> dict[str, Any]:
    """One statement; ``sentence`` is the authors' where it is known, ``words`` how it is printed."""
    says = shown(statement, frame.published)
    return {
        "id": statement.id,
        "section": clean(says.section),
        "text": clean(statement.text),
        "sentence": clean(says.text),
        "is_paraphrase": not says.is_own,
        "words": clean(says.words),
        "note": clean(statement.note),
        "watch": watch_words(statement, frame.material.review),
    }


def _is_first_sight(found: StoredChange) -> bool:
    """Whether the store merely met what the review itself cites, or a record outside the review's own scope."""
    return is_meeting(found.change) or found.change.type == ChangeType.NEW_RECORD


def _why(frame: Frame, statement: Statement, found: StoredChange, number: int) -> dict[str, str]:
    """Why a change touches a statement: ``link`` and ``why`` say it; empty when it does not.

    ``link`` is ``cited``, ``evidence`` (of the statement's rules) or ``area``; ``number`` is that of the baseline
    reference which the change is about, 0 for none.
    """
    change = found.change
    if change.source_id in statement.nct_ids:
        return _link("cited", f"names {clean(change.source_id)}")
    if number in statement.refs:
        return _link("cited", f"cites reference {number}")
    if statement.id in change.after.get("evidence_of", ()):
        return _link("evidence", f"uses {clean(change.source_id)} as evidence")
    core_scope = frame.material.review.core_scope
    is_core = change.type == ChangeType.NEW_CORE_RECORD or (
        change.type in (*TRIAL_NEWS.values(), ChangeType.PREPRINT_PUBLISHED) and change.after.get("scope") == core_scope
    )
    shared = frame.areas_of(set(change.after.get("areas", ())) & set(statement.areas)) if is_core else []
    return _link("area", wording.joined(shared).lower()) if shared else {}


def _link(link: str, why: str) -> dict[str, str]:
    return {"link": link, "why": why}


def _reference_number(frame: Frame, found: StoredChange) -> int:
    """The baseline reference that a change is about; 0 when it is about none."""
    number = found.change.after.get("ref_no")
    if isinstance(number, int):
        return number
    stored = frame.by_key.get((found.change.source, found.change.source_id))
    reference = frame.reference_of(stored.record) if stored else None
    return reference.ref_no if reference else 0


def _changed_since_publication(frame: Frame) -> list[dict[str, Any]]:
    """Statements that name a printed trial which has changed since publication, whatever run found it."""
    differing = {row["nct_id"]: row for row in frame.once(trials.printed_rows) if row["standing"] == Standing.CHANGED}
    rows = []
    for statement in frame.material.review.statements:
        named = [differing[nct_id] for nct_id in statement.nct_ids if nct_id in differing]
        if named:
            trial_rows = [
                {
                    "nct_id": row["nct_id"],
                    "url": row["url"],
                    "words": f"{row['printed_status']} {wording.ARROW} {row['status_label']}",
                    "as_of": row["as_of"],
                }
                for row in named
            ]
            rows.append(_row(frame, statement) | {"trials": trial_rows})
    return rows
