"""What the searches did, after PRISMA-S, and the exceptions that were named on the way."""

from collections import defaultdict
from typing import Any

from livingreview.records import QueryLog
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.text import wording
from livingreview.text.links import url_of

EXCEPTIONS_CAP = 50
"""Exceptions that are printed a reason; the JSON holds them all."""
_ACTIONS = ("new", "revised", "unchanged", "older", "thinner", "withdrawn", "unstored")


def searches(frame: Frame) -> dict[str, Any]:
    """Every search of the run: source, text, window, counts, and whether they add up."""
    logs = sorted(frame.material.queries, key=lambda log: (log.source, log.role != "core", log.name, log.since))
    rows = [_search(log) for log in logs]
    failed = sum(row["outcome"] == "failed" for row in rows)
    return {
        "summary": wording.counted(len(rows), "search", "searches") + (f", {failed} FAILED" if failed else ""),
        "searches": rows,
        "failures": [
            {"source": name, "label": wording.source_name(name), "reason": reason}
            for name, reason in frame.failures.items()
        ],
    }


def _search(log: QueryLog) -> dict[str, Any]:
    return {
        "source": log.source,
        "source_label": wording.source_name(log.source),
        "name": clean(log.name),
        "role": log.role,
        "text": clean(log.text),
        "query_hash": log.query_hash,
        "since": clean(log.since),
        "until": clean(log.until),
        "announced": log.announced,
        "received": log.received,
        "counts": {action: log.counts.get(action, 0) for action in _ACTIONS},
        "requests": log.requests,
        "is_reconciled": log.is_reconciled,
        "is_skipped": log.is_skipped,
        "outcome": _outcome(log),
        "error": clean(log.error),
    }


def _outcome(log: QueryLog) -> str:
    if log.error:
        return "failed"
    if log.is_skipped:
        return "skipped"
    return "reconciled" if log.is_reconciled else "not reconciled"


def exceptions(frame: Frame) -> dict[str, Any]:
    """What could not be stored or understood, by reason; the most frequent reason first."""
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for issue in sorted(frame.material.issues, key=lambda one: (one.source, one.source_id, one.query, one.reason)):
        groups[clean(issue.reason)].append(
            {
                "source": issue.source,
                "source_label": wording.source_name(issue.source),
                "source_id": clean(issue.source_id),
                "query": clean(issue.query),
                "url": url_of(issue.source, issue.source_id),
            }
        )
    reasons = [
        {"reason": reason, "n": len(groups[reason]), "items": groups[reason]}
        for reason in sorted(groups, key=lambda reason: (-len(groups[reason]), reason))
    ]
    total = len(frame.material.issues)
    summary = wording.counted(total, "exception")
    return {
        "summary": f"{summary} for {wording.counted(len(reasons), 'reason')}" if total else "none",
        "n_total": total,
        "cap": EXCEPTIONS_CAP,
        "reasons": reasons,
    }
