"""Records that their source was asked for and did not return: candidates first, withdrawn when a later run misses them.

Beside them stand items that a search listed and that never came: they are asked for by id until they do, or are given
up by name.

The row is written in the transaction of the query that missed it and goes in that of the one that finds it, so no crash
loses either.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, insert, select, update

from livingreview.records import Absence, Deletion, Problem
from livingreview.store import queries
from livingreview.store.base import Base
from livingreview.store.versioning import Absent, decide_absence


class Absences(Base):
    """What its source did not return."""

    def absences(self) -> list[Absence]:
        """Every item that was missed and has not been returned since, by source and id."""
        with self._read() as connection:
            return read_absences(connection)


def read_absences(connection: Connection) -> list[Absence]:
    """Every item that was missed and has not been returned since, by source and id."""
    table, record, run = queries.ABSENCE, queries.RECORD, queries.RUN
    rows = connection.execute(
        select(table, run.c.name, run.c.now_at, record.c.is_withdrawn)
        .join(run, run.c.id == table.c.first_run_id)
        .outerjoin(record, (record.c.source == table.c.source) & (record.c.source_id == table.c.source_id))
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
            is_withdrawn=bool(row.is_withdrawn),
            is_stored=row.is_withdrawn is not None,
            n_missed=row.n_missed,
        )
        for row in rows
    ]


def miss(
    connection: Connection,
    run_id: int,
    source: str,
    missing: Mapping[str, str],
    came_as: Mapping[str, str],
    *,
    is_proof: bool,
    listed: Collection[str] = (),
    unread: Collection[str] = (),
) -> tuple[list[Problem], list[Deletion]]:
    """Notes what was not returned.

    Args:
        connection: in a transaction that the caller commits.
        run_id: the run that missed it.
        source: that was asked.
        missing: id -> reason.
        came_as: id -> the id under which the source has it now.
        is_proof: the source was asked by id, and returned others at the same time.
        listed: ids that a search listed; of these the ones that were never stored are remembered.
        unread: ids that came and could not be read, and are named already.

    Returns:
        What the report names, and what has to be withdrawn.
    """
    record, table = queries.RECORD, queries.ABSENCE
    stored = {
        row.source_id: row.is_withdrawn
        for row in connection.execute(
            select(record.c.source_id, record.c.is_withdrawn).where(
                record.c.source == source, record.c.source_id.in_([*missing, *unread])
            )
        )
    }
    found(connection, source, [one for one in unread if one in stored and one not in missing])
    doubted = [one for one in unread if one not in stored]
    known = {absence.source_id: absence for absence in read_absences(connection) if absence.source == source}
    this_run = connection.execute(select(queries.RUN.c.name).where(queries.RUN.c.id == run_id)).scalar()
    problems, deletions = [], []
    for source_id, reason in sorted((dict.fromkeys(doubted, "it came and could not be read") | dict(missing)).items()):
        earlier = known.get(source_id)
        is_missed_before = earlier is not None and earlier.first_run != this_run
        n_missed = earlier.n_missed + (is_proof and is_missed_before) if earlier else 0 if source_id in listed else None
        meaning = decide_absence(
            is_stored=source_id in stored,
            is_withdrawn=stored.get(source_id, False),
            is_missed_before=is_missed_before,
            is_proof=is_proof,
            n_missed=n_missed,
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
        elif meaning in (Absent.DOUBTED, Absent.GIVEN_UP) and source_id in missing:
            words = _words_of_doubt(since, n_missed or 0, is_given_up=meaning is Absent.GIVEN_UP)
            problems.append(Problem(source=source, source_id=source_id, reason=f"{words}: {reason}"))
        if earlier is None and meaning in (Absent.CANDIDATE, Absent.DOUBTED):
            values = {"source": source, "source_id": source_id, "first_run_id": run_id, "n_missed": 0}
            connection.execute(insert(table).values(values | {"reason": reason, "merged_into": target}))
        elif earlier is not None and n_missed != earlier.n_missed:
            is_it = (table.c.source == source) & (table.c.source_id == source_id)
            connection.execute(update(table).where(is_it).values(n_missed=n_missed))
    return problems, deletions


def _words_of_doubt(since: str, n_missed: int, *, is_given_up: bool) -> str:
    begin = f"not returned since {since}" if since else "not returned for the first time"
    if is_given_up:
        return f"given up, {begin}, nor when {n_missed} later runs asked for it by its id"
    return f"in doubt, {begin}, asked for by its id in every run"


def found(connection: Connection, source: str, source_ids: Collection[str]) -> None:
    """Forgets what was missed of items that the source has returned."""
    table = queries.ABSENCE
    missed = connection.execute(select(table.c.source_id).where(table.c.source == source)).scalars()
    for source_id in sorted(set(missed) & set(source_ids)):
        connection.execute(delete(table).where(table.c.source == source, table.c.source_id == source_id))
