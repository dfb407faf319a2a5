"""RIS: one tag a line, ``TY`` first, ``ER`` last.

- ``ID`` holds the record's own key, ``source:id``. Together with the numbers in ``AN``, ``DO``, ``C2`` it is how
  :mod:`livingreview.sources.formats.ris` knows the record again.
- A comma separates family name and given names; a group's name ends with one, as EndNote asks, so that commas
  within it part nothing.
- A registered trial is ``DATA``, an entry of a database: ``JOUR`` would make reference managers look for a journal.
  Its author is the sponsor.
- A preprint is ``UNPB``.
- The citation of a notice is left out of its note: it may hold a PMID that readers would take for the record's.
"""

from collections.abc import Iterator

from livingreview.export.plain import (
    abstract_of,
    authors,
    date_parts,
    page_of,
    stated_nct_ids,
    title_of,
)
from livingreview.records import Kind, Person, Record
from livingreview.records.sanitize import one_line
from livingreview.sources.values.own_exports import REGISTERED
from livingreview.text.wording import source_name

_TYPES = {Kind.ARTICLE: "JOUR", Kind.PREPRINT: "UNPB", Kind.BOOK: "BOOK", Kind.TRIAL: "DATA"}


def entry(record: Record) -> str:
    """One record, an empty line behind it."""
    lines = [f"TY  - {_TYPES[record.kind]}"]
    lines += [f"{tag}  - {text}" for tag, value in _tagged(record) if (text := one_line(value))]
    return "\n".join([*lines, "ER  - ", "", ""])


def _tagged(record: Record) -> Iterator[tuple[str, str]]:
    year, month, day = date_parts(record)
    yield "ID", f"{record.source}:{record.source_id}"
    yield "TI", title_of(record)
    yield "TT", record.vernacular_title
    for person in authors(record):
        yield "AU", _name(person)
    yield "PY", year
    if month:
        yield "DA", f"{year}/{month}/{day}/"
    yield "T2", record.journal
    yield "J2", record.journal_abbreviation
    yield "VL", record.volume
    yield "IS", record.issue
    yield from _pages(record.pages)
    # Of a book it would be taken for the ISBN.
    yield "SN", record.issn if record.kind != Kind.BOOK else ""
    yield "DO", record.doi
    yield from _accession(record)
    yield "C2", record.pmcid
    # Some readers part addresses at semicolons, which old dois hold.
    yield "UR", page_of(record).replace(";", "%3B")
    for language in record.language:
        yield "LA", language
    trial = record.trial
    headings = (*record.keywords, *record.mesh, *((*trial.conditions, *trial.interventions) if trial else ()))
    for heading in dict.fromkeys(headings):
        yield "KW", heading
    abstract = abstract_of(record)
    yield "AB", abstract
    if numbers := stated_nct_ids(record, abstract):
        yield "N1", f"{REGISTERED} {', '.join(numbers)}"
    if trial:
        yield "N1", f"Status: {trial.status}" if trial.status else ""
    for notice in record.notices:
        number = notice.doi or (f"pubmed:{notice.pmid}" if notice.pmid else "")
        yield "N1", f"{notice.kind}: {number}" if number else notice.kind


def _name(person: Person) -> str:
    if person.collective and not person.family:
        return f"{person.collective},"
    return ", ".join(part for part in (person.family, person.given) if part)


def _pages(pages: str) -> Iterator[tuple[str, str]]:
    first, _, last = pages.partition("-")
    if f"{first.strip()}-{last.strip()}" == pages and first and last and first != last:
        yield "SP", first
        yield "EP", last
    else:
        yield "SP", pages


def _accession(record: Record) -> Iterator[tuple[str, str]]:
    if record.kind == Kind.TRIAL:
        yield "DB", source_name(record.source)
        yield "AN", record.source_id
    elif record.pmid:
        yield "DB", "PubMed"
        yield "AN", record.pmid
