"""Reads back a CSV file that a person filled in with a spreadsheet: every row with its line, whatever else it holds."""

import csv
from collections.abc import Sequence
from typing import TextIO

from livingreview.errors import InputError
from livingreview.text.csv_cells import unguarded

MAX_CELL_CHARS = 131_072


class RowsError(InputError):
    """A file holds rows that cannot be believed; nothing of it was stored.

    Attributes:
        problems: one line each, with the number of the line in the file.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}; nothing was stored: mend the file and import it again")
        self.problems = tuple(problems)


def read_rows(
    source: TextIO, columns: Sequence[str], command: str
) -> tuple[list[tuple[int, dict[str, str]]], list[tuple[int, str]]]:
    """The rows of a file that are not empty, each with its line, and those that do not fit the header.

    Args:
        source: CSV, opened with ``newline=""``, with a byte order mark or without; cells parted by commas, semicolons
            or tabs.
        columns: the columns that are read, in whatever order they stand; others are left alone.
        command: the command that writes such a file, for messages.

    Returns:
        (line, column -> cell, without what guards it and white space at its ends), and (line, what is wrong).

    Raises:
        InputError: it is not a CSV file with these columns, or not UTF-8.
    """
    line = 1
    try:
        header = source.readline().removeprefix("\ufeff")
        delimiter = max(",;\t", key=header.count)
        names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
        if missing := [name for name in columns if name not in names]:
            raise InputError(f"line 1: column missing: {', '.join(missing)}; start from `livingreview {command}`")
        if twice := [name for name in columns if names.count(name) > 1]:
            raise InputError(f"line 1: column given twice: {', '.join(twice)}")
        rows: list[tuple[int, dict[str, str]]] = []
        problems: list[tuple[int, str]] = []
        csv.field_size_limit(MAX_CELL_CHARS)
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        line = 2
        for raw in reader:
            start, line = line, reader.line_num + 2
            if not any(cell.strip() for cell in raw):
                continue
            if len(raw) > len(names):
                problems.append((start, f"{len(raw)} cells where the header has {len(names)}; is a comma not quoted?"))
                continue
            cells = dict.fromkeys(columns, "")
            for name, cell in zip(names, raw, strict=False):
                if name in cells:
                    cells[name] = unguarded(cell).strip()
            rows.append((start, cells))
    except csv.Error as error:
        raise InputError(f"line {line}: {error}; mend the quotation marks") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the file is not UTF-8 ({error.reason}); save it as CSV UTF-8") from error
    return rows, problems
