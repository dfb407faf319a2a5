"""Europe PMC: preprints of many servers beside PubMed and full-text hits, by its RESTful search (version 6.9).

Facts (Reference Guide 6.9, appendix 1; the sample answers of the test data follow its ``core`` result):

- ``GET /search?query=...&resultType=core&format=json&pageSize=N&cursorMark=*`` (at most 1,000 a page); a long query
  goes to ``/searchPOST`` as a form. The next page is asked for with ``nextCursorMark``; the reading ends when that is
  absent, repeats, or a page is empty. It has no time limit and no state on our side.
- ``hitCount`` counts the whole answer but can exceed what comes, and moves while the index is rebuilt. A short reading
  is done a second time; a small rest (up to ``MAX_UNLISTED_SHARE``) is named in ``missing``, a larger one is an error.
- Windows: ``CREATION_DATE`` (entry into the database), ``UPDATE_DATE`` and ``FIRST_IDATE`` (first indexed), each as
  ``[2024-05-01 TO 2024-05-08]``. All three are asked, since indexing may lag behind the entry.
- ``SRC`` names the origin: ``PPR`` preprints, ``MED`` PubMed, ``PMC`` full text without a PubMed record, and
  ``AGR``, ``PAT``, ``ETH``, ``HIR``, ``CTX``, ``NBK``. ``EXT_ID`` is unique only together with ``SRC``.
- Errors come with status 200 as ``{"errCode": ..., "errMsg": ...}``.
- Every version of a preprint may have an id of its own; ``versionList`` names its siblings, kept as ``accessions``. The
  link to the article (``Preprint of``) is Europe PMC's guess from title and first author.

A PubMed record found here is one of ``pubmed`` in citation form, never fuller than PubMed's own.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from livingreview.config import Query, ServiceSettings
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.records import Fidelity, Kind, Notice, Person, Problem, Record, Section, identifiers
from livingreview.records.exchange import Payload, Request
from livingreview.sources.base import Getter, Item, Listed, Retrieved, Window, ask
from livingreview.sources.values.dates import loose_date
from livingreview.sources.values.json_values import strings, words
from livingreview.sources.values.markup import plain_text
from livingreview.sources.values.mesh import mesh_headings
from livingreview.sources.values.own_exports import MAX_ID_CHARS

MAX_PAGE_BYTES = 128_000_000
MAX_UNLISTED_SHARE = 0.01
"""Share of ``hitCount`` that may stay unlisted after two readings (and always up to two records)."""

_MAX_PAGE = 1_000
"""Ids a page, where nothing else is asked for."""
_MAX_ADDRESS_CHARS = 4000
_IDS_PER_REQUEST = 50
_HEADING = re.compile(r"<h\d>([^<>]{0,200})</h\d>", re.IGNORECASE)
_BARE_SOURCES = frozenset({"PPR", "PMC"})
"""Their ids carry their own prefix; ids of other origins get it from us: ``ETH/573912``."""


@dataclass(slots=True)
class _Reading:
    """What the pages of one question brought so far; ``more`` are parameters that take the place of the usual ones."""

    more: Mapping[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    found: set[tuple[str, str]] = field(default_factory=set)
    announced: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    announced: int
    next_cursor: str
    results: list[Any]


class EuropepmcSource:
    """Europe PMC as a :class:`~livingreview.sources.base.Source`."""

    name = "europepmc"

    def __init__(self, settings: ServiceSettings) -> None:
        self._base_url = settings.base_url.rstrip("/")
        self._page_size = settings.page_size

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """Everything that was entered, indexed or updated within the window and matches the query.

        Raises:
            UnreconciledError: two readings listed clearly less than ``hitCount``.
            SourceError: the query could not be read.
        """
        reading = _Reading()
        short = self._search(query, window, get, reading)
        days = f"{window.since} to {window.until}"
        reason = f"one of {reading.announced} hits announced for {days} but not listed in two readings"
        return Retrieved(
            keys=tuple(reading.keys),
            announced=reading.announced,
            ids=frozenset(reading.ids),
            missing={f"{query.name}: unlisted {number}": reason for number in range(1, short + 1)},
            requests=reading.requests,
        )

    def list_keys(self, query: Query, window: Window, get: Getter) -> Listed:
        """See :class:`livingreview.sources.base.Lists`; a small rest may stay unlisted, as in ``retrieve``."""
        reading = _Reading(more={"resultType": "idlist", "pageSize": str(_MAX_PAGE)})
        self._search(query, window, get, reading)
        return Listed(keys=frozenset(reading.found), requests=reading.requests)

    def _search(self, query: Query, window: Window, get: Getter, reading: _Reading) -> int:
        """Reads a search, a second time when it is short of its own count; how many records it is short of then."""
        days = f"[{window.since.isoformat()} TO {window.until.isoformat()}]"
        dates = " OR ".join(f"{name}:{days}" for name in ("CREATION_DATE", "UPDATE_DATE", "FIRST_IDATE"))
        text = f"({query.text}) AND ({dates})"
        self._read(text, query.parameters, get, reading)
        if len(reading.ids) < reading.announced:
            self._read(text, query.parameters, get, reading)
        short = max(0, reading.announced - len(reading.ids))
        if short > max(2, int(reading.announced * MAX_UNLISTED_SHARE)):
            raise UnreconciledError(
                f"europepmc: {query.name}: {reading.announced} hits announced, {len(reading.ids)} listed in two"
                " readings; run again"
            )
        return short

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """These records by their ids (``PPR123``, ``PMC456``, ``ETH/789``); each missing one is asked again alone.

        Raises:
            SourceError: they could not be asked for.
        """
        wanted = list(dict.fromkeys(ids))
        reading = _Reading()
        for start in range(0, len(wanted), _IDS_PER_REQUEST):
            batch = wanted[start : start + _IDS_PER_REQUEST]
            self._read(" OR ".join(_id_clause(one) for one in batch), {}, get, reading)
        for one in wanted:
            if one not in reading.ids:
                self._read(_id_clause(one), {}, get, reading)
        missing = {one: "asked for, not returned, not even alone" for one in wanted if one not in reading.ids}
        return Retrieved(
            keys=tuple(reading.keys),
            announced=len(wanted),
            ids=frozenset(reading.ids) & frozenset(wanted),
            missing=missing,
            requests=reading.requests,
        )

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """See :func:`parse`."""
        return parse(document)

    def _read(self, text: str, parameters: Mapping[str, str], get: Getter, reading: _Reading) -> None:
        """Reads every page of one question; pages that bring no new id are not kept for parsing."""
        is_post = len(text) > _MAX_ADDRESS_CHARS
        cursors = {cursor := "*"}
        seen: set[str] = set()
        while True:
            request = Request(
                url=f"{self._base_url}/{'searchPOST' if is_post else 'search'}",
                parameters={
                    **parameters,
                    "query": text,
                    "resultType": "core",
                    "format": "json",
                    "pageSize": str(self._page_size),
                    **reading.more,
                    "cursorMark": cursor,
                },
                is_post=is_post,
            )
            kept, page = ask(get, request, _read_answer)
            reading.requests += 1
            # A page that suddenly counts less makes the reading doubtful, not complete.
            reading.announced = max(reading.announced, page.announced)
            found = {key for result in page.results if (key := _key(result))}
            ids = {source_id for _, source_id in found}
            # A result without an id is kept too: it becomes a problem when the page is parsed.
            if not ids <= reading.ids or len(ids) < len(page.results):
                reading.keys.append(kept.key)
            reading.ids |= ids
            reading.found |= found
            if ids <= seen or not page.next_cursor or page.next_cursor in cursors:
                return
            seen |= ids
            cursor = page.next_cursor
            cursors.add(cursor)


def parse(document: BinaryIO) -> Iterator[Item]:
    """The results of one archived page; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not a page of search results, cut off, or larger than ``MAX_PAGE_BYTES``.
    """
    body = document.read(MAX_PAGE_BYTES + 1)
    if len(body) > MAX_PAGE_BYTES:
        raise InputError(f"Europe PMC: a page of more than {MAX_PAGE_BYTES // 1_000_000} MB; ask for fewer a page")
    try:
        results = _page(body).results
    except (ValueError, QueryRejectedError) as error:
        raise InputError(f"Europe PMC: not a page of search results ({error}); fetch it again") from error
    for number, result in enumerate(results, start=1):
        key = _key(result)
        if key is None:
            yield Problem(source="europepmc", source_id=f"result {number}", reason="a result without source or id")
            continue
        try:
            yield _record(result, *key)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Fields of the wrong type: the service's shape is not fixed by any schema.
            yield Problem(source=key[0], source_id=key[1], reason=f"a field has an unknown shape ({error})")


def _read_answer(payload: Payload) -> _Page:
    try:
        return _page(payload.body)
    except ValueError as error:
        raise ServiceFaultError(f"europepmc: {error}") from error


def _page(body: bytes) -> _Page:
    """An answer, checked for its shape.

    Raises:
        ValueError: it is not a page of results.
        QueryRejectedError: it is the service's word that the query is wrong.
    """
    try:
        page = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(page, dict):
        raise ValueError("not a JSON object")
    if "errMsg" in page or "errCode" in page:
        message = f"{page.get('errCode', '')} {page.get('errMsg', '')}".strip()
        if str(page.get("errCode", "")).startswith("4"):
            raise QueryRejectedError(f"europepmc: the query is refused: {message}")
        raise ValueError(f"an error in the answer: {message}")
    count, holder, cursor = page.get("hitCount"), page.get("resultList"), page.get("nextCursorMark")
    if not isinstance(count, int) or isinstance(count, bool) or not isinstance(holder, dict):
        raise ValueError("no hitCount or resultList")
    results = holder.get("result", [])
    if not isinstance(results, list):
        raise ValueError("resultList holds no list")
    return _Page(count, words(cursor), results)


def _key(result: Any) -> tuple[str, str] | None:
    """(source, source_id) of a result; None when it has none."""
    if not isinstance(result, dict):
        return None
    origin, own_id = words(result.get("source")).upper(), words(result.get("id"))
    if origin == "MED":
        pmid = identifiers.normal_pmid(own_id)
        return ("pubmed", pmid) if pmid else None
    if not origin or not own_id:
        return None
    return "europepmc", own_id if origin in _BARE_SOURCES else f"{origin}/{own_id}"


def _id_clause(source_id: str) -> str:
    origin, slash, own_id = source_id.rpartition("/")
    if not slash:
        origin = "MED" if own_id.isdigit() else own_id[:3].upper()
    return f'(EXT_ID:"{own_id.replace(chr(34), "")}" AND SRC:{origin})'


def _record(result: Mapping[str, Any], source: str, source_id: str) -> Record:
    """One ``core`` result; raises what a field of an unknown shape raises."""
    issue = result.get("journalInfo") or {}
    journal = issue.get("journal") or {}
    is_preprint = source_id.startswith("PPR")
    doi = identifiers.normal_doi(words(result.get("doi"))[:MAX_ID_CHARS])
    abstract = tuple(_sections(words(result.get("abstractText"))))
    revised = words(result.get("dateOfRevision")) or (words(result.get("firstIndexDate")) if is_preprint else "")
    version = result.get("versionNumber")
    book = result.get("bookOrReportDetails") or {}
    return Record(
        source=source,
        source_id=source_id,
        kind=Kind.PREPRINT if is_preprint else Kind.ARTICLE,
        title=plain_text(words(result.get("title"))),
        abstract=abstract,
        language=strings(result.get("language")),
        journal=words(journal.get("title")) or words(book.get("publisher")),
        journal_abbreviation=words(journal.get("medlineAbbreviation")),
        issn=words(journal.get("issn") or journal.get("essn")),
        nlm_id=words(journal.get("nlmid")),
        volume=words(issue.get("volume")),
        issue=words(issue.get("issue")),
        pages=words(result.get("pageInfo")),
        publication_date=loose_date(words(result.get("firstPublicationDate") or result.get("pubYear"))),
        persons=tuple(_person(author) for author in _listed(result, "authorList", "author")),
        publication_types=strings((result.get("pubTypeList") or {}).get("pubType")),
        mesh=tuple(text for one in _listed(result, "meshHeadingList", "meshHeading") for text in _headings(one)),
        keywords=strings((result.get("keywordList") or {}).get("keyword")),
        chemicals=tuple(words(one.get("name")) for one in _listed(result, "chemicalList", "chemical")),
        pmid=source_id if source == "pubmed" else identifiers.normal_pmid(words(result.get("pmid"))),
        doi=doi,
        pmcid=identifiers.normal_pmcid(words(result.get("pmcid"))),
        nct_ids=identifiers.nct_ids(" ".join(part.text for part in abstract)),
        accessions=tuple(
            sibling
            for one in _listed(result, "versionList", "version")
            if (sibling := words(one.get("id"))) and sibling != source_id
        ),
        notices=tuple(_notice(one) for one in _listed(result, "commentCorrectionList", "commentCorrection")),
        source_version=version if isinstance(version, int) and 0 < version < 10_000 else 1,
        source_date=loose_date(revised),
        created_date=loose_date(words(result.get("dateOfCreation") or result.get("firstIndexDate"))),
        indexing_status=words(result.get("publicationStatus")),
        fidelity=Fidelity.FULL if source == "europepmc" else Fidelity.CITATION,
    )


def _listed(result: Mapping[str, Any], holder: str, name: str) -> list[Any]:
    """The entries of a list within its holder, both of which may be absent."""
    return (result.get(holder) or {}).get(name) or []


def _sections(markup: str) -> Iterator[Section]:
    """The parts of an abstract, whose labels stand in headings; text before the first one has no label."""
    first, *rest = _HEADING.split(markup)
    for label, text in [("", first), *zip(rest[::2], rest[1::2], strict=True)]:
        if plain := plain_text(text):
            yield Section(label=plain_text(label).upper(), text=plain)


def _person(author: Mapping[str, Any]) -> Person:
    identifier = author.get("authorId") or {}
    places = _listed(author, "authorAffiliationDetailsList", "authorAffiliation")
    collective = words(author.get("collectiveName"))
    short, _, initials = words(author.get("fullName")).rpartition(" ")
    return Person(
        family="" if collective else words(author.get("lastName")) or short or initials,
        given="" if collective else words(author.get("firstName") or author.get("initials")),
        collective=collective,
        orcid=words(identifier.get("value")) if identifier.get("type") == "ORCID" else "",
        affiliations=tuple(text for place in places if (text := words(place.get("affiliation")))),
    )


def _headings(heading: Mapping[str, Any]) -> tuple[str, ...]:
    """A MeSH heading, once for each qualifier: ``Exosomes/metabolism``."""
    descriptor = words(heading.get("descriptorName"))
    qualifiers = _listed(heading, "meshQualifierList", "meshQualifier")
    return mesh_headings(descriptor, [words(one.get("qualifierName")) for one in qualifiers])


def _notice(link: Mapping[str, Any]) -> Notice:
    """A link to another record; ``Retraction in`` becomes ``RetractionIn``, ``Preprint of`` ``PreprintOf``.

    PubMed writes ``and`` small within a kind: ``RetractedandRepublishedIn``.
    """
    parts = words(link.get("type")).split()
    kind = "".join(part if part == "and" else part[:1].upper() + part[1:] for part in parts)
    origin, own_id = words(link.get("source")), words(link.get("id"))
    reference = words(link.get("reference"))
    return Notice(
        kind=kind,
        pmid=identifiers.normal_pmid(own_id) if origin == "MED" else "",
        doi=identifiers.normal_doi(reference[:MAX_ID_CHARS]),
        citation=reference if origin in ("MED", "") else f"{origin}/{own_id} {reference}".strip(),
    )
