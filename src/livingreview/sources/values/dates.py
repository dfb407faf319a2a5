"""Dates as sources write them -> partial ISO text (``2024``, ``2024-05``, ``2024-05-01``)."""

import calendar
import re

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_YEAR = re.compile(r"\b(1[6-9]\d\d|2[01]\d\d)\b")
_WORD = re.compile(r"[A-Za-z]+")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.]?(\d{2})(?:[-/.]?(\d{2}))?)?(?![\d/.-])", re.ASCII)
_DAY_WORD = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ([A-Za-z]{3,9}\.?),? (\d{4})(?!\d)", re.ASCII)
_MONTH_WORD = re.compile(r"([A-Za-z]{3,9}\.?) (?:(\d{1,2}),? )?(\d{4})(?!\d)", re.ASCII)
_DAY = re.compile(r"(?<![\d-])(\d{1,2})(?![\d])")


def month_number(value: str) -> int:
    """1 to 12 for ``05``, ``5``, ``May`` or ``may``; 0 for anything else."""
    value = value.strip().lower().rstrip(".")
    if value.isascii() and value.isdigit():
        number = int(value)
        return number if 1 <= number <= 12 else 0
    return _MONTHS.get(value, 0)


def partial_date(year: str, month: str = "", day: str = "") -> str:
    """As much of the date as is known; empty when not even the year is."""
    year = year.strip()
    if not (year.isascii() and year.isdigit() and len(year) == 4 and int(year)):
        return ""
    number = month_number(month)
    if not number:
        return year
    day = day.strip()
    if day.isascii() and day.isdigit() and 1 <= int(day) <= calendar.monthrange(int(year), number)[1]:
        return f"{year}-{number:02d}-{int(day):02d}"
    return f"{year}-{number:02d}"


def iso_date(value: str) -> str:
    """A partial ISO date as it is; empty for anything else, a day that does not exist included."""
    found = _ISO.fullmatch(value)
    return value if found and partial_date(found[1], found[2] or "", found[3] or "") == value else ""


def day_first_date(value: str) -> str:
    """``17/05/2016``, ``21-10-2013``, ``24 August 2026``, ``May 1, 2020`` and the like, as partial ISO.

    For registries that never write the month first in digits. ISO and ``20160517`` are read, too.
    """
    value = " ".join(value.split())
    if found := _DAY_FIRST.match(value):
        return partial_date(found[3], found[2], found[1])
    if found := _YEAR_FIRST.match(value):
        return partial_date(found[1], found[2] or "", found[3] or "")
    if found := _DAY_WORD.match(value):
        return partial_date(found[3], found[2], found[1])
    if found := _MONTH_WORD.match(value):
        return partial_date(found[3], found[1], found[2] or "")
    return free_date(value)


def free_date(value: str) -> str:
    """The beginning of what a MedlineDate or DP field names: ``2019 Nov-Dec`` is ``2019-11``, ``Spring 2000`` ``2000``.

    Ranges keep their first month; a day is kept only when it follows the month (``2021 Mar 15``).
    """
    year = _YEAR.search(value)
    if year is None:
        return ""
    rest = value[year.end() :]
    following = _YEAR.search(rest)
    if following is not None:
        rest = rest[: following.start()]
    word = _WORD.search(rest)
    if word is None or not month_number(word.group()):
        return year.group()
    after = rest[word.end() :].strip()
    day = _DAY.match(after)
    return partial_date(year.group(), word.group(), day.group(1) if day else "")


_DIGITS = re.compile(r"(\d{4})(?:([-/]?)(\d{2})(?:\2(\d{2}))?)?(?!\d)", re.ASCII)


_THREE_LETTERS = re.compile(r"[A-Za-z]{3}")


def loose_date(text: str) -> str:
    """What a date in words or digits begins with, as partial ISO; empty when there is none.

    Reads what :func:`free_date` reads, and ``20211231``, ``2021/12/31 06:00``, ``2021-12``.
    """
    found = _DIGITS.match(text.strip())
    if found is None or _THREE_LETTERS.search(text):
        return free_date(text)
    return partial_date(found.group(1), found.group(3) or "", found.group(4) or "")
