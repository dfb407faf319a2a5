"""What runs, queries and mails did, and the state of each source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

RECOUNT = "recount"
"""Role of a query that lists the whole period of a search, to find what none of its readings brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One pass through the pipeline; ``channel`` is the way on which its records came."""

    id: int
    name: str
    channel: str
    status: str
    now_at: datetime
    started_at: datetime
    finished_at: datetime | None
    reported_at: datetime | None
    code_version: str
    config_hash: str
    model: str
    error: str
    n_decisions: int = 0
    n_statement_decisions: int = 0
    drift: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCount:
    """How many works were decided on alike, by the last decision of the last stage at which somebody decided.

    Attributes:
        is_trial: the works hold entries of registries only, no publication.
        n: number of works.
    """

    stage: str
    decision: str
    reason: str
    is_trial: bool
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFlow:
    """What one run brought into the store, in numbers; what the published review cites is counted apart.

    Attributes:
        records: source -> records that the run stored for the first time, those that the review cites left out.
        n_known: records that the run stored for the first time and that the review cites.
        n_works: works whose first record the run stored, those that the review cites left out.
        n_duplicates: of ``records``, those that are the same text or registration as a record stored before them; the
            others of a work (notices, preprints, registrations) are tied to it and are no duplicates.
        decided: what people have said of these works so far.
        changes: (type, severity, number) of the changes that it found.
    """

    run: Run
    records: Mapping[str, int]
    n_known: int
    n_works: int
    n_duplicates: int
    decided: tuple[DecisionCount, ...]
    changes: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOwner:
    """Who holds the lock of the store.

    Attributes:
        is_stale: its process is gone, or it is too old: the next run takes it over.
    """

    host: str
    pid: int
    since: datetime
    is_stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the database is.

    Attributes:
        schema: revision of its schema.
        faults: what is damaged, in the database's words.
        why_not_writable: empty when it can be written to.
    """

    schema: str
    faults: tuple[str, ...]
    why_not_writable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One line of the log of the raw archive: an answer, a file, or a request that ended without an answer.

    Attributes:
        source: who answered; ``files``, ``hand`` or ``method`` for what no service gave.
        url: what was asked, or the name of a file.
        status: of the answer; 0 for a file, and for a request that ended without a usable answer.
        key: of the document in the archive; empty where there is none.
        fault: class of the error that made it unusable; empty when it was used.
        error: that error's words.
    """

    source: str
    url: str
    parameters: dict[str, str]
    is_post: bool
    status: int
    media_type: str
    headers: dict[str, str]
    key: str
    size_bytes: int
    retrieved_at: datetime
    fault: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLog:
    """What one query of a run did; ``counts`` holds one number per action of :mod:`livingreview.store.versioning`."""

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
class EarlierReading:
    """A complete reading of a query in an earlier run.

    Attributes:
        since: the first day that it asked for, as ISO date.
        is_doubtful: it found nothing at all, or named records that did not come.
    """

    since: str
    announced: int
    is_doubtful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A named exception of a run."""

    source: str
    source_id: str
    query: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often a source was asked for an id in vain, and the ``now`` of the last of these runs."""

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """The state of one source.

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
