"""Where a trial stands beside the review."""

from dataclasses import replace
from datetime import date

import pytest

from livingreview.records import Fidelity, Kind, PrintedTrial, Record, TrialFacts
from livingreview.records.trial_standing import Posting, Standing, nct_posted, posting, results_posting, standing

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
        source_id="NCT09000001",
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
        (_state("RECRUITING", "2024", start="2020-05"), Posting.UNKNOWN),
    ],
)
def test_a_trial_was_posted_before_or_after_the_review(record: Record, expected: Posting) -> None:
    assert posting(replace(record, source_id="ACTRN1"), PUBLISHED) == expected


@pytest.mark.parametrize(
    ("nct_id", "expected"),
    [
        ("NCT05535803", Posting.BEFORE_REVIEW),
        ("NCT01000001", Posting.BEFORE_REVIEW),
        ("NCT05540000", Posting.UNKNOWN),
        ("NCT05553132", Posting.AFTER_REVIEW),
        ("NCT09000001", Posting.AFTER_REVIEW),
    ],
)
def test_its_number_tells_where_no_date_does(nct_id: str, expected: Posting) -> None:
    assert posting(replace(_state("RECRUITING"), source_id=nct_id), PUBLISHED) == expected


@pytest.mark.parametrize(
    ("number", "between"),
    [
        ("NCT01000001", (None, date(2010, 2, 9))),
        ("NCT01065337", (date(2010, 2, 9), date(2010, 2, 9))),
        ("NCT05500000", (date(2022, 1, 4), date(2022, 9, 10))),
        ("NCT09000001", (date(2025, 10, 9), None)),
        ("ACTRN1", (None, None)),
    ],
)
def test_numbers_are_given_out_in_order(number: str, between: tuple[date | None, date | None]) -> None:
    assert nct_posted(number) == between


@pytest.mark.parametrize(
    ("posted", "as_of", "expected"),
    [
        ("2022-09-13", "2024", Posting.BEFORE_REVIEW),
        ("2022-09-14", "2024", Posting.AFTER_REVIEW),
        ("", "2021-10-12", Posting.BEFORE_REVIEW),
        ("", "2024", Posting.AFTER_REVIEW),
        ("", "", Posting.AFTER_REVIEW),
    ],
)
def test_results_were_posted_before_or_after_the_review(posted: str, as_of: str, expected: Posting) -> None:
    facts = TrialFacts(has_results=True, results_first_posted_date=posted)
    record = Record(source="clinicaltrials", source_id="NCT1", kind=Kind.TRIAL, source_date=as_of, trial=facts)
    assert results_posting(record, PUBLISHED) == expected
    assert results_posting(replace(record, trial=TrialFacts(has_results=False)), PUBLISHED) == Posting.UNKNOWN
