"""What each service answers, given the world: status, media type, body and headers."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from support.terms import Term, is_in_text, matches, terms_of
from support.world import ARTICLE_HEAD, ARTICLE_TAIL, World, updated_of

_MAX_LISTED = 9_999
_KNOWN_TAGS = frozenset(
    {
        "",
        "tiab",
        "ti",
        "ab",
        "mh",
        "mh:noexp",
        "pt",
        "uid",
        "pmid",
        "au",
        "dp",
        "all fields",
        "title/abstract",
        "tw",
        "aid",
        "doi",
    }
)
_SEARCH_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN"'
    ' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)
_XML = "text/xml; charset=UTF-8"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer."""

    body: bytes
    media_type: str = _XML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def _plain(status: int, words: str) -> Answer:
    return Answer(words.encode(), "text/plain", status)


def _json(value: Any) -> Answer:
    return Answer(json.dumps(value).encode(), _JSON)


# E-utilities


def esearch(world: World, asked: Mapping[str, str]) -> Answer:
    """PubMed's search: counts, at most 9,999 ids, complaints beside a count as if all were well."""
    if asked.get("db") != "pubmed" or not asked.get("term"):
        return Answer(f"{_SEARCH_HEAD}<eSearchResult><ERROR>Empty term and query_key</ERROR></eSearchResult>".encode())
    start = int(asked.get("retstart", "0"))
    if start > _MAX_LISTED - 1:
        words = "Search Backend failed: Exception: 'retstart' cannot be larger than 9998."
        body = f"{_SEARCH_HEAD}<eSearchResult><ERROR>{words}</ERROR></eSearchResult>".encode()
        return Answer(body, status=400 if world.retstart_error == "status" else 200)
    term = asked["term"]
    complaints = _complaints(world, term)
    since, until = _window(asked)
    kind = asked.get("datetype", "")
    found = [
        article.pmid
        for article in world.articles.values()
        if (not kind or since <= article.dates()[kind] <= until)
        and matches(term, lambda one: _holds(world, one, article))  # noqa: B023
    ]
    found.sort(key=int, reverse=True)
    listed = found[start : start + min(int(asked.get("retmax", "20")), _MAX_LISTED)]
    ids = "".join(f"<Id>{pmid}</Id>\n" for pmid in listed)
    if not found and "<WarningList>" not in complaints:
        complaints += "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
    return Answer(
        f"{_SEARCH_HEAD}<eSearchResult><Count>{len(found) + world.count_offset}</Count><RetMax>{len(listed)}</RetMax>"
        f"<RetStart>{start}</RetStart><IdList>\n{ids}</IdList><TranslationSet/>"
        f"<QueryTranslation>{escape(term)}</QueryTranslation>{complaints}</eSearchResult>".encode()
    )


def _window(asked: Mapping[str, str]) -> tuple[date, date]:
    def moment(name: str, default: str) -> date:
        year, month, day = asked.get(name, default).split("/")
        return date(int(year), int(month), int(day))

    return moment("mindate", "1600/01/01"), moment("maxdate", "3000/01/01")


def _complaints(world: World, term: str) -> str:
    fields, phrases = [], []
    for one in terms_of(term):
        if isinstance(one, Term):
            if one.tag.lower() not in _KNOWN_TAGS:
                fields.append(one.tag)
            is_unknown_doi = one.tag == "doi" and all(
                one.text != other.doi.lower() for other in world.articles.values()
            )
            if one.text.lower() in world.unknown_phrases or is_unknown_doi:
                phrases.append(one.text)
    if not fields and not phrases:
        return ""
    return (
        "<ErrorList>"
        + "".join(f"<PhraseNotFound>{escape(name)}</PhraseNotFound>" for name in phrases)
        + "".join(f"<FieldNotFound>{escape(name)}</FieldNotFound>" for name in fields)
        + "</ErrorList>"
    )


