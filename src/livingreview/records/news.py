"""What some changes bring that is new to a reader, counted: the same numbers for the mail and for the report.

That a record is new to the store is no news: the review may print it, or have been able to. So of trials only those are
*new* that a registry first posted after the review appeared; the others were *missed by the review*, or nobody knows
when they were posted (see :mod:`livingreview.records.trial_standing`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from livingreview.records.change_types import FIRST_STORED_TYPES, ChangeType
from livingreview.records.record import Change
from livingreview.records.stored import StoredChange
from livingreview.records.trial_standing import Posting

TRIAL_NEWS = {
    Posting.AFTER_REVIEW: ChangeType.NEW_TRIAL,
    Posting.BEFORE_REVIEW: ChangeType.MISSED_TRIAL,
    Posting.UNKNOWN: ChangeType.UNDATED_TRIAL,
}
"""When a registry first posted a trial of a relevant scope that the review does not print -> the type of its change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """How much of each kind of news some changes hold.

    Attributes:
        core_papers: publications of the review's own scope that it does not cite.
        other_papers: publications of other subjects that it does not cite.
        trials: trials of a relevant scope that it does not print: those that are new, those that it missed, and those
            of which nobody knows.
    """

    core_papers: int
    other_papers: int
    trials: Mapping[ChangeType, int]


def is_meeting(change: Change) -> bool:
    """Whether the store merely met a record: the review cites or prints it, or it is a trial of other subjects."""
    is_first = change.type in FIRST_STORED_TYPES
    return is_first and (change.type == ChangeType.TRIAL_READ or bool(change.after.get("is_baseline")))


def news_of(changes: Iterable[StoredChange]) -> News:
    """Counts the news among changes."""
    counts = Counter(found.change.type for found in changes if not is_meeting(found.change))
    return News(
        core_papers=counts[ChangeType.NEW_CORE_RECORD],
        other_papers=counts[ChangeType.NEW_RECORD],
        trials={type_: counts[type_] for type_ in TRIAL_NEWS.values()},
    )
