"""Which record speaks for its work."""

from livingreview.records import Kind, StoredRecord

_NOTICES = frozenset({"Published Erratum", "Retraction of Publication", "Expression of Concern"})
"""Publication types that speak of the work, and are not the work itself."""


def fitness(stored: StoredRecord) -> tuple[bool, bool, bool, bool, int, bool, str, str, str]:
    """Sorts the records of a work by how well each speaks for it; the greatest does."""
    record = stored.record
    return (
        stored.score is not None,
        not stored.is_withdrawn,
        _NOTICES.isdisjoint(record.publication_types),
        record.kind != Kind.PREPRINT,
        record.fidelity,
        record.source == "pubmed",
        record.publication_date,
        *record.key,
    )
