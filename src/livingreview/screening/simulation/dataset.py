"""Labelled sets as files: what people decided on every record of a finished screening."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livingreview.errors import InputError

COLUMNS = ("title", "included")
"""Columns that a file must have; ``abstract`` may be there, and ``date`` where records arrive by date."""
_MAX_CELL_CHARS = 131_072


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A file of labelled records.

    Attributes:
        name: of the file.
        texts: title, a space, abstract.
        are_relevant: shape ``(n_records,)``.
        dates: when each record arrived; empty where nobody asked.
    """

    name: str
    texts: tuple[str, ...]
    are_relevant: npt.NDArray[np.bool_]
    dates: tuple[date, ...] = ()


def read_dataset(path: Path, *, has_dates: bool = False) -> Dataset:
    """A CSV file with ``title``, ``included`` (1 or 0), and where there is one ``abstract``, in UTF-8.

    Args:
        path: the file.
        has_dates: it must have a column ``date``, too: 2024-05-01, or 2024-05 or 2024 for their first day.

    Raises:
        InputError: it cannot be read as that; the message names the line.
    """
    texts, flags, dates = [], [], []
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            csv.field_size_limit(_MAX_CELL_CHARS)
            reader = csv.DictReader(file, strict=True)
            wanted = (*COLUMNS, "date") if has_dates else COLUMNS
            if missing := [name for name in wanted if name not in (reader.fieldnames or ())]:
                raise InputError(f"{path}: column missing: {', '.join(missing)}; it needs {', '.join(wanted)}")
            for row in reader:
                line = reader.line_num
                flags.append(_flag(row["included"]))
                texts.append(f"{row['title'] or ''} {row.get('abstract') or ''}")
                if has_dates:
                    dates.append(_day(row["date"]))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); save it as CSV UTF-8") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (csv.Error, ValueError) as error:
        raise InputError(f"{path}, line {max(line, 2)}: {error}; mend the file") from error
    if not texts:
        raise InputError(f"{path}: holds no record")
    return Dataset(name=path.name, texts=tuple(texts), are_relevant=np.array(flags, dtype=bool), dates=tuple(dates))


def _flag(cell: str | None) -> bool:
    if (cell or "").strip() not in ("0", "1"):
        raise ValueError(f"included is {cell!r}, not 1 or 0")
    return (cell or "").strip() == "1"


def _day(cell: str | None) -> date:
    text = (cell or "").strip()
    try:
        return date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError as error:
        raise ValueError(f"date is {cell!r}, not 2024, 2024-05 or 2024-05-01") from error
