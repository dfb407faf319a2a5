"""Citations -> PMIDs: ecitmatch on journal, year, volume, page and author, then esearch on the title.

``ecitmatch.cgi`` takes one citation a line, ``journal|year|volume|page|author|key|``, and answers the same line with a
PMID, ``NOT_FOUND`` or ``AMBIGUOUS`` behind it. It matches numbers, not titles, so every answer is read from PubMed and
held against the title, year and author of the citation; that comparison is the confidence.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from livingreview.config import PubmedSettings
from livingreview.errors import ServiceFaultError
from livingreview.records import Record, Reference
from livingreview.records.exchange import Payload, Request
from livingreview.records.identifiers import normal_pmid, normal_title
from livingreview.sources.base import Getter, Kept, ask
from livingreview.sources.http import Check
from livingreview.sources.pubmed import articles
from livingreview.sources.pubmed.source import PubmedSource, read_search_answer

_BATCH = 25
_MAX_CANDIDATES = 5
_KEY = re.compile(r"\d{1,10}", re.ASCII)
_TITLE_WEIGHT, _YEAR_WEIGHT, _AUTHOR_WEIGHT = 0.8, 0.1, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A proposal for one reference.

    Attributes:
        confidence: between 0 and 1: 0.8 of it from the title's likeness, 0.1 each from year and first author.
        way: ``ecitmatch`` or ``title``; empty when nothing was found.
        record: what PubMed has; None when nothing was found.
    """

    reference: Reference
    pmid: str = ""
    doi: str = ""
    confidence: float = 0.0
    way: str = ""
    record: Record | None = None


def match_references(references: Sequence[Reference], settings: PubmedSettings, get: Getter) -> list[Match]:
    """A proposal for each reference, in their order.

    Raises:
        SourceError: PubMed could not be asked.
    """
    pubmed = PubmedSource(settings)
    by_numbers = _cited(references, settings, get)
    records = _records(pubmed, sorted(set(by_numbers.values())), get)
    matches = []
    for reference in references:
        pmid = by_numbers.get(reference.ref_no, "")
        best = _best(reference, [records[pmid]] if pmid in records else [], "ecitmatch")
        if best.confidence < 0.9:
            found = _titled(reference, settings, get)
            by_title = _best(reference, list(_records(pubmed, found, get).values()), "title")
            best = max(best, by_title, key=lambda match: match.confidence)
        matches.append(best)
    return matches


def _cited(references: Sequence[Reference], settings: PubmedSettings, get: Getter) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(references), _BATCH):
        lines = "\r".join(_line(reference) for reference in references[start : start + _BATCH])
        request = Request(
            url=f"{settings.base_url}/ecitmatch.cgi",
            parameters={"db": "pubmed", "retmode": "xml", "bdata": lines, "tool": "livingreview"},
        )
        answer = get(request, _check_lines).payload.body.decode("utf-8", "replace")
        for line in answer.splitlines():
            parts = line.strip().split("|")
            if len(parts) >= 7 and _KEY.fullmatch(parts[5]) and (pmid := normal_pmid(parts[6])):
                found[int(parts[5])] = pmid
    return found


def _line(reference: Reference) -> str:
    first_page = re.split(r"[-–]", reference.page)[0].strip()
    fields = (reference.journal.replace(".", ""), str(reference.year), reference.volume, first_page)
    return "|".join((*fields, reference.first_author, str(reference.ref_no), ""))


def _check_lines(payload: Payload) -> None:
    if payload.body.lstrip()[:1] == b"<":
        raise ServiceFaultError("pubmed: ecitmatch answers markup in place of lines")


def _titled(reference: Reference, settings: PubmedSettings, get: Getter) -> list[str]:
    words = normal_title(reference.title)
    request = Request(
        url=f"{settings.base_url}/esearch.fcgi",
        parameters={
            "db": "pubmed",
            "term": f"{words}[ti]",
            "retmax": str(_MAX_CANDIDATES),
            "retmode": "xml",
            "tool": "livingreview",
        },
        is_post=True,
    )
    return list(ask(get, request, read_search_answer)[1].ids)


def _records(pubmed: PubmedSource, pmids: Sequence[str], get: Getter) -> dict[str, Record]:
    kept: dict[str, bytes] = {}

    def keeping(request: Request, check: Check | None = None) -> Kept:
        answer = get(request, check)
        kept[answer.key] = answer.payload.body
        return answer

    if not pmids:
        return {}
    retrieved = pubmed.retrieve_ids(pmids, keeping)
    return {
        item.source_id: item
        for key in retrieved.keys
        for item in articles.parse(io.BytesIO(kept[key]))
        if isinstance(item, Record)
    }


def _best(reference: Reference, records: Sequence[Record], way: str) -> Match:
    matches = [
        Match(
            reference=reference,
            pmid=record.pmid,
            doi=record.doi,
            confidence=round(likeness(reference, record), 3),
            way=way,
            record=record,
        )
        for record in records
    ]
    return max(matches, key=lambda match: match.confidence, default=Match(reference=reference))


def likeness(reference: Reference, record: Record) -> float:
    """How sure it is that a record is what a reference cites, between 0 and 1."""
    title = SequenceMatcher(None, normal_title(reference.title), normal_title(record.title)).ratio()
    year = record.publication_date[:4]
    is_year = year.isdigit() and abs(int(year) - reference.year) <= 1
    first = normal_title(record.persons[0].family) if record.persons else ""
    is_author = bool(first) and first == normal_title(reference.first_author)
    return _TITLE_WEIGHT * title + _YEAR_WEIGHT * is_year + _AUTHOR_WEIGHT * is_author
