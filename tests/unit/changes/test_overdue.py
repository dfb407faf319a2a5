"""Overdue: a date that passed, a registry that kept silent, and how far it is known to have done so."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from livingreview.changes import is_reported, overdue
from livingreview.config import TrialsSettings
from livingreview.records import Severity
from support.records import trial

SETTINGS = TrialsSettings(overdue_after_days=365)
LATE = {
    "status": "RECRUITING",
    "primary_completion_date": "2023-05",
    "primary_completion_date_type": "ESTIMATED",
    "completion_date": "2023-12-31",
    "completion_date_type": "ESTIMATED",
    "last_update_posted_date": "2022-04-01",
    "has_results": False,
}


def event(seen_through: str = "2024-06-01", **values: Any) -> Any:
    return overdue(trial(**(LATE | values)), date.fromisoformat(seen_through), SETTINGS)


def test_what_it_says() -> None:
    found = event()
    assert (found.type, found.severity, found.effective_date) == ("overdue", Severity.NOTABLE, "2023-06-01")
    assert found.after["primary_completion_date"] == "2023-05"
    assert (found.after["status"], found.after["last_update_posted_date"]) == ("RECRUITING", "2022-04-01")


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ({}, "2023-06-01"),
        ({"last_update_posted_date": "2023-05-10"}, "2024-05-09"),
        ({"primary_completion_date_type": "ACTUAL"}, "2024-01-01"),
        ({"primary_completion_date": ""}, "2024-01-01"),
        ({"completion_date": "", "primary_completion_date_type": "ACTUAL"}, "2023-06-01"),
        ({"primary_completion_date": "2023"}, "2024-01-01"),
        ({"result_pmids": ("1",)}, "2023-06-01"),
    ],
)
def test_the_day_from_which_on(values: dict[str, Any], since: str) -> None:
    day = date.fromisoformat(since)
    before = date.fromordinal(day.toordinal() - 1)
    assert event(str(before), **values) is None
    found = event(since, **values)
    assert found is not None and found.effective_date == since


@pytest.mark.parametrize(
    "values",
    [
        *(
            {"status": status}
            for status in ("COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", "UNKNOWN", "")
        ),
        {"has_results": True},
        {"results_first_posted_date": "2024-01-01"},
        {"primary_completion_date": "", "completion_date": ""},
        {"primary_completion_date": "soon"},
        {"last_update_posted_date": "", "source_date": ""},
    ],
)
def test_what_is_not_overdue(values: dict[str, Any]) -> None:
    assert event(**values) is None


def test_a_record_without_facts() -> None:
    assert overdue(replace(trial(), trial=None), date(2024, 6, 1), SETTINGS) is None


def test_reported_until_the_registry_was_updated() -> None:
    found = event()
    assert not is_reported(found.after, None)
    assert is_reported(found.after, found.after)
    again = event("2026-06-01", last_update_posted_date="2024-07-01")
    assert not is_reported(again.after, found.after)
