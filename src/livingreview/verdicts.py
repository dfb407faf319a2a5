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


@dataclass(frozen=True, slots=True)
class State:
    """One state of a record, as far as deciding needs it."""

    content_hash: str
    order_key: str
    fidelity: int
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """An action with its reason in words."""

    action: Action
    reason: str
