"""The clocks: how far each source has been searched, triaged and reported."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from livingreview.config import Query, Review, ServiceSettings
from livingreview.store import reading
from livingreview.store.hashing import query_hash
from livingreview.views import SourceStatus


def source_status(
    connection: Connection,
    review: Review,
    queries: Sequence[Query],
    settings: Mapping[str, ServiceSettings],
    now: datetime,
) -> dict[str, SourceStatus]:
    """See :meth:`livingreview.store.repository.Repository.status`."""
    records = _count_by_source(connection, reading.RECORD.c.id)
    versions = _count_by_source(connection, reading.VERSION.c.id)
    configured = {name for name, service in settings.items() if service.is_enabled}
    status = {}
    for name in sorted(configured | set(records)):
        wanted = [query for query in queries if query.source == name]
        searched = _searched_through(connection, wanted)
        is_asked = name in configured and bool(wanted)
        limit = timedelta(days=settings[name].overdue_after_days) if name in settings else timedelta(0)
        status[name] = SourceStatus(
            records=records.get(name, 0),
            versions=versions.get(name, 0),
            searched_through_at=searched,
            triaged_through_at=_triaged_through(connection, name, review),
            reported_through_at=_reported_through(connection, name),
            is_overdue=is_asked and (searched is None or now - searched > limit),
            last_run=_last_run(connection, name),
        )
    return status


def _count_by_source(connection: Connection, column: Any) -> dict[str, int]:
    query = select(reading.RECORD.c.source, func.count(column)).group_by(reading.RECORD.c.source)
    if column.table is not reading.RECORD:
        query = query.join(reading.VERSION, reading.VERSION.c.record_id == reading.RECORD.c.id)
    return {source: count for source, count in connection.execute(query)}


def _searched_through(connection: Connection, queries: Sequence[Query]) -> datetime | None:
    moments = []
    for query in queries:
        moment = connection.execute(
            select(reading.CURSOR.c.read_to_at).where(
                reading.CURSOR.c.source == query.source, reading.CURSOR.c.query_hash == query_hash(query)
            )
        ).scalar()
        if moment is None:
            return None
        moments.append(moment)
    return min(moments, default=None)


def _triaged_through(connection: Connection, source: str, review: Review) -> datetime | None:
    """The time up to which no relevant work of the source is left undecided; None before the first decision."""
    relevant = [scope.slug for scope in review.scopes if scope.is_relevant]
    named = reading.RECORD.alias()
    name = named.c.source + ":" + named.c.source_id
    decided = select(named.c.work_id).where(name.in_(select(reading.DECISION.c.work_id)))
    seen = (
        select(reading.RUN.c.now_at)
        .select_from(reading.RECORD)
        .join(reading.RUN, reading.RUN.c.id == reading.RECORD.c.first_run_id)
        .join(
            reading.VERSION,
            (reading.VERSION.c.record_id == reading.RECORD.c.id)
            & (reading.VERSION.c.number == reading.RECORD.c.current_version),
        )
        .join(reading.SCORE, reading.SCORE.c.version_id == reading.VERSION.c.id)
        .where(reading.RECORD.c.source == source, reading.SCORE.c.scope.in_(relevant))
    )
    is_decided = reading.RECORD.c.work_id.in_(decided)
    open_since = connection.execute(seen.where(~is_decided).order_by(reading.RUN.c.now_at).limit(1)).scalar()
    done = seen.where(is_decided)
    if open_since is not None:
        done = done.where(reading.RUN.c.now_at < open_since)
    moment: datetime | None = connection.execute(done.order_by(reading.RUN.c.now_at.desc()).limit(1)).scalar()
    return moment


def _touched(source: str) -> Any:
    """Runs that asked the source or brought records of it by file."""
    asked = select(reading.QUERY.c.run_id).where(reading.QUERY.c.source == source)
    brought = (
        select(reading.VERSION.c.run_id)
        .join(reading.RECORD, reading.RECORD.c.id == reading.VERSION.c.record_id)
        .where(reading.RECORD.c.source == source)
    )
    return reading.RUN.c.id.in_(asked) | reading.RUN.c.id.in_(brought)


def _reported_through(connection: Connection, source: str) -> datetime | None:
    moment: datetime | None = connection.execute(
        select(reading.RUN.c.now_at)
        .where(_touched(source), reading.RUN.c.reported_at.is_not(None))
        .order_by(reading.RUN.c.id.desc())
        .limit(1)
    ).scalar()
    return moment


def _last_run(connection: Connection, source: str) -> dict[str, Any] | None:
    row = connection.execute(
        select(reading.RUN).where(_touched(source)).order_by(reading.RUN.c.id.desc()).limit(1)
    ).first()
    if row is None:
        return None
    errors = connection.execute(
        select(reading.QUERY.c.error).where(
            reading.QUERY.c.run_id == row.id, reading.QUERY.c.source == source, reading.QUERY.c.error != ""
        )
    ).scalars()
    error = next(iter(errors), "")
    status = "failed" if error else row.status if row.status in ("running", "broken") else "done"
    return {"run": row.name, "at": row.now_at.isoformat(), "status": status, "error": error}
