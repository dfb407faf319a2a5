"""Lists of changes: alerts, notices on what the review cites and on new evidence, revisions, everything else."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from livingreview.records import Severity, StoredChange
from livingreview.records.change_types import NEW_TYPES, NOTICE_TYPES, REFERENCE_TYPES, REGISTRY_TYPES, REVISION_TYPES
from livingreview.report.context import Frame
from livingreview.text import wording

CAP = 100
"""Rows of a list of changes that are printed; the JSON holds them all."""


def alerts(frame: Frame) -> dict[str, Any]:
    """Every change of severity alert, whatever its type; it may be in its own section again."""
    rows = [frame.change_row(found) for found in frame.changes if found.change.severity == Severity.ALERT]
    return {"summary": wording.counted(len(rows), "alert"), "changes": rows, "cap": CAP}


def notices(frame: Frame) -> dict[str, Any]:
    """Retractions, concerns, corrections, reinstatements, withdrawals: cited references apart from the rest."""
    cited = _rows(frame, (found for found in frame.changes if found.change.type in REFERENCE_TYPES))
    for row, found in zip(cited, (one for one in frame.changes if one.change.type in REFERENCE_TYPES), strict=True):
        after = found.change.after
        row["statements"] = [
            statement.id
            for statement in frame.material.review.statements
            if after.get("ref_no") in statement.refs or statement.id in after.get("evidence_of", ())
        ]
    others = _rows(frame, (found for found in frame.changes if found.change.type in NOTICE_TYPES))
    return {
        "summary": f"{len(cited):,} on references of the review, {len(others):,} on other records",
        "references": cited,
        "others": others,
        "cap": CAP,
    }


def revisions(frame: Frame) -> dict[str, Any]:
    """Texts that their sources revised, preprints that became articles, and changes of types without a section."""
    revised = _rows(frame, (found for found in frame.changes if found.change.type in REVISION_TYPES))
    placed = NEW_TYPES | REVISION_TYPES | NOTICE_TYPES | REFERENCE_TYPES | set(REGISTRY_TYPES)
    rest = _rows(
        frame,
        (found for found in frame.changes if found.change.type not in placed and found.change.source != "review"),
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