def _holds(world: World, term: Term, article: Any) -> bool:
    if term.tag.lower() in ("uid", "pmid"):
        first, _, last = term.text.partition(":")
        return int(first) <= int(article.pmid) <= int(last or first) if first.isdigit() else False
    if term.is_range:
        first, last = (date(*map(int, day.split("/"))) for day in term.text.split(","))
        return bool(first <= article.dates()[term.field] <= last)
    if term.tag.lower() in ("aid", "doi"):
        return term.text.lower() == article.doi.lower()
    # What PubMed does not know it leaves out, which widens the search.
    if term.tag.lower() not in _KNOWN_TAGS or term.text.lower() in world.unknown_phrases:
        return True
    return is_in_text(term, article.title.lower() if term.tag == "ti" else article.text())


def efetch(world: World, asked: Mapping[str, str]) -> Answer:
    """The records of some PMIDs; one that is not there is simply not in the answer."""
    ids = [one.strip() for one in asked.get("id", "").split(",") if one.strip()]
    if asked.get("db") != "pubmed" or not ids:
        return _plain(400, "ID list is empty! Possibly it has no correct IDs.")
    found = [world.articles[pmid] for pmid in dict.fromkeys(ids) if pmid in world.articles]
    return Answer(
        ARTICLE_HEAD + b"\n".join(article.to_xml() for article in found if article.is_returned) + ARTICLE_TAIL
    )


def ecitmatch(world: World, asked: Mapping[str, str]) -> Answer:
    """Citations by their numbers; here by year and first author, which is enough to tell articles apart."""
    lines = []
    for line in re.split(r"[\r\n]+", asked.get("bdata", "")):
        parts = line.split("|")
        if len(parts) < 6:
            continue
        found = [
            article.pmid
            for article in world.articles.values()
            if str(article.edat.year) == parts[1] and article.authors and article.authors[0][0] == parts[4]
        ]
        answer = found[0] if len(found) == 1 else "AMBIGUOUS" if found else "NOT_FOUND"
        lines.append("|".join([*parts[:6], answer]))
    return Answer(("\n".join(lines) + "\n").encode(), "text/plain")


def einfo(_world: World, _asked: Mapping[str, str]) -> Answer:
    """The list of databases."""
    return Answer(
        b'<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eInfoResult PUBLIC "-//NLM//DTD einfo 20190110//EN"'
        b' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20190110/einfo.dtd">\n'
        b"<eInfoResult><DbList><DbName>pubmed</DbName></DbList></eInfoResult>"
    )


# ClinicalTrials.gov API v2

_STUDY_PARAMETERS = re.compile(
    r"query\.(cond|term|locn|titles|intr|outc|spons|lead|id|patient)|filter\.(overallStatus|geo|ids|advanced|synonyms)"
    r"|postFilter\.\w+|aggFilters|geoDecay|fields|sort|countTotal|pageSize|pageToken|format|markupFormat"
)
_ONLY_NUMBERS = re.compile(r"(?:\s*(?:OR|,)?\s*NCT\d{8})+\s*", re.IGNORECASE)


def version(world: World, _asked: Mapping[str, str]) -> Answer:
    """The registry's own time."""
    return _json({"apiVersion": "2.0.5", "dataTimestamp": world.data_timestamp})


def studies(world: World, asked: Mapping[str, str]) -> Answer:
    """One page of a search."""
    for name in asked:
        if not _STUDY_PARAMETERS.fullmatch(name):
            return _plain(400, f"parameter `{name}` is unknown")
    if asked.get("format", "json") != "json":
        return _plain(400, "`format` has incorrect value")
    size = int(asked.get("pageSize", "10"))
    if size < 0:
        return _plain(400, "`pageSize` has incorrect value")
    size = min(size or 10, 1000)
    mark = _mark(asked)
    start = 0
    if token := asked.get("pageToken"):
        try:
            mark_before, start_text = base64.urlsafe_b64decode(token).decode().rsplit("|", 1)
            start = int(start_text)
        except ValueError:
            return _plain(400, "`pageToken` has incorrect value")
        if mark_before != mark:
            return _plain(400, "`pageToken` does not fit the other parameters")
    try:
        found = _find_studies(world, asked)
    except ValueError as error:
        return _plain(400, f"Invalid query: {error}")
    page: dict[str, Any] = {}
    if asked.get("countTotal") == "true" and not token:
        page["totalCount"] = len(found) + world.total_offset
    # A token over 100,000 stands for the place after an empty page.
    is_empty = world.is_paged_emptily and start < 100_000 and start > 0
    start %= 100_000
    page["studies"] = [] if is_empty else found[start : start + size]
    if asked.get("fields") == "NCTId":
        numbers = [one["protocolSection"]["identificationModule"]["nctId"] for one in page["studies"]]
        page["studies"] = [{"protocolSection": {"identificationModule": {"nctId": one}}} for one in numbers]
    following = start + 100_000 if is_empty else start + size
    if is_empty or following < len(found):
        page["nextPageToken"] = base64.urlsafe_b64encode(f"{mark}|{following}".encode()).decode()
    return _json(page)


