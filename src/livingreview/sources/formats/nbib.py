"""MEDLINE text (``.nbib``), as PubMed saves it: one ``TAG - value`` a line, records parted by an empty line.

Quirks of the format:

- A long value is folded: continuation lines start with six spaces. Bio.Medline keeps the folds of repeatable tags
  (``ROF``, ``RN``, ``OT``) as values of their own, so lines are unfolded here before it sees them.
- ``AU``, ``AUID`` and ``AD`` belong to the ``FAU`` above them; Bio.Medline sorts them by tag and loses that.
- A structured abstract is printed as one text, its labels in capitals: ``BACKGROUND: ... RESULTS: ...``.
- A link to a notice (``RIN``, ``EIN``, ...) is a citation in words; a PMID or a doi may stand at its end.
- What PubMed does not have, our own export names in ``AID``, ``NCT01234567 [clinicaltrials]``: the id by which
  its source knows it.
- There is no mark at the end of a record or of the file: a file cut off between two records cannot be told from a
  whole one.

A record stands for the source ``pubmed`` under its PMID; without a PMID its doi makes it one of ``crossref``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from Bio import Medline

from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Notice, Person, Problem, Record, identifiers
from livingreview.records.identifiers import is_preprint_doi
from livingreview.sources.base import Item
from livingreview.sources.formats.tables import text_lines
from livingreview.sources.values.dates import loose_date
from livingreview.sources.values.markup import sections
from livingreview.sources.values.mesh import mesh_headings
from livingreview.sources.values.own_exports import believable_key, registered, trial_pointer

MAX_RECORD_CHARS = 16_000_000
"""The largest real record (a paper with thousands of authors, each with addresses) has about 3 million."""

NOTICE_KINDS = {
    "CIN": "CommentIn",
    "CON": "CommentOn",
    "CRF": "CorrectedandRepublishedFrom",
    "CRI": "CorrectedandRepublishedIn",
    "ECF": "ExpressionOfConcernFor",
    "ECI": "ExpressionOfConcernIn",
    "EFR": "ErratumFor",
    "EIN": "ErratumIn",
    "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf",
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "RPF": "RepublishedFrom",
    "RPI": "RepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "RRI": "RetractedandRepublishedIn",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}
"""MEDLINE tag -> PubMed ``RefType``."""

_TAG = re.compile(r"([A-Z]{2,4}) {0,2}- ?")
_FOLD = " " * 6
_BRACKETED = re.compile(r"(?<!\S)(\S{1,2000}) \[([a-z]{2,20})\]")
_PMID = re.compile(r"\bPMID: ?(\d{1,10})\b")
_DOI_IN_TEXT = re.compile(r"\bdoi: ?(10\.\S{1,2000})", re.IGNORECASE)
_ISSN = re.compile(r"\b(\d{4}-\d{3}[\dXx])\b")
_LINKING = re.compile(r"\b(\d{4}-\d{3}[\dXx]) \(Linking\)")
_ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])")
_CHEMICAL = re.compile(r"^\S+(?: \d\S*)? \((.+)\)$")
_PERSON_TAGS = frozenset({"AU", "AUID", "AD"})


def parse(document: BinaryIO) -> Iterator[Item]:
    """The records of a MEDLINE file; see :class:`~livingreview.sources.base.Parser`.

    Memory stays at one record (at most ``MAX_RECORD_CHARS`` characters).

    Raises:
        InputError: not UTF-8, a record beyond all measure, or no MEDLINE record in it.
    """
    is_empty = True
    for first_line, lines in _blocks(document):
        is_empty = False
        try:
            yield _record(lines, first_line)
        except (KeyError, IndexError, ValueError) as error:
            yield Problem(source="pubmed", source_id=f"line {first_line}", reason=f"not a MEDLINE record ({error})")
    if is_empty:
        raise InputError("MEDLINE text: no line like `PMID- 12345678` in it; save it from PubMed in the format PubMed")


def _blocks(document: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, unfolded lines) of each record; text before the first tag is skipped."""
    lines: list[list[str]] = []
    first_line = size = 0
    is_after_gap = False
    for number, line in enumerate(text_lines(document, "MEDLINE text"), start=1):
        if not line:
            is_after_gap = True
            continue
        is_folded = line.startswith(_FOLD)
        if lines and not is_folded and (is_after_gap or line.startswith("PMID-")):
            yield first_line, [" ".join(parts) for parts in lines]
            lines, size = [], 0
        is_after_gap = False
        if is_folded and lines:
            lines[-1].append(line.strip())
        elif _TAG.match(line):
            if not lines:
                first_line = number
            lines.append([line.rstrip()])
        size += len(line)
        if size > MAX_RECORD_CHARS:
            raise InputError(f"MEDLINE text: the record at line {first_line} is larger than any; is the file damaged?")
    if lines:
        yield first_line, [" ".join(parts) for parts in lines]


