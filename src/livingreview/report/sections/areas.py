"""Disease areas that the review does not have yet, proposed from core publications that fit none of its own."""

from typing import Any

from livingreview.report.frame import Frame
from livingreview.report.works import publications
from livingreview.telling import words
from livingreview.telling.fit import clean

CAP = 10
"""Publications of a group that are printed; the JSON holds them all."""


def proposed(frame: Frame) -> dict[str, Any]:
    """Each group with its terms and publications; a proposal to a person, who adds an area to config or does not."""
    rows = {(row["source"], row["source_id"]): row for row in publications(frame, [frame.material.review.core_scope])}
    groups = [
        {"terms": [clean(term) for term in group.terms], "items": items}
        for group in frame.material.new_areas
        if (items := [rows[key] for key in group.keys if key in rows])
    ]
    return {
        "summary": f"{words.counted(len(groups), 'area')} proposed" if groups else "none proposed",
        "cap": CAP,
        "groups": groups,
    }
