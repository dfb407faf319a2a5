"""Crossref over its REST API: articles and preprints by their dois, and what later publications say about them.

Facts (REST API documentation, the recorded answers of the field data, Crossref's announcements):

- ``GET /works?filter=doi:A,doi:B&rows=N`` gives several works at once; values of one filter are joined by OR. A doi
  that Crossref does not have is silently left out, so it is asked for alone: ``GET /works/{doi}`` answers 404 with
  ``Resource not found.`` as text/plain. A doi with a comma can only be asked for alone.
- A doi that was merged into another one is answered with the work of the other.
- ``updated-by`` lists notices about the work, ``update-to`` what the work itself says about others: ``DOI``, ``type``,
  ``label``, ``source`` (``publisher`` or ``retraction-watch``), ``updated``, ``record-id`` (Retraction Watch). One
  notice may stand there twice, once from each. Since 2025 all of Retraction Watch is in it.
- ``mailto`` leads into the polite pool. The rate is told in ``X-Rate-Limit-Limit`` and ``X-Rate-Limit-Interval``;
  :mod:`livingreview.sources.http` slows down to it. Lists are allowed less than single works.
- A search goes on with ``cursor=*`` and ``next-cursor``, which may stay the same from page to page; it ends with an
  empty page. A search by words ranks millions of works and leaves none out, so ``MAX_HITS`` bounds it.
- Titles and abstracts hold JATS and HTML. Dates are lists of numbers, cut off where they are not known.
- ``deposited`` is the publisher's last change, ``indexed`` also moves when Crossref adds to the work.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import quote

from livingreview.config import Query, ServiceSettings
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.records import Fidelity, Kind, Notice, Person, Problem, Record, Section, identifiers
from livingreview.records.exchange import Payload, Request
from livingreview.sources.base import Getter, Item, Listed, Retrieved, Window, ask
from livingreview.sources.values.dates import partial_date
from livingreview.sources.values.json_values import strings, words
from livingreview.sources.values.markup import plain_text
from livingreview.sources.values.notice_kinds import kind_in, kind_of
from livingreview.sources.values.own_exports import MAX_ID_CHARS

MAX_PAGE_BYTES = 128_000_000
MAX_HITS = 10_000
_MAX_PAGE = 1_000
"""Dois a page, where nothing else is asked for."""
_MAX_FILTER_CHARS = 4_000
_HEADING = re.compile(r"<(?:jats:)?title[^<>]*>([^<>]{0,200})</(?:jats:)?title>", re.IGNORECASE)
_BOOKS = frozenset({"book", "edited-book", "monograph", "reference-book"})
_PUBLISHED = ("published", "issued", "posted", "published-online", "published-print")
_PREPRINT_LINKS = {"is-preprint-of": "PreprintOf", "has-preprint": "PreprintIn"}


@dataclass(slots=True)
class _Reading:
    """What the answers brought so far; ``more`` are parameters that take the place of the usual ones."""

    more: Mapping[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)
    requests: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    total: int
    next_cursor: str
    works: list[Any]


class CrossrefSource:
    """Crossref as a :class:`~livingreview.sources.base.Source`."""

    name = "crossref"

    def __init__(self, settings: ServiceSettings) -> None:
        self._base_url = settings.base_url.rstrip("/")
        self._page_size = settings.page_size
        self._contact = {"mailto": settings.email} if settings.email else {}

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """Every work indexed within the window that the query's filter and words find.

        Raises:
            QueryRejectedError: more than ``MAX_HITS`` works match.
            UnreconciledError: fewer works were listed than announced.
            SourceError: the query could not be read.
        """
        reading = _Reading()
        announced = self._search(query, window, get, reading)
        return Retrieved(
            keys=tuple(reading.keys), announced=announced, ids=frozenset(reading.ids), requests=reading.requests
        )

    def list_keys(self, query: Query, window: Window, get: Getter) -> Listed:
        """See :class:`livingreview.sources.base.Lists`."""
        reading = _Reading(more={"select": "DOI", "rows": str(_MAX_PAGE)})
        self._search(query, window, get, reading)
        return Listed(keys=frozenset((self.name, doi) for doi in reading.ids), requests=reading.requests)

    def _search(self, query: Query, window: Window, get: Getter, reading: _Reading) -> int:
        """Reads every page of a search; how many works it announced."""
        days = f"from-index-date:{window.since.isoformat()},until-index-date:{window.until.isoformat()}"
        parameters = {
            **query.parameters,
            **({"query.bibliographic": query.text} if query.text else {}),
            "filter": ",".join(part for part in (query.parameters.get("filter", ""), days) if part),
        }
        cursor, announced = "*", 0
        while cursor:
            page = self._page(parameters | {"cursor": cursor}, get, reading)
            announced = page.total
            if announced > MAX_HITS:
                raise QueryRejectedError(
                    f"crossref: {query.name}: {announced:,} works match, more than {MAX_HITS:,}; give it a filter"
                )
            before = len(reading.ids)
            reading.ids |= _ids(page)
            cursor = page.next_cursor if len(reading.ids) > before else ""
        if len(reading.ids) < announced:
            raise UnreconciledError(
                f"crossref: {query.name}: {announced} works announced, {len(reading.ids)} listed; run again"
            )
        return announced

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """The works of these dois, many at a time; each that is left out is asked for again alone.

        Raises:
            SourceError: they could not be asked for.
        """
        wanted = list(dict.fromkeys(doi for one in ids if (doi := identifiers.normal_doi(one))))
        reading = _Reading()
        for batch in self._batches([doi for doi in wanted if "," not in doi]):
            page = self._page({"filter": ",".join(f"doi:{doi}" for doi in batch)}, get, reading)
            reading.ids |= _ids(page) & set(batch)
        for doi in wanted:
            if doi not in reading.ids:
                self._alone(doi, get, reading)
        return Retrieved(
            keys=tuple(reading.keys),
            announced=len(wanted),
            ids=frozenset(reading.ids),
            missing=reading.missing,
            requests=reading.requests,
        )

    def find(self, words: str, most: int, get: Getter) -> Retrieved:
        """The works that a citation in free words names best, some of which it does not name at all.

        Args:
            words: title, author, year, ...
            most: how many works are wanted.
            get: sends a request.

        Raises:
            SourceError: they could not be asked for.
        """
        reading = _Reading(more={"rows": str(most)})
        reading.ids |= _ids(self._page({"query.bibliographic": words}, get, reading))
        return Retrieved(keys=tuple(reading.keys), ids=frozenset(reading.ids), requests=reading.requests)

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """See :func:`parse`."""
        return parse(document)

    def _batches(self, dois: Sequence[str]) -> Iterator[list[str]]:
        """Batches that fit into one address and one page."""
        batch: list[str] = []
        for doi in dois:
            if batch and (len(batch) == self._page_size or len(",".join([*batch, doi])) > _MAX_FILTER_CHARS):
                yield batch
                batch = []
            batch.append(doi)
        if batch:
            yield batch

    def _page(self, parameters: Mapping[str, str], get: Getter, reading: _Reading) -> _Page:
        asked = {**parameters, "rows": str(self._page_size), **reading.more, **self._contact}
        kept, page = ask(get, Request(url=f"{self._base_url}/works", parameters=asked), _read_answer)
        reading.requests += 1
        if page.works:
            reading.keys.append(kept.key)
        return page

    def _alone(self, doi: str, get: Getter, reading: _Reading) -> None:
        request = Request(url=f"{self._base_url}/works/{quote(doi, safe='')}", parameters=self._contact)
        reading.requests += 1
        try:
            kept, page = ask(get, request, _read_answer)
        except QueryRejectedError as error:
            reading.missing[doi] = f"Crossref does not have this doi ({error})"
            return
        reading.keys.append(kept.key)
        found = _ids(page)
        reading.ids |= found
        if doi not in found:
            reading.missing[doi] = f"Crossref answers with {', '.join(sorted(found)) or 'no work'} in its place"


def parse(document: BinaryIO) -> Iterator[Item]:
    """The works of one answer, a list or a single one; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: it is neither, is cut off, or is larger than ``MAX_PAGE_BYTES``.
    """
    body = document.read(MAX_PAGE_BYTES + 1)
    if len(body) > MAX_PAGE_BYTES:
        raise InputError(f"Crossref: a page of more than {MAX_PAGE_BYTES // 1_000_000} MB; ask for fewer a page")
    try:
        page = _read(body)
    except ValueError as error:
        raise InputError(f"Crossref: not an answer with works ({error}); fetch it again") from error
    for number, work in enumerate(page.works, start=1):
        doi = _doi(work)
        if not doi:
            yield Problem(source="crossref", source_id=f"work {number}", reason="a work without a doi")
            continue
        try:
            yield _record(work, doi)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            # Fields of the wrong type: members deposit what they like.
            yield Problem(source="crossref", source_id=doi, reason=f"a field has an unknown shape ({error})")


def _read_answer(payload: Payload) -> _Page:
    try:
        return _read(payload.body)
    except ValueError as error:
        raise ServiceFaultError(f"crossref: {error}") from error


def _read(body: bytes) -> _Page:
    """An answer, checked for its shape.

    Raises:
        ValueError: it is neither a list of works nor one work.
    """
    try:
        answer = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    message = answer.get("message") if isinstance(answer, dict) else None
    if not isinstance(message, dict) or answer.get("status") != "ok":
        raise ValueError(f"an answer without works: {body[:200].decode('utf-8', 'replace')}")
    if answer.get("message-type") == "work":
        return _Page(1, "", [message])
    total, works = message.get("total-results"), message.get("items")
    if not isinstance(total, int) or isinstance(total, bool) or not isinstance(works, list):
        raise ValueError("no total-results or items")
    return _Page(total, words(message.get("next-cursor")), works)


def _doi(work: Any) -> str:
    return identifiers.normal_doi(words(work.get("DOI"))[:MAX_ID_CHARS]) if isinstance(work, dict) else ""


def _ids(page: _Page) -> set[str]:
    return {doi for work in page.works if (doi := _doi(work))}


def _record(work: Mapping[str, Any], doi: str) -> Record:
    """One work; raises what a field of an unknown shape raises."""
    work_type = words(work.get("type"))
    is_preprint = work_type == "posted-content" and words(work.get("subtype")) in ("", "preprint")
    abstract = tuple(_sections(words(work.get("abstract"))))
    places = [words(one.get("name")) for one in work.get("institution") or []]
    updates = work.get("updated-by") or []
    trials = [words(one.get("clinical-trial-number")) for one in work.get("clinical-trial-number") or []]
    return Record(
        source="crossref",
        source_id=doi,
        kind=Kind.PREPRINT if is_preprint else Kind.BOOK if work_type in _BOOKS else Kind.ARTICLE,
        title=": ".join(plain_text(text) for name in ("title", "subtitle") for text in strings(work.get(name))[:1]),
        abstract=abstract,
        language=strings(work.get("language")),
        journal=plain_text(next(iter((*strings(work.get("container-title")), *places)), "")),
        journal_abbreviation=plain_text(next(iter(strings(work.get("short-container-title"))), "")),
        issn=next(iter(strings(work.get("ISSN"))), ""),
        volume=words(work.get("volume")),
        issue=words(work.get("issue")),
        pages=words(work.get("page")) or words(work.get("article-number")),
        publication_date=next((date for name in _PUBLISHED if (date := _date(work.get(name)))), ""),
        persons=tuple(_person(author) for author in work.get("author") or []),
        publication_types=strings([work_type, work.get("subtype")]),
        doi=doi,
        nct_ids=identifiers.nct_ids(" ".join([*trials, *(part.text for part in abstract)])),
        notices=tuple(_notices(work, doi)),
        source_date=max([_date(work.get("deposited")), *(_date(one.get("updated")) for one in updates)]),
        source_stamp=words((work.get("indexed") or {}).get("date-time")),
        created_date=_date(work.get("created")),
        fidelity=Fidelity.FULL,
    )


def _date(value: Any) -> str:
    """``{"date-parts": [[2024, 5]]}`` as partial ISO; empty when it says nothing."""
    parts = ((value or {}).get("date-parts") or [[]])[0] or []
    return partial_date(*[words(part) for part in (*parts, "", "", "")[:3]])


def _sections(markup: str) -> Iterator[Section]:
    """The parts of an abstract, whose labels stand in titles; the title "Abstract" is none."""
    first, *rest = _HEADING.split(markup)
    for label, text in [("", first), *zip(rest[::2], rest[1::2], strict=True)]:
        if plain := plain_text(text):
            name = plain_text(label).upper()
            yield Section(label="" if name == "ABSTRACT" else name, text=plain)


def _person(author: Mapping[str, Any]) -> Person:
    return Person(
        family=words(author.get("family")),
        given=words(author.get("given")),
        collective=words(author.get("name")),
        orcid=words(author.get("ORCID")).rpartition("/")[2],
        affiliations=strings([one.get("name") for one in author.get("affiliation") or []]),
    )


def _notices(work: Mapping[str, Any], doi: str) -> Iterator[Notice]:
    """Notices about the work, what it says of others, and the other half of a preprint; each once."""
    found: dict[tuple[str, str], Notice] = {}
    for name in ("updated-by", "update-to"):
        for link in work.get(name) or []:
            other = _doi(link)
            # An article that is corrected in its place updates itself.
            kind = (kind_in if name == "updated-by" or other == doi else kind_of)(words(link.get("type")))
            number = words(link.get("record-id"))
            parts = (_date(link.get("updated")), words(link.get("label")), f"Retraction Watch {number}" * bool(number))
            citation = ", ".join(part for part in parts if part)
            # One with Retraction Watch's number says more than the same one from the publisher.
            if (kind, other) not in found or number:
                found[kind, other] = Notice(kind=kind, doi=other, citation=citation)
    for name, links in sorted((work.get("relation") or {}).items()):
        for link in links if name in _PREPRINT_LINKS else ():
            other = identifiers.normal_doi(words(link.get("id"))[:MAX_ID_CHARS])
            found[_PREPRINT_LINKS[name], other] = Notice(kind=_PREPRINT_LINKS[name], doi=other)
    for key in sorted(found):
        yield found[key]