def _record(lines: Sequence[str], first_line: int) -> Item:
    values = _values(lines)
    ids = {kind: value for text in (*values("LID"), *values("AID")) for value, kind in _BRACKETED.findall(text)}
    doi = identifiers.normal_doi(ids.get("doi", ""))
    pmid = identifiers.normal_pmid(values.one("PMID"))
    exported = _exported_key({kind: text for kind, text in ids.items() if kind != "pmc" or not (pmid or doi)})
    if exported and identifiers.registry_id(exported[1]) == exported:
        return trial_pointer(exported, values.one("TI"))
    if not pmid and not doi and not exported:
        name = values.one("TI") or values.one("BTI") or f"line {first_line}"
        return Problem(
            source="pubmed", source_id=values.one("PMID") or f"line {first_line}", reason=f"no pmid or doi: {name}"
        )
    types = values("PT")
    accessions = tuple(text.partition("/")[2] or text for text in values("SI"))
    abstract = sections(values.one("AB"))
    book = values.one("BTI")
    is_preprint = "Preprint" in types or is_preprint_doi(doi)
    kind = Kind.BOOK if book else Kind.PREPRINT if is_preprint else Kind.ARTICLE
    key = exported or (("pubmed", pmid) if pmid else ("crossref", doi))
    return Record(
        source=key[0],
        source_id=key[1],
        kind=kind,
        title=values.one("TI") or book,
        vernacular_title=values.one("TT"),
        abstract=abstract,
        language=values("LA"),
        journal=values.one("JT") or book,
        journal_abbreviation=values.one("TA"),
        issn=_issn(values.one("IS")),
        nlm_id=values.one("JID"),
        volume=values.one("VI"),
        issue=values.one("IP"),
        pages=values.one("PG"),
        publication_date=loose_date(values.one("DP")),
        persons=tuple(_persons(lines)),
        publication_types=types,
        mesh=tuple(heading for text in values("MH") for heading in _headings(text)),
        keywords=values("OT"),
        chemicals=tuple(dict.fromkeys((*map(_chemical, values("RN")), *values("NM")))),
        pmid=pmid,
        doi=doi,
        pmcid=identifiers.normal_pmcid(values.one("PMC") or ids.get("pmc", "")),
        nct_ids=registered(values("GN"))
        or identifiers.nct_ids(" ".join((*accessions, *(part.text for part in abstract)))),
        accessions=accessions,
        notices=tuple(_notice(kind, text) for tag, kind in NOTICE_KINDS.items() for text in values(tag)),
        source_date=loose_date(values.one("LR")),
        created_date=loose_date(values.one("CRDT") or values.one("EDAT")),
        indexing_status=values.one("STAT"),
        fidelity=Fidelity.CITATION,
    )


def _exported_key(ids: Mapping[str, str]) -> tuple[str, str] | None:
    """The key under which an export of ours says that the record is stored."""
    return next((key for source, text in ids.items() if (key := believable_key(source, text))), None)


class _Values:
    """The values of one record by tag; white space is folded."""

    def __init__(self, medline: dict[str, Any]) -> None:
        self._medline = medline

    def __call__(self, tag: str) -> tuple[str, ...]:
        """Every value of the tag, each once, in order."""
        value = self._medline.get(tag, ())
        texts = (value,) if isinstance(value, str) else value
        return tuple(dict.fromkeys(text for raw in texts if (text := " ".join(str(raw).split()))))

    def one(self, tag: str) -> str:
        """The values of the tag as one text."""
        return " ".join(self(tag))


def _values(lines: Sequence[str]) -> _Values:
    read: Callable[[Sequence[str]], dict[str, Any]] = Medline.read
    return _Values(read([f"{line}\n" for line in lines]))


def _persons(lines: Sequence[str]) -> Iterator[Person]:
    """Authors in their order; what follows an author (short name, ORCID, addresses) is the author's."""
    group: list[str] = []
    for line in [*lines, "END - "]:
        tag = line[:4].rstrip(" -")
        is_start = tag in ("FAU", "CN") or (tag == "AU" and not (group and group[-1].startswith("FAU")))
        if is_start or tag not in _PERSON_TAGS:
            is_person = any(not part.startswith("AD") for part in group)
            if is_person:
                yield _person(_values(group))
            if is_person or not is_start:
                group = []
        if is_start or tag in _PERSON_TAGS:
            group.append(line)


def _person(values: _Values) -> Person:
    name = values.one("FAU")
    if name:
        family, _, given = name.partition(", ")
    else:
        family, _, given = values.one("AU").rpartition(" ")
        family, given = (family, given) if family else (given, "")
    orcid = _ORCID.search(values.one("AUID"))
    return Person(
        family=family,
        given=given,
        collective=values.one("CN"),
        orcid="-".join(orcid.groups()).upper() if orcid else "",
        affiliations=values("AD"),
    )


def _issn(text: str) -> str:
    """The linking ISSN, which stands for print and web alike, else the first one."""
    found = _LINKING.search(text) or _ISSN.search(text)
    return found.group(1).upper() if found else ""


def _headings(text: str) -> tuple[str, ...]:
    """``Exosomes/*metabolism/genetics`` as one heading a qualifier, without the stars of main points."""
    descriptor, *qualifiers = text.replace("*", "").split("/")
    return mesh_headings(descriptor, qualifiers)


def _chemical(text: str) -> str:
    found = _CHEMICAL.match(text)
    return found.group(1) if found else text


def _notice(kind: str, text: str) -> Notice:
    pmid = _PMID.search(text)
    doi = _DOI_IN_TEXT.search(text)
    return Notice(
        kind=kind,
        pmid=identifiers.normal_pmid(pmid.group(1)) if pmid else "",
        doi=identifiers.normal_doi(doi.group(1)) if doi else "",
        citation=_PMID.sub("", text).strip(),
    )
