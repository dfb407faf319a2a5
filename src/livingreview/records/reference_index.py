"""Which reference of the review a record is: one answer for changes, rules and report.

A record is looked for by PMID, then doi, then PMC number, then whole title, and the first of these that a reference
bears decides. So where its identifiers lead to two references (one text listed twice, or a slip in the list), the
stronger identifier wins: the PMID is what is asked for in every run. Where several references bear the same identifier
or title, the lowest number wins, whatever their order.
"""

from collections.abc import Iterable, Iterator

from livingreview.records.baseline import Reference
from livingreview.records.identifiers import telling_title
from livingreview.records.record import Kind, Record


class ReferenceIndex:
    """The references of a published review, by everything that names them.

    Args:
        references: in any order.
    """

    def __init__(self, references: Iterable[Reference]) -> None:
        self._references: dict[str, Reference] = {}
        for reference in sorted(references, key=lambda one: one.ref_no):
            for name in _names(reference):
                self._references.setdefault(name, reference)

    def find(self, record: Record) -> Reference | None:
        """The reference that a record is; None when the review does not cite it. A registered trial is none."""
        if record.kind == Kind.TRIAL:
            return None
        return next((self._references[name] for name in _names(record) if name in self._references), None)


def _names(item: Record | Reference) -> Iterator[str]:
    """What names a text, the strongest first."""
    for kind, value in (("pmid", item.pmid), ("doi", item.doi), ("pmcid", item.pmcid)):
        if value:
            yield f"{kind}:{value}"
    if title := telling_title(item.title):
        yield f"title:{title}"
