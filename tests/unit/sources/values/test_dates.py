"""Dates as sources write them."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.sources.values.dates import free_date, month_number, partial_date


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("05", 5),
        ("5", 5),
        ("May", 5),
        ("may", 5),
        ("Sept.", 9),
        (" december ", 12),
        ("13", 0),
        ("0", 0),
        ("", 0),
        ("Spring", 0),
    ],
)
def test_months(value: str, number: int) -> None:
    assert month_number(value) == number


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("2024",), "2024"),
        (("2024", "May"), "2024-05"),
        (("2024", "5", "1"), "2024-05-01"),
        (("2024", "Feb", "29"), "2024-02-29"),
        (("2023", "Feb", "29"), "2023-02"),
        (("2024", "Winter", "1"), "2024"),
        (("2024", "", "5"), "2024"),
        (("0000",), ""),
        (("24",), ""),
        (("٢٠٢٤",), ""),
        (("",), ""),
    ],
)
def test_partial_dates(parts: tuple[str, ...], text: str) -> None:
    assert partial_date(*parts) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2019 Nov-Dec", "2019-11"),
        ("2018 Dec-2019 Jan", "2018-12"),
        ("Spring 2000", "2000"),
        ("2021 Mar 15", "2021-03-15"),
        ("2021 Mar 15-Apr 2", "2021-03-15"),
        ("2000-2001", "2000"),
        ("1978 4th Quart", "1978"),
        ("2015 Jul/Aug", "2015-07"),
        ("n.d.", ""),
        ("", ""),
        ("12345", ""),
    ],
)
def test_free_dates(value: str, text: str) -> None:
    assert free_date(value) == text


@given(st.dates(date(1600, 1, 1), date(2199, 12, 31)))
def test_whole_dates_come_back(moment: date) -> None:
    assert partial_date(f"{moment.year:04d}", str(moment.month), str(moment.day)) == moment.isoformat()
    assert free_date(moment.strftime("%Y %b %d")) == moment.isoformat()


@given(st.text(max_size=30) | st.from_regex(r"[0-9A-Za-z \-/]{0,25}", fullmatch=True))
def test_whatever_comes_a_partial_date_or_nothing_comes_out(value: str) -> None:
    for found in (
        free_date(value),
        partial_date(value),
        partial_date("2020", value),
        partial_date("2020", "Feb", value),
    ):
        assert re.fullmatch(r"(\d{4}(-\d{2}(-\d{2})?)?)?", found)
        if len(found) == 10:
            date.fromisoformat(found)
