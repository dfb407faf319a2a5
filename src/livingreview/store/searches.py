"""Searches: what the queries of a run did, what they had to name, and how far each search has been read."""

from sqlalchemy import Connection, func, select

from livingreview.records import Cursor, EarlierReading, Issue, QueryLog, Run
from livingreview.store.base import Base
from livingreview.store.queries import CURSOR, ISSUE, QUERY

_ACTIONS = ("new", "revised", "unchanged", "older", "thinner", "withdrawn", "unstored")


class Searches(Base):
    """What the queries of each run did, and how far each has been read."""

    def query_logs(self, run: Run) -> list[QueryLog]:
        """What the queries of a run did, in the order in which they ran."""
        with self._read() as connection:
            rows = connection.execute(select(QUERY).where(QUERY.c.run_id == run.id).order_by(QUERY.c.id))
            logs = []
            for row in rows:
                values = dict(row._mapping)
                counts = {action: values.pop(action) for action in _ACTIONS}
                del values["id"], values["run_id"]
                logs.append(QueryLog(**values, counts=counts))
            return logs

    def issues(self, run: Run) -> list[Issue]:
        """The named exceptions of a run."""
        with self._read() as connection:
            rows = connection.execute(
                select(ISSUE.c.source, ISSUE.c.source_id, ISSUE.c.query, ISSUE.c.reason)
                .where(ISSUE.c.run_id == run.id)
                .order_by(ISSUE.c.source, ISSUE.c.source_id, ISSUE.c.id)
            )
            return [Issue(**row._mapping) for row in rows]

    def cursors(self) -> list[Cursor]:
        """Every cursor, those of former query texts included."""
        with self._read() as connection:
            return read_cursors(connection)

    def readings(self, source: str, query_hash: str) -> list[EarlierReading]:
        """Every complete reading of a query that announced a number, oldest first; skipped readings left out."""
        with self._read() as connection:
            exceptions = (
                select(func.count())
                .where(
                    ISSUE.c.run_id == QUERY.c.run_id, ISSUE.c.source == QUERY.c.source, ISSUE.c.query == QUERY.c.name
                )
                .scalar_subquery()
            )
            rows = connection.execute(
                select(QUERY.c.since, QUERY.c.announced, exceptions.label("exceptions"))
                .where(QUERY.c.source == source, QUERY.c.query_hash == query_hash)
                .where(QUERY.c.is_reconciled.is_(True), QUERY.c.is_skipped.is_(False), QUERY.c.announced.is_not(None))
                .order_by(QUERY.c.id)
            )
            return [
                EarlierReading(
                    since=row.since, announced=row.announced, is_doubtful=row.announced == 0 or row.exceptions > 0
                )
                for row in rows
            ]


def read_cursors(connection: Connection) -> list[Cursor]:
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
