"""Retractions, concerns, corrections, reinstatements: notices that one state has and the state before had not."""

from typing import Any

from livingreview.changes.event import Event
from livingreview.records import Notice, Record, Reference, Severity

_TYPES = {
    "RetractionIn": "retracted",
    "PartialRetractionIn": "retracted",
    "ExpressionOfConcernIn": "concern_expressed",
    "ErratumIn": "corrected",
    "UpdateIn": "corrected",
    "CorrectedandRepublishedIn": "corrected",
    "RetractedandRepublishedIn": "corrected",
    "ReprintIn": "",
    "CommentIn": "",
}
"""PubMed ``RefType`` of a notice about this record -> type of change; empty ones are no notices about its truth."""
_ALERTS = frozenset({"retracted", "concern_expressed"})
_RETRACTED = "Retracted Publication"


def new_notices(before: Record | None, after: Record, reference: Reference | None, *, is_core: bool) -> list[Event]:
    """Events for the notices that ``after`` carries and ``before`` did not.

    Args:
        before: the state before; None when the record is new, whose every notice is then new to the store.
        after: the state now.
        reference: the baseline reference that the record is, if it is one.
        is_core: whether the record is of the review's own scope.
    """
    known = _by_type(before) if before else {}
    events = []
    for type_, found in _by_type(after).items():
        if type_ in known and {_key(notice) for notice in found} <= {_key(notice) for notice in known[type_]}:
            continue
        fresh = [notice for notice in found if _key(notice) not in {_key(old) for old in known.get(type_, [])}]
        events.append(_event(type_, fresh[0] if fresh else None, after, reference, is_core=is_core))
    return events


def _by_type(record: Record) -> dict[str, list[Notice]]:
    found: dict[str, list[Notice]] = {}
    for notice in record.notices:
        if type_ := _TYPES.get(notice.kind, ""):
            found.setdefault(type_, []).append(notice)
    if _RETRACTED in record.publication_types:
        found.setdefault("retracted", [Notice(kind=_RETRACTED)])
    return found


def _key(notice: Notice) -> tuple[str, str]:
    return (notice.kind, notice.pmid or notice.doi or notice.citation)


def _event(type_: str, notice: Notice | None, record: Record, reference: Reference | None, *, is_core: bool) -> Event:
    after: dict[str, Any] = {"title": record.title}
    if notice is not None:
        after["notice"] = {
            name: value for name in ("kind", "pmid", "doi", "citation") if (value := getattr(notice, name))
        }
    if reference is not None:
        after["ref_no"] = reference.ref_no
        severity = Severity.ALERT if type_ in _ALERTS else Severity.NOTABLE
        return Event(f"baseline_reference_{type_}", severity, {}, after)
    if type_ in _ALERTS:
        return Event(type_, Severity.ALERT if is_core else Severity.NOTABLE, {}, after)
    return Event(type_, Severity.NOTABLE if is_core else Severity.ROUTINE, {}, after)
