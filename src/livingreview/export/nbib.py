"""MEDLINE text (``.nbib``), as PubMed saves it: tags of four characters, long values folded.

- Lines have at most 87 characters where words allow it, PubMed's own measure; a longer word stays whole.
- A record that PubMed does not have carries its own id in ``AID``, with its source in brackets as PubMed writes
  ``[doi]``; :mod:`livingreview.sources.formats.nbib` knows it again by that. The format has no place for a registered
  trial: it becomes a record without PMID, with its number in ``SI`` and its address in a general note.
- Tags of notices are those that the importer reads.
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
from livingreview.records import Kind, Notice, Person, Record, identifiers
from livingreview.records.identifiers import is_preprint_doi
from livingreview.records.sanitize import one_line
from livingreview.sources.formats.nbib import NOTICE_KINDS
from livingreview.sources.values.own_exports import REGISTERED
from livingreview.text.wording import source_name

MAX_LINE_CHARS = 87

_INDENT = " " * 6
_TAG_OF_NOTICE = {kind: tag for tag, kind in NOTICE_KINDS.items()}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def entry(record: Record) -> str:
    """One record, an empty line behind it."""
    lines = [_folded(tag, text) for tag, value in _tagged(record) if (text := one_line(value))]
    return "\n".join([*lines, "", ""])


def _folded(tag: str, text: str) -> str:
    line = f"{tag:<4}- {text}"
    pieces = []
    start, width = 0, MAX_LINE_CHARS
    at = len(_INDENT)
    while len(line) - start > width:
        end = line.rfind(" ", at + 1, start + width + 1)
        if end < 0:
            end = line.find(" ", start + width)
        if end < 0:
            break
        pieces.append(line[start:end])
        start = at = end + 1
        width = MAX_LINE_CHARS - len(_INDENT)
    return f"\n{_INDENT}".join((*pieces, line[start:]))


def _tagged(record: Record) -> Iterator[tuple[str, str]]:
    is_book = record.kind == Kind.BOOK
    yield "PMID", record.pmid
    yield "STAT", record.indexing_status if record.pmid else ""
    yield "LR", record.source_date.replace("-", "") if record.kind != Kind.TRIAL else ""
    yield "IS", record.issn
    yield "VI", record.volume
    yield "IP", record.issue
    yield "DP", _date(record)
    yield "TI", title_of(record)
    if is_book:
        yield "BTI", record.journal or title_of(record)
    yield "LID", f"{record.doi} [doi]" if record.doi else ""
    yield "PG", record.pages
    abstract = abstract_of(record)
    yield "AB", abstract
    for person in authors(record):
        yield from _person(person)
    for language in record.language:
        yield "LA", language
    accessions = record.accessions if record.kind != Kind.TRIAL else (record.source_id,)
    for number in accessions:
        yield "SI", _accession(number)
    yield from _types(record)
    yield "TT", record.vernacular_title
    yield "TA", record.journal_abbreviation
    if not is_book:
        yield "JT", record.journal
    yield "JID", record.nlm_id
    for chemical in record.chemicals:
        yield "RN", f"0 ({chemical})"
    for notice in record.notices:
        if notice.kind in _TAG_OF_NOTICE:
            yield _TAG_OF_NOTICE[notice.kind], _notice(notice)
    for heading in record.mesh:
        yield "MH", heading
    for keyword in record.keywords:
        yield "OT", keyword
    yield "PMC", record.pmcid
    yield "CRDT", record.created_date.replace("-", "/")
    yield "AID", f"{record.doi} [doi]" if record.doi else ""
    default = ("pubmed", record.pmid) if record.pmid else ("crossref", record.doi)
    if record.key != default:
        yield "AID", f"{record.source_id} [{record.source}]"
    if numbers := stated_nct_ids(record, *record.accessions, abstract):
        yield "GN", f"{REGISTERED} {', '.join(numbers)}"
    if record.kind == Kind.TRIAL:
        yield "GN", page_of(record)


def _date(record: Record) -> str:
    year, month, day = date_parts(record)
    name = _MONTHS[int(month) - 1] if month and 1 <= int(month) <= len(_MONTHS) else ""
    return " ".join(part for part in (year, name, day.lstrip("0") if name else "") if part)


def _person(person: Person) -> Iterator[tuple[str, str]]:
    if person.family or person.given:
        names = [part for part in (person.family, person.given) if part]
        yield "FAU", ", ".join(names)
        initials = "".join(word[0].upper() for word in person.given.replace("-", " ").split())
        yield "AU", " ".join(part for part in (person.family, initials) if part)
    else:
        yield "CN", person.collective
    yield "AUID", f"ORCID: {person.orcid}" if person.orcid else ""
    for affiliation in person.affiliations:
        yield "AD", affiliation


def _accession(number: str) -> str:
    """``registry/number``; the importer takes what follows the first slash."""
    known = identifiers.registry_id(number)
    if known:
        return f"{source_name(known[0])}/{number}"
    return f"DataBank/{number}" if "/" in number else number


def _types(record: Record) -> Iterator[tuple[str, str]]:
    for name in record.publication_types:
        yield "PT", name
    is_named = "Preprint" in record.publication_types or is_preprint_doi(record.doi)
    if record.kind == Kind.PREPRINT and not is_named:
        yield "PT", "Preprint"


def _notice(notice: Notice) -> str:
    doi = f"doi: {notice.doi}" if notice.doi and notice.doi not in notice.citation.lower() else ""
    pmid = f"PMID: {notice.pmid}" if notice.pmid else ""
    return " ".join(part for part in (notice.citation, doi, pmid) if part)
