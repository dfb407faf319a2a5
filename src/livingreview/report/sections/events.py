"""Lists of changes: alerts, notices on what the review cites and on new evidence, revisions, everything else."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from livingreview.records import Severity, StoredChange
from livingreview.report.context import NEW_TYPES, Frame
from livingreview.report.sections import trials
from livingreview.text import wording

CAP = 100
"""Rows of a list of changes that are printed; the JSON holds them all."""
_NOTICES = frozenset({"retracted", "concern_expressed", "corrected", "reinstated", "withdrawn"})
_BASELINE = "baseline_reference_"
_REVISIONS = frozenset({"revised_text", "preprint_published"})


def alerts(frame: Frame) -> dict[str, Any]:
    """Every change of severity alert, whatever its type; it may stand in its own section again."""
    rows = [frame.change_row(found) for found in frame.changes if found.change.severity == Severity.ALERT]
    return {"summary": wording.counted(len(rows), "alert"), "changes": rows, "cap": CAP}


def notices(frame: Frame) -> dict[str, Any]:
    """Retractions, concerns, corrections, reinstatements, withdrawals: cited references apart from the rest."""
    cited = _rows(frame, (found for found in frame.changes if found.change.type.startswith(_BASELINE)))
    for row, found in zip(cited, (one for one in frame.changes if one.change.type.startswith(_BASELINE)), strict=True):
        after = found.change.after
        row["statements"] = [
            statement.id
            for statement in frame.material.review.statements
            if after.get("ref_no") in statement.refs or statement.id in after.get("evidence_of", ())
        ]
    others = _rows(frame, (found for found in frame.changes if found.change.type in _NOTICES))
    return {
        "summary": f"{len(cited):,} on references of the review, {len(others):,} on other records",
        "references": cited,
        "others": others,
        "cap": CAP,
    }


def revisions(frame: Frame) -> dict[str, Any]:
    """Texts that their sources revised, preprints that became articles, and changes of types without a section."""
    revised = _rows(frame, (found for found in frame.changes if found.change.type in _REVISIONS))
    placed = NEW_TYPES | _REVISIONS | _NOTICES | trials.TYPES
    rest = _rows(
        frame,
        (
            found
            for found in frame.changes
            if found.change.type not in placed
            and not found.change.type.startswith(_BASELINE)
            and found.change.source != "review"
        ),
    )
    return {
        "summary": wording.counted(len(revised), "revision") + (f", {len(rest):,} of other types" if rest else ""),
        "revisions": revised,
        "others": rest,
        "cap": CAP,
    }


def counts_by_type(frame: Frame) -> dict[str, int]:
    """How many changes each type has."""
    return dict(sorted(Counter(found.change.type for found in frame.changes).items()))


def _rows(frame: Frame, found: Iterable[StoredChange]) -> list[dict[str, Any]]:
    return [frame.change_row(one) for one in found]
