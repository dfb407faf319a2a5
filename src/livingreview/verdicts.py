"""What deciding is about: an incoming state, the stored one, and the verdict (:mod:`livingreview.decide`)."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What becomes of an incoming state (:mod:`livingreview.decide`)."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    OLDER = "older"
    THINNER = "thinner"
    WITHDRAWN = "withdrawn"
    UNSTORED = "unstored"


class Absent(StrEnum):
    """What it means that a source did not return an item (:mod:`livingreview.decide`)."""

    NAMED = "named"
    CANDIDATE = "candidate"
    WITHDRAWN = "withdrawn"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class State:
    """One state of a record, as far as deciding needs it.

    Attributes:
        is_live: its own source gave it just now; a file tells of the day on which it was written.
    """

    content_hash: str
    order_key: str
    fidelity: int
    is_withdrawn: bool = False
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """An action with its reason in words."""

    action: Action
    reason: str
