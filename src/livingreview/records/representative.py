"""Which record speaks for its work."""

from livingreview.records.notices import NOTICE_PUBLICATION_TYPES
from livingreview.records.record import Kind
from livingreview.records.stored import StoredRecord


def fitness(stored: StoredRecord) -> tuple[bool, bool, bool, bool, int, bool, str, str, str]:
    """Sorts the records of a work by how well each speaks for it; the greatest does."""
    record = stored.record
    return (
        stored.score is not None,
        not stored.is_withdrawn,
        NOTICE_PUBLICATION_TYPES.isdisjoint(record.publication_types),
        record.kind != Kind.PREPRINT,
        record.fidelity,
        record.source == "pubmed",
        record.publication_date,
        *record.key,
    )
