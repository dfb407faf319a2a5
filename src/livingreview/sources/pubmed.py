"""PubMed over the NCBI E-utilities: esearch in three date windows, efetch by POST.

Facts (NBK25499, NBK25497 and observation):

- 3 requests a second without a key, 10 with one; ``tool`` and ``email`` are asked for.
- esearch gives at most 9,999 ids of a query, whatever ``retstart`` says, and does not complain: a window with more is
  bisected by date until each part fits. On some days the National Library of Medicine revises more records than that:
  such a day is cut by the entry dates of its records. What still does not fit is an error with its date named.
- The entry date (``edat``) of a record added more than a year late is set back to its publication date. So new records
  are asked for by entry *and* create date (``crdt``), revised ones by modification date (``mdat``).
- ``ErrorList`` and ``WarningList`` come with a count as if all were well: a term that PubMed does not know is dropped
  and silently widens the search. Here they end the query.
- Bodies can be an ``<ERROR>``, HTML or cut off, all with status 200.
- A PMID that is listed may not be returned; it is asked for once more alone and then named.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import BinaryIO
from xml.etree import ElementTree

from livingreview.config import PubmedSettings, Query
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.http import Check, Payload, Request
from livingreview.identity import normal_pmid
from livingreview.records import Record
from livingreview.sources import pubmed_xml
from livingreview.sources.base import Getter, Item, Retrieved, Window

_MAX_IDS = 9_999
_DATE_TYPES = ("edat", "crdt", "mdat")
_FIRST_ENTRY = date(1900, 1, 1)
"""No record of PubMed was entered before; entry dates reach back to publication dates."""
_HARMLESS_WARNINGS = frozenset({"OutputMessage"})
"""``No items found.`` arrives as a warning."""


@dataclass(frozen=True, slots=True)
class _Search:
    """One answer of esearch."""

    count: int
    ids: tuple[str, ...]
    complaints: tuple[str, ...]


class PubmedSource:
    """Searches PubMed; see :class:`livingreview.sources.base.Source`."""

    name = "pubmed"

    def __init__(self, settings: PubmedSettings) -> None:
        self._settings = settings

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """Everything entered, created or modified within the window; ``announced`` is the number of distinct ids.

        Raises:
            QueryRejectedError: PubMed does not know a term of the query.
            UnreconciledError: the ids that were listed are not as many as PubMed counts.
        """
        asked = _Counter(get)
        ids: set[str] = set()
        for date_type in _DATE_TYPES:
            for part in self._list_ids(query, date_type, window.since, window.until, asked):
                ids.update(part)
        fetched = self._fetch(sorted(ids, key=int), asked)
        return Retrieved(
            keys=fetched.keys,
            announced=len(ids),
            ids=frozenset(ids),
            missing=fetched.missing,
            requests=asked.count,
        )

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """The records of these PMIDs."""
        asked = _Counter(get)
        wanted = sorted({pmid for value in ids if (pmid := normal_pmid(value))}, key=int)
        fetched = self._fetch(wanted, asked)
        return Retrieved(
            keys=fetched.keys,
            announced=len(wanted),
            ids=frozenset(wanted),
            missing=fetched.missing,
            requests=asked.count,
        )

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """The items of an efetch answer."""
        return pubmed_xml.parse(document)

    def _list_ids(
        self, query: Query, date_type: str, since: date, until: date, asked: "_Counter"
    ) -> Iterator[tuple[str, ...]]:
        """The ids of one date window, in parts that esearch can list completely."""
        found = self._search(query, query.text, date_type, since, until, asked)
        if found.count <= _MAX_IDS:
            yield found.ids
        elif since < until:
            middle = since + (until - since) // 2
            yield from self._list_ids(query, date_type, since, middle, asked)
            yield from self._list_ids(query, date_type, middle + timedelta(days=1), until, asked)
        else:
            yield from self._list_day(query, date_type, since, found.count, asked)

    def _list_day(
        self, query: Query, date_type: str, day: date, count: int, asked: "_Counter"
    ) -> Iterator[tuple[str, ...]]:
        """The ids of one day that has too many of them, in parts by entry date."""
        waiting = [(_FIRST_ENTRY, day)]
        listed = 0
        while waiting:
            first, last = waiting.pop()
            text = f'({query.text}) AND ("{_day(first)}"[edat] : "{_day(last)}"[edat])'
            found = self._search(query, text, date_type, day, day, asked)
            if found.count <= _MAX_IDS:
                listed += found.count
                yield found.ids
            elif first < last:
                middle = first + (last - first) // 2
                waiting += [(first, middle), (middle + timedelta(days=1), last)]
            else:
                raise UnreconciledError(
                    f"pubmed query {query.name!r}, {date_type} {day}, entered {first}: {found.count} hits, more than"
                    f" the {_MAX_IDS} PubMed lists; narrow the query"
                )
        if listed != count:
            raise UnreconciledError(
                f"pubmed query {query.name!r}, {date_type} {day}: PubMed counts {count} and {listed} by entry date"
            )

    def _search(self, query: Query, text: str, date_type: str, since: date, until: date, asked: "_Counter") -> _Search:
        """One answer of esearch, whose ids are as many as it counts unless there are too many.

        Raises:
            QueryRejectedError: PubMed complains of the query.
            UnreconciledError: the ids are not as many as it counts.
        """
        parameters = {
            "db": "pubmed",
            "term": text,
            "datetype": date_type,
            "mindate": _day(since),
            "maxdate": _day(until),
            "retmax": str(_MAX_IDS),
            "retmode": "xml",
        }
        request = self._request("esearch.fcgi", parameters)
        found = read_search(asked(request, check_search).body)
        where = f"pubmed query {query.name!r}, {date_type} {since} to {until}"
        if found.complaints:
            raise QueryRejectedError(f"{where}: PubMed says {'; '.join(found.complaints)}; mend it in review.toml")
        if found.count <= _MAX_IDS and len(set(found.ids)) != found.count:
            raise UnreconciledError(f"{where}: PubMed counts {found.count} and lists {len(set(found.ids))} ids")
        return found

    def _fetch(self, ids: Sequence[str], asked: "_Counter") -> Retrieved:
        keys: list[str] = []
        missing: dict[str, str] = {}
        for start in range(0, len(ids), self._settings.page_size):
            batch = ids[start : start + self._settings.page_size]
            returned = self._fetch_batch(batch, asked, keys)
            for pmid in sorted(set(batch) - returned, key=int):
                if pmid not in self._fetch_batch([pmid], asked, keys):
                    missing[pmid] = "listed or cited, but not returned by PubMed, not even alone"
        return Retrieved(keys=tuple(keys), missing=missing)

    def _fetch_batch(self, ids: Sequence[str], asked: "_Counter", keys: list[str]) -> set[str]:
        parameters = {"db": "pubmed", "id": ",".join(ids), "retmode": "xml"}
        request = self._request("efetch.fcgi", parameters)
        payload = asked(request, _check_fetch)
        keys.append(asked.last_key)
        return {item.source_id for item in pubmed_xml.parse(io.BytesIO(payload.body)) if isinstance(item, Record)}

    def _request(self, program: str, parameters: dict[str, str]) -> Request:
        common = {"tool": "livingreview"}
        if self._settings.email:
            common["email"] = self._settings.email
        key = self._settings.api_key.get_secret_value()
        return Request(
            url=f"{self._settings.base_url}/{program}",
            parameters=common | parameters,
            secrets={"api_key": key} if key else {},
            is_post=True,
        )


def _day(moment: date) -> str:
    return moment.strftime("%Y/%m/%d")


class _Counter:
    """A getter that counts."""

    def __init__(self, get: Getter) -> None:
        self._get = get
        self.count = 0
        self.last_key = ""

    def __call__(self, request: Request, check: Check) -> Payload:
        kept = self._get(request, check)
        self.count += 1
        self.last_key = kept.key
        return kept.payload


def read_search(body: bytes) -> _Search:
    """An esearch answer.

    Raises:
        InputError: it is not one.
    """
    if b"<!ENTITY" in body:
        raise InputError("esearch: the answer declares entities; it is not read")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  (a document that declares entities has been refused)
    except ElementTree.ParseError as error:
        raise InputError(f"esearch: the answer is not XML ({error})") from error
    if root.tag != "eSearchResult":
        raise InputError(f"esearch: the answer is a <{root.tag}>")
    if (fault := root.findtext("ERROR")) is not None:
        raise InputError(f"esearch: PubMed answers ERROR: {fault}")
    count = root.findtext("Count") or ""
    if not count.isdigit():
        raise InputError("esearch: the answer has no count")
    complaints = [
        f"{item.tag}: {' '.join((item.text or '').split())}"
        for name in ("ErrorList", "WarningList")
        for item in root.iterfind(f"{name}/*")
        if item.tag not in _HARMLESS_WARNINGS
    ]
    ids = tuple(pmid for item in root.iterfind("IdList/Id") if (pmid := normal_pmid(item.text or "")))
    return _Search(int(count), ids, tuple(complaints))


def check_search(payload: Payload) -> None:
    """Has an answer that is no esearch answer asked for again.

    Raises:
        ServiceFaultError: it is not one.
    """
    try:
        read_search(payload.body)
    except InputError as error:
        raise ServiceFaultError(f"pubmed: {error}") from error


def _check_fetch(payload: Payload) -> None:
    head = payload.body[:2000]
    if fault := re.search(rb"<ERROR>(.*?)</ERROR>", head, re.DOTALL):
        raise ServiceFaultError(f"pubmed: efetch answers ERROR: {fault.group(1).decode('utf-8', 'replace')}")
    try:
        for _ in pubmed_xml.parse(io.BytesIO(payload.body)):
            pass
    except InputError as error:
        raise ServiceFaultError(f"pubmed: efetch: {error}") from error
