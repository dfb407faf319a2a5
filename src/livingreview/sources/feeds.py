"""RSS and Atom feeds of journals, preprint servers and saved PubMed searches: a tripwire, not a source of text.

Quirks of the format:

- A feed holds only the latest items (PubMed: 15 to 100); what fell out between two readings was never there. So a feed
  announces nothing and reconciles nothing.
- Abstracts are cut, so none is kept: an item is title, journal, date and identifier, and is resolved to its record by
  doi or pmid. An item with neither becomes a Problem.
- Malformed XML is normal; feedparser reads on. A feed whose closing tag is missing is cut off, and that is an error.
- Titles hold markup, sometimes escaped twice. A doi in an address drags along ``?rss=1``, ``/full``, ``v1``.
- Asked again with the ETag or date of the last answer, a server says 304 with an empty body.
"""

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO
from urllib.parse import unquote

from livingreview.config import Query
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError
from livingreview.records import Fidelity, Kind, Problem, Record, identifiers
from livingreview.records.exchange import Payload, Request
from livingreview.records.identifiers import is_preprint_doi
from livingreview.sources.base import Getter, Item, Retrieved, Window
from livingreview.sources.values.dates import loose_date
from livingreview.sources.values.json_values import words
from livingreview.sources.values.markup import plain_text
from livingreview.sources.values.own_exports import MAX_ID_CHARS

MAX_FEED_BYTES = 16_000_000
MAX_BASE_CHARS = 20_000
"""All ``xml:base`` together; feedparser goes over the base for each address, and over the type for each tag."""
MAX_WHITE_CHARS = 5_000
"""In one place; feedparser looks for a doctype from the beginning of each line."""
_NOT_MODIFIED = 304
_MAX_DOCTYPES = 100
"""An item may hold a whole page of HTML."""

_OPENING = re.compile(rb"<(?:rss|feed|(?:rdf:)?RDF)[\s>]|<\w+:feed[\s>]", re.IGNORECASE)
_CLOSING = re.compile(rb"</(?:rss|feed|(?:rdf:)?RDF|\w+:feed)\s*>", re.IGNORECASE)
_EMPTY_ROOT = re.compile(rb"<(?:rss|feed|(?:rdf:)?RDF)\b[^<>]*/>", re.IGNORECASE)
_BASE = re.compile(rb"\bbase\s*=\s*[\"']?([^\"'<>]*)", re.IGNORECASE)
_WHITE = re.compile(rb"\s+")
_LONG_TYPE = re.compile(rb"\btype\s*=\s*(?:\"[^\"]{300}|'[^']{300}|[^\s\"'<>]{300})", re.IGNORECASE)
_PUBMED_ID = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/|^pubmed:|^pmid: ?)(\d{1,10})\b")
_AFTER_DOI = re.compile(
    r"(?:/(?:full|fulltext|abstract|pdf|epdf|html|xml|meta)|\.(?:full|abstract|short|pdf|full\.pdf))+$"
)
_PREPRINT_VERSION = re.compile(r"(?<=\d)v\d+$")


class FeedsSource:
    """Feeds by their address: a query's parameter ``url`` says where the feed is."""

    name = "feeds"

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """The feed as it stands, unless it is as it was at ``window.stamp``; the days of the window do not matter.

        Raises:
            QueryRejectedError: the query has no ``url``.
            SourceError: the feed could not be read.
        """
        url = query.parameters.get("url", "")
        if not url.startswith(("http://", "https://")):
            raise QueryRejectedError(f"feeds: {query.name} has no address; set its url in review.toml")
        kept = get(Request(url=url, headers=_conditions(window.stamp)), _check)
        if kept.payload.status == _NOT_MODIFIED:
            return Retrieved(requests=1, stamp=window.stamp, is_unchanged=True)
        return Retrieved(keys=(kept.key,), requests=1, stamp=_stamp(kept.payload.headers))

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """Nothing: a feed cannot be asked for an item.

        Raises:
            QueryRejectedError: any id is asked for.
        """
        if ids:
            raise QueryRejectedError("feeds: an item cannot be asked for by its id; ask pubmed or crossref")
        return Retrieved()

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """See :func:`parse`."""
        return parse(document)


