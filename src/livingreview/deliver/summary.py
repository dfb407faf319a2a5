"""Changes -> what a reader meets: alerts first, then the notable ones by type, the routine ones counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livingreview.config import Review
from livingreview.deliver.links import url_of
from livingreview.deliver.rendering import clip, plain
from livingreview.records import Severity
from livingreview.views import StoredChange

MAX_SHOWN = 40
"""Items of one type that are shown; the others are counted. Alerts are always shown, all of them."""

_HEADINGS = {
    "new_core_record": "New papers of the core",
    "new_record": "New papers",
    "new_trial": "New trials",
    "new_area": "New disease areas",
    "preprint_published": "Preprints now published",
    "results_posted": "Trial results posted",
    "results_published": "Trial results published",
    "status_changed": "Trials with another status",
    "why_stopped": "Trials with a reason for stopping",
    "date_slipped": "Trials with later dates",
    "enrollment_changed": "Trials with another enrolment",
    "design_changed": "Trials with another design",
    "overdue": "Trials overdue",
}
_NOT_SHOWN = {"title", "is_baseline", "doi", "pmid", "scope"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change, in words."""

    heading: str
    title: str
    url: str
    name: str
    date: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Changes of one type; ``count`` includes those that are not shown."""

    heading: str
    count: int
    shown: tuple[Item, ...] = ()

    @property
    def hidden(self) -> int:
        """How many are counted only."""
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All changes of one mail."""

    alerts: tuple[Item, ...]
    notable: tuple[Group, ...]
    routine: tuple[Group, ...]
    n_new: int
    n_other: int

    @property
    def n_alerts(self) -> int:
        """How many alerts there are."""
        return len(self.alerts)


def summarize(review: Review, changes: Sequence[StoredChange]) -> Summary:
    """Orders the changes of a mail; within a type they keep the order in which they were found."""
    by: dict[Severity, dict[str, list[StoredChange]]] = {severity: {} for severity in Severity}
    for stored in changes:
        by[stored.change.severity].setdefault(stored.change.type, []).append(stored)
    new = sum(stored.change.type.startswith("new_") for stored in changes)
    others = sum(
        not stored.change.type.startswith("new_") and stored.change.severity != Severity.ALERT for stored in changes
    )
    labels = area_labels(review)
    return Summary(
        alerts=tuple(item_of(stored, labels) for _, group in _ordered(by[Severity.ALERT]) for stored in group),
        notable=tuple(
            Group(
                heading=heading_of(type_),
                count=len(group),
                shown=tuple(item_of(stored, labels) for stored in group[:MAX_SHOWN]),
            )
            for type_, group in _ordered(by[Severity.NOTABLE])
        ),
        routine=tuple(
            Group(heading=heading_of(type_), count=len(group)) for type_, group in _ordered(by[Severity.ROUTINE])
        ),
        n_new=new,
        n_other=others,
    )


def heading_of(type_: str) -> str:
    """A type of change as a heading."""
    return _HEADINGS.get(type_, type_.replace("_", " ").capitalize())


def item_of(stored: StoredChange, labels: Mapping[str, str]) -> Item:
    """One change in words.

    Args:
        stored: the change.
        labels: slug -> label, for areas.
    """
    change = stored.change
    name = plain(f"{change.source}:{change.source_id}")
    title = change.after.get("title") or change.before.get("title") or name
    return Item(
        heading=heading_of(change.type),
        title=clip(title, 300),
        url=url_of(change.source, change.source_id),
        name=name,
        date=plain(change.effective_date),
        details=tuple(_details(change.before, change.after, labels)),
    )


def area_labels(review: Review) -> dict[str, str]:
    """Slug -> label of every area of a review."""
    return {area.slug: area.label for area in review.every_area()}


def _ordered(groups: Mapping[str, list[StoredChange]]) -> list[tuple[str, list[StoredChange]]]:
    order = {type_: place for place, type_ in enumerate(_HEADINGS)}
    return sorted(groups.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0]))


def _details(before: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[str]:
    for key in dict.fromkeys((*before, *after)):
        was, now = _words(before.get(key), labels), _words(after.get(key), labels)
        if key in _NOT_SHOWN or was == now:
            continue
        name = plain(key).replace("_", " ")
        if key in before and key in after:
            yield f"{name}: {was or 'none'} \u2192 {now or 'none'}"
        elif key in before:
            yield f"{name}: was {was}"
        else:
            yield f"{name}: {now}"


def _words(value: Any, labels: Mapping[str, str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        return clip(", ".join(f"{key} {words}" for key, part in value.items() if (words := _words(part, labels))))
    if isinstance(value, (list, tuple)):
        return clip(", ".join(_words(part, labels) for part in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clip(labels.get(value, value) if isinstance(value, str) else value)
