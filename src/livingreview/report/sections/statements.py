"""Which statements of the review this run's changes touch: to look at, never verdicts."""

from collections import defaultdict
from typing import Any

from livingreview.config import Statement
from livingreview.report import words
from livingreview.report.escape import clean
from livingreview.report.frame import Frame
from livingreview.report.sections import trials
from livingreview.views import StoredChange

CAP = 10
"""Changes that are printed a statement; the JSON holds them all."""
_PROPOSAL_PREFIX = "statement_"


def touched(frame: Frame) -> dict[str, Any]:
    """Statement by statement, the changes that concern it, and the trials that already stand differently."""
    review = frame.material.review
    reasons: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for found in frame.changes:
        if _is_first_sight(found):
            continue
        number = _reference_number(frame, found)
        for statement in review.statements:
            if why := _why(frame, statement, found, number):
                reasons[statement.id].append(frame.change_row(found) | why)
    standing = _standing(frame)
    rows = [
        _row(statement) | {"changes": reasons[statement.id]}
        for statement in review.statements
        if statement.id in reasons
    ]
    return {
        "summary": f"{words.counted(len(rows), 'statement')} of {len(review.statements)} to look at",
        "n_statements": len(review.statements),
        "cap": CAP,
        "touched": rows,
        "standing": standing,
    }


def _row(statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "section": clean(statement.section),
        "text": clean(statement.text),
        "watch": clean(statement.watch),
    }


def _is_first_sight(found: StoredChange) -> bool:
    """Whether the store merely met what the review itself cites, or a record outside the review's own scope."""
    change = found.change
    is_meeting = change.type in ("new_record", "new_core_record", "new_trial") and bool(change.after.get("is_baseline"))
    return is_meeting or change.type == "new_record"


def _why(frame: Frame, statement: Statement, found: StoredChange, number: int) -> dict[str, str]:
    """Why a change touches a statement: ``link`` is ``cited`` or ``area``, ``why`` says it; empty when it does not.

    ``number`` is that of the baseline reference which the change is about, 0 for none.
    """
    change = found.change
    if change.source == "review" and change.type.startswith(_PROPOSAL_PREFIX):
        return _link("cited", "proposed by a rule") if change.source_id == statement.id else {}
    if change.source_id in statement.nct_ids:
        return _link("cited", f"names {clean(change.source_id)}")
    if number in statement.refs:
        return _link("cited", f"cites reference {number}")
    core_scope = frame.material.review.core_scope
    is_core = change.type == "new_core_record" or (
        change.type in ("new_trial", "preprint_published") and change.after.get("scope") == core_scope
    )
    shared = frame.areas_of(set(change.after.get("areas", ())) & set(statement.areas)) if is_core else []
    return _link("area", words.joined(shared).lower()) if shared else {}


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


def _standing(frame: Frame) -> list[dict[str, Any]]:
    """Statements that name a printed trial which the registry now shows differently, whatever run found it."""
    differing = {row["nct_id"]: row for row in frame.once(trials.printed_rows) if row["verdict"] == "differs"}
    rows = []
    for statement in frame.material.review.statements:
        named = [differing[nct_id] for nct_id in statement.nct_ids if nct_id in differing]
        if named:
            told = [
                {
                    "nct_id": row["nct_id"],
                    "url": row["url"],
                    "words": f"{row['printed_status']} {words.ARROW} {row['status_label']}",
                    "as_of": row["as_of"],
                }
                for row in named
            ]
            rows.append(_row(statement) | {"trials": told})
    return rows
