"""The review as a living one, after PRISMA-LSR: living mode, versions, what changed, what is new, and the flow."""

from collections import Counter
from typing import Any

from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.report.prisma_flow import flows
from livingreview.report.sections.workings import search_changes
from livingreview.report.versions import Version, history, loud
from livingreview.text import wording

CAP = 12
"""Rows of what is new that are printed; the JSON holds them all."""
_LABELS = {
    "is_living": "In living mode",
    "baseline_version": "Base version",
    "search_frequency": "Schedule of the searches",
    "screening_frequency": "Schedule of screening",
    "sources": "Sources",
    "update_trigger": "What makes an update",
    "publication_trigger": "What makes a new published version",
    "status_statement": "Status",
    "methods_change_rule": "Changes of method",
    "ends_when": "Retirement from living mode",
    "ends_statement": "How retirement is told",
}


def living(frame: Frame) -> dict[str, Any]:
    """Living mode parameters (L1), the version and the one before it, changes of methods and results, what is new."""
    timeline = frame.once(history)
    current = timeline.current
    before = timeline.versions[-2] if len(timeline.versions) > 1 else None
    is_made_now = current.run is not None and current.run.id == frame.material.run.id
    searches = search_changes(frame) if is_made_now else []
    return {
        "summary": f"version {current.number} of {current.on_date}"
        + ("" if is_made_now or current.run is None else ", unchanged by this run"),
        "parameters": [
            {"name": name, "label": _LABELS.get(name, clean(name).replace("_", " ")), "value": _value(name, value)}
            for name, value in frame.material.review.living_mode.items()
        ],
        "version": _version(frame, current),
        "preceding": _version(frame, before) if before else None,
        "is_made_now": is_made_now,
        "n_runs_since": len(timeline.since),
        "method_changes": [*current.methods, *searches],
        "result_changes": _counted(current.changes),
        "result_changes_since": _counted(loud(timeline.since)),
        "whats_new": _whats_new(frame),
        "figures": flows(frame),
        "cap": CAP,
    }


def _value(name: str, value: Any) -> str:
    if name == "sources" and isinstance(value, list | tuple):
        return ", ".join(wording.source_name(str(source)) for source in value)
    return wording.plain_value(value)


def _version(frame: Frame, version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "date": version.on_date.isoformat(),
        "run": clean(version.run.name) if version.run else "",
        "citation": "" if version.run else clean(frame.material.review.citation),
    }


def _counted(changes: Counter[str]) -> list[dict[str, Any]]:
    """Types of changes with their numbers, the most frequent first."""
    return [
        {"type": kind, "label": kind.replace("_", " "), "n": changes[kind]}
        for kind in sorted(changes, key=lambda kind: (-changes[kind], kind))
    ]


def _whats_new(frame: Frame) -> list[dict[str, str]]:
    """Date, event and description, newest first."""
    timeline = frame.once(history)
    rows = []
    if timeline.since:
        last = timeline.since[-1].run.now_at.date().isoformat()
        runs = wording.counted(len(timeline.since), "run")
        description = f"{runs} since version {timeline.current.number}; nothing that makes a new version"
        rows.append({"date": last, "event": "Searched", "description": description})
    for version in reversed(timeline.versions):
        if version.run is None:
            event, description = "Version 1", f"the published review: {clean(frame.material.review.citation)}"
        else:
            event = f"Version {version.number}"
            parts = [f"{one['label']} ({one['n']:,})" for one in _counted(version.changes)]
            results = f"results: {', '.join(parts)}" if parts else "results: unchanged"
            description = "; ".join([results, *(f"method: {words_}" for words_ in version.methods)])
        rows.append({"date": version.on_date.isoformat(), "event": event, "description": description})
    return rows
