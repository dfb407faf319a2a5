"""Mails to people, each noted before it is handed over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update

from livingreview.records import Digest
from livingreview.store import queries
from livingreview.store.base import Base


class Digests(Base):
    """The mails of a store."""

    def pending_digest(self) -> Digest | None:
        """The oldest digest that was built but never known to be accepted: the mail may or may not have gone out."""
        with self._read() as connection:
            row = connection.execute(
                select(queries.DIGEST).where(queries.DIGEST.c.status == "pending").order_by(queries.DIGEST.c.id)
            ).first()
            if row is None:
                return None
            ids = connection.execute(
                select(queries.DIGEST_CHANGE.c.change_id)
                .where(queries.DIGEST_CHANGE.c.digest_id == row.id)
                .order_by(queries.DIGEST_CHANGE.c.change_id)
            ).scalars()
            return Digest(id=row.id, message_id=row.message_id, status=row.status, change_ids=tuple(ids))

    def last_delivered_at(self) -> datetime | None:
        """When the last mail was accepted; None when none ever was."""
        with self._read() as connection:
            moment: datetime | None = connection.execute(select(func.max(queries.DIGEST.c.delivered_at))).scalar()
            return moment

    def begin_digest(
        self,
        message_id: str,
        subject: str,
        recipients: Sequence[str],
        change_ids: Sequence[int],
        now: datetime,
    ) -> Digest:
        """Notes a digest as pending, with the changes that it carries; one of the same name is taken up again."""
        with self._begin() as connection:
            table = queries.DIGEST
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
                connection.execute(insert(queries.DIGEST_CHANGE), links)
            return Digest(id=digest_id, message_id=message_id, status="pending", change_ids=tuple(change_ids))

    def finish_digest(self, digest: Digest, status: str, transport: str, now: datetime) -> None:
        """Says that a digest was ``delivered``, or ``failed`` so that its changes go into the next one."""
        with self._begin() as connection:
            values = {"status": status, "transport": transport, "delivered_at": now if status == "delivered" else None}
            connection.execute(update(queries.DIGEST).where(queries.DIGEST.c.id == digest.id).values(values))
