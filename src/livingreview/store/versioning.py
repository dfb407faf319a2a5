"""Pure: what an incoming state means for what is stored. Every verdict carries its reason.

The rules, in their order:

1. Nothing is stored under this key: ``new``.
2. The channel carries less than what is stored: ``thinner``. A list of facts never overwrites a full record. What a
   newer citation of a trial says of its course is merged into the fuller copy, though (:func:`merge_course`).
3. The content equals the current state: ``unchanged``. A withdrawn record returns when its own source gives it again,
   or with a later date; not by a file that holds both the record and its deletion and is read again.
4. The channel carries more than what is stored: ``revised``, whatever the dates say.
5. The source dates it after the current state: ``revised``.
6. The content equals some earlier state: ``unchanged``, an old document read again.
7. The source dates it before the current state: ``older``, kept as history, never current.
8. Same date, unseen content: ``revised``, the later arrival wins.
"""

import dataclasses
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from livingreview.records import Fidelity, Record
from livingreview.records.stored import TRIES_BY_ID


class Action(StrEnum):
    """What becomes of an incoming state (:mod:`livingreview.store.versioning`)."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    OLDER = "older"
    THINNER = "thinner"
    WITHDRAWN = "withdrawn"
    UNSTORED = "unstored"


class Absent(StrEnum):
    """What it means that a source did not return an item (:mod:`livingreview.store.versioning`)."""

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
        is_live: its own source gave it just now; a file says what was so on the day on which it was written.
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


_COURSE = (
    "status",
    "why_stopped",
    "enrollment_count",
    "start_date",
    "primary_completion_date",
    "completion_date",
    "last_update_posted_date",
    "results_first_posted_date",
    "has_results",
)
"""What changes while a trial goes on. Its wording and design are left out: a thin copy shortens and reorders them."""
_DEPENDENT = {
    "status": ("last_known_status", "why_stopped"),
    "enrollment_count": ("enrollment_type",),
    "primary_completion_date": ("primary_completion_date_type",),
    "completion_date": ("completion_date_type",),
}
"""Fact -> facts that only hold together with it."""


def decide(incoming: State, stored: State | None, earlier_hashes: AbstractSet[str]) -> Verdict:
    """The verdict on one incoming state.

    Args:
        incoming: what was read.
        stored: the current state, None when the record is not in the store.
        earlier_hashes: content hashes of every stored state of the record.
    """
    if stored is None:
        return Verdict(Action.NEW, "not in the store")
    if incoming.fidelity < stored.fidelity:
        return Verdict(Action.THINNER, "a fuller copy is stored")
    if stored.is_withdrawn and (incoming.is_live or incoming.order_key > stored.order_key):
        return Verdict(Action.REVISED, "returned after its withdrawal")
    if incoming.content_hash == stored.content_hash:
        return Verdict(Action.UNCHANGED, "same content")
    if incoming.fidelity > stored.fidelity:
        return Verdict(Action.REVISED, "fuller than the stored copy")
    if incoming.order_key > stored.order_key:
        return Verdict(Action.REVISED, "dated later by its source")
    if incoming.content_hash in earlier_hashes:
        return Verdict(Action.UNCHANGED, "an earlier state read again")
    if incoming.order_key < stored.order_key:
        return Verdict(Action.OLDER, "dated earlier by its source")
    return Verdict(Action.REVISED, "same date, other content")


def decide_deletion(stored: State | None) -> Verdict:
    """The verdict on a source's word that it no longer has an item."""
    if stored is None:
        return Verdict(Action.UNSTORED, "deleted by its source, never stored here")
    if stored.is_withdrawn:
        return Verdict(Action.UNCHANGED, "withdrawn already")
    return Verdict(Action.WITHDRAWN, "deleted by its source")


def decide_absence(
    *, is_stored: bool, is_withdrawn: bool, is_missed_before: bool, is_proof: bool, n_missed: int | None
) -> Absent:
    """What it means that a source did not return an item that it was asked for, not even alone.

    One silence proves nothing: a service may be rebuilding its index. The second one, in a later run and beside items
    that were returned, withdraws the record. What a search lists and what has never come is in doubt: it is asked for
    by its id until it comes, or until ``TRIES_BY_ID`` later runs missed it beside items that were returned.

    Args:
        is_stored: the item is in the store.
        is_withdrawn: it is known to be withdrawn.
        is_missed_before: an earlier run missed it, and nothing has returned it since.
        is_proof: it was asked for by its id, and the source returned others at the same time.
        n_missed: how many later runs missed an item in doubt so, this one included; None for one that no search lists.
    """
    if not is_stored:
        if n_missed is None:
            return Absent.NAMED
        return Absent.GIVEN_UP if n_missed >= TRIES_BY_ID else Absent.DOUBTED
    if is_withdrawn:
        return Absent.KNOWN
    return Absent.WITHDRAWN if is_missed_before and is_proof else Absent.CANDIDATE


def merge_course(fuller: Record, newer: Record) -> Record | None:
    """The fuller copy of a trial, with what a thinner but newer copy says of its course.

    What the newer copy does not say stays as it was: absence says nothing. A fact that holds only together with a
    changed one (the kind of a date, the reason of a stop) is taken from the newer copy, too, be it unknown there. A
    date that is only given less exactly has not changed, and a status in the words of another registry does not
    replace one in ours.

    Args:
        fuller: a copy that carries more.
        newer: a copy of the same record that carries less.

    Returns:
        The merged state, dated as the newer copy and as full as the fuller one; None when nothing is to be merged:
        no trial, a list of facts, a copy without a date, or none that is later.
    """
    old, new = fuller.trial, newer.trial
    if old is None or new is None or newer.fidelity < Fidelity.CITATION:
        return None
    if not (fuller.source_date and newer.source_date) or newer.order_key <= fuller.order_key:
        return None
    facts: dict[str, Any] = {}
    for name in _COURSE:
        if not _is_same(before := getattr(old, name), after := getattr(new, name)):
            facts[name] = after
            facts |= {other: getattr(new, other) for other in _DEPENDENT.get(name, ()) if before not in ("", None)}
    if old.status.isupper() and not new.status.isupper():
        for name in ("status", *_DEPENDENT["status"]):
            facts.pop(name, None)
    return dataclasses.replace(
        fuller,
        trial=dataclasses.replace(old, **facts),
        source_version=newer.source_version,
        source_date=newer.source_date,
        source_stamp=newer.source_stamp,
    )


def _is_same(before: Any, after: Any) -> bool:
    """Whether a newer value adds nothing: unknown, equal, or the same date with less of it."""
    if after is None or after == "" or after == before:
        return True
    return isinstance(before, str) and isinstance(after, str) and before.startswith(f"{after}-")
