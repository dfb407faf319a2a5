"""Where a trial stands beside the review: one definition of each word of the glossary, for report, mail and rules.

A printed trial is *changed since publication*, *differs, undated*, *already so at publication*, as printed, or of an
unknown status. One that the review does not print is *new* or was *missed*, by the date on which its registry first
posted it.
"""

import re
from datetime import date
from enum import StrEnum

from livingreview.records.baseline import PrintedTrial
from livingreview.records.identifiers import is_before, normal_status
from livingreview.records.record import Fidelity, Record

ANNOUNCED = "ANNOUNCED"
"""Normal form of the status of a trial that the review calls announced and not registered."""


class Standing(StrEnum):
    """How the registry's present status compares with the printed one."""

    CHANGED = "changed"
    UNDATED = "undated"
    ALREADY_SO = "already_so"
    SAME = "same"
    UNKNOWN = "unknown"
    NOT_STORED = "not_stored"


class Posting(StrEnum):
    """When a registry first posted a trial, beside the day on which the review appeared."""

    BEFORE_REVIEW = "before_review"
    AFTER_REVIEW = "after_review"
    UNKNOWN = "unknown"


def state_date(record: Record) -> str:
    """The partial date of a state of a trial: as its source dates it, else the registry's last update."""
    return record.source_date or (record.trial.last_update_posted_date if record.trial else "")


def standing(printed: PrintedTrial, state: Record | None, published: date, *, is_stored: bool = True) -> Standing:
    """How a printed trial stands.

    Args:
        printed: the trial as the review printed it.
        state: its last state that gives a status (for an announced trial, its registration); None when there is none.
        published: the day on which the review appeared.
        is_stored: whether the store has the trial at all.
    """
    if not is_stored:
        return Standing.NOT_STORED
    then = normal_status(printed.status)
    if then == ANNOUNCED and state is not None:
        # Printed as not registered: once a registry has it, only the day of its registration is in question.
        is_older = is_before(state_date(state), published) or posting(state, published) == Posting.BEFORE_REVIEW
        return Standing.ALREADY_SO if is_older else Standing.CHANGED
    now = state.trial.status if state is not None and state.trial else ""
    if state is None or not now:
        return Standing.UNKNOWN
    if then == now:
        return Standing.SAME
    is_registry_copy = state.fidelity == Fidelity.FULL
    # The registry turns a study UNKNOWN by the calendar: such a state bears no date of its own.
    if is_registry_copy and now == "UNKNOWN":
        return Standing.CHANGED
    as_of = state_date(state)
    if not as_of:
        return Standing.CHANGED if is_registry_copy else Standing.UNDATED
    return Standing.ALREADY_SO if is_before(as_of, published) else Standing.CHANGED


def posting(record: Record, published: date) -> Posting:
    """When a trial was first posted, beside the review.

    The registry's own date counts. Without one, a state that lies before the review shows that it was registered by
    then, and its number tells the time within which ClinicalTrials.gov posted it.
    """
    facts = record.trial
    if facts and facts.first_posted_date:
        return Posting.BEFORE_REVIEW if is_before(facts.first_posted_date, published) else Posting.AFTER_REVIEW
    if is_before(state_date(record), published):
        return Posting.BEFORE_REVIEW
    earliest, latest = nct_posted(record.source_id)
    if latest is not None and latest < published:
        return Posting.BEFORE_REVIEW
    return Posting.AFTER_REVIEW if earliest is not None and earliest >= published else Posting.UNKNOWN


def results_posting(record: Record, published: date) -> Posting:
    """When a registry posted the results of a trial, beside the review; unknown where it has none.

    Without a date of their own they were there before the review where a state from before it has them; else they came
    after it, as far as anybody can tell.
    """
    facts = record.trial
    if facts is None or not (facts.has_results or facts.results_first_posted_date):
        return Posting.UNKNOWN
    day = facts.results_first_posted_date or state_date(record)
    return Posting.BEFORE_REVIEW if is_before(day, published) else Posting.AFTER_REVIEW


_NCT_POSTED = (
    ("NCT01065337", date(2010, 2, 9)),
    ("NCT01275612", date(2011, 1, 12)),
    ("NCT01517425", date(2012, 1, 25)),
    ("NCT01759784", date(2013, 1, 3)),
    ("NCT02025270", date(2014, 1, 1)),
    ("NCT02330978", date(2015, 1, 5)),
    ("NCT02645305", date(2016, 1, 1)),
    ("NCT03011541", date(2017, 1, 5)),
    ("NCT03391791", date(2018, 1, 5)),
    ("NCT03790670", date(2019, 1, 2)),
    ("NCT04216849", date(2020, 1, 3)),
    ("NCT04698447", date(2021, 1, 6)),
    ("NCT05176366", date(2022, 1, 4)),
    ("NCT05535803", date(2022, 9, 10)),
    ("NCT05553132", date(2022, 9, 23)),
    ("NCT05803083", date(2023, 4, 7)),
    ("NCT06203210", date(2024, 1, 12)),
    ("NCT06754501", date(2024, 12, 31)),
    ("NCT07213882", date(2025, 10, 9)),
)
"""Numbers of ClinicalTrials.gov and the day on which each was first posted. Numbers are given out in order: of 820
studies of the registry, one alone (of 2003) was posted before another with a lower number."""


def nct_posted(nct_id: str) -> tuple[date | None, date | None]:
    """The first and the last day on which ClinicalTrials.gov can have posted a study first, by its number.

    None where no known study has a lower, or a higher, number.
    """
    if not re.fullmatch(r"NCT\d{8}", nct_id):
        return None, None
    earliest = max((day for number, day in _NCT_POSTED if number <= nct_id), default=None)
    return earliest, min((day for number, day in _NCT_POSTED if number >= nct_id), default=None)
