"""What of the store a person takes elsewhere: a selection, and one writer a format.

A package of its own: it shares how a CSV cell is guarded with the queue, which record represents its work with the
report, and the tags of MEDLINE with what reads them.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from livingreview.config import Review
from livingreview.errors import UsageError
from livingreview.export import bibtex, nbib, ris, rows
from livingreview.export.selection import Chosen, Selection, choose, selected
from livingreview.records import StoredRecord

__all__ = ["FORMATS", "Chosen", "Selection", "choose", "format_of", "parts", "selected"]


FORMATS: Mapping[str, str] = {"ris": ".ris", "nbib": ".nbib", "bibtex": ".bib", "csv": ".csv", "jsonl": ".jsonl"}
"""A format that is written -> the extension by which it is known."""


def format_of(name: str, file: Path | None) -> str:
    """The format that was named or, without a name, the one that the file's extension says.

    Raises:
        UsageError: there is no such format, or nothing says which.
    """
    known = ", ".join(FORMATS)
    if name:
        if name not in FORMATS:
            raise UsageError(f"{name}: no such format; there are {known}")
        return name
    if file is None:
        raise UsageError(f"which format? give --format, one of {known}, or a file whose extension says it")
    for found, suffix in FORMATS.items():
        if file.suffix.lower() == suffix:
            return found
    suffixes = ", ".join(FORMATS.values())
    raise UsageError(f"{file}: its extension says no format; give --format, one of {known}, or one of {suffixes}")


def parts(name: str, found: Iterable[StoredRecord], review: Review) -> Iterator[str]:
    """The text of an export in pieces, one a record at most; memory stays at one record.

    Args:
        name: a key of :data:`FORMATS`.
        found: the records, in the order in which they are written.
        review: that knows the scopes and facets, which a table has columns for.
    """
    if name == "csv":
        return rows.csv_parts(found, review)
    if name == "jsonl":
        return (rows.json_line(stored) for stored in found)
    entry = {"ris": ris.entry, "nbib": nbib.entry, "bibtex": bibtex.entry}[name]
    return (entry(stored.record) for stored in found)
