"""How text and tables are read: UTF-8 by lines, CSV by rows, within limits."""

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from livingreview.errors import InputError
from livingreview.records import Problem

MAX_LINE_CHARS = 8_000_000
"""A line longer than this is no text for people; also bounds the memory that a parser takes."""
MAX_CELL_CHARS = 2_000_000
"""The places of a large trial fill some 300,000 characters in one cell; the csv module alone stops at 131,072."""
MAX_ROWS = 2_000_000
"""All that ICTRP holds is about half of it."""

_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        line: number of its first line in the file, from 1.
        cells: column, as the header was told to be spelt -> text in one line; columns without a name are left out.
    """

    line: int
    cells: Mapping[str, str]

    def problem(self, source: str, source_id: str, reason: str) -> Problem:
        """Why this row cannot be believed, with its place."""
        place = f"line {self.line}"
        return Problem(source=source, source_id=source_id or place, reason=f"{place}: {reason}")


def text_lines(document: BinaryIO, what: str) -> Iterator[str]:
    """The lines of a UTF-8 document, without their ends (of Unix or Windows) and without a byte order mark.

    Args:
        document: any binary stream; read in pieces of 64 KB.
        what: the format's name, for messages.

    Raises:
        InputError: not UTF-8, NUL bytes, or a line of more than ``MAX_LINE_CHARS``.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest: list[str] = []
    size = number = 0
    is_last = False
    while not is_last:
        chunk = document.read(_CHUNK_BYTES)
        is_last = not chunk
        try:
            text = decoder.decode(chunk, final=is_last)
        except UnicodeDecodeError as error:
            raise InputError(f"{what}: not UTF-8 after line {number} ({error.reason}); save it as UTF-8") from error
        if "\0" in text:
            raise InputError(f"{what}: NUL bytes after line {number}; it is not text, or not UTF-8")
        *complete, tail = text.split("\n")
        for line in complete:
            number += 1
            yield "".join((*rest, line)).removesuffix("\r")
            rest, size = [], 0
        rest.append(tail)
        size += len(tail)
        if size > MAX_LINE_CHARS:
            raise InputError(f"{what}: line {number + 1} has more than {MAX_LINE_CHARS:,} characters; is it damaged?")
    last = "".join(rest)
    if last:
        yield last.removesuffix("\r")


def table_rows(document: BinaryIO, what: str) -> Iterator[Row | Problem]:
    """The rows of a CSV file with a header, which comes first as a row of its own (column -> column).

    Columns are spelt in small letters with single spaces. A row of another length than the header is named, not
    guessed at: a shifted row is worse than a missing one.

    Args:
        document: any binary stream.
        what: the format's name, for messages.

    Raises:
        InputError: not UTF-8, a column given twice, a quotation mark that never closes, or beyond a limit.
    """
    csv.field_size_limit(MAX_CELL_CHARS)
    reader = csv.reader((f"{line}\n" for line in text_lines(document, what)), strict=True)
    header: list[str] = []
    count = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if header and "expected after" in str(error):
                yield Problem(source="files", source_id=f"line {line}", reason=f"line {line}: {error}")
                continue
            raise InputError(f"{what}: line {line}: {error}; mend the quotation marks") from error
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = column_names(cells)
            twice = sorted(name for name, times in Counter(header).items() if name and times > 1)
            if twice:
                raise InputError(f"{what}: column given twice: {', '.join(twice)}")
            yield Row(line, {name: name for name in header if name})
            continue
        count += 1
        if count > MAX_ROWS:
            raise InputError(f"{what}: more than {MAX_ROWS:,} rows; split it")
        row = Row(line, {name: " ".join(cell.split()) for name, cell in zip(header, cells, strict=False) if name})
        if len(cells) == len(header):
            yield row
        else:
            yield row.problem("files", "", f"{len(cells)} cells where the header has {len(header)}")


def column_names(header: Sequence[str]) -> list[str]:
    """A header as :func:`table_rows` spells it."""
    return [" ".join(name.lower().split()) for name in header]


def known_rows(
    document: BinaryIO, what: str, is_header: Callable[[Sequence[str]], bool], complaint: str
) -> Iterator[Row | Problem]:
    """The rows of :func:`table_rows` below a header that must be that of one format.

    Args:
        document: any binary stream.
        what: the format's name, for messages.
        is_header: whether columns, spelt as :func:`table_rows` does, are the format's.
        complaint: what to say when they are not.

    Raises:
        InputError: as :func:`table_rows`, another header, or an empty file.
    """
    rows = table_rows(document, what)
    header = next(rows, None)
    if not isinstance(header, Row):
        raise InputError(f"{what}: the file is empty")
    if not is_header(tuple(header.cells)):
        raise InputError(f"{what}: {complaint}")
    yield from rows
