"""Which record speaks for its work: in the report, the queue, exports, the evidence table, new areas and training.

A work may be preprint, article, copies of either, notices and a trial's registration; a reader meets it under one
title. Who needs a work of publications only, or of the records of some scope, filters the records first and asks then.
"""

from collections.abc import Iterable

from livingreview.records.notices import NOTICE_PUBLICATION_TYPES, is_republished
from livingreview.records.record import Kind, Record
from livingreview.records.stored import StoredRecord


def representative(records: Iterable[StoredRecord]) -> StoredRecord:
    """The record that speaks for a work, whatever the order of its records.

    Args:
        records: of one work, at least one.
    """
    return max(records, key=fitness)


def representatives(records: Iterable[StoredRecord]) -> dict[str, StoredRecord]:
    """Work -> the record that speaks for it, of these."""
    best: dict[str, StoredRecord] = {}
    for stored in records:
        kept = best.get(stored.work_id)
        best[stored.work_id] = stored if kept is None else representative((kept, stored))
    return best


def fitness(stored: StoredRecord) -> tuple[bool, bool, int, int, bool, bool, str, str, str]:
    """Sorts records by how well each speaks for its work; the greatest does, and no two are equal.

    What is scored comes before what arrived just now; what its source still has before what it took back; then an
    article, a preprint, a registration, a notice; the fuller copy; PubMed's; an article before the one that was
    corrected or retracted and published anew; the later publication.
    """
    record = stored.record
    return (
        stored.score is not None,
        not stored.is_withdrawn,
        _rank(record),
        record.fidelity,
        record.source == "pubmed",
        not is_republished(record),
        record.publication_date,
        *record.key,
    )


def _rank(record: Record) -> int:
    if not NOTICE_PUBLICATION_TYPES.isdisjoint(record.publication_types):
        return 0
    return {Kind.TRIAL: 1, Kind.PREPRINT: 2}.get(record.kind, 3)
