"""Which records are exported: pure.

By default a work gives one entry, since a work is one piece of research: people decide about works, and a reference
manager that is given preprint, article and registry entry counts a study three times. It is the record that speaks for
its work (:mod:`livingreview.records.representative`) among those that pass. Every filter is about the record itself,
but for decisions, which are about works; a work gives an entry when one of its records passes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from livingreview.config import Review
from livingreview.errors import UsageError
from livingreview.records import StoredRecord
from livingreview.records.decisions import DECISIONS, STAGES, current_areas, current_verdict
from livingreview.records.representative import fitness
from livingreview.sources import SOURCES
from livingreview.store.repository import Repository

UNDECIDED = "none"

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is asked for; an empty filter lets everything pass.

    Attributes:
        areas: slugs; a top-level one means its children, too.
        decisions: ``include``, ``exclude``, ``maybe``, or ``none`` for what nobody decided.
        stage: whose last decision counts; empty takes the last one of the last stage.
        since: first stored at this moment or later.
        until: first stored at this moment or earlier.
        is_by_record: every record, not one a work.
    """

    scopes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    stage: str = ""
    sources: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    is_by_record: bool = False

    def check(self, review: Review, sources: Iterable[str]) -> None:
        """Whether everything that is named is known.

        Raises:
            UsageError: something is not; it names what is.
        """
        areas = [area.slug for area in review.every_area()]
        known: tuple[tuple[str, tuple[str, ...], Iterable[str], Iterable[str]], ...] = (
            ("scope", self.scopes, [scope.slug for scope in review.scopes], ()),
            ("area", self.areas, [area.slug for area in review.areas], areas),
            ("decision", self.decisions, (*DECISIONS, UNDECIDED), ()),
            ("stage", (self.stage,) if self.stage else (), STAGES, ()),
            ("source", self.sources, sorted(sources), ()),
        )
        for what, asked, names, more in known:
            for slug in asked:
                if slug not in {*names, *more}:
                    below = ", and those below them in areas.toml" if more else ""
                    raise UsageError(f"{slug}: no such {what}; there are {', '.join(names)}{below}")


@dataclass(slots=True)
class Chosen:
    """What a selection comes to.

    Attributes:
        keys: (source, source_id) of the records to write.
        n_withdrawn: records that would have passed, but that their source took back.
    """

    keys: set[Key] = field(default_factory=set)
    n_withdrawn: int = 0


def areas_of(stored: StoredRecord) -> tuple[str, ...]:
    """A record's areas: those that people gave its work, else those that the model gives."""
    return current_areas(stored.decisions) or (stored.score.areas if stored.score else ())


def choose(found: Iterable[StoredRecord], review: Review, selection: Selection) -> Chosen:
    """The records that pass, one a work unless the selection says otherwise.

    Args:
        found: records, those of the scopes that are asked for at least.
        review: that knows the tree of areas.
        selection: what is asked for.
    """
    parents = review.area_parents()
    areas = {slug for slug, top in parents.items() if slug in selection.areas or top in selection.areas}
    chosen = Chosen()
    best: dict[str, tuple[Any, Key]] = {}
    for stored in found:
        if not _passes(stored, selection, areas):
            continue
        if stored.is_withdrawn:
            chosen.n_withdrawn += 1
        elif selection.is_by_record:
            chosen.keys.add(stored.record.key)
        else:
            worth = fitness(stored)
            if stored.work_id not in best or worth > best[stored.work_id][0]:
                best[stored.work_id] = (worth, stored.record.key)
    chosen.keys.update(key for _, key in best.values())
    return chosen


def _passes(stored: StoredRecord, selection: Selection, areas: set[str]) -> bool:
    scope = stored.score.scope if stored.score else ""
    if (selection.scopes and scope not in selection.scopes) or (areas and areas.isdisjoint(areas_of(stored))):
        return False
    if selection.sources and stored.record.source not in selection.sources:
        return False
    if selection.since is not None and stored.first_seen_at < selection.since:
        return False
    if selection.until is not None and stored.first_seen_at > selection.until:
        return False
    if not selection.decisions:
        return True
    return (current_verdict(stored.decisions, stage=selection.stage) or UNDECIDED) in selection.decisions


def selected(store: Repository, review: Review, selection: Selection) -> tuple[Chosen, Iterator[StoredRecord]]:
    """What passes, and the records themselves; the store is read twice, so that no more than the keys is held.

    Raises:
        UsageError: the selection names what is not known.
    """
    selection.check(review, {*SOURCES, *store.counts()})
    scopes = list(selection.scopes) or None
    chosen = choose(store.records(scopes=scopes), review, selection)
    if not chosen.keys:
        return chosen, iter(())
    return chosen, (stored for stored in store.records(scopes=scopes) if stored.record.key in chosen.keys)
