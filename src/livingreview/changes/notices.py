"""Retractions, concerns, corrections, reinstatements: notices that one state has and the state before had not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from livingreview.changes.event import Event
from livingreview.records import Notice, Record, Reference, Severity
from livingreview.records.change_types import GRAVE_NOTICE_TYPES, ChangeType
from livingreview.records.notices import notices_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRole:
    """What a record is to the review.

    Attributes:
        reference: the baseline reference that it is, if it is one.
        is_core: it is of the review's own scope.
        is_included: a person decided to include its work.
        cited_by: statements that cite it.
        evidence_of: statements whose rules hold a record of its work as evidence.
    """

    reference: Reference | None = None
    is_core: bool = False
    is_included: bool = False
    cited_by: tuple[str, ...] = ()
    evidence_of: tuple[str, ...] = ()


def new_notices(before: Record | None, after: Record, role: ReviewRole, *, siblings: Sequence[Record]) -> list[Event]:
    """Events for the notices that ``after`` carries and ``before`` did not, nor any other copy of the same text.

    PubMed, Crossref and Retraction Watch say the same thing at different times and under different identifiers. A text
    is retracted once, whoever says so first. Of corrections there may be several: two records mean the same one when
    they share a PMID or doi, or when they cannot be compared because one gives the PMID only and the other the doi.

    Args:
        before: the state before; None when the record is new, whose every notice is then new to the store.
        after: the state now.
        role: what the record is to the review.
        siblings: earlier states of other copies of the same text.
    """
    known = notices_of(before) if before else {}
    reported: dict[ChangeType, dict[tuple[str, str], Notice]] = {}
    for sibling in siblings:
        for type_, found in notices_of(sibling).items():
            reported.setdefault(type_, {}).update((_key(notice), notice) for notice in found)
    events = []
    for type_, found in notices_of(after).items():
        old = known.get(type_, [])
        fresh = [notice for notice in found if _key(notice) not in {_key(one) for one in old}]
        elsewhere = list(reported.get(type_, {}).values())
        if type_ in GRAVE_NOTICE_TYPES and elsewhere:
            continue
        if fresh := _unmatched(fresh, _unmatched(elsewhere, old)):
            events.append(_event(type_, fresh[0], after, role))
    return events


def _unmatched(notices: Iterable[Notice], others: Iterable[Notice]) -> list[Notice]:
    """The notices that are none of the others; each of the others matches one at most."""
    left, rest = list(notices), list(others)
    for is_same in (_is_shared, _is_incomparable):
        for notice in list(left):
            twin = next((other for other in rest if is_same(notice, other)), None)
            if twin is not None:
                left.remove(notice)
                rest.remove(twin)
    return left


def _is_shared(one: Notice, other: Notice) -> bool:
    return bool((one.pmid and one.pmid == other.pmid) or (one.doi and one.doi == other.doi))


def _is_incomparable(one: Notice, other: Notice) -> bool:
    return not (one.pmid and other.pmid) and not (one.doi and other.doi)


def _key(notice: Notice) -> tuple[str, str]:
    return (notice.kind, notice.pmid or notice.doi or notice.citation)


def _event(type_: ChangeType, notice: Notice, record: Record, role: ReviewRole) -> Event:
    after: dict[str, Any] = {
        "title": record.title,
        "notice": {name: value for name in ("kind", "pmid", "doi", "citation") if (value := getattr(notice, name))},
    }
    if role.is_included:
        after["is_included"] = True
    for name in ("cited_by", "evidence_of"):
        if ids := getattr(role, name):
            after[name] = list(ids)
    if role.reference is not None:
        severity = Severity.ALERT if type_ in GRAVE_NOTICE_TYPES else Severity.NOTABLE
        return Event(type_.on_reference, severity, {}, after | {"ref_no": role.reference.ref_no})
    is_held = role.is_core or role.is_included or bool(role.evidence_of)
    if type_ in GRAVE_NOTICE_TYPES:
        return Event(type_, Severity.ALERT if is_held else Severity.NOTABLE, {}, after)
    return Event(type_, Severity.NOTABLE if is_held else Severity.ROUTINE, {}, after)
