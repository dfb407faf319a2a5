"""PubMed XML -> records, streaming, one article in memory at a time.

The byte stream is cut at the end tags of articles, the reference list (half of the bytes, none of the facts) is
dropped unread, and each article is parsed by itself: several times the speed of a parser that builds the whole tree
(docs/benchmarks.md), and one broken article costs only itself. No entity is ever resolved: a document with an internal
DTD subset is refused, and an article alone knows none but the five of XML.

Formats: ``PubmedArticleSet`` of efetch and of the baseline and update files (NLM DTD 190101 and later), with
``PubmedArticle``, ``PubmedBookArticle`` and ``DeleteCitation``.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from livingreview.errors import InputError
from livingreview.records import Deletion, Problem, Record
from livingreview.records.identifiers import normal_pmid
from livingreview.records.unread import Unread
from livingreview.sources.base import Item
from livingreview.sources.pubmed.fields import READER_VERSION, record

_CHUNK_BYTES = 1 << 18
_MAX_ARTICLE_BYTES = 64 << 20
_END = re.compile(rb"</(PubmedArticle|PubmedBookArticle|DeleteCitation|DeleteDocument)>")
_OPENING = {
    name: re.compile(rb"<" + name + rb"[\s>]")
    for name in (b"PubmedArticle", b"PubmedBookArticle", b"DeleteCitation", b"DeleteDocument")
}
_DELETIONS = ("DeleteCitation", "DeleteDocument")
_REFERENCES, _REFERENCES_END = b"<ReferenceList", b"</ReferenceList>"
# No run of opening tags without an end may be looked through from each of them.
_PMID = re.compile(rb"<PMID[^<>]*>\s*(\d+)\s*</PMID>")


def parse(document: BinaryIO) -> Iterator[Item]:
    """The records and deletions of a PubMed XML document, in their order.

    Raises:
        InputError: it is not PubMed XML, declares entities, or breaks off.
    """
    for name, piece in _pieces(document):
        if name in _DELETIONS:
            yield from _deletions(piece)
        else:
            yield _read(piece, name)


def unread(document: BinaryIO) -> Iterator[Unread | Deletion | Problem]:
    """As :func:`parse`, with articles and books that are read when somebody asks.

    Raises:
        InputError: as :func:`parse`.
    """
    reader = hashlib.sha256(f"{READER_VERSION}\n".encode())
    for name, piece in _pieces(document):
        if name in _DELETIONS:
            yield from _deletions(piece)
        else:
            digest = reader.copy()
            digest.update(piece)
            read = partial(_read, piece, name)
            yield Unread(source="pubmed", source_id=_pmid(piece), digest=digest.hexdigest(), read=read)


def _pieces(document: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """(element, its bytes without the reference list) of every item of a document."""
    buffer = b""
    is_set = False
    count = 0
    while chunk := document.read(_CHUNK_BYTES):
        start_search = max(0, len(buffer) - 32)
        buffer += chunk
        start = 0
        for ending in _END.finditer(buffer, start_search):
            name, end = ending.group(1), ending.end()
            opening = _OPENING[name].search(buffer, start, end)
            at = opening.start() if opening else start
            if count == 0:
                is_set = _check_head(buffer[start:at])
            count += 1
            start = end
            yield name.decode(), _without_references(buffer[at:end])
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
    if b"<!ENTITY" in head or re.search(rb"<!DOCTYPE[^<>]*\[", head):
        raise InputError("PubMed XML: declares entities of its own; such a document is not read")
    encoding = re.search(rb"<\?xml[^<>]*encoding=[\"']([A-Za-z0-9_-]+)", head)
    if encoding is not None and encoding.group(1).lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise InputError(f"PubMed XML: encoded as {encoding.group(1).decode()}; only UTF-8 is read")
    return b"<PubmedArticleSet" in head


def _without_references(piece: bytes) -> bytes:
    first, last = piece.find(_REFERENCES), piece.rfind(_REFERENCES_END)
    return piece[:first] + piece[last + len(_REFERENCES_END) :] if 0 <= first < last else piece


def _deletions(piece: bytes) -> Iterator[Deletion | Problem]:
    for digits in _PMID.findall(piece):
        if pmid := normal_pmid(digits.decode()):
            yield Deletion(source="pubmed", source_id=pmid)
        else:
            yield Problem(source="pubmed", source_id="", reason="a deletion without a valid PMID")


def _pmid(piece: bytes) -> str:
    found = _PMID.search(piece)
    return normal_pmid(found.group(1).decode()) if found else ""


def _read(piece: bytes, name: str) -> Record | Problem:
    try:
        return record(piece, name)
    except ValueError as error:
        return Problem(source="pubmed", source_id=_pmid(piece), reason=f"the article cannot be parsed: {error}")
