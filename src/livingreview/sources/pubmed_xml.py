"""PubMed XML -> records, streaming, one article in memory at a time.

The byte stream is cut at the end tags of articles, the reference list (half of the bytes, none of the facts) is
dropped unread, and each article is parsed by itself: several times the speed of a parser that builds the whole tree
(docs/benchmarks.md), and one broken article costs only itself. No entity is ever resolved: a document with an internal
DTD subset is refused, and an article alone knows none but the five of XML.

Formats: ``PubmedArticleSet`` of efetch and of the baseline and update files (NLM DTD 190101 and later), with
``PubmedArticle``, ``PubmedBookArticle`` and ``DeleteCitation``.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO

from lxml import etree

from livingreview.errors import InputError
from livingreview.identity import nct_ids, normal_doi, normal_pmcid, normal_pmid
from livingreview.records import Deletion, Kind, Notice, Person, Problem, Record, Section
from livingreview.sources.base import Item
from livingreview.sources.dates import free_date, partial_date

_CHUNK_BYTES = 1 << 20
_MAX_ARTICLE_BYTES = 64 << 20
_END = re.compile(rb"</(PubmedArticle|PubmedBookArticle|DeleteCitation|DeleteDocument)>")
_OPENING = {
    name: re.compile(rb"<" + name + rb"[\s>]")
    for name in (b"PubmedArticle", b"PubmedBookArticle", b"DeleteCitation", b"DeleteDocument")
}
_REFERENCES = re.compile(rb"<ReferenceList\b.*</ReferenceList>", re.DOTALL)
_PMID = re.compile(rb"<PMID[^>]*>\s*(\d+)\s*</PMID>")
_SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_PREPRINT = "Preprint"
_Element = Any
"""An lxml element; the library has no types of its own."""


def parse(document: BinaryIO) -> Iterator[Item]:
    """The records and deletions of a PubMed XML document, in their order.

    Raises:
        InputError: it is not PubMed XML, declares entities, or breaks off.
    """
    buffer = b""
    is_set = False
    count = 0
    while chunk := document.read(_CHUNK_BYTES):
        start_search = max(0, len(buffer) - 32)
        buffer += chunk
        start = 0
        for end in _END.finditer(buffer, start_search):
            piece = buffer[start : end.end()]
            start = end.end()
            opening = _OPENING[end.group(1)].search(piece)
            at = opening.start() if opening else 0
            if count == 0:
                is_set = _check_head(piece[:at])
            count += 1
            yield from _items(piece[at:], end.group(1))
        buffer = buffer[start:]
        if len(buffer) > _MAX_ARTICLE_BYTES:
            raise InputError(f"PubMed XML: an article of over {_MAX_ARTICLE_BYTES >> 20} MB; the document is damaged")
    if count == 0:
        is_set = _check_head(buffer)
        if is_set and re.search(rb"<PubmedArticleSet\s*/>", buffer):
            return
    if is_set and b"</PubmedArticleSet>" not in buffer:
        raise InputError(f"PubMed XML: breaks off after {count} articles; fetch the document again")
    if not is_set and (count == 0 or buffer.strip()):
        raise InputError("PubMed XML: no PubmedArticleSet in it, or it breaks off; fetch the document again")


def _check_head(head: bytes) -> bool:
    """Whether the document is a set; refuses what declares anything of its own."""
    if b"<!ENTITY" in head or re.search(rb"<!DOCTYPE[^>]*\[", head):
        raise InputError("PubMed XML: declares entities of its own; such a document is not read")
    encoding = re.search(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9_-]+)", head)
    if encoding is not None and encoding.group(1).lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise InputError(f"PubMed XML: encoded as {encoding.group(1).decode()}; only UTF-8 is read")
    return b"<PubmedArticleSet" in head


def _items(piece: bytes, name: bytes) -> Iterator[Item]:
    if name in (b"DeleteCitation", b"DeleteDocument"):
        for digits in _PMID.findall(piece):
            yield Deletion(source="pubmed", source_id=normal_pmid(digits.decode()))
        return
    if b"<ReferenceList" in piece:
        piece = _REFERENCES.sub(b"", piece)
    try:
        element = etree.fromstring(piece, _parser())
        yield _book(element) if name == b"PubmedBookArticle" else _article(element)
    except (etree.XMLSyntaxError, ValueError) as error:
        found = _PMID.search(piece)
        pmid = normal_pmid(found.group(1).decode()) if found else ""
        yield Problem(source="pubmed", source_id=pmid, reason=f"the article cannot be parsed: {error}")


@cache
def _parser() -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )


def _text(element: _Element | None) -> str:
    """The text of an element with its markup gone; sub- and superscripts become their Unicode letters."""
    if element is None:
        return ""
    if len(element) == 0:
        return " ".join((element.text or "").split())
    parts: list[str] = []
    _collect(element, parts)
    return " ".join("".join(parts).split())


def _collect(element: _Element, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        if child.tag in ("sup", "sub"):
            inner = "".join(child.itertext())
            table = _SUPERSCRIPT if child.tag == "sup" else _SUBSCRIPT
            parts.append(inner.translate(table) if all(ord(char) in table for char in inner) else inner)
        else:
            _collect(child, parts)
        parts.append(child.tail or "")


def _texts(parent: _Element) -> tuple[str, ...]:
    """The texts of the children that have one."""
    return tuple(text for child in parent if (text := _text(child)))


def _date(element: _Element | None) -> str:
    if element is None:
        return ""
    parts = {part.tag: part.text or "" for part in element}
    if "Year" not in parts:
        return free_date(parts.get("MedlineDate", ""))
    return partial_date(parts["Year"], parts.get("Month", ""), parts.get("Day", ""))


def _person(author: _Element) -> Person:
    family = given = initials = collective = orcid = ""
    affiliations: list[str] = []
    for part in author:
        tag = part.tag
        if tag == "LastName":
            family = _text(part)
        elif tag == "ForeName":
            given = _text(part)
        elif tag == "Initials":
            initials = _text(part)
        elif tag == "CollectiveName":
            collective = _text(part)
        elif tag == "Identifier" and part.get("Source") == "ORCID" and not orcid:
            orcid = (part.text or "").strip().rsplit("/", 1)[-1]
        elif tag in ("AffiliationInfo", "Affiliation"):
            affiliations.extend(text for item in part.iter("Affiliation") if (text := _text(item)))
    return Person(
        family=family,
        given=given or initials,
        collective=collective,
        orcid=orcid,
        affiliations=tuple(affiliations),
    )


def _persons(authors: _Element) -> tuple[Person, ...]:
    if authors.get("Type", "authors") != "authors":
        return ()
    return tuple(_person(author) for author in authors if author.tag == "Author")


def _abstract(parent: _Element) -> tuple[Section, ...]:
    return tuple(
        Section(label=part.get("Label", ""), text=text)
        for part in parent
        if part.tag == "AbstractText" and (text := _text(part))
    )


def _mesh(headings: _Element) -> tuple[str, ...]:
    found = []
    for heading in headings:
        descriptor = ""
        qualifiers = []
        for part in heading:
            if part.tag == "DescriptorName":
                descriptor = _text(part)
            else:
                qualifiers.append(_text(part))
        found.extend([f"{descriptor}/{qualifier}" for qualifier in qualifiers] or [descriptor])
    return tuple(found)


def _notices(corrections: _Element) -> Iterator[Notice]:
    for item in corrections:
        kind = item.get("RefType", "")
        # "Cites" is the reference list in the clothes of a notice.
        if kind and kind != "Cites":
            words = _text(item.find("RefSource"))
            pmid = normal_pmid(_text(item.find("PMID")))
            yield Notice(kind=kind, pmid=pmid, doi=normal_doi(words), citation=words)


def _journal(journal: _Element, values: dict[str, Any]) -> None:
    for part in journal:
        tag = part.tag
        if tag == "Title":
            values["journal"] = _text(part)
        elif tag == "ISOAbbreviation":
            values["journal_abbreviation"] = _text(part)
        elif tag == "ISSN":
            values["issn"] = _text(part)
        elif tag == "JournalIssue":
            for item in part:
                if item.tag == "Volume":
                    values["volume"] = _text(item)
                elif item.tag == "Issue":
                    values["issue"] = _text(item)
                elif item.tag == "PubDate":
                    values["publication_date"] = _date(item)


def _info(info: _Element, values: dict[str, Any]) -> None:
    for part in info:
        if part.tag == "MedlineTA":
            values.setdefault("journal_abbreviation", _text(part))
        elif part.tag == "NlmUniqueID":
            values["nlm_id"] = _text(part)
        elif part.tag == "ISSNLinking":
            values["issn"] = _text(part)


def _article_fields(article: _Element, values: dict[str, Any]) -> None:
    languages = []
    for part in article:
        tag = part.tag
        if tag == "ArticleTitle":
            values["title"] = _text(part)
        elif tag == "Abstract":
            values["abstract"] = _abstract(part)
        elif tag == "AuthorList":
            values["persons"] = values.get("persons", ()) + _persons(part)
        elif tag == "Journal":
            _journal(part, values)
        elif tag == "Pagination":
            values["pages"] = _text(part.find("MedlinePgn"))
        elif tag == "Language":
            languages.append(_text(part))
        elif tag == "PublicationTypeList":
            values["publication_types"] = _texts(part)
        elif tag == "VernacularTitle":
            values["vernacular_title"] = _text(part)
        elif tag == "DataBankList":
            values["accessions"] = tuple(_text(item) for item in part.iter("AccessionNumber"))
        elif tag == "ELocationID":
            if part.get("EIdType") == "doi" and part.get("ValidYN") != "N" and "doi" not in values:
                values["doi"] = normal_doi(_text(part))
        elif tag == "ArticleDate" and not values.get("publication_date"):
            values["publication_date"] = _date(part)
    values["language"] = tuple(languages)


def _article(element: _Element) -> Record:
    citation = element.find("MedlineCitation")
    if citation is None:
        raise ValueError("no MedlineCitation")
    values: dict[str, Any] = {}
    notices: list[Notice] = []
    keywords: list[str] = []
    has_article = False
    for part in citation:
        tag = part.tag
        if tag == "PMID":
            values["pmid"] = normal_pmid(part.text or "")
            version = part.get("Version", "1")
            values["source_version"] = int(version) if version.isdigit() else 1
        elif tag == "DateRevised":
            values["source_date"] = _date(part)
        elif tag == "Article":
            has_article = True
            _article_fields(part, values)
        elif tag == "MedlineJournalInfo":
            _info(part, values)
        elif tag == "MeshHeadingList":
            values["mesh"] = _mesh(part)
        elif tag == "ChemicalList":
            values["chemicals"] = tuple(_text(item.find("NameOfSubstance")) for item in part)
        elif tag == "KeywordList":
            keywords.extend(_texts(part))
        elif tag == "CommentsCorrectionsList":
            notices.extend(_notices(part))
    if not has_article:
        raise ValueError("no Article")
    if not values.get("pmid"):
        raise ValueError("no PMID")
    _data_fields(element.find("PubmedData"), values)
    accessions = values.get("accessions", ())
    mentioned = " ".join((*accessions, *(section.text for section in values.get("abstract", ()))))
    return Record(
        source="pubmed",
        source_id=values["pmid"],
        kind=Kind.PREPRINT if _PREPRINT in values.get("publication_types", ()) else Kind.ARTICLE,
        keywords=tuple(keywords),
        notices=tuple(notices),
        nct_ids=nct_ids(mentioned) if "nct" in mentioned.lower() else (),
        indexing_status=citation.get("Status", ""),
        **values,
    )


def _data_fields(data: _Element | None, values: dict[str, Any]) -> None:
    if data is None:
        return
    for part in data:
        if part.tag == "ArticleIdList":
            for item in part:
                kind = item.get("IdType", "")
                if kind == "doi" and (doi := normal_doi(_text(item))):
                    values["doi"] = doi
                elif kind == "pmc" and (pmcid := normal_pmcid(_text(item))):
                    values["pmcid"] = pmcid
        elif part.tag == "History":
            values["created_date"] = _history(part, "entrez")


def _history(history: _Element, status: str) -> str:
    return next((_date(item) for item in history if item.get("PubStatus") == status), "")


def _book(element: _Element) -> Record:
    book_document = element.find("BookDocument")
    if book_document is None:
        raise ValueError("no BookDocument")
    pmid = normal_pmid(_text(book_document.find("PMID")))
    if not pmid:
        raise ValueError("no PMID")
    book = book_document.find("Book")
    book = etree.Element("Book") if book is None else book
    doi = next(
        (normal_doi(_text(item)) for item in book_document.iterfind("ArticleIdList/*") if item.get("IdType") == "doi"),
        "",
    )
    history = element.find("PubmedBookData/History")
    abstract = book_document.find("Abstract")
    persons = tuple(
        person
        for parent in (book_document, book)
        for authors in parent.findall("AuthorList")
        for person in _persons(authors)
    )
    return Record(
        source="pubmed",
        source_id=pmid,
        kind=Kind.BOOK,
        title=_text(book_document.find("ArticleTitle")) or _text(book.find("BookTitle")),
        vernacular_title=_text(book_document.find("VernacularTitle")),
        abstract=() if abstract is None else _abstract(abstract),
        language=tuple(_text(item) for item in book_document.findall("Language")),
        journal=_text(book.find("BookTitle")),
        publication_date=_date(book.find("PubDate")),
        persons=persons,
        publication_types=tuple(_text(item) for item in book_document.findall("PublicationType")),
        keywords=tuple(text for item in book_document.iterfind("KeywordList/Keyword") if (text := _text(item))),
        pmid=pmid,
        doi=doi,
        source_date=_date(book_document.find("DateRevised")) or _date(book_document.find("ContributionDate")),
        created_date="" if history is None else _history(history, "pubmed"),
    )