def _mark(asked: Mapping[str, str]) -> str:
    rest = {name: value for name, value in asked.items() if name not in ("pageToken", "countTotal", "pageSize")}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:12]


def _find_studies(world: World, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    queries = [value for name, value in sorted(asked.items()) if name.startswith("query.") and value]
    numbers = {one.strip().upper() for one in re.split(r"[,|]", asked.get("filter.ids", "")) if one.strip()}
    advanced = asked.get("filter.advanced", "")
    if queries and all(_ONLY_NUMBERS.fullmatch(query) for query in queries):
        numbers, advanced = set(re.findall(r"NCT\d{8}", " ".join(queries).upper())), ""
        queries = []
    return [
        _with_aliases(world, one)
        for number, one in sorted(world.studies.items())
        if (not numbers or number in numbers or numbers & {old for old, new in world.aliases.items() if new == number})
        and matches(advanced, lambda term: _study_holds(term, one))  # noqa: B023
        and all(matches(query, lambda term: _study_holds(term, one)) for query in queries)  # noqa: B023
    ]


def _study_holds(term: Term, one: dict[str, Any]) -> bool:
    if term.is_range:
        if term.field != "LastUpdatePostDate":
            raise ValueError(f"unknown area {term.field}")
        low, high = term.text.split(",")
        return (low.strip() == "MIN" or low.strip() <= updated_of(one)) and (
            high.strip() == "MAX" or updated_of(one) <= high.strip()
        )
    protocol = one["protocolSection"]
    names, conditions = protocol["identificationModule"], protocol.get("conditionsModule", {})
    interventions = protocol.get("armsInterventionsModule", {}).get("interventions", [])
    text = " ".join(
        (
            names.get("briefTitle", ""),
            names.get("officialTitle", ""),
            protocol.get("descriptionModule", {}).get("briefSummary", ""),
            *conditions.get("conditions", ()),
            *(item.get("name", "") for item in interventions),
        )
    )
    return is_in_text(term, text.lower())


def single_study(world: World, number: str) -> Answer:
    """One study; an alias is answered with the address of the study that it was merged into."""
    number = number.upper()
    if not re.fullmatch(r"NCT\d{8}", number):
        return _plain(400, f"NCT ID `{number}` has incorrect format")
    if number in world.aliases:
        return Answer(b"", "text/plain", 301, {"Location": f"/api/v2/studies/{world.aliases[number]}"})
    if number not in world.studies:
        return _plain(404, f"NCT number {number} not found")
    return _json(_with_aliases(world, world.studies[number]))


def _with_aliases(world: World, one: dict[str, Any]) -> dict[str, Any]:
    """A study with the numbers of those that were merged into it."""
    names = one["protocolSection"]["identificationModule"]
    if not (aliases := sorted(old for old, new in world.aliases.items() if new == names["nctId"])):
        return one
    return one | {
        "protocolSection": one["protocolSection"] | {"identificationModule": names | {"nctIdAliases": aliases}}
    }


def study_history(world: World, number: str, version: str) -> Answer:
    """The versions of a study, or one of them, as the history tab gets them."""
    states = world.histories.get(number, [])
    if not version:
        changes = [
            {
                "version": place,
                "date": one["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"],
                "status": one["protocolSection"]["statusModule"]["overallStatus"],
                "moduleLabels": ["Study Status"],
            }
            for place, one in enumerate(states)
        ]
        return _json({"changes": changes}) if states else _plain(404, f"NCT number {number} not found")
    return _json({"studyVersion": int(version), "study": states[int(version)]})


# Crossref

_RATE = {"x-rate-limit-limit": "10000", "x-rate-limit-interval": "1s", "x-api-pool": "polite"}


def crossref_list(world: World, asked: Mapping[str, str]) -> Answer:
    """Works by filter, and by cursor; a doi that is not there is left out without a word."""
    filters = [part.split(":", 1) for part in asked.get("filter", "").split(",") if part]
    dois = {value.lower() for name, value in filters if name == "doi"}
    days = {name: value for name, value in filters if name != "doi"}
    words = asked.get("query.bibliographic", "").lower().split()
    found = [
        work
        for doi, work in sorted(world.works.items())
        if (not dois or doi in dois)
        and days.get("from-index-date", "") <= work["indexed"]["date-time"][:10]
        and work["indexed"]["date-time"][:10] <= days.get("until-index-date", "9")
        and all(word in _citation(work) for word in words)
    ]
    size, cursor = int(asked.get("rows", "20")), asked.get("cursor", "")
    start = 0 if cursor in ("", "*") else int(base64.urlsafe_b64decode(cursor).decode())
    message: dict[str, Any] = {
        "facets": {},
        "total-results": len(found) + world.total_offset,
        "items": found[start : start + size],
        "items-per-page": size,
        "query": {"start-index": 0, "search-terms": None},
    }
    if cursor:
        message["next-cursor"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return _crossref("work-list", message)


def _citation(work: Mapping[str, Any]) -> str:
    """What a search in free words looks into."""
    names = " ".join(author["family"] for author in work["author"])
    return f"{work['title'][0]} {names} {work['published']['date-parts'][0][0]}".lower()


def crossref_work(world: World, doi: str) -> Answer:
    """One work; a doi that was merged into another is answered with the other's work."""
    doi = world.aliases.get(doi.lower(), doi.lower())
    if doi not in world.works:
        return Answer(b"Resource not found.", "text/plain", 404, _RATE)
    return _crossref("work", world.works[doi])


def _crossref(message_type: str, message: Any) -> Answer:
    answer = {"status": "ok", "message-type": message_type, "message-version": "1.0.0", "message": message}
    return Answer(json.dumps(answer).encode(), _JSON, headers=_RATE)


# Europe PMC


def europepmc(world: World, asked: Mapping[str, str]) -> Answer:
    """One page of a search, by cursor."""
    query = asked.get("query", "")
    if asked.get("format") != "json" or not query:
        return _json({"version": "6.9", "errCode": 404, "errMsg": "No query was submitted"})
    cursor = asked.get("cursorMark", "*")
    size = min(int(asked.get("pageSize", "25")), 1000)
    start = 0 if cursor == "*" else int(base64.urlsafe_b64decode(cursor).decode())
    found = [
        one
        for _, one in sorted(world.preprints.items())
        if matches(query, lambda term: _preprint_holds(term, one))  # noqa: B023
    ]
    page: dict[str, Any] = {
        "version": "6.9",
        "hitCount": len(found),
        "request": {"queryString": query, "resultType": "core", "cursorMark": cursor, "pageSize": size},
        "resultList": {"result": found[start : start + size]},
    }
    if page["resultList"]["result"]:
        page["nextCursorMark"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return _json(page)


def _preprint_holds(term: Term, one: dict[str, Any]) -> bool:
    if term.is_range:
        low, high = term.text.split(" TO ")
        name = {"CREATION_DATE": "dateOfCreation", "UPDATE_DATE": "dateOfRevision"}.get(term.field, "firstIndexDate")
        return low <= one[name] <= high
    if term.field == "SRC":
        return bool(one["source"] == term.text)
    if term.field == "EXT_ID":
        return bool(one["id"] == term.text)
    return is_in_text(term, f"{one['title']} {one['abstractText']}".lower())
