"""Files as a channel for records of any source: unpacked, recognised by their content.

A name says little (``.txt`` holds MEDLINE text, ``.xml`` anything), so the first 64 KB decide
(:mod:`~livingreview.sources.formats.recognise`). Anything may be gzipped; gzip is known by its first bytes and unpacked
while it is read. Two limits stand against a bomb: bytes unpacked, and bytes unpacked for each byte packed.
"""

import gzip
import io
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from isal import igzip, isal_zlib

from livingreview.errors import InputError
from livingreview.records.unread import Unread
from livingreview.sources.base import Item, Parser
from livingreview.sources.formats import recognise, zipped
from livingreview.sources.formats.listing import Document
from livingreview.sources.pubmed import articles

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_T = TypeVar("_T")
MAX_DOCUMENT_BYTES = 8_000_000_000
"""The largest yearly MEDLINE file has about 0.4 GB unpacked."""
MAX_UNPACKED_PER_PACKED = 200
"""Real PubMed XML packs to a tenth, registry JSON to a thirtieth; gzip can reach 1,030."""

_RATIO_COUNTS_FROM_BYTES = 64_000_000
_GZIP_MAGIC = b"\x1f\x8b"

PARSERS: Mapping[str, Parser] = {**recognise.PARSERS, "zip": zipped.parse}
"""Name of a format, as it is archived -> what reads it."""


def open_document(path: Path | Document, max_bytes: int = MAX_DOCUMENT_BYTES) -> BinaryIO:
    """The content of a file as a stream, unpacked when it is gzipped; the caller closes it.

    Args:
        path: the file; a :class:`.Document` where it was found in somebody's folder.
        max_bytes: how much it may hold unpacked; reading beyond raises :class:`InputError`.

    Raises:
        InputError: it cannot be opened; while reading, it is cut off, damaged or larger than allowed.
    """
    try:
        file = path.open() if isinstance(path, Document) else path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its rights") from error
    return _unpacked(file, path, max_bytes)


def _unpacked(file: BinaryIO, path: Path | Document, max_bytes: int) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Content(file, path, max_bytes), recognise.SNIFFED_BYTES))


class _Content(io.RawIOBase):
    """A file's content within limits; every fault of reading becomes an :class:`InputError` that names the file."""

    def __init__(self, file: BinaryIO, path: Path | Document, max_bytes: int) -> None:
        self._file = file
        self._path = path
        self._max_bytes = max_bytes
        self._size = 0
        # peek, so that a pipe works as well as a file
        is_packed = cast("io.BufferedReader", file).peek(2)[:2] == _GZIP_MAGIC
        self._gzip = igzip.IGzipFile(fileobj=file) if is_packed else None  # type: ignore[no-untyped-call]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        try:
            data = (self._gzip or self._file).read(len(memoryview(buffer)))
        except EOFError as error:
            raise InputError(f"{self._path}: the gzip file breaks off; copy or download it again") from error
        except (gzip.BadGzipFile, isal_zlib.error) as error:  # type: ignore[misc]
            raise InputError(f"{self._path}: the gzip file is damaged ({error}); copy or download it again") from error
        except OSError as error:
            raise InputError(f"{self._path}: cannot be read ({error.strerror}); check the disk") from error
        self._size += len(data)
        if self._size > self._max_bytes:
            raise InputError(f"{self._path}: holds more than {self._max_bytes:,} bytes unpacked; split it")
        if self._gzip is not None and self._size > _RATIO_COUNTS_FROM_BYTES:
            ratio = self._size / max(1, self._file.tell())
            if ratio > MAX_UNPACKED_PER_PACKED:
                raise InputError(f"{self._path}: unpacks to {ratio:.0f} times its size; it is no document but a bomb")
        memoryview(buffer)[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            if self._gzip is not None:
                self._gzip.close()
            self._file.close()
        super().close()


def format_of(file: BinaryIO, document: Document, max_bytes: int = MAX_DOCUMENT_BYTES) -> str:
    """The format of an open file by its content, as a key of :data:`PARSERS`; the file is at its beginning again.

    Raises:
        InputError: it cannot be read, is empty, is not UTF-8, or has none of the formats that are read.
    """
    with _unpacked(os.fdopen(os.dup(file.fileno()), "rb"), document, max_bytes) as content:
        head = content.read(recognise.SNIFFED_BYTES)
    file.seek(0)
    return _recognised(head, document)


def _recognised(head: bytes, path: Path | Document) -> str:
    if zipped.is_zip(head):
        return "zip"
    try:
        return recognise.recognise(head)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parser_for(path: Path | Document, max_bytes: int = MAX_DOCUMENT_BYTES) -> tuple[str, Parser]:
    """The format of a file, by its content, and what reads it.

    Raises:
        InputError: it cannot be read, is empty, is not UTF-8, or has none of the formats that are read.
    """
    with open_document(path, max_bytes) as document:
        name = _recognised(document.read(recognise.SNIFFED_BYTES), path)
    return name, PARSERS[name]


def parse_file(path: Path | Document, max_bytes: int = MAX_DOCUMENT_BYTES) -> Iterator[Item]:
    """The items of a file of any format that is read, streaming.

    Raises:
        InputError: as :func:`parser_for` and the parser do, always with the file's name.
    """
    _, parser = parser_for(path, max_bytes)
    return _items(path, parser, max_bytes)


def unread_file(path: Path | Document, max_bytes: int = MAX_DOCUMENT_BYTES) -> Iterator[Item | Unread]:
    """As :func:`parse_file`, but where the format allows, items are read only when somebody asks.

    Raises:
        InputError: as :func:`parse_file`.
    """
    name, parser = parser_for(path, max_bytes)
    return _items(path, articles.unread if name == "pubmed_xml" else parser, max_bytes)


def _items(path: Path | Document, parser: Callable[[BinaryIO], Iterator[_T]], max_bytes: int) -> Iterator[_T]:
    with open_document(path, max_bytes) as document:
        try:
            yield from parser(recognise.as_utf8(document))
        except InputError as error:
            where = str(path)
            raise InputError(str(error) if where in str(error) else f"{where}: {error}") from error
