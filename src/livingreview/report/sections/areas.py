"""Disease areas that the review does not have yet, proposed from core publications that fit none of its own."""

from collections import Counter
from typing import Any

from livingreview.records.change_types import ChangeType
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.report.works import publications
from livingreview.text import wording

CAP = 10
"""Publications of a group that are printed; the JSON holds them all."""


def proposed(frame: Frame) -> dict[str, Any]:
    """Each group with its terms and publications; a proposal to a person, who adds an area to config or does not."""
    rows = {row["work"]: row for row in publications(frame, [frame.material.review.core_scope])}
    news = {
        (one.get("source"), one.get("source_id")): "grown" if found.change.before else "new"
        for found in frame.changes
        if found.change.type == ChangeType.NEW_AREA
        for one in found.change.after.get("records", ())
    }
    groups = []
    for group in frame.material.new_areas:
        works = dict.fromkeys(frame.by_key[key].work_id for key in group.keys if key in frame.by_key)
        if items := [rows[work] for work in works if work in rows]:
            terms = [clean(term) for term in group.terms]
            state = next((news[key] for key in group.keys if key in news), "")
            groups.append({"terms": terms, "news": state, "items": items})
    counts = Counter(str(group["news"]) for group in groups)
    aside = "".join(f", {counts[state]} {state}" for state in ("new", "grown") if counts[state])
    return {
        "summary": f"{wording.counted(len(groups), 'area')} proposed{aside}" if groups else "none proposed",
        "cap": CAP,
        "groups": groups,
    }
