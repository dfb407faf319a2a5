"""Records that their source was asked for and did not return: candidates first, withdrawn when a later run misses them.

The row is written in the transaction of the query that missed it and goes in that of the one that finds it, so no crash
loses either.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, insert, select

from livingreview.records import Deletion, Problem
from livingreview.store import reading
from livingreview.verdicts import Absent, Decider
from livingreview.views import Absence


def absences(connection: Connection) -> list[Absence]:
    """Every item that was missed and has not been returned since, by source and id."""
    table, record, run = reading.ABSENCE, reading.RECORD, reading.RUN
    rows = connection.execute(
        select(table, run.c.name, run.c.now_at, record.c.is_withdrawn)
        .join(run, run.c.id == table.c.first_run_id)
        .join(record, (record.c.source == table.c.source) & (record.c.source_id == table.c.source_id))
        .order_by(table.c.source, table.c.source_id)
    )
    return [
        Absence(
            source=row.source,
            source_id=row.source_id,
            first_run=row.name,
            first_missed_at=row.now_at,
            reason=row.reason,
            merged_into=row.merged_into,
            is_withdrawn=row.is_withdrawn,
        )
        for row in rows
    ]


def miss(
    connection: Connection,
    run_id: int,
    source: str,
    missing: Mapping[str, str],
    came_as: Mapping[str, str],
    decider: Decider,
    *,
    is_proof: bool,
) -> tuple[list[Problem], list[Deletion]]:
    """Notes what was not returned.

    Args:
        connection: in a transaction that the caller commits.
        run_id: the run that missed it.
        source: that was asked.
        missing: id -> reason.
        came_as: id -> the id under which the source has it now.
        decider: the rule.
        is_proof: the source was asked by id, and returned others at the same time.

    Returns:
        What the report names, and what has to be withdrawn.
    """
    record, table = reading.RECORD, reading.ABSENCE
    stored = {
        row.source_id: row.is_withdrawn
        for row in connection.execute(
            select(record.c.source_id, record.c.is_withdrawn).where(
                record.c.source == source, record.c.source_id.in_(list(missing))
            )
        )
    }
    known = {absence.source_id: absence for absence in absences(connection) if absence.source == source}
    this_run = connection.execute(select(reading.RUN.c.name).where(reading.RUN.c.id == run_id)).scalar()
    problems, deletions = [], []
    for source_id, reason in sorted(missing.items()):
        earlier = known.get(source_id)
        meaning = decider.decide_absence(
            is_stored=source_id in stored,
            is_withdrawn=stored.get(source_id, False),
            is_missed_before=earlier is not None and earlier.first_run != this_run,
            is_proof=is_proof,
        )
        target = came_as.get(source_id, "") or (earlier.merged_into if earlier else "")
        since = f"{earlier.first_missed_at:%Y-%m-%d}" if earlier else ""
        if meaning is Absent.NAMED:
            problems.append(Problem(source=source, source_id=source_id, reason=reason))
        elif meaning is Absent.CANDIDATE:
            words = f"not returned since {since}" if earlier else "not returned for the first time"
            problems.append(
                Problem(source=source, source_id=source_id, reason=f"candidate for withdrawal, {words}: {reason}")
            )
        elif meaning is Absent.WITHDRAWN:
            words = f"withdrawn: not returned since {since}: {reason}"
            problems.append(Problem(source=source, source_id=source_id, reason=words))
            deletions.append(Deletion(source=source, source_id=source_id, merged_into=target))
        if earlier is None and source_id in stored and meaning is not Absent.KNOWN:
            values = {"source": source, "source_id": source_id, "first_run_id": run_id}
            connection.execute(insert(table).values(values | {"reason": reason, "merged_into": target}))
    return problems, deletions


def found(connection: Connection, source: str, source_ids: Collection[str]) -> None:
    """Forgets what was missed of items that the source has returned."""
    table = reading.ABSENCE
    missed = connection.execute(select(table.c.source_id).where(table.c.source == source)).scalars()
    for source_id in sorted(set(missed) & set(source_ids)):
        connection.execute(delete(table).where(table.c.source == source, table.c.source_id == source_id))
