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
- ``"10.1000/x"[doi]`` finds an article by its doi. Dois that PubMed does not know are complained of beside those
  that it does; each article is believed only for the doi that it gives itself.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import BinaryIO
from xml.etree import ElementTree

from livingreview.config import PubmedSettings, Query
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.records import Record
from livingreview.records.exchange import Payload, Request
from livingreview.records.identifiers import normal_doi, normal_pmid
from livingreview.sources.base import Getter, Item, Listed, Retrieved, Value, Window, ask
from livingreview.sources.pubmed import articles

_MAX_IDS = 9_999
_IDS_A_SEARCH = 500
"""PMIDs in one esearch by POST; its term has no limit that anybody wrote down."""
_DOIS_A_SEARCH = 50
_MAX_RECORDS_A_DOI = 3
"""A retracted and republished article may share its doi with another record; more than this is another search."""
_DATE_TYPES = ("edat", "crdt", "mdat")
_COUNT = re.compile(r"\d{1,10}", re.ASCII)
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
        self._of_several: set[str] = set()

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """Everything entered, created or modified within the window; ``announced`` is the number of distinct ids.

        Raises:
            QueryRejectedError: PubMed does not know a term of the query.
            UnreconciledError: the ids that were listed are not as many as PubMed counts.
        """
        asked = _Counter(get)
        ids = self._list_window(query, window, asked)
        fetched = self._fetch(sorted(ids, key=int), asked)
        return Retrieved(
            keys=fetched.keys,
            announced=len(ids),
            ids=frozenset(ids),
            missing=fetched.missing,
            came_as=fetched.came_as,
            requests=asked.count,
        )

    def list_keys(self, query: Query, window: Window, get: Getter) -> Listed:
        """See :class:`livingreview.sources.base.Lists`."""
        asked = _Counter(get)
        ids = self._list_window(query, window, asked)
        return Listed(keys=frozenset(("pubmed", pmid) for pmid in ids), requests=asked.count)

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """The records of these PMIDs, and of these DOIs, which are looked up.

        Raises:
            UnreconciledError: PubMed lists so many that it cannot have searched for DOIs.
            SourceError: they could not be asked for.
        """
        asked = _Counter(get)
        pmids = sorted({pmid for value in ids if (pmid := normal_pmid(value))}, key=int)
        dois = sorted({doi for value in ids if not normal_pmid(value) and (doi := normal_doi(value))})
        fetched = self._fetch(pmids, asked)
        looked_up = self.retrieve_dois(dois, get) if dois else Retrieved()
        return Retrieved(
            keys=fetched.keys + looked_up.keys,
            announced=len(pmids) + len(dois),
            ids=frozenset(pmids) | looked_up.ids,
            missing={**fetched.missing, **looked_up.missing},
            came_as=fetched.came_as,
            requests=asked.count + looked_up.requests,
        )

    def retrieve_dois(self, dois: Sequence[str], get: Getter) -> Retrieved:
        """The records that bear these DOIs; PubMed says of each what it does not find, which is no fault here.

        Raises:
            UnreconciledError: PubMed lists so many that it cannot have searched for DOIs.
        """
        asked = _Counter(get)
        listed: set[str] = set()
        for start in range(0, len(dois), _DOIS_A_SEARCH):
            part = dois[start : start + _DOIS_A_SEARCH]
            found = self._search_all(" OR ".join(f'"{doi}"[doi]' for doi in part), asked)
            if found.count > _MAX_RECORDS_A_DOI * len(part):
                raise UnreconciledError(
                    f"pubmed: {found.count} records for {len(part)} DOIs; it searched for something else"
                )
            listed.update(found.ids)
        fetched = self._fetch(sorted(listed, key=int), asked)
        wanted = set(dois)
        bearers = {pmid: doi for pmid, doi in sorted(asked.doi_of.items(), reverse=True) if doi in wanted}
        came_as = {doi: pmid for pmid, doi in bearers.items()}
        missing = {doi: "PubMed lists no record with this doi" for doi in dois if doi not in came_as}
        return Retrieved(
            keys=fetched.keys,
            announced=len(listed),
            ids=frozenset(bearers) | frozenset(fetched.missing),
            missing={**fetched.missing, **missing},
            came_as=came_as,
            requests=asked.count,
        )

    def count(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """Asks esearch which of these PMIDs there are; the others are fetched once more, each alone."""
        asked = _Counter(get)
        there: set[str] = set()
        for start in range(0, len(ids), _IDS_A_SEARCH):
            part = ids[start : start + _IDS_A_SEARCH]
            there.update(self._search_all(" OR ".join(f"{pmid}[uid]" for pmid in part), asked).ids)
        absent = sorted(set(ids) - there, key=int)
        keys: list[str] = []
        missing, came_as = self._alone(absent, asked, keys)
        return Retrieved(
            keys=tuple(keys),
            announced=len(ids) - len(absent),
            missing=missing,
            came_as=came_as,
            requests=asked.count,
        )

    def find_among(self, query: Query, ids: Sequence[str], get: Getter) -> frozenset[str]:
        """See :class:`livingreview.sources.base.Searchable`.

        Raises:
            QueryRejectedError: PubMed does not know a term of the query.
        """
        among = " OR ".join(f"{pmid}[uid]" for pmid in sorted(ids, key=int))
        found = self._search_all(f"({query.text}) AND ({among})", _Counter(get))
        if found.complaints:
            raise QueryRejectedError(
                f"pubmed query {query.name!r}: PubMed says {'; '.join(found.complaints)}; mend it in review.toml"
            )
        return frozenset(found.ids) & frozenset(ids)

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """The items of an efetch answer."""
        return articles.parse(document)

    def _search_all(self, term: str, asked: "_Counter") -> "_Search":
        parameters = {"db": "pubmed", "term": term, "retmax": str(_MAX_IDS), "retmode": "xml"}
        return asked(self._request("esearch.fcgi", parameters), read_search_answer)

    def _list_window(self, query: Query, window: Window, asked: "_Counter") -> set[str]:
        """The distinct ids of all three kinds of date."""
        return {
            pmid
            for date_type in _DATE_TYPES
            for part in self._list_ids(query, date_type, window.since, window.until, asked)
            for pmid in part
        }

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
        found = asked(request, read_search_answer)
        where = f"pubmed query {query.name!r}, {date_type} {since} to {until}"
        if found.complaints:
            raise QueryRejectedError(f"{where}: PubMed says {'; '.join(found.complaints)}; mend it in review.toml")
        if found.count <= _MAX_IDS and len(set(found.ids)) != found.count:
            raise UnreconciledError(f"{where}: PubMed counts {found.count} and lists {len(set(found.ids))} ids")
        return found

    def _fetch(self, ids: Sequence[str], asked: "_Counter") -> Retrieved:
        keys: list[str] = []
        missing: dict[str, str] = {}
        came_as: dict[str, str] = {}
        for start in range(0, len(ids), self._settings.page_size):
            batch = ids[start : start + self._settings.page_size]
            returned = self._fetch_batch(batch, asked, keys)
            absent, merged = self._alone(sorted(set(batch) - returned, key=int), asked, keys)
            missing |= absent
            came_as |= merged
        return Retrieved(keys=tuple(keys), missing=missing, came_as=came_as)

    def _alone(self, pmids: Sequence[str], asked: "_Counter", keys: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Fetches each of these alone: what is missing with its reason, and what came under another PMID.

        The answer to another request looks like a merged record; so one that comes under another PMID is asked for
        once more, and a PMID that is given in the place of several is believed for none.
        """
        missing: dict[str, str] = {}
        successors: dict[str, str] = {}
        for pmid in pmids:
            returned = self._fetch_batch([pmid], asked, keys)
            if pmid not in returned and len(returned) == 1:
                again = self._fetch_batch([pmid], asked, keys)
                successors |= {pmid: next(iter(again))} if again == returned else {}
                returned = again
            if pmid not in returned:
                missing[pmid] = "listed or cited, but not returned by PubMed, not even alone"
        self._of_several |= {other for other, times in Counter(successors.values()).items() if times > 1}
        came_as = {pmid: other for pmid, other in successors.items() if other not in self._of_several}
        missing |= {
            pmid: f"PubMed has it as {other} now, which is stored in its place" for pmid, other in came_as.items()
        }
        return missing, came_as

    def _fetch_batch(self, ids: Sequence[str], asked: "_Counter", keys: list[str]) -> set[str]:
        parameters = {"db": "pubmed", "id": ",".join(ids), "retmode": "xml"}
        request = self._request("efetch.fcgi", parameters)
        records = asked(request, _read_records)
        keys.append(asked.last_key)
        asked.doi_of.update({record.source_id: record.doi for record in records if record.doi})
        return {record.source_id for record in records}

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
    """A getter that counts; beside it stands what the fetched records say of their DOIs."""

    def __init__(self, get: Getter) -> None:
        self._get = get
        self.count = 0
        self.doi_of: dict[str, str] = {}
        self.last_key = ""

    def __call__(self, request: Request, read: Callable[[Payload], Value]) -> Value:
        kept, value = ask(self._get, request, read)
        self.count += 1
        self.last_key = kept.key
        return value


def read_search(body: bytes) -> _Search:
    """An esearch answer.

    Raises:
        InputError: it is not one.
    """
    if b"<!ENTITY" in body or b"<!ENTITY" in body.replace(b"\0", b""):
        raise InputError("esearch: the answer declares entities; it is not read")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  (a document that declares entities has been refused)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        # The last two: it names an encoding that is not there, or that takes several bytes a letter.
        raise InputError(f"esearch: the answer is not XML ({error})") from error
    if root.tag != "eSearchResult":
        raise InputError(f"esearch: the answer is a <{root.tag}>")
    if (fault := root.findtext("ERROR")) is not None:
        raise InputError(f"esearch: PubMed answers ERROR: {fault}")
    count = root.findtext("Count") or ""
    if not _COUNT.fullmatch(count):
        raise InputError("esearch: the answer has no count")
    complaints = [
        f"{item.tag}: {' '.join((item.text or '').split())}"
        for name in ("ErrorList", "WarningList")
        for item in root.iterfind(f"{name}/*")
        if item.tag not in _HARMLESS_WARNINGS
    ]
    ids = tuple(pmid for item in root.iterfind("IdList/Id") if (pmid := normal_pmid(item.text or "")))
    return _Search(int(count), ids, tuple(complaints))


def read_search_answer(payload: Payload) -> _Search:
    """What esearch answers; what is no such answer is asked for again.

    Raises:
        ServiceFaultError: it is not one.
    """
    try:
        return read_search(payload.body)
    except InputError as error:
        raise ServiceFaultError(f"pubmed: {error}") from error


def _read_records(payload: Payload) -> list[Record]:
    head = payload.body[:2000]
    if fault := re.search(rb"<ERROR>(.*?)</ERROR>", head, re.DOTALL):
        raise ServiceFaultError(f"pubmed: efetch answers ERROR: {fault.group(1).decode('utf-8', 'replace')}")
    try:
        return [item for item in articles.parse(io.BytesIO(payload.body)) if isinstance(item, Record)]
    except InputError as error:
        raise ServiceFaultError(f"pubmed: efetch: {error}") from error