def parse(document: BinaryIO) -> Iterator[Item]:
    """The items of a feed; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: it is no feed, larger than ``MAX_FEED_BYTES``, or (after its items) cut off.
    """
    body = document.read(MAX_FEED_BYTES + 1)
    if len(body) > MAX_FEED_BYTES:
        raise InputError(f"feed: larger than {MAX_FEED_BYTES // 1_000_000} MB; it is no feed of new items")
    # The letters of UTF-16, too.
    bare = body.replace(b"\0", b"")
    if b"<!ENTITY" in bare:
        # feedparser would expand them.
        raise InputError("feed: declares entities of its own; such a document is not read")
    if _is_endless(bare):
        raise InputError("feed: attributes or white space beyond all measure; it is damaged")
    # Loaded where a feed is read: few runs have one.
    import feedparser

    try:
        # A stream, because feedparser takes bytes for the name of a file.
        feed = feedparser.parse(io.BytesIO(body), sanitize_html=True, resolve_relative_uris=False)
    except Exception as error:
        # On damaged input feedparser lets through whatever its codecs and its SGML parser raise.
        raise InputError(f"feed: damaged beyond reading ({type(error).__name__}); fetch it again") from error
    if not feed.get("version") and not feed.entries:
        raise InputError("feed: neither RSS nor Atom; check the address of the feed")
    for number, entry in enumerate(feed.entries, start=1):
        yield _item(entry, number)
    if not _is_closed(body):
        raise InputError(f"feed: breaks off after {len(feed.entries)} items; fetch it again")


def _is_endless(body: bytes) -> bool:
    """Whether feedparser would take quadratic time over it."""
    is_based = sum(map(len, _BASE.findall(body))) > MAX_BASE_CHARS
    is_blank = any(found.end() - found.start() > MAX_WHITE_CHARS for found in _WHITE.finditer(body))
    is_declared = body.count(b"<!DOCTYPE") > _MAX_DOCTYPES
    return is_based or is_blank or is_declared or _LONG_TYPE.search(body) is not None


def _is_closed(body: bytes) -> bool:
    return _CLOSING.search(body, max(0, len(body) - 4096)) is not None or _EMPTY_ROOT.search(body) is not None


def _check(payload: Payload) -> None:
    if payload.status == _NOT_MODIFIED:
        return
    if not _OPENING.search(payload.body[: 1 << 16]):
        raise ServiceFaultError(f"feeds ({payload.request.url}): the answer is no feed")
    if not _is_closed(payload.body):
        raise ServiceFaultError(f"feeds ({payload.request.url}): the answer broke off")


def _conditions(stamp: str) -> dict[str, str]:
    """The headers of a conditional request; a stamp that is not ours asks unconditionally."""
    try:
        values = json.loads(stamp) if stamp else {}
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
    return {header: str(values[name]) for name, header in names.items() if values.get(name)}


def _stamp(headers: Mapping[str, str]) -> str:
    values = {"etag": headers.get("etag", ""), "last_modified": headers.get("last-modified", "")}
    given = {name: value for name, value in values.items() if value}
    return json.dumps(given, sort_keys=True) if given else ""


def _item(entry: Mapping[str, Any], number: int) -> Item:
    title = plain_text(_text(entry, "title"))
    places = [_text(entry, name) for name in ("prism_doi", "arxiv_doi", "dc_identifier", "id", "link")]
    pmid = next((identifiers.normal_pmid(found[1]) for text in places if (found := _PUBMED_ID.search(text))), "")
    doi = next((name for text in places if (name := doi_of(text))), "")
    if not pmid and not doi:
        name = title or _text(entry, "link")
        return Problem(
            source="feeds", source_id=_text(entry, "id") or f"item {number}", reason=f"no pmid or doi: {name}"
        )
    return Record(
        source="pubmed" if pmid else "crossref",
        source_id=pmid or doi,
        kind=Kind.PREPRINT if is_preprint_doi(doi) else Kind.ARTICLE,
        title=title,
        journal=plain_text(_text(entry, "prism_publicationname") or _text(entry, "dc_source")),
        publication_date=loose_date(_text(entry, "prism_publicationdate")),
        pmid=pmid,
        doi=doi,
        fidelity=Fidelity.FACTS,
    )


def _text(entry: Mapping[str, Any], name: str) -> str:
    # feedparser lets NUL and other control characters of damaged XML through.
    return words(entry.get(name))


def doi_of(text: str) -> str:
    """The doi in an identifier or an address, without what addresses add; empty when there is none."""
    if "://" in text:
        text = unquote(re.sub(r"[?#].*", "", text, flags=re.DOTALL))
    doi = _AFTER_DOI.sub("", identifiers.normal_doi(text[:MAX_ID_CHARS]))
    return _PREPRINT_VERSION.sub("", doi) if is_preprint_doi(doi) else doi
