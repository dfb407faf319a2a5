"""What the parts of a PubMed article mean: a piece of XML -> a record. Every rule stands here, once.

How the parts are found is said in :mod:`~livingreview.sources.pubmed.xml_shape`, which of them there are in
:mod:`~livingreview.sources.pubmed.dtd`.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache, partial
from typing import Any, Final

from livingreview.records import Kind, Notice, Person, Record, Section
from livingreview.records.identifiers import nct_ids, normal_doi, normal_pmcid, normal_pmid
from livingreview.sources.pubmed.dtd import MODEL
from livingreview.sources.pubmed.xml_shape import plain, value, without_markup, words
from livingreview.sources.values.dates import free_date, partial_date
from livingreview.sources.values.mesh import mesh_headings

READER_VERSION: Final = 1
"""Articles whose bytes were read under another number are read again when they come again.

Raise it when a change of what reads an article (this module, its DTD and shape, dates, MeSH headings, identifiers, the
record and its stored form) may make another record of the same bytes. ``tests/test_versions.py`` fails when that code
changes and nobody looked at this number.
"""

_PREPRINT = "Preprint"
_KEPT = {
    "PubmedArticle": (
        *("in_MedlineCitation", "in_Article", "@Status", "PMID", "@Version", "DateRevised", "ISSN", "Volume", "Issue"),
        *("PubDate", "Title", "ISOAbbreviation", "ArticleTitle", "MedlinePgn", "ELocationID", "Abstract", "AuthorList"),
        *("Language", "DataBankList", "PublicationTypeList", "VernacularTitle", "ArticleDate", "MedlineTA"),
        *("NlmUniqueID", "ISSNLinking", "ChemicalList", "CommentsCorrectionsList", "MeshHeadingList", "KeywordList"),
        *("History", "ArticleIdList"),
    ),
    "PubmedBookArticle": (
        *("in_BookDocument", "PMID", "ArticleIdList", "Book", "ArticleTitle", "VernacularTitle", "Language"),
        *("AuthorList", "PublicationType", "Abstract", "KeywordList", "ContributionDate", "DateRevised", "History"),
    ),
    "Book": ("BookTitle", "PubDate", "AuthorList"),
    "ELocationID": ("@EIdType", "@ValidYN", "text"),
    "AbstractText": ("@Label", "text"),
    "Author": ("LastName", "ForeName", "Initials", "CollectiveName", "Affiliation", "Identifier", "AffiliationInfo"),
    "Identifier": ("@Source", "text"),
    "Chemical": ("NameOfSubstance",),
    "CommentsCorrections": ("@RefType", "RefSource", "PMID"),
    "MeshHeading": ("DescriptorName", "QualifierName"),
    "ArticleId": ("@IdType", "text"),
}
"""Element -> the parts of it that are read, in the order of the model; of the others only their text."""

_VERSION = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_DATE_PART = re.compile(r"<(\w+)>([^<]*+)</")
_OTHER_LIST = re.compile(r'\s*<AuthorList[^<]* Type="(?!authors")')
_PUBLISHED = re.compile(r"<ArticleDate.*?</ArticleDate>", re.DOTALL)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return MODEL.pattern(name, *_KEPT.get(name, ("text",)))


def _all(name: str, written: str | None) -> list[Any]:
    """The kept parts of every element of this name: texts where there is one, tuples where there are several."""
    return _pattern(name).findall(written) if written else []


def _texts(name: str, written: str | None) -> tuple[str, ...]:
    """The texts of every element of this name that has one."""
    return tuple([text for one in _all(name, written) if (text := words(one))])


# Few kinds of publication are written in many articles, and neighbours share an affiliation.
_known_types = lru_cache(maxsize=1024)(partial(_texts, "PublicationType"))
_known_languages = lru_cache(maxsize=64)(partial(_texts, "Language"))
_known_affiliations = lru_cache(maxsize=256)(partial(_texts, "Affiliation"))
# A doi stands twice in most articles.
_known_doi = lru_cache(maxsize=64)(normal_doi)


def record(piece: bytes, name: str) -> Record:
    """The record of one article or book.

    Args:
        piece: its XML in UTF-8.
        name: the element that it is, ``PubmedArticle`` or ``PubmedBookArticle``.

    Raises:
        ValueError: it is not well-formed, or lacks what makes it a record.
    """
    pattern = _pattern(name)
    text = plain(piece)
    found = (
        pattern.fullmatch(text)
        or pattern.fullmatch(without_markup(text))
        or pattern.fullmatch(MODEL.written_anew(piece))
    )
    if found is None:
        raise ValueError(f"no {name}")
    return (_book if name == "PubmedBookArticle" else _article)(found.groupdict())


def _article(parts: dict[str, str | None]) -> Record:
    if parts["in_MedlineCitation"] is None:
        raise ValueError("no MedlineCitation")
    if parts["in_Article"] is None:
        raise ValueError("no Article")
    pmid = normal_pmid(words(parts["PMID"]))
    if not pmid:
        raise ValueError("no PMID")
    version = value(parts["Version"])
    abstract = _abstract(parts["Abstract"])
    accessions = tuple([words(text) for text in _all("AccessionNumber", parts["DataBankList"])])
    mentioned = " ".join((*accessions, *[section.text for section in abstract]))
    types = _known_types(parts["PublicationTypeList"])
    ids = _all("ArticleId", parts["ArticleIdList"])
    return Record(
        source="pubmed",
        source_id=pmid,
        kind=Kind.PREPRINT if _PREPRINT in types else Kind.ARTICLE,
        title=words(parts["ArticleTitle"]),
        vernacular_title=words(parts["VernacularTitle"]),
        abstract=abstract,
        language=_known_languages(parts["Language"]),
        journal=words(parts["Title"]),
        journal_abbreviation=words(_either(parts["ISOAbbreviation"], parts["MedlineTA"])),
        issn=words(_either(parts["ISSNLinking"], parts["ISSN"])),
        nlm_id=words(parts["NlmUniqueID"]),
        volume=words(parts["Volume"]),
        issue=words(parts["Issue"]),
        pages=words(parts["MedlinePgn"]),
        publication_date=_date(parts["PubDate"]) or _published(parts["ArticleDate"]),
        persons=_persons(parts["AuthorList"]),
        publication_types=types,
        mesh=_mesh(parts["MeshHeadingList"]),
        keywords=_texts("Keyword", parts["KeywordList"]),
        chemicals=tuple([words(name) for name in _all("Chemical", parts["ChemicalList"])]),
        pmid=pmid,
        doi=_doi(ids) or _electronic_doi(parts["ELocationID"]),
        pmcid=_last([normal_pmcid(words(text)) for kind, text in ids if kind == "pmc"]),
        nct_ids=nct_ids(mentioned),
        accessions=accessions,
        notices=tuple(_notices(parts["CommentsCorrectionsList"])),
        source_version=int(version) if _VERSION.fullmatch(version) else 1,
        source_date=_date(parts["DateRevised"]),
        created_date=_history(parts["History"], "entrez"),
        indexing_status=value(parts["Status"]),
    )


def _book(parts: dict[str, str | None]) -> Record:
    if parts["in_BookDocument"] is None:
        raise ValueError("no BookDocument")
    pmid = normal_pmid(words(parts["PMID"]))
    if not pmid:
        raise ValueError("no PMID")
    found = _pattern("Book").fullmatch((parts["Book"] or "").strip())
    whole = found.groupdict() if found else dict.fromkeys(_KEPT["Book"])
    title = words(whole["BookTitle"])
    dois = [text for kind, text in _all("ArticleId", parts["ArticleIdList"]) if kind == "doi"]
    return Record(
        source="pubmed",
        source_id=pmid,
        kind=Kind.BOOK,
        title=words(parts["ArticleTitle"]) or title,
        vernacular_title=words(parts["VernacularTitle"]),
        abstract=_abstract(parts["Abstract"]),
        language=tuple([words(text) for text in _all("Language", parts["Language"])]),
        journal=title,
        publication_date=_date(whole["PubDate"]),
        persons=_persons(parts["AuthorList"]) + _persons(whole["AuthorList"]),
        publication_types=tuple([words(text) for text in _all("PublicationType", parts["PublicationType"])]),
        keywords=_texts("Keyword", parts["KeywordList"]),
        pmid=pmid,
        doi=normal_doi(words(dois[0])) if dois else "",
        source_date=_date(parts["DateRevised"]) or _date(parts["ContributionDate"]),
        created_date=_history(parts["History"], "pubmed"),
    )


def _either(one: str | None, other: str | None) -> str | None:
    return other if one is None else one


def _last(values: list[str]) -> str:
    """The last value that is not empty."""
    return next(filter(None, reversed(values)), "")


@lru_cache(maxsize=4096)
def _date(written: str | None) -> str:
    if not written:
        return ""
    parts = {name: words(text) for name, text in _DATE_PART.findall(written)}
    if "Year" not in parts:
        return free_date(parts.get("MedlineDate", ""))
    return partial_date(parts["Year"], parts.get("Month", ""), parts.get("Day", ""))


def _published(written: str | None) -> str:
    return next(filter(None, map(_date, _PUBLISHED.findall(written or ""))), "")


def _history(written: str | None, status: str) -> str:
    if written is None:
        return ""
    start = written.find(f'<PubMedPubDate PubStatus="{status}">')
    return _date(written[start : written.find("</PubMedPubDate>", start)]) if start >= 0 else ""


def _abstract(written: str | None) -> tuple[Section, ...]:
    return tuple(
        [Section(label=value(label), text=text) for label, one in _all("AbstractText", written) if (text := words(one))]
    )


def _persons(written: str | None) -> tuple[Person, ...]:
    """The authors of every list; lists of editors are none."""
    return tuple(
        [
            Person(
                family=words(family),
                given=words(given) or words(initials),
                collective=words(collective),
                orcid=_orcid(identifiers) if identifiers else "",
                affiliations=_known_affiliations(direct + infos),
            )
            for authors in (written or "").split("</AuthorList>")
            if not _OTHER_LIST.match(authors)
            for family, given, initials, collective, direct, identifiers, infos in _all("Author", authors)
        ]
    )


def _orcid(written: str) -> str:
    found = (words(text).rsplit("/", 1)[-1] for source, text in _all("Identifier", written) if source == "ORCID")
    return next(filter(None, found), "")


def _mesh(written: str | None) -> tuple[str, ...]:
    found: list[str] = []
    for heading, rest in _all("MeshHeading", written):
        found += mesh_headings(words(heading), [words(text) for text in _all("QualifierName", rest)])
    return tuple(found)


def _notices(written: str | None) -> Iterator[Notice]:
    for kind, source, pmid in _all("CommentsCorrections", written):
        # "Cites" is the reference list in the clothes of a notice.
        if kind and kind != "Cites":
            citation = words(source)
            yield Notice(kind=value(kind), pmid=normal_pmid(words(pmid)), doi=normal_doi(citation), citation=citation)


def _doi(ids: list[tuple[str, str]]) -> str:
    return _last([_known_doi(words(text)) for kind, text in ids if kind == "doi"])


def _electronic_doi(written: str | None) -> str:
    found = _all("ELocationID", written)
    return next((_known_doi(words(text)) for kind, valid, text in found if kind == "doi" and valid != "N"), "")
