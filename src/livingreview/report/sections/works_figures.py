"""Figures of works: publications over time, and the map of disease areas by types of study."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from livingreview.records.identifiers import last_day
from livingreview.report.context import Frame
from livingreview.report.data import figure
from livingreview.report.sections import evidence
from livingreview.text import wording

STUDY_TYPES = "study_type"
"""The facet whose values are the columns of the evidence map."""
_MAX_BARS = 60
_MAX_YEAR_ONLY_PCT = 20
_NO_AREA = "No disease area"
_NO_TYPE = "Not said"
_PLAIN_YEAR = 4


def relevant_works(frame: Frame) -> list[dict[str, Any]]:
    """Works of every relevant scope that the review does not cite and nobody excluded, as the lists show them."""
    core = frame.once(evidence.core)
    groups = [group["items"] for group in (*core["new"], *core["earlier"])]
    groups += [core["before_review"], *(scope["items"] for scope in frame.once(evidence.context)["scopes"])]
    return [row for group in groups for row in group]


def over_time(frame: Frame) -> dict[str, Any]:
    """Works by scope and time of publication: by month, or by quarter or year where months do not serve."""
    review = frame.material.review
    scopes = sorted((scope for scope in review.scopes if scope.is_relevant), key=lambda scope: not scope.is_core)
    works = frame.once(relevant_works)
    first, last = review.read_from_date, frame.material.now.date()
    unit = _unit(works, first, last)
    periods = _periods(unit, first, last)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    left = Counter[str]()
    # Many works share a date, and reading one is what costs.
    period_of = {day: _period(unit, day) for day in {row["publication_date"] for row in works}}
    for row in works:
        period = period_of[row["publication_date"]]
        if not period:
            left["undated"] += 1
        elif period < periods[0] or period > periods[-1]:
            left["outside"] += 1
        else:
            counts[row["scope"]][period] += 1
    series: list[dict[str, Any]] = [
        {
            "slug": scope.slug,
            "label": scope.label,
            "is_core": scope.is_core,
            "counts": [counts[scope.slug][period] for period in periods],
        }
        for scope in scopes
    ]
    drawn = sum(sum(one["counts"]) for one in series)
    aside = [
        f"{wording.counted(left['outside'], 'work')} published before {periods[0]} or after {periods[-1]}",
        f"{wording.counted(left['undated'], 'work')} dated by the year alone or not at all"
        if unit != "year"
        else f"{wording.counted(left['undated'], 'work')} without a date",
    ]
    not_drawn = [text for text, n in zip(aside, (left["outside"], left["undated"]), strict=True) if n]
    why = ", since too few say the month" if unit == "year" and _is_short(first, last) else ""
    caption = (
        f"Publications of the relevant scopes that the review does not cite, by {unit} of publication{why}; the"
        " review's own scope stands at the bottom of each bar. The date of publication is used, not that of the first"
        " reading, which would show how the monitor was set up. The last bar is not complete yet."
    )
    if not_drawn:
        caption += f" Not drawn: {' and '.join(not_drawn)}."
    totals = "; ".join(f"{one['label']} {sum(one['counts']):,}" for one in series)
    return figure(
        "Publications over time",
        caption,
        f"Stacked bars, one a {unit} from {periods[0]} to {periods[-1]}: {drawn:,} works ({totals}).",
        {
            "columns": [unit.capitalize(), *(one["label"] for one in series)],
            "rows": [
                [period, *(f"{one['counts'][place]:,}" for one in series)]
                for place, period in enumerate(periods)
                if any(one["counts"][place] for one in series)
            ],
        },
        {
            "unit": unit,
            "periods": periods,
            "review_published": _period(unit, review.published_date.isoformat()),
            "series": series,
            "n_undated": left["undated"],
            "n_outside": left["outside"],
        },
    )


def _is_short(first: date, last: date) -> bool:
    return (last.year - first.year) * 12 + last.month - first.month < _MAX_BARS


def _unit(works: Sequence[Mapping[str, Any]], first: date, last: date) -> str:
    dated = [row["publication_date"] for row in works if row["publication_date"]]
    year_only = sum(len(day) == _PLAIN_YEAR for day in dated)
    if 100 * year_only > _MAX_YEAR_ONLY_PCT * len(dated) or last.year - first.year >= _MAX_BARS // 4:
        return "year"
    return "month" if _is_short(first, last) else "quarter"


def _period(unit: str, day: str) -> str:
    """The bar of a partial date; empty when it does not say which."""
    if last_day(day) is None:
        return ""
    if unit == "year":
        return day[:_PLAIN_YEAR]
    if len(day) == _PLAIN_YEAR:
        return ""
    return day[:7] if unit == "month" else f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"


def _periods(unit: str, first: date, last: date) -> list[str]:
    months = range(first.year * 12 + first.month - 1, max(last, first).year * 12 + max(last, first).month)
    return list(dict.fromkeys(_period(unit, f"{month // 12:04}-{month % 12 + 1:02}") for month in months))


def evidence_map(frame: Frame) -> dict[str, Any]:
    """Works by top-level disease area and type of study; one with several areas or types counts in each."""
    review = frame.material.review
    facet = next((one for one in review.facets if one.slug == STUDY_TYPES), None)
    types = {value.slug: value.label or value.slug for value in facet.values} if facet else {}
    areas = {area.slug: area.label for area in review.areas} | {"": _NO_AREA}
    parents = review.area_parents()
    core_scope = review.core_scope
    works = frame.once(relevant_works)
    total: Counter[tuple[str, str]] = Counter()
    core: Counter[tuple[str, str]] = Counter()
    for row in works:
        stored = frame.by_key.get((row["source"], row["source_id"]))
        found = stored.score.facets.get(STUDY_TYPES, ()) if stored and stored.score else ()
        values = {value for value, _ in found if value in types} or {""}
        for area in {parents[slug] for slug in row["areas"] if slug in parents} or {""}:
            for kind in values:
                total[area, kind] += 1
                core[area, kind] += row["scope"] == core_scope
    columns = {slug: label for slug, label in types.items() if any(total[area, slug] for area in areas)}
    if any(total[area, ""] for area in areas) or not columns:
        columns[""] = _NO_TYPE
    label = frame.scope_labels[core_scope]
    n_core = sum(row["scope"] == core_scope for row in works)
    return figure(
        "Evidence map",
        f"Works by disease area and type of study, of all relevant scopes; of {label} before the slash and as the"
        " filled disc. A ring's area grows with the number. A work with several areas or types counts in each; types"
        " are read from title and abstract by patterns. An empty place is a gap in what was found, no proof of none.",
        f"Grid of {wording.counted(len(areas), 'disease area')} by {wording.counted(len(columns), 'type')} of study:"
        f" {wording.counted(len(works), 'work')}, {n_core:,} of them of {label}.",
        {
            "columns": ["Disease area", *columns.values()],
            "rows": [
                [name, *(_of_them(total[area, kind], core[area, kind]) for kind in columns)]
                for area, name in areas.items()
                if any(total[area, kind] for kind in columns)
            ],
        },
        {
            "core_label": label,
            "areas": [{"slug": slug, "label": name} for slug, name in areas.items()],
            "types": [{"slug": slug, "label": name} for slug, name in columns.items()],
            "cells": [
                {"area": area, "type": kind, "n": total[area, kind], "n_core": core[area, kind]}
                for area in areas
                for kind in columns
                if total[area, kind]
            ],
            "n_works": len(works),
            "n_core": n_core,
        },
    )


def _of_them(n: int, n_core: int) -> str:
    return f"{n_core:,} of {n:,}" if n_core else f"{n:,}" if n else ""
