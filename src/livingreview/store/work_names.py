"""Under which work a name is found: a record keeps the name of a work of its own while it belongs to another."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, select, tuple_

from livingreview.store import tables
from livingreview.store.ingest import table

_RECORD: Table = table(tables.RecordRow)
_NAMES_A_LOOK = 1_000


def has_key(keys: Sequence[tuple[str, str]]) -> Any:
    """The condition that a record has one of these keys (source, id)."""
    # SQLite finds no pair by an index, but an id.
    ids = _RECORD.c.source_id.in_(sorted({source_id for _, source_id in keys}))
    return and_(ids, tuple_(_RECORD.c.source, _RECORD.c.source_id).in_(keys))


def moved_works(connection: Connection, names: Iterable[str] | None = None) -> dict[str, str]:
    """Name of a record -> its work, for every record that belongs to the work of another.

    A work is always named after one of its records, so what was said of a work follows the record of that name.

    Args:
        connection: to read from.
        names: only records of these names; None asks for all.
    """
    name = _RECORD.c.source + ":" + _RECORD.c.source_id
    moved = select(name, _RECORD.c.work_id).where(_RECORD.c.work_id != name)
    queries = [moved]
    if names is not None:
        keys = sorted({(source, source_id) for source, _, source_id in (one.partition(":") for one in names)})
        looks = (keys[start : start + _NAMES_A_LOOK] for start in range(0, len(keys), _NAMES_A_LOOK))
        queries = [moved.where(has_key(look)) for look in looks]
    return {one: work for query in queries for one, work in connection.execute(query)}
