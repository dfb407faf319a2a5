"""What the store hands out: frozen rows for readers, without a session behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from livingreview.records import Change, Decision, Record, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One pass along the line."""

    id: int
    name: str
    road: str
    status: str
    now_at: datetime
    started_at: datetime
    finished_at: datetime | None
    reported_at: datetime | None
    code_version: str
    config_hash: str
    model: str
    error: str
    drift: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLog:
    """What one query of a run did; ``counts`` holds one number per action of :mod:`livingreview.decide`."""

    source: str
    name: str
    role: str
    query_hash: str
    text: str
    since: str
    until: str
    announced: int | None
    received: int
    counts: dict[str, int]
    requests: int
    is_reconciled: bool
    is_skipped: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A named exception of a run."""

    source: str
    source_id: str
    query: str
    reason: str


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
class Underived:
    """A version that has no score and no changes yet, beside the state before it.

    Attributes:
        before: the state before, None for the first version of a record.
        is_withdrawal: this version says that the source took the record back.
        was_withdrawn: the version before was such a one.
        is_first_of_work: no other record of its work was there before.
        work_kind: the kind of the first record of its work.
    """

    version_id: int
    number: int
    record: Record
    work_id: str
    before: Record | None
    before_number: int
    is_withdrawal: bool
    was_withdrawn: bool
    is_first_of_work: bool
    work_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChange:
    """A change with its number and the run that found it."""

    id: int
    run: str
    change: Change
    is_delivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How one source stands.

    Attributes:
        searched_through_at: every query of the source has been read completely up to here; None if one never was.
        triaged_through_at: every relevant work first seen up to here has been decided; None if none has.
        reported_through_at: the last run whose report was written and that touched the source.
        is_overdue: the searches are older than the source's ``overdue_after_days``.
        last_run: name, time, status and error of the last run that asked the source.
    """

    records: int
    versions: int
    searched_through_at: datetime | None
    triaged_through_at: datetime | None
    reported_through_at: datetime | None
    is_overdue: bool
    last_run: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One mail and the changes it carries."""

    id: int
    message_id: str
    status: str
    change_ids: tuple[int, ...] = field(default=())
