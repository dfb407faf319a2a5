"""How current the sources and the evidence are."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

from livingreview.records.identifiers import last_day
from livingreview.report.context import Frame
from livingreview.report.data import figure
from livingreview.report.sections.works_figures import relevant_works
from livingreview.text import wording


def clocks(frame: Frame) -> dict[str, Any]:
    """How current each source and the evidence is, in days before the report."""
    now = frame.material.now
    sources: list[dict[str, Any]] = []
    rows: list[list[str]] = []
    for name, status in sorted(frame.material.status.items()):
        searched = status.searched_through_at
        state = (
            "failed" if name in frame.failures else "overdue" if status.is_overdue else "in_time" if searched else ""
        )
        if not state:
            continue
        label, days = wording.source_name(name), _days(searched, now) if searched else None
        sources.append({"source": name, "label": label, "days": days, "state": state})
        day = f"searched through {searched.astimezone(UTC).date()}" if searched else "never read completely"
        rows.append([label, day, "" if days is None else wording.counted(days, "day"), _STATES[state]])
    works = frame.once(relevant_works)
    last = max((day for day in {row["publication_date"] for row in works} if last_day(day)), default="")
    latest = max(
        (row for row in works if last and row["publication_date"] == last),
        key=lambda row: (row["source"], row["source_id"]),
        default=None,
    )
    delays = [
        {"slug": slug, "label": label, "note": note, **_spread(days)}
        for slug, label, note, days in (
            ("stored", "Published to stored", "works published since the first run", _to_store(frame)),
            ("decided", "Stored to decided", "works that somebody decided on", _to_decision(frame)),
        )
    ]
    if latest:
        rows.append(["Latest publication", latest["publication_date"], "", latest["title"]])
    rows += [[one["label"], wording.counted(one["n"], "work"), _spread_words(one), one["note"]] for one in delays]
    late = [one["label"] for one in sources if one["state"] != "in_time"]
    return figure(
        "Clocks: how current this is",
        "Above, how many days before this report each source was last searched through: the line is the time since,"
        " dotted with a hollow end where a source is overdue or failed. Below, how long works take: the middle half as"
        " a bar, the median as a stroke; only works with a full date count.",
        f"{wording.counted(len(sources), 'source')}, {len(late)} late"
        + (f" ({wording.joined(late)})" if late else "")
        + (f"; latest publication {latest['publication_date']}." if latest else "; no dated publication."),
        {"columns": ["Clock", "Stands at", "Days", "Note"], "rows": rows},
        {
            "sources": sources,
            "latest_publication": {"date": latest["publication_date"], "title": latest["title"], "url": latest["url"]}
            if latest
            else None,
            "delays": delays,
        },
    )


_STATES = {"failed": "FAILED in this run", "overdue": "overdue", "in_time": "in time"}


def _days(before: datetime, after: datetime) -> int:
    return max(0, (after.astimezone(UTC).date() - before.astimezone(UTC).date()).days)


def _to_store(frame: Frame) -> list[int]:
    """Days from publication to first reading, of works published since the first run: older ones say nothing of it."""
    begun = min((flow.run.now_at for flow in frame.material.flows), default=None)
    if begun is None:
        return []
    first = begun.astimezone(UTC).date().isoformat()
    found = []
    for row in frame.once(relevant_works):
        stored = frame.by_key.get((row["source"], row["source_id"]))
        day = row["publication_date"]
        if stored and len(day) == len("2022-09-14") and day >= first and last_day(day):
            published = datetime.fromisoformat(day).replace(tzinfo=UTC)
            found.append(_days(published, stored.first_seen_at))
    return found


def _to_decision(frame: Frame) -> list[int]:
    first: dict[str, tuple[datetime, datetime]] = {}
    for stored in frame.material.records:
        if stored.decisions:
            seen = stored.first_seen_at
            earlier = first.get(stored.work_id, (seen, seen))[0]
            first[stored.work_id] = (min(seen, earlier), min(one.decided_at for one in stored.decisions))
    return [_days(seen, decided) for seen, decided in first.values()]


def _spread(days: Iterable[int]) -> dict[str, Any]:
    """Number, median and quartiles."""
    ordered = sorted(days)
    if not ordered:
        return {"n": 0, "median_days": None, "low_days": None, "high_days": None}
    low, middle, high = quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else ordered * 3
    return {"n": len(ordered), "median_days": float(middle), "low_days": float(low), "high_days": float(high)}


def _spread_words(one: Mapping[str, Any]) -> str:
    if not one["n"]:
        return "none to measure yet"
    return f"{one['median_days']:g} ({one['low_days']:g} to {one['high_days']:g})"
