"""Records, works and changes as the store has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from livingreview.records.record import Change, Cursor, Decision, Record, Score

TRIES_BY_ID = 2
"""So many runs ask by its id for an item that was listed and never came; then it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A record that its source did not return when it was asked for by id, or an item that it listed and never gave.

    Attributes:
        first_run: the run that missed it first, ``first_missed_at`` that run's ``now``.
        reason: in the source's or our words.
        merged_into: the id that its source keeps it under now; empty when nobody knows.
        is_withdrawn: a second run missed it too.
        is_stored: there is a record of it.
        n_missed: how many later runs asked for it by its id in vain, for one that was never stored.
    """

    source: str
    source_id: str
    first_run: str
    first_missed_at: datetime
    reason: str
    merged_into: str
    is_withdrawn: bool
    is_stored: bool
    n_missed: int

    @property
    def is_given_up(self) -> bool:
        """Whether it is no longer asked for, until its service lists it anew."""
        return not self.is_stored and self.n_missed >= TRIES_BY_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What the store knows that decides what is asked next.

    Attributes:
        stored: source -> ids of records that are not withdrawn, of all that may be asked for by id.
        gone: source -> ids of records that are withdrawn, or that their source did not return when asked, and of items
            that it listed and never gave.
        controls: source -> a few ids of records that are there, for sources that something of is gone.
        doi_of: (source, id) -> doi, for what is gone.
        unfinished: source -> ids of trials that may still change their status by themselves.
        incomplete: source -> ids of records whose text was left out of a snapshot.
        to_count: source -> ids of trials and of records of a relevant scope.
        pmid_of: doi -> PMID of a stored record, for the DOIs that were wanted.
        broken: (source, query name) whose last reading failed.
        read_until: (source, query hash) -> the last day of each complete reading, oldest first.
        counted_at: (source, text of a query) -> when its whole period was read or counted last.
    """

    cursors: tuple[Cursor, ...]
    stored: Mapping[str, frozenset[str]]
    gone: Mapping[str, frozenset[str]]
    controls: Mapping[str, Sequence[str]]
    doi_of: Mapping[tuple[str, str], str]
    unfinished: Mapping[str, Sequence[str]]
    incomplete: Mapping[str, Sequence[str]]
    to_count: Mapping[str, Sequence[str]]
    pmid_of: Mapping[str, str]
    broken: frozenset[tuple[str, str]]
    read_until: Mapping[tuple[str, str], Sequence[str]]
    counted_at: Mapping[tuple[str, str], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record in its current state, with everything that hangs on it.

    Attributes:
        first_run: name of the run that stored it first.
        first_seen_at: that run's ``now``.
        version: number of the current version.
        score: what the model says of that version; None before it was classified.
        decisions: what people said of its work, oldest first.
    """

    record: Record
    work_id: str
    first_run: str
    first_seen_at: datetime
    version: int
    is_withdrawn: bool
    score: Score | None
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTrial:
    """A stored trial whose results may have been published.

    Attributes:
        version: number of its current version.
        reported_pmids: PMIDs of the articles that earlier changes reported as its results.
    """

    source: str
    source_id: str
    title: str
    work_id: str
    version: int
    reported_pmids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Underived:
    """A version that has no score and no changes yet, beside the state before it.

    Attributes:
        before: the state before, None for the first version of a record.
        is_withdrawal: this version says that the source took the record back.
        was_withdrawn: the version before was such a one.
        reported_kinds: kinds of the records of the same publication (or the same trial) that were reported before.
        is_superseded: the same run brought a fuller copy of the same text, which reports the work.
        siblings: every earlier state of the other records that are copies of the same text: of one doi or PMID.
        work_scopes: scopes that earlier states of its work were given.
        trials: stored trials that it names, for an article; itself, for a trial.
        decision: the one that counts on its work; empty for none, and for a record without notices.
        evidence_of: statements for which a record of its work is evidence; empty for a record without notices.
    """

    version_id: int
    number: int
    record: Record
    work_id: str
    before: Record | None
    before_number: int
    is_withdrawal: bool
    was_withdrawn: bool
    reported_kinds: frozenset[str] = frozenset()
    is_superseded: bool = False
    siblings: tuple[Record, ...] = ()
    work_scopes: frozenset[str] = frozenset()
    trials: tuple[NamedTrial, ...] = ()
    decision: str = ""
    evidence_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTrial:
    """A trial in its current state.

    Attributes:
        scope: that the model gave.
        seen_through: the day up to which its registry is known to have said nothing else; None where it does not say
            how far it was read.
    """

    record: Record
    work_id: str
    version: int
    scope: str
    seen_through: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLink:
    """Why two records are one work, or no longer are.

    Attributes:
        record: name ``source:source_id`` of one; ``other`` of the other.
        kind: a kind of :class:`livingreview.linking.rules.LinkKind`.
        run: name of the run that found it, empty for the word of a person.
        made_by: who joined the two, empty where the rules did.
        undone_by: who parted them, empty where the rules no longer say so.
    """

    record: str
    other: str
    kind: str
    reason: str
    evidence: dict[str, Any]
    run: str
    made_by: str
    made_at: datetime
    undone_by: str
    undone_at: datetime | None
    undone_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Records that are the same piece of research.

    Attributes:
        links: of its records, those undone included; oldest first.
        decisions: what people said of it under any of its names, oldest first.
    """

    id: str
    records: tuple[StoredRecord, ...]
    links: tuple[WorkLink, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A record that may have a fuller copy elsewhere.

    Attributes:
        is_thin: it is less than its own source's full record.
    """

    source: str
    source_id: str
    is_thin: bool
    is_preprint: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChange:
    """A change with its number and the run that found it."""

    id: int
    run: str
    change: Change
    is_delivered: bool = False
