"""The clocks: how far each source has been searched, triaged and reported."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from livingreview.config import Query, Review, ServiceSettings
from livingreview.records import SourceStatus
from livingreview.store import queries as reading
from livingreview.store.base import Base
from livingreview.store.decisions import is_decided
from livingreview.store.hashing import query_hash


class SourceStatuses(Base):
    """The state of every source."""

    def status(
        self,
        review: Review,
        queries: Sequence[Query],
        settings: Mapping[str, ServiceSettings],
        now: datetime,
    ) -> dict[str, SourceStatus]:
        """The state of every source that is configured or has records.

        Args:
            review: its relevant scopes decide what has to be triaged.
            queries: every configured search.
            settings: service -> its settings.
            now: against which a source is overdue.
        """
        with self._read() as connection:
            records, versions = _counts(connection)
            touching = _touching(connection)
            triaged = _triaged_through(connection, review)
            runs = connection.execute(select(reading.RUN).order_by(reading.RUN.c.id.desc())).all()
            configured = {name for name, service in settings.items() if service.is_enabled}
            status = {}
            for name in sorted(configured | set(records)):
                wanted = [query for query in queries if query.source == name]
                searched = _searched_through(connection, wanted)
                is_asked = name in configured and bool(wanted)
                touched = [run for run in runs if run.id in touching.get(name, ())]
                limit = timedelta(days=settings[name].overdue_after_days) if name in settings else timedelta(0)
                status[name] = SourceStatus(
                    records=records.get(name, 0),
                    versions=versions.get(name, 0),
                    searched_through_at=searched,
                    triaged_through_at=triaged.get(name),
                    reported_through_at=next((run.now_at for run in touched if run.reported_at is not None), None),
                    is_overdue=is_asked and (searched is None or now - searched > limit),
                    last_run=_last_run(connection, name, touched[0]) if touched else None,
                )
            return status


def _counts(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """Source -> number of records, and of versions: one a record, and the later ones."""
    record, version = reading.RECORD, reading.VERSION
    records: dict[str, int] = dict(
        connection.execute(select(record.c.source, func.count()).group_by(record.c.source)).all()
    )
    later = (
        select(record.c.source, func.count())
        .join(version, version.c.record_id == record.c.id)
        .where(version.c.number > 1)
        .group_by(record.c.source)
    )
    versions = Counter(records)
    versions.update(dict(connection.execute(later).all()))
    return records, versions


def _touching(connection: Connection) -> dict[str, set[int]]:
    """Source -> runs that asked it, or brought records of it by file."""
    record, version, query = reading.RECORD, reading.VERSION, reading.QUERY
    found: dict[str, set[int]] = defaultdict(set)
    for select_pairs in (
        select(query.c.source, query.c.run_id).distinct(),
        select(record.c.source, record.c.first_run_id).distinct(),
        select(record.c.source, version.c.run_id)
        .join(version, version.c.record_id == record.c.id)
        .where(version.c.number > 1)
        .distinct(),
    ):
        for source, run_id in connection.execute(select_pairs):
            found[source].add(run_id)
    return found


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


def _triaged_through(connection: Connection, review: Review) -> dict[str, datetime]:
    """Source -> the time up to which none of its relevant works is left undecided; without it before the first."""
    record, version, score, run = reading.RECORD, reading.VERSION, reading.SCORE, reading.RUN
    relevant = [scope.slug for scope in review.scopes if scope.is_relevant]
    seen: dict[str, dict[bool, set[int]]] = defaultdict(lambda: {True: set(), False: set()})
    for source, run_id, has_decision in connection.execute(
        select(record.c.source, record.c.first_run_id, is_decided(connection).label("has_decision"))
        .distinct()
        .join(version, (version.c.record_id == record.c.id) & (version.c.number == record.c.current_version))
        .join(score, score.c.version_id == version.c.id)
        .where(score.c.scope.in_(relevant))
    ):
        seen[source][bool(has_decision)].add(run_id)
    moments = {run_id: now_at for run_id, now_at in connection.execute(select(run.c.id, run.c.now_at))}
    found = {}
    for source, runs in seen.items():
        open_since = min((moments[one] for one in runs[False]), default=None)
        done = [moments[one] for one in runs[True] if open_since is None or moments[one] < open_since]
        if done:
            found[source] = max(done)
    return found


def _last_run(connection: Connection, source: str, run: Any) -> dict[str, Any]:
    errors = connection.execute(
        select(reading.QUERY.c.error).where(
            reading.QUERY.c.run_id == run.id, reading.QUERY.c.source == source, reading.QUERY.c.error != ""
        )
    ).scalars()
    error = next(iter(errors), "")
    status = "failed" if error else run.status if run.status in ("running", "broken") else "done"
    return {"run": run.name, "at": run.now_at.isoformat(), "status": status, "error": error}
