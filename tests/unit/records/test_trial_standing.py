"""Where a trial stands beside the review."""

from datetime import date

import pytest

from livingreview.records import Fidelity, Kind, PrintedTrial, Record, TrialFacts
from livingreview.records.trial_standing import Posting, Standing, nct_submitted_from, posting, standing

PUBLISHED = date(2022, 9, 14)


def _printed(status: str, nct_id: str = "NCT01000001") -> PrintedTrial:
    return PrintedTrial(
        nct_id=nct_id,
        title="A trial",
        ev_source="",
        condition="",
        status=status,
        location="",
        area="",
        note="",
        role="",
    )


def _state(
    status: str, as_of: str = "", *, first_posted: str = "", start: str = "", fidelity: Fidelity = Fidelity.FACTS
) -> Record:
    return Record(
        source="clinicaltrials",
        source_id="NCT01000001",
        kind=Kind.TRIAL,
        source_date=as_of,
        fidelity=fidelity,
        trial=TrialFacts(status=status, first_posted_date=first_posted, start_date=start),
    )


@pytest.mark.parametrize(
    ("printed", "state", "expected"),
    [
        ("Recruiting", _state("COMPLETED", "2023-01-05"), Standing.CHANGED),
        ("Recruiting", _state("COMPLETED", "2022-09-14"), Standing.CHANGED),
        ("Recruiting", _state("COMPLETED", "2022"), Standing.CHANGED),
        ("Recruiting", _state("COMPLETED", "2022-09-13"), Standing.ALREADY_SO),
        ("Recruiting", _state("COMPLETED"), Standing.UNDATED),
        ("Recruiting", _state("COMPLETED", fidelity=Fidelity.FULL), Standing.CHANGED),
        ("Recruiting", _state("UNKNOWN", "2021-01-01", fidelity=Fidelity.FULL), Standing.CHANGED),
        ("Unknown status", _state("UNKNOWN"), Standing.SAME),
        ("Recruiting", _state("", "2023-01-05"), Standing.UNKNOWN),
        ("Recruiting", None, Standing.UNKNOWN),
        ("announced, not yet registered", _state("", "2020-11-24"), Standing.ALREADY_SO),
        ("announced, not yet registered", _state("", "2024", first_posted="2020-08-31"), Standing.ALREADY_SO),
        ("announced, not yet registered", _state("RECRUITING", "2023-01-01"), Standing.CHANGED),
    ],
)
def test_a_printed_trial_stands_in_one_way(printed: str, state: Record | None, expected: Standing) -> None:
    assert standing(_printed(printed), state, PUBLISHED) == expected


def test_a_trial_that_the_store_does_not_have_stands_nowhere() -> None:
    assert standing(_printed("Recruiting"), None, PUBLISHED, is_stored=False) == Standing.NOT_STORED


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (_state("RECRUITING", "2024", first_posted="2022-09-13"), Posting.BEFORE_REVIEW),
        (_state("RECRUITING", "2021", first_posted="2022-09-14"), Posting.AFTER_REVIEW),
        (_state("RECRUITING", "2021"), Posting.BEFORE_REVIEW),
        (_state("RECRUITING", "2024"), Posting.UNKNOWN),
        (_state("RECRUITING", start="2020-05"), Posting.BEFORE_REVIEW),
    ],
)
def test_a_trial_was_posted_before_or_after_the_review(record: Record, expected: Posting) -> None:
    assert posting(record, PUBLISHED) == expected


def test_a_number_that_was_not_given_out_yet_shows_that_a_trial_is_newer() -> None:
    record = Record(
        source="clinicaltrials", source_id="NCT06999999", kind=Kind.TRIAL, trial=TrialFacts(start_date="2021-05")
    )
    assert posting(record, PUBLISHED) == Posting.AFTER_REVIEW


@pytest.mark.parametrize(
    ("number", "since"),
    [("NCT02664362", None), ("NCT02664363", date(2016, 1, 22)), ("NCT05500000", date(2022, 3, 4)), ("ACTRN1", None)],
)
def test_numbers_rise_with_time(number: str, since: date | None) -> None:
    assert nct_submitted_from(number) == since
