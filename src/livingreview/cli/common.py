"""What every command shares: the project, the store, the moment, and output."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TextIO

import typer

from livingreview.config import Project, find_config_dir, load_project
from livingreview.errors import InputError, UsageError
from livingreview.records.sanitize import clip, shown, shown_json
from livingreview.store.repository import Repository
from livingreview.text.csv_rows import RowsError

_MOMENT = re.compile(r"[0-9W-]+(?:[T ][0-9:.,+-]+Z?)?")
_MOST_ROWS = 20
_FIRST_YEAR, _LAST_YEAR = 1000, 8999
"""Whatever is counted from a date in days must stay a date; those of Python end with 9999."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """The global options.

    Attributes:
        review: slug; empty takes the one of settings.toml.
        config: folder of settings.toml; None looks for it.
        now: the moment that the command takes for the present.
    """

    review: str
    config: Path | None
    now: datetime

    def project(self) -> Project:
        """Settings and review, checked."""
        return load_project(find_config_dir(self.config), self.review)


def invocation(context: typer.Context) -> Invocation:
    """The global options of this call."""
    found: Invocation = context.obj
    return found


@contextmanager
def store(project: Project) -> Iterator[Repository]:
    """The review's store, opened and closed."""
    repository = Repository.open(project.database_url, project.path("archive_dir"))
    try:
        yield repository
    finally:
        repository.close()


@contextmanager
def locked_store(project: Project) -> Iterator[Repository]:
    """The review's store while no run is at work on it.

    Raises:
        LockedError: one is.
    """
    with store(project) as repository, repository.locked(project.settings.lock_stale_after):
        yield repository


def parse_moment(value: str, *, is_end: bool = False) -> datetime:
    """An ISO date or moment; a date alone means its first instant, or with ``is_end`` its last.

    Raises:
        UsageError: it is neither.
    """
    try:
        # Python takes any character for the T, a slash among them, and a period names a folder.
        if not _MOMENT.fullmatch(value):
            raise ValueError(value)
        if len(value) == 10:
            day = date.fromisoformat(value)
            moment = datetime.combine(day, time.max if is_end else time.min, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise UsageError(f"{clip(value, 80)!r}: not a date; write it as 2026-11-22 or 2026-11-22T05:00:00Z") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise UsageError(f"{value}: a year must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def period(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """``--since`` and ``--until`` as moments; empty means open.

    Raises:
        UsageError: one is no date, or the period ends before it begins.
    """
    begin = parse_moment(since) if since else None
    end = parse_moment(until, is_end=True) if until else None
    if begin and end and begin > end:
        raise UsageError(f"--since {since} lies after --until {until}; swap them")
    return begin, end


def out(text: str = "") -> None:
    """A line of the result, to standard output, without what a terminal or a CI runner would obey."""
    sys.stdout.write(shown(text) + "\n")


def tell(text: str) -> None:
    """A line of progress or a warning, to standard error, without what a terminal or a CI runner would obey."""
    sys.stderr.write(shown(text) + "\n")


@contextmanager
def rows_that_came_back(file: Path) -> Iterator[TextIO]:
    """A CSV file of decisions, open; its wrong rows are told, all but the first, which the error says.

    Raises:
        InputError: the file cannot be read, or a row of it cannot be believed.
    """
    try:
        with file.open(encoding="utf-8", newline="") as source:
            yield source
    except RowsError as error:
        for problem in error.problems[1:_MOST_ROWS]:
            tell(problem)
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error})") from error


def out_text(text: str) -> None:
    """A text of several lines, each as :func:`out` writes it."""
    for line in text.rstrip("\n").split("\n"):
        out(line)


def out_json(value: Any) -> None:
    """A result as one line of JSON; moments in ISO form."""
    out_json_text(json.dumps(value, ensure_ascii=False, default=_plain))


def out_json_text(text: str) -> None:
    """JSON that is made already, to standard output; what :func:`out` takes out is escaped."""
    sys.stdout.write(shown_json(text.rstrip("\n")) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} in a result")


def out_table(title: str, columns: tuple[str, ...], rows: Sequence[Sequence[str]]) -> None:
    """A table for people; nothing in a cell is taken for markup."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=shown(title), title_justify="left", header_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(shown, row))
    # A pipe has no width; eighty columns would fold every cell.
    width = None if sys.stdout.isatty() else 160
    Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width).print(table)


def say_moment(moment: datetime | None) -> str:
    """A moment for people; ``never`` when there is none."""
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "never"
