"""The Retraction Watch database as one CSV file: a notice a row, about papers of every field.

Facts (Crossref documentation, "Retraction Watch"; the rows of the field data): UTF-8, a header of twenty columns and
an empty one. ``OriginalPaperDOI`` and ``OriginalPaperPubMedID`` name the paper, ``RetractionDOI`` and
``RetractionPubMedID`` the notice; where there is none they say ``unavailable``, ``0`` or nothing, and a PMID may be
written ``37476288.0``. Dates are ``7/12/2023 0:00``, month first. ``RetractionNature`` is one of Retraction, Expression
of concern, Correction, Reinstatement; ``Reason`` a list, each with a plus before it and a semicolon behind it.

A row is a record of its own source, ``retraction_watch``, under its Record ID: it joins the work of the paper by doi or
PMID, so that a notice is never lost to a fuller copy of the paper. Of the 60,000 rows only those are wanted whose paper
is stored or cited; :class:`About` lets them through and counts the others.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from livingreview.errors import InputError
from livingreview.records import Fidelity, Notice, Problem, Record, identifiers
from livingreview.records.unread import Unread
from livingreview.sources.base import Item
from livingreview.sources.formats.tables import text_lines
from livingreview.sources.values.dates import loose_date, partial_date
from livingreview.sources.values.notice_kinds import kind_in
from livingreview.sources.values.own_exports import MAX_ID_CHARS

FORMAT = "retraction_watch_csv"
_COLUMNS = frozenset(
    {"record id", "title", "retractionnature", "retractiondate", "originalpaperdoi", "originalpaperpubmedid"}
)
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?", re.ASCII)


@dataclass(slots=True)
class About:
    """Passes on what is about known papers.

    Attributes:
        dois: normal dois of every paper that is stored or cited.
        pmids: the same for PMIDs.
        is_all_wanted: nothing is held back.
        others: how many items were about other papers.
    """

    dois: frozenset[str] = frozenset()
    pmids: frozenset[str] = frozenset()
    is_all_wanted: bool = False
    others: int = 0

    def wanted(self, items: Iterable[Item | Unread]) -> Iterator[Item | Unread]:
        """The records about known papers, and every row that could not be read."""
        for item in items:
            if self.is_all_wanted or not isinstance(item, Record) or item.doi in self.dois or item.pmid in self.pmids:
                yield item
            else:
                self.others += 1

    @property
    def words(self) -> str:
        """How many were held back, to stand behind the name of the format; empty when none was."""
        return f"; {self.others:,} more about papers that are neither stored nor cited" if self.others else ""


def is_header(header: Sequence[str]) -> bool:
    """Whether a CSV file with these columns is the Retraction Watch database."""
    return {name.strip().lower() for name in header} >= _COLUMNS


def parse(document: BinaryIO) -> Iterator[Item]:
    """The rows of the database; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not UTF-8, another header, or a quotation mark that never closes.
    """
    reader = csv.reader((f"{line}\n" for line in text_lines(document, "Retraction Watch CSV")), strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise InputError(f"Retraction Watch CSV: line {line}: {error}; fetch it again") from error
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            if not is_header(cells):
                raise InputError("Retraction Watch CSV: the header lacks its columns; fetch it again")
            header = [name.strip().lower() for name in cells]
            continue
        yield _row(header, cells, line)
    if not header:
        raise InputError("Retraction Watch CSV: the file is empty")


def _row(header: Sequence[str], cells: Sequence[str], line: int) -> Item:
    row = {name: " ".join(cell.split()) for name, cell in zip(header, cells, strict=False) if name}
    record_id = row.get("record id", "")
    if len(cells) != len(header) or not (record_id.isascii() and record_id.isdigit()):
        reason = f"line {line}: {len(cells)} cells where the header has {len(header)}, Record ID {record_id!r}"
        return Problem(source="retraction_watch", source_id=f"line {line}", reason=reason)
    said_on = _date(row.get("retractiondate", ""))
    reasons = "; ".join(one.strip(" +") for one in row.get("reason", "").split(";") if one.strip(" +"))
    notice = Notice(
        kind=kind_in(row["retractionnature"]),
        pmid=_pmid(row.get("retractionpubmedid", "")),
        doi=_doi(row.get("retractiondoi", "")),
        citation=", ".join(part for part in (f"Retraction Watch {record_id}", said_on, reasons) if part),
    )
    return Record(
        source="retraction_watch",
        source_id=record_id,
        title=row["title"],
        journal=row.get("journal", ""),
        publication_date=_date(row.get("originalpaperdate", "")),
        pmid=_pmid(row["originalpaperpubmedid"]),
        doi=_doi(row["originalpaperdoi"]),
        notices=(notice,),
        source_date=said_on,
        fidelity=Fidelity.FACTS,
    )


def _date(text: str) -> str:
    found = _US_DATE.fullmatch(text)
    return partial_date(found[3], found[1], found[2]) if found else loose_date(text)


def _pmid(text: str) -> str:
    return identifiers.normal_pmid(text.removesuffix(".0"))


def _doi(text: str) -> str:
    return identifiers.normal_doi(text[:MAX_ID_CHARS])
