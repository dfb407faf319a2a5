"""Every format that a document may have: recognised by its first bytes, read by one parser.

Text is UTF-8, with or without a byte order mark; UTF-16 with its mark is read, too, since spreadsheets write it.
Anything else is refused in words: a guess would put wrong letters into names, and nobody would see it. XML says its
encoding itself.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO, cast

from livingreview.errors import InputError
from livingreview.sources.base import Parser
from livingreview.sources.clinicaltrials import download, studies
from livingreview.sources.formats import anzctr, facts_csv, ictrp, nbib, retraction_watch, ris
from livingreview.sources.pubmed import articles

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SNIFFED_BYTES = 1 << 16
DESCRIPTION = (
    "PubMed XML, ClinicalTrials.gov JSON and CSV (API v2), ICTRP XML and CSV, ANZCTR XML and CSV, MEDLINE text (.nbib),"
    " RIS, CSV of facts, Retraction Watch CSV, each also gzipped or in a zip"
)

PARSERS: Mapping[str, Parser] = {
    "pubmed_xml": articles.parse,
    "clinicaltrials_json": studies.parse,
    "clinicaltrials_csv": download.parse,
    "ictrp_xml": ictrp.parse_xml,
    "ictrp_csv": ictrp.parse_csv,
    "anzctr_xml": anzctr.parse_xml,
    "anzctr_csv": anzctr.parse_csv,
    "nbib": nbib.parse,
    "ris": ris.parse,
    retraction_watch.FORMAT: retraction_watch.parse,
    "facts_csv": facts_csv.parse,
}
"""Name of a format, as it is logged -> what reads it."""

_XML = {
    "pubmed_xml": re.compile(rb"<!DOCTYPE\s+Pubmed|<Pubmed(?:ArticleSet|Article|BookArticle)[\s>]"),
    "ictrp_xml": re.compile(rb"<Trials_downloaded(?:_from)?_ICTRP[\s/>]"),
    "anzctr_xml": re.compile(rb"<ANZCTR_Trials?[\s/>]"),
}
_TRIALS_JSON = re.compile(rb'"(?:studies|protocolSection)"\s*:')
_NBIB = re.compile(rb"^(?:PMID|STAT|OWN |FAU |LID |AID )- ", re.MULTILINE)
_RIS = re.compile(rb"^TY  -", re.MULTILINE)
_HEADERS: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "clinicaltrials_csv": download.is_header,
    "anzctr_csv": anzctr.is_header,
    "ictrp_csv": ictrp.is_header,
    retraction_watch.FORMAT: retraction_watch.is_header,
    "facts_csv": lambda header: facts_csv.shape_of(header) is not None,
}
"""CSV formats in the order in which they are tried; a header of facts is the loosest."""

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def recognise(head: bytes) -> str:
    """The format of a document, by its first bytes, as a key of :data:`PARSERS`.

    Raises:
        InputError: it is empty, in no encoding that is read, or of no format that is read.
    """
    if head.startswith(_UTF_16_MARKS):
        try:
            head = codecs.getincrementaldecoder("utf-16")().decode(head).encode()
        except UnicodeError as error:
            raise InputError("not UTF-16, though its first bytes say so; save it as UTF-8") from error
    if not head.strip():
        raise InputError("is empty")
    if b"\0" in head:
        raise InputError(f"holds NUL bytes; it is not text in UTF-8 (read are {DESCRIPTION})")
    name = sniff(head)
    if name not in _XML:
        try:
            codecs.getincrementaldecoder("utf-8-sig")().decode(head)
        except UnicodeDecodeError as error:
            raise InputError(f"not UTF-8 (byte {error.start}); save it as UTF-8") from error
    if not name:
        raise InputError(f"of no format that is read; read are {DESCRIPTION}")
    return name


def sniff(head: bytes) -> str:
    """The format that a document's first bytes in UTF-8 show, as a key of :data:`PARSERS`; empty when it is none."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"<"):
        return next((name for name, mark in _XML.items() if mark.search(start)), "")
    if start.startswith((b"{", b"[")) and _TRIALS_JSON.search(start):
        return "clinicaltrials_json"
    if _NBIB.search(start):
        return "nbib"
    if _RIS.search(start):
        return "ris"
    first_line = start.decode("utf-8", "replace").partition("\n")[0]
    try:
        header = next(csv.reader([first_line]), [])
    except csv.Error:
        return ""
    return next((name for name, is_header in _HEADERS.items() if is_header(header)), "")


def as_utf8(document: BinaryIO) -> BinaryIO:
    """The document itself, or what recodes it while it is read when it is text in UTF-16; XML is left as it is.

    Args:
        document: a stream at its beginning that can be peeked into.
    """
    head = cast("io.BufferedReader", document).peek(64)[:64]
    if not head.startswith(_UTF_16_MARKS):
        return document
    start = codecs.getincrementaldecoder("utf-16")("replace").decode(head).lstrip()
    return document if start.startswith("<") else cast("BinaryIO", io.BufferedReader(_Recoded(document)))


class _Recoded(io.RawIOBase):
    """A document in UTF-16 as UTF-8."""

    def __init__(self, document: BinaryIO) -> None:
        self._document = document
        self._decoder = codecs.getincrementaldecoder("utf-16")()
        self._pending = b""
        self._is_done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        while not self._pending and not self._is_done:
            chunk = self._document.read(SNIFFED_BYTES)
            self._is_done = not chunk
            try:
                self._pending = self._decoder.decode(chunk, final=self._is_done).encode()
            except UnicodeError as error:
                raise InputError("not UTF-16, though its first bytes say so, or it breaks off") from error
        data, self._pending = self._pending[: len(view)], self._pending[len(view) :]
        view[: len(data)] = data
        return len(data)
