"""Pure: what an incoming state means for what is stored. Every verdict carries its reason.

The rules, in their order:

1. Nothing is stored under this key: ``new``.
2. The road carries less than what is stored: ``thinner``. A list of facts never overwrites a full record.
3. The content equals the current state: ``unchanged``. A withdrawn record returns only with a later date, so that a
   file that holds both a record and its deletion can be read again without a change.
4. The road carries more than what is stored: ``revised``, whatever the dates say.
5. The source dates it after the current state: ``revised``.
6. The content equals some earlier state: ``unchanged``, an old document read again.
7. The source dates it before the current state: ``older``, kept as history, never current.
8. Same date, unseen content: ``revised``, the later arrival wins.
"""

from collections.abc import Set as AbstractSet

from livingreview.verdicts import Action, State, Verdict


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
    if stored.is_withdrawn and incoming.order_key > stored.order_key:
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
