"""New evidence: the review's own scope by disease area, and the context around it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from livingreview.report.context import Frame
from livingreview.report.works import publications
from livingreview.text import wording

CONTEXT_CAP = 40
"""Rows of context evidence that are printed a scope; the JSON holds them all."""
_NO_AREA = "No disease area"


def core(frame: Frame) -> dict[str, Any]:
    """Publications of the core scope that the review does not cite, by area: of this run, and found earlier."""
    review = frame.material.review
    found = publications(frame, [review.core_scope])
    excluded = [row for row in found if row["decision"] == "exclude"]
    kept = [row for row in found if row["decision"] != "exclude"]
    since = [row for row in kept if not row["is_before_review"]]
    older = [row for row in kept if row["is_before_review"]]
    new = [row for row in since if row["is_new"]]
    return {
        "summary": f"{len(new):,} new in this report, {len(since):,} since the review",
        "scope": review.core_scope,
        "scope_label": frame.scope_labels[review.core_scope],
        "n_new": len(new),
        "n_since_baseline": len(since),
        "areas": area_counts(frame, since),
        "new": _by_area(frame, new),
        "earlier": _by_area(frame, [row for row in since if not row["is_new"]]),
        "before_review": older,
        "excluded": excluded,
    }


def context(frame: Frame) -> dict[str, Any]:
    """Publications of the other relevant scopes: counts by scope and area, and the newest by name."""
    review = frame.material.review
    scopes = [scope.slug for scope in review.scopes if scope.is_relevant and not scope.is_core]
    found = [row for row in publications(frame, scopes) if row["decision"] != "exclude"]
    groups = []
    for slug in scopes:
        rows = [row for row in found if row["scope"] == slug]
        # What is new comes first, so that the cap never hides it behind what was there before.
        listed = [row for row in rows if row["is_new"]] + [row for row in rows if not row["is_new"]]
        groups.append(
            {
                "slug": slug,
                "label": frame.scope_labels[slug],
                "n_new": sum(row["is_new"] for row in rows),
                "n_total": len(rows),
                "items": listed,
            }
        )
    n_new = sum(row["is_new"] for row in found)
    return {
        "summary": f"{n_new:,} new in this report, {len(found):,} so far",
        "cap": CONTEXT_CAP,
        "areas": _area_by_scope(frame, found, scopes),
        "scopes": groups,
    }


def area_counts(frame: Frame, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many rows each area has; one with several areas counts in each. Areas without any are left out."""
    total = Counter(slug for row in rows for slug in row["areas"])
    new = Counter(slug for row in rows if row["is_new"] for slug in row["areas"])
    parents = frame.material.review.area_parents()
    counts = [
        {
            "slug": slug,
            "label": label,
            "is_child": parents[slug] != slug,
            "n_new": new[slug],
            "n_total": total[slug],
        }
        for slug, label in frame.area_labels.items()
        if total[slug]
    ]
    if bare := [row for row in rows if not row["top_area"]]:
        n_new = sum(row["is_new"] for row in bare)
        counts.append({"slug": "", "label": _NO_AREA, "is_child": False, "n_new": n_new, "n_total": len(bare)})
    return counts


def _by_area(frame: Frame, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows under their first top-level area, in the order of config."""
    labels = {area.slug: area.label for area in frame.material.review.areas} | {"": _NO_AREA}
    groups = []
    for slug, label in labels.items():
        if items := [row for row in rows if row["top_area"] == slug]:
            groups.append({"slug": slug, "label": label, "items": items})
    return groups


def _area_by_scope(frame: Frame, rows: Sequence[dict[str, Any]], scopes: Iterable[str]) -> list[dict[str, Any]]:
    """Top-level area -> number of rows a scope."""
    slugs = list(scopes)
    table = []
    for slug, label in [*((area.slug, area.label) for area in frame.material.review.areas), ("", _NO_AREA)]:
        inside = [row for row in rows if (slug in row["areas"] if slug else not row["top_area"])]
        if inside:
            by_scope = {scope: sum(row["scope"] == scope for row in inside) for scope in slugs}
            table.append({"slug": slug, "label": label, "by_scope": by_scope})
    return table


def area_names(frame: Frame, rows: Sequence[Mapping[str, Any]]) -> str:
    """The areas of some rows in words, the most frequent first."""
    counts = Counter(label for row in rows for label in row["area_labels"])
    order = {label: number for number, label in enumerate(frame.area_labels.values())}
    ranked = sorted(counts, key=lambda label: (-counts[label], order[label]))
    labels = [label.lower() for label in ranked[:3]]
    if len(ranked) > len(labels):
        labels.append(wording.counted(len(ranked) - len(labels), "more area"))
    return "; ".join(labels)
