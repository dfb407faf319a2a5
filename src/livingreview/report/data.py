"""What a report is made of, and what it is: plain views in, a JSON-ready structure out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from livingreview.config import Review
from livingreview.records import (
    Baseline,
    Change,
    Issue,
    QueryLog,
    Record,
    Run,
    RunFlow,
    SourceStatus,
    StoredChange,
    StoredRecord,
)
from livingreview.records.evidence import StatementDecision, WaitingProposal
from livingreview.records.review_text import Sentence


@dataclass(frozen=True, kw_only=True)
class NewArea:
    """Core records that fit no area and share these terms; ``keys`` are (source, source_id)."""

    terms: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything that one report is made of.

    Attributes:
        run: the run that is reported.
        previous_run: the run reported before it, or before the period; None for the first.
        since: the beginning of a period; None for a report of one run.
        queries: what the run's queries did.
        previous_queries: what the searches of the last reported run before it did that asked services.
        issues: the named exceptions of the run.
        changes: the changes of the run, or of a period of several runs.
        records: every record of a relevant scope, every trial and every baseline record, in its current state;
            everything else is only counted.
        trial_history: nct_id -> stored states in their order, for the trials that the review printed.
        counts: source -> number of records in the store.
        status: source -> its fetch state.
        new_areas: groups of core records that fit no area of the review.
        reported_trials: every stored change ``overdue`` and ``results_published`` up to now, oldest first.
        model_card: what the classifier says of itself; empty when there is none.
        sentences: of the published text; none when it is not kept.
        flows: what every run up to this one brought, oldest first, this one last.
        failures: source or file -> one line that says why it could not be read.
        now: the moment that the report speaks of.
        waiting: proposals for statements that nobody has decided on, the gravest effect first.
        statement_decisions: every decision on a statement, oldest first.
    """

    review: Review
    baseline: Baseline
    run: Run
    previous_run: Run | None
    queries: tuple[QueryLog, ...]
    issues: tuple[Issue, ...]
    changes: tuple[StoredChange, ...]
    records: tuple[StoredRecord, ...]
    trial_history: Mapping[str, tuple[Record, ...]]
    counts: Mapping[str, int]
    status: Mapping[str, SourceStatus]
    model_card: Mapping[str, Any]
    failures: Mapping[str, str]
    now: datetime
    since: datetime | None = None
    previous_queries: tuple[QueryLog, ...] = ()
    new_areas: tuple[NewArea, ...] = ()
    flows: tuple[RunFlow, ...] = ()
    reported_trials: tuple[Change, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    waiting: tuple[WaitingProposal, ...] = ()
    statement_decisions: tuple[StatementDecision, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """One built section.

    Attributes:
        slug: its name in the JSON, its anchor in the HTML.
        summary: one line, also shown in the table of contents.
        body: JSON-ready values, as the section's partial and the JSON schema know them.
    """

    slug: str
    title: str
    summary: str
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A built report; every renderer shows the same values.

    Attributes:
        head: what is reported and when, JSON-ready.
        banners: what must be seen before anything else, loudest first: ``kind`` is ``failed``, ``incomplete`` or
            ``overdue``. Empty when everything was read in time.
    """

    head: Mapping[str, Any]
    banners: tuple[Mapping[str, str], ...]
    sections: tuple[Section, ...] = field(default=())


def figure(title: str, caption: str, alt: str, table: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """One figure, JSON-ready.

    Args:
        title: its heading.
        caption: what is shown and how to read it.
        alt: the text for a reader who cannot see it.
        table: ``columns`` and ``rows`` of text, the same numbers.
        data: all that drawing takes, see :mod:`livingreview.report.drawing.pictures`.
    """
    return {"title": title, "caption": caption, "alt": alt, "table": dict(table), "data": dict(data)}
