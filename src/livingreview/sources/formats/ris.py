"""RIS, the exchange format of reference managers: ``TY  - `` opens a record, ``ER  - `` closes it.

Quirks of the format:

- Every program fills the tags in its own way. The doi stands in ``DO``, or in ``M3``, ``L3``, ``UR``; the PMID in
  ``AN`` (an accession number of whatever database ``DB`` or ``DP`` names), in a PubMed address, or as ``PMID: n`` in a
  note.
- There is no identity in RIS itself: a record without pmid, doi or registry number cannot be told from another, so it
  becomes a Problem with its title. An export of ours says it in ``ID`` as ``source:id``.
- A group's name ends with a comma, or has none.
- Lines without a tag continue the one above. Dates are ``2021/03/15/`` with empty parts, or only a year.
- The file must end with ``ER  - ``; a file without it is taken for cut off.

A record with a pmid is one of ``pubmed``, else with a doi of ``crossref``, else with an NCT number of its own of
``clinicaltrials``; the latter is no more than a pointer. An export of ours counts as a list of facts: it is a copy of
what a store held, less the headings, types and notices that RIS has no tags for, and must not take the place of it.
"""

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import rispy

from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Person, Problem, Record, identifiers
from livingreview.records.identifiers import is_preprint_doi
from livingreview.sources.base import Item
from livingreview.sources.formats.tables import text_lines
from livingreview.sources.values.dates import loose_date
from livingreview.sources.values.markup import sections
from livingreview.sources.values.own_exports import MAX_ID_CHARS, believable_key, registered, trial_pointer

MAX_RECORD_CHARS = 4_000_000

_START = re.compile(r"TY {2}-(?: |$)")
_END = re.compile(r"ER {2}-\s*$")
_PUBMED_URL = re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,10})\b|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/(\d{1,10})\b")
_PMID = re.compile(r"\bPMID[: ]+(\d{1,10})\b", re.IGNORECASE)
_TRIAL_URL = re.compile(r"clinicaltrials\.gov/\S{0,200}?(NCT\d{8})", re.IGNORECASE)
_ISSN = re.compile(r"\b\d{4}-?\d{3}[\dXx]\b")
_KEY = re.compile(r"([a-z]{2,20}):(\S{1,2000})")
_AFTER_ADDRESS = re.compile(r"[?#].*")
_TAGS = {
    first + second: first + second
    for first in string.ascii_uppercase
    for second in string.ascii_uppercase + string.digits
}
_TYPES = {"BOOK": Kind.BOOK, "CHAP": Kind.BOOK, "EBOOK": Kind.BOOK, "ECHAP": Kind.BOOK, "EDBOOK": Kind.BOOK}
_TYPES |= {"UNPB": Kind.PREPRINT}

Values = Mapping[str, Sequence[str]]


def parse(document: BinaryIO) -> Iterator[Item]:
    """The records of a RIS file; see :class:`~livingreview.sources.base.Parser`.

    Memory stays at one record (at most ``MAX_RECORD_CHARS`` characters).

    Raises:
        InputError: not UTF-8, no RIS record in it, or it ends within a record.
    """
    is_empty = True
    for first_line, lines in _blocks(document):
        is_empty = False
        yield _item(_values(lines), first_line)
    if is_empty:
        raise InputError("RIS: no line `TY  - ` in it; export it again from the reference manager as RIS")


