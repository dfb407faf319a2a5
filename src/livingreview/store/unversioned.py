"""Changes that no new version brings: what a run must know to tell them, and that they are told.

Such a change is its own mark: it commits alone, in one transaction, and the next run finds it told.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, insert, select

from livingreview.records import Change, Kind
from livingreview.store import reading
from livingreview.store.writing import change_values
from livingreview.views import KnownTrial, Run

_BATCH = 1_000


class Unversioned:
    """What was told without a version; every method is one transaction.

    Args:
        begin: opens a transaction of the repository.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    def trials(self) -> Iterator[KnownTrial]:
        """Trials in their current state that are not withdrawn and whose registry says how far it was read."""
        record, version, score = reading.RECORD, reading.VERSION, reading.SCORE
        query = (
            select(version.c.content, version.c.envelope, version.c.number)
            .add_columns(record.c.work_id, record.c.order_key, score.c.scope)
            .join(version, and_(version.c.record_id == record.c.id, version.c.number == record.c.current_version))
            .join(score, score.c.version_id == version.c.id)
            .where(record.c.kind == str(Kind.TRIAL), record.c.is_withdrawn.is_(False), version.c.is_derived.is_(True))
            .order_by(record.c.source, record.c.source_id)
        )
        with self._begin() as connection:
            for row in connection.execute(query.execution_options(yield_per=_BATCH)):
                seen_through = _seen_through(row.order_key)
                if seen_through is not None:
                    yield KnownTrial(
                        record=reading.record_of(row),
                        work_id=row.work_id,
                        version=row.number,
                        scope=row.scope,
                        seen_through=seen_through,
                    )

    def told(self, type_: str) -> list[Change]:
        """Every change of a type, oldest first."""
        with self._begin() as connection:
            return [found.change for found in reading.changes(connection, type_=type_)]

    def tell(self, run: Run, changes: Sequence[Change]) -> None:
        """Commits changes."""
        rows: list[dict[str, Any]] = [change_values(run.id, change) for change in changes]
        if rows:
            with self._begin() as connection:
                connection.execute(insert(reading.CHANGE), rows)


def _seen_through(order_key: str) -> date | None:
    """The day of the source's stamp (``versionHolder``), which every reading moves on though nothing else changed."""
    stamp = order_key.split(" ", 2)[2]
    try:
        return date.fromisoformat(stamp[:10])
    except ValueError:
        return None
