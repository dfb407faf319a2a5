"""What deciding is about: an incoming state, the stored one, and the verdict (:mod:`livingreview.decide`)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from livingreview.records import Problem, Record


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An item that came and is not read yet, since the store may know these very bytes.

    Attributes:
        source: as in :class:`~livingreview.records.Record`.
        source_id: the id that it seems to have; what it says once it is read counts.
        digest: of all that reading it depends on, the code that reads it included.
        read: what it says.
    """

    source: str
    source_id: str
    digest: str
    read: Callable[[], Record | Problem]
