"""Pure: what an incoming state means for what is stored. Every verdict carries its reason.

The rules, in their order:

1. Nothing is stored under this key: ``new``.
2. The road carries less than what is stored: ``thinner``. A list of facts never overwrites a full record.
3. The content equals the current state: ``unchanged``. A withdrawn record returns when its own source gives it again,
   or with a later date; not by a file that holds both the record and its deletion and is read again.
4. The road carries more than what is stored: ``revised``, whatever the dates say.
5. The source dates it after the current state: ``revised``.
6. The content equals some earlier state: ``unchanged``, an old document read again.
7. The source dates it before the current state: ``older``, kept as history, never current.
8. Same date, unseen content: ``revised``, the later arrival wins.
"""

from collections.abc import Set as AbstractSet

from livingreview.verdicts import Absent, Action, State, Verdict


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


def decide_absence(*, is_stored: bool, is_withdrawn: bool, is_missed_before: bool, is_proof: bool) -> Absent:
    """What it means that a source did not return an item that it was asked for, not even alone.

    One silence proves nothing: a service may be rebuilding its index. The second one, in a later run and beside items
    that were returned, withdraws the record.

    Args:
        is_stored: the item is in the store.
        is_withdrawn: it is known to be withdrawn.
        is_missed_before: an earlier run missed it, and nothing has returned it since.
        is_proof: it was asked for by its id, and the source returned others at the same time.
    """
    if not is_stored:
        return Absent.NAMED
    if is_withdrawn:
        return Absent.KNOWN
    return Absent.WITHDRAWN if is_missed_before and is_proof else Absent.CANDIDATE
