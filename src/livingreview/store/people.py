"""Decisions of people and mails to them: functions inside a transaction of the repository."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from livingreview.records import Decision
from livingreview.store import reading
from livingreview.views import Digest


def add_decisions(connection: Connection, decisions: Sequence[Decision]) -> tuple[int, list[str]]:
    """Appends decisions; one that is there already (work, stage, person, time) is not added again.

    A work may be called by any name that it ever had; the decision is stored under the one it has now.

    Returns:
        How many were added, and the work ids that are not in the store.
    """
    table = reading.DECISION
    works = set(connection.execute(select(reading.WORK.c.id)).scalars())
    rows = connection.execute(select(table.c.work_id, table.c.stage, table.c.person, table.c.decided_at))
    moved = reading.moved_works(connection)
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


def pending_digest(connection: Connection) -> Digest | None:
    """The oldest digest of which nobody knows whether it was accepted."""
    row = connection.execute(
        select(reading.DIGEST).where(reading.DIGEST.c.status == "pending").order_by(reading.DIGEST.c.id)
    ).first()
    if row is None:
        return None
    ids = connection.execute(
        select(reading.DIGEST_CHANGE.c.change_id)
        .where(reading.DIGEST_CHANGE.c.digest_id == row.id)
        .order_by(reading.DIGEST_CHANGE.c.change_id)
    ).scalars()
    return Digest(id=row.id, message_id=row.message_id, status=row.status, change_ids=tuple(ids))


def begin_digest(
    connection: Connection,
    message_id: str,
    subject: str,
    recipients: Sequence[str],
    change_ids: Sequence[int],
    now: datetime,
) -> Digest:
    """Notes a digest as pending, with the changes that it carries; one of the same name is taken up again."""
    table = reading.DIGEST
    known = connection.execute(select(table).where(table.c.message_id == message_id)).first()
    if known is not None:
        status = "pending" if known.status == "failed" else known.status
        connection.execute(update(table).where(table.c.id == known.id).values(status=status))
        return Digest(id=known.id, message_id=message_id, status=status, change_ids=tuple(change_ids))
    values = {
        "message_id": message_id,
        "status": "pending",
        "recipients": list(recipients),
        "subject": subject,
        "created_at": now,
        "transport": "",
    }
    done = connection.execute(insert(table).values(values))
    digest_id = int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0
    if change_ids:
        links = [{"digest_id": digest_id, "change_id": change_id} for change_id in change_ids]
        connection.execute(insert(reading.DIGEST_CHANGE), links)
    return Digest(id=digest_id, message_id=message_id, status="pending", change_ids=tuple(change_ids))


def finish_digest(connection: Connection, digest: Digest, status: str, transport: str, now: datetime) -> None:
    """Marks a digest ``delivered`` or ``failed``."""
    values = {"status": status, "transport": transport, "delivered_at": now if status == "delivered" else None}
    connection.execute(update(reading.DIGEST).where(reading.DIGEST.c.id == digest.id).values(values))
