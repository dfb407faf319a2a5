"""Changes that no new version brings: what a run must know to find them, and that they are recorded.

Such a change is its own mark: it commits alone, in one transaction, and the next run finds it recorded.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, insert, select

from livingreview.records import Change, Kind, KnownTrial, Run
from livingreview.store import queries
from livingreview.store.base import Base
from livingreview.store.queries import RECORD, SCORE, VERSION
from livingreview.store.transaction import change_values

_BATCH = 1_000


class CalendarChanges(Base):
    """Changes that the calendar and the store as a whole bring."""

    def known_trials(self) -> Iterator[KnownTrial]:
        """Trials in their current state that are not withdrawn."""
        query = (
            select(VERSION.c.content, VERSION.c.envelope, VERSION.c.number)
            .add_columns(RECORD.c.work_id, RECORD.c.order_key, SCORE.c.scope)
            .join(VERSION, and_(VERSION.c.record_id == RECORD.c.id, VERSION.c.number == RECORD.c.current_version))
            .join(SCORE, SCORE.c.version_id == VERSION.c.id)
            .where(RECORD.c.kind == str(Kind.TRIAL), RECORD.c.is_withdrawn.is_(False), VERSION.c.is_derived.is_(True))
            .order_by(RECORD.c.source, RECORD.c.source_id)
        )
        with self._read() as connection:
            for row in connection.execute(query.execution_options(yield_per=_BATCH)):
                yield KnownTrial(
                    record=queries.record_of(row),
                    work_id=row.work_id,
                    version=row.number,
                    scope=row.scope,
                    seen_through=_seen_through(row.order_key),
                )

    def record_changes(self, run: Run, changes: Sequence[Change]) -> None:
        """Commits changes."""
        rows: list[dict[str, Any]] = [change_values(run.id, change) for change in changes]
        if rows:
            with self._begin() as connection:
                connection.execute(insert(queries.CHANGE), rows)


def _seen_through(order_key: str) -> date | None:
    """The day of the source's stamp (``versionHolder``), which every reading moves on though nothing else changed."""
    stamp = order_key.split(" ", 2)[2]
    try:
        return date.fromisoformat(stamp[:10])
    except ValueError:
        return None
