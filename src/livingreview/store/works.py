"""Puts records together into works, from what they say at present.

A work is named after its first record: the one of the earliest run, by source and id within that run, so that a
snapshot and a store filled in another order give the same names. Every record keeps the row of a work of its own, even
while it belongs to another, so whatever once named it (a decision, a link in a mail) is found again.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, select, update

from livingreview.linking import facts_of, partition
from livingreview.store import reading

_READ_BATCH = 1_000


class Works:
    """The works of a store; every method is one transaction.

    Args:
        begin: opens a transaction of the repository.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    def link(self) -> int:
        """Puts every record into its work; does nothing while every version has been derived.

        Returns:
            How many records changed their work.
        """
        version = reading.VERSION
        with self._begin() as connection:
            if connection.execute(select(version.c.id).where(version.c.is_derived.is_(False)).limit(1)).first() is None:
                return 0
            return _relink(connection)


def _relink(connection: Connection) -> int:
    version, record = reading.VERSION, reading.RECORD
    rows = connection.execute(
        select(record.c.id, record.c.source, record.c.source_id, record.c.work_id, record.c.first_run_id)
    ).all()
    contents = connection.execution_options(yield_per=_READ_BATCH).execute(
        select(version.c.content).join(
            record, (record.c.id == version.c.record_id) & (record.c.current_version == version.c.number)
        )
    )
    found = partition(facts_of(json.loads(content)) for content in contents.scalars())
    keys = {f"{row.source}:{row.source_id}": (row.first_run_id, row.source, row.source_id) for row in rows}
    moved = 0
    for row in rows:
        first = min(found.works[f"{row.source}:{row.source_id}"], key=lambda name: keys[name])
        if row.work_id != first:
            connection.execute(update(record).where(record.c.id == row.id).values(work_id=first))
            moved += 1
    return moved
