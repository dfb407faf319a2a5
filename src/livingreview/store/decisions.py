"""People's decisions: appended, never changed, and read as of a run.

A run knows the decisions that were in the store as it began: the first ``n_decisions`` of them, in the order in which
they were stored. Whatever it trains, derives, counts and reports is of these alone, however many arrive while it is at
work, so that a replay, which cannot know when those arrived, gives the same. The bound goes with the connections of
:meth:`livingreview.store.repository.Repository.for_run`; every reading of decisions for a run is in this module and
keeps to it. Which of the decisions on a work counts says :mod:`livingreview.records.decisions`.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, exists, func, insert, or_, select, true

from livingreview.records import Decision, Run
from livingreview.store import tables
from livingreview.store.base import Base
from livingreview.store.ingest import table
from livingreview.store.work_names import moved_works

DECISION: Table = table(tables.DecisionRow)
_RECORD: Table = table(tables.RecordRow)
_BOUND = "n_decisions"
STATEMENTS_BOUND = "n_statement_decisions"
_WORKS_A_LOOK = 1_000


class Decisions(Base):
    """People's decisions on works."""

    def decisions(self) -> list[Decision]:
        """Every decision, oldest first, each of the work that it is about now; see :func:`read_decisions`."""
        with self._read() as connection:
            return read_decisions(connection)

    def decision_log(self) -> list[Decision]:
        """Every decision as it was stored, in the order of arrival, of the work by the name that it had then."""
        with self._read() as connection:
            rows = connection.execute(select(DECISION).where(is_known(connection)).order_by(DECISION.c.id))
            return _decisions(rows, {})

    def add_decisions(self, made: Sequence[Decision]) -> tuple[int, list[str]]:
        """Appends decisions; one that is there already (work, stage, person, time) is not added again.

        A work may be called by any name that it ever had; the decision is stored under the one it has now.

        Returns:
            How many were added, and the work ids that are not in the store.
        """
        with self._begin() as connection:
            works = set(connection.execute(select(table(tables.WorkRow).c.id)).scalars())
            rows = connection.execute(
                select(DECISION.c.work_id, DECISION.c.stage, DECISION.c.person, DECISION.c.decided_at)
            )
            moved = moved_works(connection)
            known = {(moved.get(row.work_id, row.work_id), *row[1:]) for row in rows}
            added = 0
            unknown = []
            for decision in made:
                work_id = moved.get(decision.work_id, decision.work_id)
                key = (work_id, decision.stage, decision.person, decision.decided_at)
                if decision.work_id not in works:
                    unknown.append(decision.work_id)
                elif key not in known:
                    known.add(key)
                    added += 1
                    values = {
                        "work_id": work_id,
                        "stage": decision.stage,
                        "decision": decision.decision,
                        "reason": decision.reason,
                        "areas": list(decision.areas),
                        "person": decision.person,
                        "decided_at": decision.decided_at,
                    }
                    connection.execute(insert(DECISION).values(values))
            return added, unknown


def bound_to(engine: Engine, run: Run) -> Engine:
    """The same database, with the decisions alone that a run knows, on works and on statements."""
    return engine.execution_options(**{_BOUND: run.n_decisions, STATEMENTS_BOUND: run.n_statement_decisions})


def is_first(n_decisions: int, among: Table = DECISION) -> ColumnElement[bool]:
    """The condition that a decision is one of the first so many that were stored in its table."""
    every = select(among.c.id).order_by(among.c.id).limit(n_decisions).subquery()
    # One number, not a list: SQLite makes a list anew for every row that asks whether its work is decided.
    return among.c.id <= select(func.max(every.c.id)).scalar_subquery()


def is_known(connection: Connection) -> ColumnElement[bool]:
    """The condition that the run of this connection knows a decision; without a run every one is known."""
    n_decisions = connection.get_execution_options().get(_BOUND)
    return true() if n_decisions is None else is_first(n_decisions)


def n_stored(connection: Connection) -> int:
    """How many decisions are in the store: what a run that begins now knows."""
    return connection.execute(select(func.count()).select_from(DECISION)).scalar_one()


def read_decisions(connection: Connection) -> list[Decision]:
    """Every decision, oldest first, each of the work that it is about now; of one moment in the order of arrival."""
    rows = connection.execute(
        select(DECISION).where(is_known(connection)).order_by(DECISION.c.decided_at, DECISION.c.id)
    )
    return _decisions(rows, moved_works(connection))


def decisions_on(connection: Connection, work_ids: AbstractSet[str]) -> list[Decision]:
    """Every decision on these works under any of their names, in the order of :func:`read_decisions`."""
    name = _RECORD.c.source + ":" + _RECORD.c.source_id
    wanted, moved, rows = sorted(work_ids), dict[str, str](), list[Any]()
    for start in range(0, len(wanted), _WORKS_A_LOOK):
        names = select(name, _RECORD.c.work_id).where(_RECORD.c.work_id.in_(wanted[start : start + _WORKS_A_LOOK]))
        moved |= {one: work for one, work in connection.execute(names)}
    every = sorted(moved)
    for start in range(0, len(every), _WORKS_A_LOOK):
        is_named = DECISION.c.work_id.in_(every[start : start + _WORKS_A_LOOK])
        rows += connection.execute(select(DECISION).where(is_known(connection), is_named)).all()
    return _decisions(sorted(rows, key=lambda row: (row.decided_at, row.id)), moved)


def is_decided(connection: Connection) -> ColumnElement[bool]:
    """The condition that somebody decided at any stage on the work of a record, under whatever name."""
    known = is_known(connection)
    is_named = exists().where(_RECORD.c.work_id == DECISION.c.work_id)
    former = connection.execute(select(DECISION.c.work_id).distinct().where(known, ~is_named)).scalars().all()
    names = set(moved_works(connection, former).values())
    return or_(exists().where(known, DECISION.c.work_id == _RECORD.c.work_id), _RECORD.c.work_id.in_(names))


def _decisions(rows: Iterable[Any], moved: Mapping[str, str]) -> list[Decision]:
    return [
        Decision(
            work_id=moved.get(row.work_id, row.work_id),
            stage=row.stage,
            decision=row.decision,
            person=row.person,
            decided_at=row.decided_at,
            reason=row.reason,
            areas=tuple(row.areas),
        )
        for row in rows
    ]
