"""Records grouped into works, as the lists of evidence show them: one row a work."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from livingreview.records import Kind, Record, StoredRecord
from livingreview.records.change_types import ChangeType
from livingreview.records.decisions import current_verdict
from livingreview.records.identifiers import is_before
from livingreview.records.notices import notices_of
from livingreview.records.representative import representative
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.text.links import doi_url, pmid_url, record_url

_SEEN_PROBABILITY_DIGITS = 2


def publications(frame: Frame, scopes: Iterable[str]) -> list[dict[str, Any]]:
    """Works of these relevant scopes that the review does not cite, newest first; each says whether it is new."""
    wanted = set(scopes)
    return [row for row in frame.once(publication_rows) if row["scope"] in wanted]


def publication_rows(frame: Frame) -> list[dict[str, Any]]:
    """Works of every relevant scope that the review does not cite, newest first; trials have their own section.

    What the review cites is left out with its preprint; a notice about it, or another article of its work, is not.
    """
    wanted = {scope.slug for scope in frame.material.review.scopes if scope.is_relevant}
    groups: dict[str, list[StoredRecord]] = defaultdict(list)
    cited: set[str] = set()
    for stored in frame.material.records:
        if stored.record.kind == Kind.TRIAL:
            continue
        if frame.reference_of(stored.record) is not None:
            cited.add(stored.work_id)
        else:
            groups[stored.work_id].append(stored)
    found = []
    for work_id, members in groups.items():
        group = [one for one in members if work_id not in cited or one.record.kind != Kind.PREPRINT]
        if group and frame.scope_of(best := representative(group)) in wanted:
            found.append(work_row(frame, best, group))
    # Two stable sorts: newest first, and one order among those of one date.
    found.sort(key=lambda row: (row["source"], row["source_id"]))
    found.sort(key=lambda row: row["publication_date"], reverse=True)
    return found


def work_row(frame: Frame, stored: StoredRecord, group: list[StoredRecord]) -> dict[str, Any]:
    """One work: the record that speaks for it, with what a reader must know of it."""
    record, score = stored.record, stored.score
    areas = score.areas if score else ()
    return {
        "work": stored.work_id,
        "source": record.source,
        "source_id": clean(record.source_id),
        "title": clean(record.title or record.vernacular_title or record.source_id),
        "url": record_url(record),
        "journal": clean(record.journal or record.journal_abbreviation),
        "publication_date": clean(record.publication_date),
        "pmid": record.pmid if pmid_url(record.pmid) else "",
        "doi": record.doi if doi_url(record.doi) else "",
        "scope": frame.scope_of(stored),
        "probability": round(score.probabilities.get(score.scope, 0.0), _SEEN_PROBABILITY_DIGITS) if score else None,
        "areas": sorted(areas),
        "area_labels": frame.areas_of(areas),
        "top_area": frame.top_area(areas),
        "flags": _flags(stored, group),
        "also": [clean(other.record.source_id) for other in sorted(group, key=_by_key) if other is not stored],
        "decision": current_verdict(stored.decisions),
        "is_new": any(other.record.key in frame.new_keys for other in group),
        "is_before_review": is_before(record.publication_date, frame.material.baseline.published_date),
    }


def _by_key(stored: StoredRecord) -> tuple[str, str]:
    return stored.record.key


def _is_same_text(one: Record, other: Record) -> bool:
    is_shared = (one.doi and one.doi == other.doi) or (one.pmid and one.pmid == other.pmid)
    return one.key == other.key or bool(is_shared)


def _flags(stored: StoredRecord, group: list[StoredRecord]) -> list[str]:
    """What any copy of the text says against it: PubMed may not know yet what Crossref knows."""
    copies = [other.record for other in group if _is_same_text(other.record, stored.record)]
    said = {type_ for record in copies for type_ in notices_of(record)}
    flags = []
    if ChangeType.RETRACTED in said:
        flags.append("retracted")
    if ChangeType.CONCERN_EXPRESSED in said:
        flags.append("expression of concern")
    if stored.is_withdrawn:
        flags.append("withdrawn")
    if stored.record.kind == Kind.PREPRINT:
        flags.append("preprint")
    return flags
