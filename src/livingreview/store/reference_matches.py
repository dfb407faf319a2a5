"""What services gave for references of the review that have neither PMID nor doi; rows are only ever added."""

from collections.abc import Iterable
from dataclasses import asdict, fields

from sqlalchemy import Connection, insert, select

from livingreview.records.reference_match import ReferenceMatch
from livingreview.store.base import Base
from livingreview.store.queries import REFERENCE_MATCH

_COLUMNS = [REFERENCE_MATCH.c[field.name] for field in fields(ReferenceMatch)]


class ReferenceMatches(Base):
    """The matches of references."""

    def reference_matches(self) -> list[ReferenceMatch]:
        """The last match of each reference, by its number."""
        with self._read() as connection:
            return _last(connection)


def keep_matches(connection: Connection, run_id: int, matches: Iterable[ReferenceMatch]) -> None:
    """Keeps what a run was given, where it is another than what was known."""
    known = set(_last(connection))
    fresh = [{"run_id": run_id, **asdict(one)} for one in matches if one not in known]
    if fresh:
        connection.execute(insert(REFERENCE_MATCH), fresh)


def _last(connection: Connection) -> list[ReferenceMatch]:
    rows = connection.execute(select(*_COLUMNS).order_by(REFERENCE_MATCH.c.id))
    found = {row.ref_no: ReferenceMatch(**row._mapping) for row in rows}
    return [found[ref_no] for ref_no in sorted(found)]
