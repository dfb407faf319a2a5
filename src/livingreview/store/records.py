"""Records as they are now, and every state that each was in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from livingreview.records import Decision, Record, StoredRecord
from livingreview.store.base import Base
from livingreview.store.decisions import decisions_on, read_decisions
from livingreview.store.queries import RECORD, RUN, SCORE, VERSION, record_of, score_of
from livingreview.store.work_names import moved_works


class Records(Base):
    """Records in their current state, and their versions."""

    def records(
        self,
        *,
        source: str = "",
        ids: Sequence[str] | None = None,
        work_ids: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
    ) -> Iterator[StoredRecord]:
        """Records in their current state, by source and id; every filter that is given must hold."""
        with self._read() as connection:
            yield from read_records(connection, source=source, ids=ids, work_ids=work_ids, scopes=scopes)

    def reference_records(self, pmids: Sequence[str], dois: Sequence[str]) -> list[StoredRecord]:
        """Records of any source that bear one of these PMIDs or DOIs, in their current state."""
        with self._read() as connection:
            works = connection.execute(
                select(RECORD.c.work_id).where(RECORD.c.pmid.in_(pmids) | RECORD.c.doi.in_(dois))
            ).scalars()
            return list(read_records(connection, work_ids=sorted(set(works))))

    def versions(self, source: str, source_id: str) -> list[Record]:
        """Every stored state of one record, in the source's own order."""
        with self._read() as connection:
            rows = connection.execute(
                select(VERSION.c.content, VERSION.c.envelope, VERSION.c.order_key, VERSION.c.number)
                .join(RECORD, RECORD.c.id == VERSION.c.record_id)
                .where(RECORD.c.source == source, RECORD.c.source_id == source_id)
            )
            # Ordered here: a database server may compare text by the rules of a language, not by its bytes.
            return [record_of(row) for row in sorted(rows, key=lambda row: (row.order_key, row.number))]

    def counts(self) -> dict[str, int]:
        """Source -> number of records."""
        with self._read() as connection:
            rows = connection.execute(select(RECORD.c.source, func.count()).group_by(RECORD.c.source))
            return {source: count for source, count in rows}

    def keys(self) -> frozenset[tuple[str, str]]:
        """(source, id) of every record, withdrawn ones included."""
        with self._begin() as connection:
            rows = connection.execute(select(RECORD.c.source, RECORD.c.source_id))
            return frozenset((source, source_id) for source, source_id in rows)


def read_records(
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
        made = read_decisions(connection)
    else:
        rows = connection.execute(_current(*conditions)).all()
        made = decisions_on(connection, {row.work_id for row in rows})
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
