"""People's decisions, appended and never changed."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from livingreview.records import Decision
from livingreview.store import queries


def add_decisions(connection: Connection, decisions: Sequence[Decision]) -> tuple[int, list[str]]:
    """Appends decisions; one that is there already (work, stage, person, time) is not added again.

    A work may be called by any name that it ever had; the decision is stored under the one it has now.

    Returns:
        How many were added, and the work ids that are not in the store.
    """
    table = queries.DECISION
    works = set(connection.execute(select(queries.WORK.c.id)).scalars())
    rows = connection.execute(select(table.c.work_id, table.c.stage, table.c.person, table.c.decided_at))
    moved = queries.moved_works(connection)
    known = {(moved.get(row.work_id, row.work_id), *row[1:]) for row in rows}
    added = 0
    unknown = []
    for decision in decisions:
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
            connection.execute(insert(table).values(values))
    return added, unknown
