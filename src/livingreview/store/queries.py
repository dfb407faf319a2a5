"""Everything that reads: functions on a connection that return frozen views."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, select

from livingreview.records import (
    Change,
    Cursor,
    Decision,
    EarlierReading,
    Issue,
    QueryLog,
    Record,
    Run,
    Score,
    Severity,
    StoredChange,
    StoredRecord,
)
from livingreview.records.serialization import record_from
from livingreview.store import decisions, tables
from livingreview.store.ingest import table
from livingreview.store.work_names import moved_works

RUN: Table = table(tables.RunRow)
QUERY: Table = table(tables.QueryRow)
ISSUE: Table = table(tables.IssueRow)
PAYLOAD: Table = table(tables.PayloadRow)
WORK: Table = table(tables.WorkRow)
WORK_LINK: Table = table(tables.WorkLinkRow)
WORK_KEY: Table = table(tables.WorkKeyRow)
LINKING: Table = table(tables.LinkingRow)
RECORD: Table = table(tables.RecordRow)
VERSION: Table = table(tables.VersionRow)
CURSOR: Table = table(tables.CursorRow)
ABSENCE: Table = table(tables.AbsenceRow)
SCORE: Table = table(tables.ScoreRow)
MODEL: Table = table(tables.ModelRow)
CHANGE: Table = table(tables.ChangeRow)
STATEMENT_RULE: Table = table(tables.StatementRuleRow)
EVIDENCE: Table = table(tables.EvidenceRow)
STATEMENT_DECISION: Table = table(tables.StatementDecisionRow)
DIGEST: Table = table(tables.DigestRow)
DIGEST_CHANGE: Table = table(tables.DigestChangeRow)
_ACTIONS = ("new", "revised", "unchanged", "older", "thinner", "withdrawn", "unstored")


def runs(connection: Connection) -> list[Run]:
    """Every run, oldest first."""
    return [Run(**row._mapping) for row in connection.execute(select(RUN).order_by(RUN.c.id))]


def query_logs(connection: Connection, run_id: int) -> list[QueryLog]:
    """What the queries of a run did, in the order in which they ran."""
    rows = connection.execute(select(QUERY).where(QUERY.c.run_id == run_id).order_by(QUERY.c.id))
    logs = []
    for row in rows:
        values = dict(row._mapping)
        counts = {action: values.pop(action) for action in _ACTIONS}
        del values["id"], values["run_id"]
        logs.append(QueryLog(**values, counts=counts))
    return logs


def readings(connection: Connection, source: str, query_hash: str) -> list[EarlierReading]:
    """See :meth:`livingreview.store.repository.Repository.readings`."""
    exceptions = (
        select(func.count())
        .where(ISSUE.c.run_id == QUERY.c.run_id, ISSUE.c.source == QUERY.c.source, ISSUE.c.query == QUERY.c.name)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(QUERY.c.since, QUERY.c.announced, exceptions.label("exceptions"))
        .where(QUERY.c.source == source, QUERY.c.query_hash == query_hash)
        .where(QUERY.c.is_reconciled.is_(True), QUERY.c.is_skipped.is_(False), QUERY.c.announced.is_not(None))
        .order_by(QUERY.c.id)
    )
    return [
        EarlierReading(since=row.since, announced=row.announced, is_doubtful=row.announced == 0 or row.exceptions > 0)
        for row in rows
    ]


def issues(connection: Connection, run_id: int) -> list[Issue]:
    """The named exceptions of a run."""
    rows = connection.execute(
        select(ISSUE.c.source, ISSUE.c.source_id, ISSUE.c.query, ISSUE.c.reason)
        .where(ISSUE.c.run_id == run_id)
        .order_by(ISSUE.c.source, ISSUE.c.source_id, ISSUE.c.id)
    )
    return [Issue(**row._mapping) for row in rows]


def cursors(connection: Connection) -> list[Cursor]:
    """Every cursor, those of former query texts included."""
    rows = connection.execute(select(CURSOR).order_by(CURSOR.c.source, CURSOR.c.query_name, CURSOR.c.read_to_at))
    return [
        Cursor(
            source=row.source,
            query_name=row.query_name,
            query_hash=row.query_hash,
            read_to_at=row.read_to_at,
            stamp=row.stamp,
        )
        for row in rows
    ]


def has_read_file(connection: Connection, key: str) -> bool:
    """Whether a file with this hash was read to its end by any run."""
    is_its_log = and_(QUERY.c.run_id == PAYLOAD.c.run_id, QUERY.c.source == "files", QUERY.c.name == PAYLOAD.c.url)
    found = connection.execute(
        select(PAYLOAD.c.id)
        .join(QUERY, is_its_log)
        .where(PAYLOAD.c.key == key, PAYLOAD.c.source == "files", QUERY.c.error == "")
        .limit(1)
    )
    return found.first() is not None


def record_of(row: Any) -> Record:
    """The record of a row with ``content`` and ``envelope``."""
    return record_from(json.loads(row.content), row.envelope)


def score_of(row: Any) -> Score | None:
    """The score of a row that has its columns; None before it was classified."""
    if row.model is None:
        return None
    return Score(
        scope=row.scope,
        probabilities=row.probabilities,
        areas=tuple(row.areas),
        facets={name: tuple((value, words) for value, words in found) for name, found in row.facets.items()},
        terms=tuple((term, weight) for term, weight in row.terms),
        model=row.model,
    )


def _current(*conditions: Any) -> Select[Any]:
    return (
        select(
            RECORD.c.work_id,
            RECORD.c.is_withdrawn,
            RUN.c.name.label("first_run"),
            RUN.c.now_at.label("first_seen_at"),
            VERSION.c.number,
            VERSION.c.content,
            VERSION.c.envelope,
            SCORE.c.model,
            SCORE.c.scope,
            SCORE.c.probabilities,
            SCORE.c.areas,
            SCORE.c.facets,
            SCORE.c.terms,
        )
        .join(VERSION, and_(VERSION.c.record_id == RECORD.c.id, VERSION.c.number == RECORD.c.current_version))
        .join(RUN, RUN.c.id == RECORD.c.first_run_id)
        .join(SCORE, SCORE.c.version_id == VERSION.c.id, isouter=True)
        .where(*conditions)
        .order_by(RECORD.c.source, RECORD.c.source_id)
    )


def records(
    connection: Connection,
    *,
    source: str = "",
    ids: Sequence[str] | None = None,
    work_ids: Sequence[str] | None = None,
    scopes: Sequence[str] | None = None,
) -> Iterator[StoredRecord]:
    """Records in their current state, by source and id; every filter that is given must hold.

    Works are found by any name that they ever had.
    """
    conditions: list[Any] = []
    if source:
        conditions.append(RECORD.c.source == source)
    if ids is not None:
        conditions.append(RECORD.c.source_id.in_(ids))
    if work_ids is not None:
        moved = moved_works(connection, work_ids)
        conditions.append(RECORD.c.work_id.in_({moved.get(work_id, work_id) for work_id in work_ids}))
    if scopes is not None:
        conditions.append(SCORE.c.scope.in_(scopes))
    if ids is None and work_ids is None:
        rows: Iterable[Any] = connection.execute(_current(*conditions).execution_options(yield_per=1000))
        made = decisions.decisions(connection)
    else:
        rows = connection.execute(_current(*conditions)).all()
        made = decisions.decisions_on(connection, {row.work_id for row in rows})
    by_work: dict[str, list[Decision]] = defaultdict(list)
    for decision in made:
        by_work[decision.work_id].append(decision)
    for row in rows:
        yield StoredRecord(
            record=record_of(row),
            work_id=row.work_id,
            first_run=row.first_run,
            first_seen_at=row.first_seen_at,
            version=row.number,
            is_withdrawn=row.is_withdrawn,
            score=score_of(row),
            decisions=tuple(by_work.get(row.work_id, ())),
        )


def versions(connection: Connection, source: str, source_id: str) -> list[Record]:
    """Every stored state of one record, in the source's own order."""
    rows = connection.execute(
        select(VERSION.c.content, VERSION.c.envelope, VERSION.c.order_key, VERSION.c.number)
        .join(RECORD, RECORD.c.id == VERSION.c.record_id)
        .where(RECORD.c.source == source, RECORD.c.source_id == source_id)
    )
    # Ordered here: a database server may compare text by the rules of a language, not by its bytes.
    return [record_of(row) for row in sorted(rows, key=lambda row: (row.order_key, row.number))]


