"""PubMed XML -> records, streaming, one article in memory at a time.

The byte stream is cut at the end tags of articles, the reference list (half of the bytes, none of the facts) is
dropped unread, and each article is parsed by itself: three to four times the speed of a parser that builds the whole
tree, and one broken article costs only itself. No entity is ever resolved: a document with an internal DTD subset is
refused, and an article alone knows none but the five of XML.

Formats: ``PubmedArticleSet`` of efetch and of the baseline and update files (NLM DTD 190101 and later), with
``PubmedArticle``, ``PubmedBookArticle`` and ``DeleteCitation``.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree

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
        element = ElementTree.fromstring(piece)  # noqa: S314  (one article, without a DTD: there are no entities)
        yield _book(element) if name == b"PubmedBookArticle" else _article(element)
    except (ElementTree.ParseError, ValueError) as error:
        found = _PMID.search(piece)
        pmid = normal_pmid(found.group(1).decode()) if found else ""
        yield Problem(source="pubmed", source_id=pmid, reason=f"the article cannot be parsed: {error}")


def _text(element: ElementTree.Element | None) -> str:
    """The text of an element with its markup gone; sub- and superscripts become their Unicode letters."""
    if element is None:
        return ""
    if len(element) == 0:
        return " ".join((element.text or "").split())
    parts: list[str] = []
    _collect(element, parts)
    return " ".join("".join(parts).split())


def _collect(element: ElementTree.Element, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        if child.tag in ("sup", "sub"):
            inner = "".join(child.itertext())
            table = _SUPERSCRIPT if child.tag == "sup" else _SUBSCRIPT
            parts.append(inner.translate(table) if all(ord(char) in table for char in inner) else inner)
        else:
            _collect(child, parts)
        parts.append(child.tail or "")


def _date(element: ElementTree.Element | None) -> str:
    if element is None:
        return ""
    year = element.findtext("Year")
    if year is None:
        return free_date(element.findtext("MedlineDate") or "")
    return partial_date(year, element.findtext("Month") or "", element.findtext("Day") or "")


def _person(author: ElementTree.Element) -> Person:
    return Person(
        family=_text(author.find("LastName")),
        given=_text(author.find("ForeName")) or _text(author.find("Initials")),
        collective=_text(author.find("CollectiveName")),
        orcid=next(
            (
                (item.text or "").strip().rsplit("/", 1)[-1]
                for item in author.iter("Identifier")
                if item.get("Source") == "ORCID"
            ),
            "",
        ),
        affiliations=tuple(text for item in author.iter("Affiliation") if (text := _text(item))),
    )


def _persons(parent: ElementTree.Element) -> tuple[Person, ...]:
    return tuple(
        _person(author)
        for authors in parent.findall("AuthorList")
        if authors.get("Type", "authors") == "authors"
        for author in authors.findall("Author")
    )


def _abstract(parent: ElementTree.Element) -> tuple[Section, ...]:
    sections = []
    for part in parent.iterfind("Abstract/AbstractText"):
        text = _text(part)
        if text:
            sections.append(Section(label=part.get("Label", ""), text=text))
    return tuple(sections)


def _mesh(citation: ElementTree.Element) -> tuple[str, ...]:
    headings = []
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        descriptor = _text(heading.find("DescriptorName"))
        qualifiers = [_text(item) for item in heading.findall("QualifierName")]
        headings.extend([f"{descriptor}/{qualifier}" for qualifier in qualifiers] or [descriptor])
    return tuple(headings)


def _notices(citation: ElementTree.Element) -> tuple[Notice, ...]:
    notices = []
    for item in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind = item.get("RefType", "")
        # "Cites" is the reference list in the clothes of a notice.
        if kind and kind != "Cites":
            words = _text(item.find("RefSource"))
            pmid = normal_pmid(_text(item.find("PMID")))
            notices.append(Notice(kind=kind, pmid=pmid, doi=normal_doi(words), citation=words))
    return tuple(notices)


def _article(element: ElementTree.Element) -> Record:
    citation = element.find("MedlineCitation")
    if citation is None:
        raise ValueError("no MedlineCitation")
    article = citation.find("Article")
    if article is None:
        raise ValueError("no Article")
    pmid_element = citation.find("PMID")
    pmid = normal_pmid(_text(pmid_element))
    if not pmid or pmid_element is None:
        raise ValueError("no PMID")
    journal = article.find("Journal")
    journal = ElementTree.Element("Journal") if journal is None else journal
    issue = journal.find("JournalIssue")
    issue = ElementTree.Element("JournalIssue") if issue is None else issue
    info = citation.find("MedlineJournalInfo")
    info = ElementTree.Element("MedlineJournalInfo") if info is None else info
    data = element.find("PubmedData")
    ids = _article_ids(data)
    doi = ids.get("doi") or next(
        (
            found
            for item in article.findall("ELocationID")
            if item.get("EIdType") == "doi" and item.get("ValidYN") != "N" and (found := normal_doi(_text(item)))
        ),
        "",
    )
    abstract = _abstract(article)
    types = tuple(_text(item) for item in article.iterfind("PublicationTypeList/PublicationType"))
    accessions = tuple(_text(item) for item in article.iterfind("DataBankList/DataBank/AccessionNumberList/*"))
    mentioned = " ".join((*accessions, *(part.text for part in abstract)))
    version = pmid_element.get("Version", "1")
    return Record(
        source="pubmed",
        source_id=pmid,
        kind=Kind.PREPRINT if _PREPRINT in types else Kind.ARTICLE,
        title=_text(article.find("ArticleTitle")),
        vernacular_title=_text(article.find("VernacularTitle")),
        abstract=abstract,
        language=tuple(_text(item) for item in article.findall("Language")),
        journal=_text(journal.find("Title")),
        journal_abbreviation=_text(journal.find("ISOAbbreviation")) or _text(info.find("MedlineTA")),
        issn=_text(info.find("ISSNLinking")) or _text(journal.find("ISSN")),
        nlm_id=_text(info.find("NlmUniqueID")),
        volume=_text(issue.find("Volume")),
        issue=_text(issue.find("Issue")),
        pages=_text(article.find("Pagination/MedlinePgn")),
        publication_date=_date(issue.find("PubDate")) or _date(article.find("ArticleDate")),
        persons=_persons(article),
        publication_types=types,
        mesh=_mesh(citation),
        keywords=tuple(text for item in citation.iterfind("KeywordList/Keyword") if (text := _text(item))),
        chemicals=tuple(_text(item) for item in citation.iterfind("ChemicalList/Chemical/NameOfSubstance")),
        pmid=pmid,
        doi=doi,
        pmcid=ids.get("pmc", ""),
        nct_ids=nct_ids(mentioned),
        accessions=accessions,
        notices=_notices(citation),
        source_version=int(version) if version.isdigit() else 1,
        source_date=_date(citation.find("DateRevised")),
        created_date=_history(data, "entrez"),
        indexing_status=citation.get("Status", ""),
    )


def _article_ids(data: ElementTree.Element | None) -> dict[str, str]:
    if data is None:
        return {}
    normal = {"doi": normal_doi, "pmc": normal_pmcid}
    return {
        kind: value
        for item in data.iterfind("ArticleIdList/ArticleId")
        if (kind := item.get("IdType", "")) in normal and (value := normal[kind](_text(item)))
    }


def _history(data: ElementTree.Element | None, status: str) -> str:
    if data is None:
        return ""
    return next((_date(item) for item in data.iterfind("History/PubMedPubDate") if item.get("PubStatus") == status), "")


def _book(element: ElementTree.Element) -> Record:
    book_document = element.find("BookDocument")
    if book_document is None:
        raise ValueError("no BookDocument")
    pmid_element = book_document.find("PMID")
    pmid = normal_pmid(_text(pmid_element))
    if not pmid:
        raise ValueError("no PMID")
    book = book_document.find("Book")
    book = ElementTree.Element("Book") if book is None else book
    ids = {
        item.get("IdType", ""): normal_doi(_text(item)) for item in book_document.iterfind("ArticleIdList/ArticleId")
    }
    data = element.find("PubmedBookData")
    return Record(
        source="pubmed",
        source_id=pmid,
        kind=Kind.BOOK,
        title=_text(book_document.find("ArticleTitle")) or _text(book.find("BookTitle")),
        vernacular_title=_text(book_document.find("VernacularTitle")),
        abstract=_abstract(book_document),
        language=tuple(_text(item) for item in book_document.findall("Language")),
        journal=_text(book.find("BookTitle")),
        publication_date=_date(book.find("PubDate")),
        persons=_persons(book_document) or _persons(book),
        publication_types=tuple(_text(item) for item in book_document.findall("PublicationType")),
        keywords=tuple(text for item in book_document.iterfind("KeywordList/Keyword") if (text := _text(item))),
        pmid=pmid,
        doi=ids.get("doi", ""),
        source_date=_date(book_document.find("DateRevised")) or _date(book_document.find("ContributionDate")),
        created_date=_history(data, "pubmed"),
    )