def _blocks(document: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) of each record; a new ``TY`` also closes the record before it."""
    lines: list[str] = []
    first_line = size = 0
    for number, line in enumerate(text_lines(document, "RIS"), start=1):
        is_start = _START.match(line) is not None
        if lines and (is_start or _END.match(line)):
            yield first_line, lines
            lines, size = [], 0
        if is_start:
            first_line = number
        if is_start or (lines and line.strip()):
            lines.append(line)
            size += len(line)
        if size > MAX_RECORD_CHARS:
            raise InputError(f"RIS: the record at line {first_line} is larger than any; is an `ER  - ` missing?")
    if lines:
        raise InputError(f"RIS: breaks off in the record at line {first_line}; a last line `ER  - ` is missing")


def _values(lines: Sequence[str]) -> Values:
    """The lines of one record by tag, in the spelling of the file."""
    text = "\n".join((*lines, "ER  - "))
    found: list[dict[str, str | list[str]]] = rispy.loads(
        text, mapping=_TAGS, list_tags=list(_TAGS), delimiter_tags_mapping={}, skip_unknown_tags=True
    )
    packed = found[0] if found else {}
    return {
        tag: [clean for raw in ([value] if isinstance(value, str) else value) if (clean := " ".join(raw.split()))]
        for tag, value in packed.items()
    }


def _item(values: Values, first_line: int) -> Item:
    pmid, doi, nct_id = _pmid(values), _doi(values), _own_nct_id(values)
    title = _first(values, "TI", "T1", "CT", "BT")
    pmcid = identifiers.normal_pmcid(" ".join(_every(values, "C2", "PMC", "U2")))
    key = _own_key(values)
    if key and identifiers.registry_id(key[1]) == key:
        return trial_pointer(key, title)
    if key:
        return _paper(values, key, pmid, doi, pmcid, title, is_export=True)
    if pmid or doi:
        return _paper(values, ("pubmed", pmid) if pmid else ("crossref", doi), pmid, doi, pmcid, title)
    if nct_id:
        return trial_pointer(("clinicaltrials", nct_id), title)
    where = f"line {first_line}"
    return Problem(source="files", source_id=where, reason=f"{where}: no pmid, doi or registry number: {title}")


def _paper(
    values: Values, key: tuple[str, str], pmid: str, doi: str, pmcid: str, title: str, *, is_export: bool = False
) -> Record:
    kind = _TYPES.get(_first(values, "TY").upper(), Kind.PREPRINT if is_preprint_doi(doi) else Kind.ARTICLE)
    pages = "-".join(dict.fromkeys(page for page in (_first(values, "SP"), _first(values, "EP")) if page))
    issn = _ISSN.search(_first(values, "SN"))
    digits = issn.group().upper().replace("-", "") if issn and kind is not Kind.BOOK else ""
    full_date = loose_date(_first(values, "DA").rstrip("/"))
    year = loose_date(_first(values, "PY", "Y1", "YR").rstrip("/"))
    abstract = sections(" ".join(values.get("AB", ()) or values.get("N2", ())))
    return Record(
        source=key[0],
        source_id=key[1],
        kind=kind,
        title=title,
        vernacular_title=_first(values, "TT"),
        abstract=abstract,
        language=tuple(values.get("LA", ())),
        journal=_first(values, "JF", "T2", "JO", "BT"),
        journal_abbreviation=_first(values, "J2", "JA"),
        issn=f"{digits[:4]}-{digits[4:]}" if digits else "",
        volume=_first(values, "VL"),
        issue=_first(values, "IS"),
        pages=pages,
        publication_date=full_date if full_date.startswith(year) else year,
        persons=tuple(_person(name) for name in dict.fromkeys(values.get("AU", ()) or values.get("A1", ()))),
        keywords=tuple(dict.fromkeys(values.get("KW", ()))),
        pmid=pmid,
        doi=doi,
        pmcid=pmcid,
        nct_ids=registered(values.get("N1", ())) or identifiers.nct_ids(" ".join(part.text for part in abstract)),
        fidelity=Fidelity.FACTS if is_export else Fidelity.CITATION,
    )


def _first(values: Values, *tags: str) -> str:
    """The first of the tags that has a value; continuation lines are joined."""
    return next((" ".join(values[tag]) for tag in tags if values.get(tag)), "")


def _every(values: Values, *tags: str) -> Iterator[str]:
    for tag in tags:
        yield from values.get(tag, ())


def _pmid(values: Values) -> str:
    """The PMID, wherever it stands; a bare number counts only as accession number of PubMed or MEDLINE."""
    for text in _every(values, "UR", "L1", "L2", "LK", "ID"):
        if found := _PUBMED_URL.search(text):
            return identifiers.normal_pmid(found.group(1) or found.group(2))
    databases = " ".join(_every(values, "DB", "DP")).lower()
    if "pubmed" in databases or "medline" in databases or "nlm" in databases.split():
        for text in _every(values, "AN", "PM", "ID"):
            if pmid := identifiers.normal_pmid(text):
                return pmid
    for text in _every(values, "AN", "PM", "ID", "N1", "M1", "M2", "C1", "C5", "C6", "C7"):
        if found := _PMID.search(text):
            return identifiers.normal_pmid(found.group(1))
    return ""


def _doi(values: Values) -> str:
    for tag in ("DO", "DI", "M3", "L3", "ID", "UR", "LK"):
        for text in values.get(tag, ()):
            is_address = "://" in text and "doi.org/" not in text
            if tag in ("UR", "LK") and is_address:
                continue
            text = text[:MAX_ID_CHARS]
            if doi := identifiers.normal_doi(_AFTER_ADDRESS.sub("", text) if "://" in text else text):
                return doi
    return ""


def _own_key(values: Values) -> tuple[str, str] | None:
    """The key under which an export of ours says that the record is stored."""
    found = (_KEY.fullmatch(text) for text in values.get("ID", ()))
    return next((key for match in found if match and (key := believable_key(match[1], match[2]))), None)


def _own_nct_id(values: Values) -> str:
    """The NCT number that the record itself stands for; one that a text merely mentions does not count."""
    for text in _every(values, "AN", "ID"):
        if len(found := identifiers.nct_ids(text)) == 1 and text.upper() == found[0]:
            return found[0]
    for text in _every(values, "UR", "LK"):
        if address := _TRIAL_URL.search(text):
            return address.group(1).upper()
    return ""


def _person(name: str) -> Person:
    if name.endswith(","):
        return Person(collective=name.rstrip(", "))
    family, comma, given = name.partition(",")
    return Person(family=family.strip(), given=given.strip()) if comma else Person(collective=name)