def model_card(connection: Connection, model_id: str) -> dict[str, Any]:
    """The card of a model; of the last one saved when ``model_id`` is empty; empty when there is none."""
    query = select(MODEL.c.card).order_by(MODEL.c.trained_at.desc(), MODEL.c.id)
    if model_id:
        query = query.where(MODEL.c.id == model_id)
    card: dict[str, Any] | None = connection.execute(query.limit(1)).scalar()
    return card or {}


def changes(
    connection: Connection,
    *,
    run: str = "",
    source: str = "",
    type_: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    is_undelivered: bool = False,
    last: int | None = None,
) -> list[StoredChange]:
    """Changes in the order in which they were found.

    Args:
        connection: to read from.
        run: only those of the run of this name.
        source: only those about records of this source.
        type_: only those of this type.
        since: only those found at this moment or later.
        until: only those found at this moment or earlier.
        is_undelivered: only those that no delivered digest carried.
        last: only so many, the ones found last.
    """
    delivered = (
        select(DIGEST_CHANGE.c.change_id)
        .join(DIGEST, DIGEST.c.id == DIGEST_CHANGE.c.digest_id)
        .where(DIGEST.c.status == "delivered")
    )
    query = (
        select(CHANGE, RUN.c.name.label("run"), CHANGE.c.id.in_(delivered).label("is_delivered"))
        .join(RUN, RUN.c.id == CHANGE.c.run_id)
        .order_by(CHANGE.c.id)
    )
    if run:
        query = query.where(RUN.c.name == run)
    if source:
        query = query.where(CHANGE.c.source == source)
    if type_:
        query = query.where(CHANGE.c.type == str(type_))
    if since is not None:
        query = query.where(CHANGE.c.at >= since)
    if until is not None:
        query = query.where(CHANGE.c.at <= until)
    if is_undelivered:
        query = query.where(CHANGE.c.id.not_in(delivered))
    if last is not None:
        newest = query.order_by(None).order_by(CHANGE.c.id.desc()).limit(last)
        rows = list(reversed(connection.execute(newest).all()))
    else:
        rows = list(connection.execute(query).all())
    return [
        StoredChange(
            id=row.id,
            run=row.run,
            is_delivered=bool(row.is_delivered),
            change=Change(
                type=row.type,
                severity=Severity(row.severity),
                source=row.source,
                source_id=row.source_id,
                work=row.work_id,
                at=row.at,
                effective_date=row.effective_date,
                before=row.before,
                after=row.after,
                before_version=row.before_version,
                after_version=row.after_version,
            ),
        )
        for row in rows
    ]


def in_bytes(connection: Connection, column: Any) -> Any:
    """A column of texts in the order of their bytes; PostgreSQL sorts by the rules of a language otherwise."""
    return column.collate("C") if connection.dialect.name == "postgresql" else column
