"""What deciding is about: an incoming state, the stored one, and the verdict (:mod:`livingreview.decide`)."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

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


TRIES_BY_ID = 2
"""So many runs ask by its id for an item that was listed and never came; then it is given up."""


class Absent(StrEnum):
    """What it means that a source did not return an item (:mod:`livingreview.decide`)."""

    NAMED = "named"
    DOUBTED = "doubted"
    GIVEN_UP = "given up"
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


class Decider(Protocol):
    """The pure rules of :mod:`livingreview.decide`, handed to the store by the run."""

    def decide(self, incoming: State, stored: State | None, earlier_hashes: AbstractSet[str]) -> Verdict:
        """The verdict on an incoming state."""
        ...

    def decide_deletion(self, stored: State | None) -> Verdict:
        """The verdict on a source's word that it no longer has an item."""
        ...

    def decide_absence(
        self, *, is_stored: bool, is_withdrawn: bool, is_missed_before: bool, is_proof: bool, n_missed: int | None
    ) -> Absent:
        """What it means that a source did not return an item."""
        ...

    def lay_over(self, fuller: Record, newer: Record) -> Record | None:
        """A fuller copy with what a thinner but newer one says; None when there is nothing to lay over."""
        ...


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
