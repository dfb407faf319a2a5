"""Changes: what each run found, and which of it a digest has carried."""

from datetime import datetime

from sqlalchemy import select

from livingreview.records import Change, Severity, StoredChange
from livingreview.store.base import Base
from livingreview.store.queries import CHANGE, DIGEST, DIGEST_CHANGE, RUN


class Changes(Base):
    """The changes of a store."""

    def changes(
        self,
        *,
        run: str = "",
        source: str = "",
        type_: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        is_undelivered: bool = False,
        last: int | None = None,
    ) -> list[StoredChange]:
        """Changes in the order in which they were found.

        Args:
            run: only those of the run of this name.
            source: only those about records of this source.
            type_: only those of this type.
            since: only those found at this moment or later.
            until: only those found at this moment or earlier.
            is_undelivered: only those that no delivered digest carried.
            last: only so many, the ones found last.
        """
        with self._read() as connection:
            delivered = (
                select(DIGEST_CHANGE.c.change_id)
                .join(DIGEST, DIGEST.c.id == DIGEST_CHANGE.c.digest_id)
                .where(DIGEST.c.status == "delivered")
            )
            query = (
                select(CHANGE, RUN.c.name.label("run"), CHANGE.c.id.in_(delivered).label("is_delivered"))
                .join(RUN, RUN.c.id == CHANGE.c.run_id)
                .order_by(CHANGE.c.id)
            )
            if run:
                query = query.where(RUN.c.name == run)
            if source:
                query = query.where(CHANGE.c.source == source)
            if type_:
                query = query.where(CHANGE.c.type == str(type_))
            if since is not None:
                query = query.where(CHANGE.c.at >= since)
            if until is not None:
                query = query.where(CHANGE.c.at <= until)
            if is_undelivered:
                query = query.where(CHANGE.c.id.not_in(delivered))
            if last is not None:
                newest = query.order_by(None).order_by(CHANGE.c.id.desc()).limit(last)
                rows = list(reversed(connection.execute(newest).all()))
            else:
                rows = list(connection.execute(query).all())
            return [
                StoredChange(
                    id=row.id,
                    run=row.run,
                    is_delivered=bool(row.is_delivered),
                    change=Change(
                        type=row.type,
                        severity=Severity(row.severity),
                        source=row.source,
                        source_id=row.source_id,
                        work=row.work_id,
                        at=row.at,
                        effective_date=row.effective_date,
                        before=row.before,
                        after=row.after,
                        before_version=row.before_version,
                        after_version=row.after_version,
                    ),
                )
                for row in rows
            ]
