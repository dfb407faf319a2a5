"""The only module that opens a session: every write is one short transaction, every read hands out frozen views.

A run takes the lock, logs itself, and then alternates between the network (no transaction) and :meth:`Writing` (one
transaction a query: versions, named exceptions, query log and cursor commit together). Scores and changes of versions
not yet marked derived are committed with that mark by :meth:`Repository.commit_derived`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from livingreview.config import Query, Review, ServiceSettings
from livingreview.errors import StoreError
from livingreview.http import Payload
from livingreview.records import Change, Cursor, Decision, Record, Score
from livingreview.store import lock, people, reading, snapshot
from livingreview.store.apply import Decider
from livingreview.store.archive import Archive
from livingreview.store.engine import explain, open_engine
from livingreview.store.ledger import Ledger
from livingreview.store.status import source_status
from livingreview.store.works import Works
from livingreview.store.writing import Writing, change_values, score_values
from livingreview.views import Digest, Issue, QueryLog, Run, SourceStatus, StoredChange, StoredRecord, Underived


class Repository:
    """The store of one review."""

    def __init__(self, engine: Engine, archive: Archive) -> None:
        self._engine = engine
        self.archive = archive
        self.works = Works(self._begin)
        self.ledger = Ledger(self._begin)

    @classmethod
    def open(cls, database_url: str, archive_dir: Path) -> "Repository":
        """Opens the store, creating or migrating its schema.

        Raises:
            StoreError: the database cannot be used.
        """
        return cls(open_engine(database_url), Archive(archive_dir))

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise explain(error, self._engine.url.render_as_string(hide_password=True)) from error

    # Runs

    @contextmanager
    def locked(self, stale_after: timedelta) -> Iterator[None]:
        """Holds the lock of the store.

        Raises:
            LockedError: another run holds it.
        """
        with self._begin() as connection:
            token = lock.take(connection, datetime.now(UTC), stale_after)
        try:
            yield
        finally:
            with self._begin() as connection:
                lock.give_back(connection, token)

    def lock_owner(self) -> tuple[str, int, datetime] | None:
        """(host, pid, since) of the lock, None when it is free."""
        with self._begin() as connection:
            return lock.owner(connection)

    def start_run(self, road: str, now: datetime, code_version: str, config_hash: str) -> Run:
        """Logs that a run has begun; its name is its ``now``, with a number when that is taken.

        A run that was left behind as running (its process was killed) is closed as ``broken``.
        """
        with self._begin() as connection:
            connection.execute(
                update(reading.RUN)
                .where(reading.RUN.c.status == "running")
                .values(status="broken", error="ended without a word: killed, or the machine went down")
            )
            stem = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
            taken = set(connection.execute(select(reading.RUN.c.name)).scalars())
            name = stem
            number = 1
            while name in taken:
                number += 1
                name = f"{stem}-{number}"
            values = {
                "name": name,
                "road": road,
                "status": "running",
                "now_at": now,
                "started_at": datetime.now(UTC),
                "code_version": code_version,
                "config_hash": config_hash,
                "model": "",
                "error": "",
            }
            connection.execute(insert(reading.RUN).values(values))
        return self.run(name)

    def finish_run(self, run: Run, status: str, *, model: str = "", error: str = "") -> None:
        """Logs how a run ended."""
        values = {"status": status, "finished_at": datetime.now(UTC), "model": model, "error": error}
        with self._begin() as connection:
            connection.execute(update(reading.RUN).where(reading.RUN.c.id == run.id).values(values))

    def mark_reported(self, run: Run, now: datetime) -> None:
        """Says that the report of a run is on disk."""
        with self._begin() as connection:
            connection.execute(update(reading.RUN).where(reading.RUN.c.id == run.id).values(reported_at=now))

    def log_payload(self, run: Run, source: str, key: str, payload: Payload) -> None:
        """Notes an archived answer."""
        values = {
            "run_id": run.id,
            "key": key,
            "source": source,
            "url": payload.request.url,
            "parameters": dict(payload.request.parameters),
            "is_post": payload.request.is_post,
            "status": payload.status,
            "media_type": payload.media_type,
            "size_bytes": len(payload.body),
            "retrieved_at": payload.retrieved_at,
        }
        with self._begin() as connection:
            connection.execute(insert(reading.PAYLOAD).values(values))

    def log_file(self, run: Run, path: str, key: str, size_bytes: int, retrieved_at: datetime) -> None:
        """Notes an archived file."""
        values = {
            "run_id": run.id,
            "key": key,
            "source": "files",
            "url": path,
            "parameters": {},
            "is_post": False,
            "status": 0,
            "media_type": "",
            "size_bytes": size_bytes,
            "retrieved_at": retrieved_at,
        }
        with self._begin() as connection:
            connection.execute(insert(reading.PAYLOAD).values(values))

    @contextmanager
    def writing(self, run: Run, decider: Decider) -> Iterator[Writing]:
        """One transaction: everything in the block commits together, or nothing does."""
        with self._begin() as connection:
            yield Writing(connection, run.id, decider)

    def underived(self, limit: int) -> list[Underived]:
        """The oldest versions that have neither score nor changes yet."""
        with self._begin() as connection:
            return reading.underived(connection, limit)

    def commit_derived(
        self, run: Run, version_ids: Sequence[int], scores: Mapping[int, Score], changes: Sequence[Change], other: str
    ) -> None:
        """Commits scores and changes together with the mark that their versions have been derived.

        Args:
            run: the run that derived them.
            version_ids: the versions.
            scores: version id -> score.
            changes: in the order in which they are to stand.
            other: slug of the irrelevant scope; ``p_relevant`` is one minus its probability.
        """
        with self._begin() as connection:
            if scores:
                connection.execute(
                    insert(reading.SCORE),
                    [score_values(version_id, score, other) for version_id, score in scores.items()],
                )
            if changes:
                connection.execute(insert(reading.CHANGE), [change_values(run.id, change) for change in changes])
            for start in range(0, len(version_ids), 1000):
                connection.execute(
                    update(reading.VERSION)
                    .where(reading.VERSION.c.id.in_(version_ids[start : start + 1000]))
                    .values(is_derived=True)
                )

    def replace_scores(self, scores: Mapping[tuple[str, str], Score], other: str) -> None:
        """Puts new scores in the place of those of the current versions: (source, source_id) -> score."""
        with self._begin() as connection:
            current = connection.execute(
                select(reading.RECORD.c.source, reading.RECORD.c.source_id, reading.VERSION.c.id).join(
                    reading.VERSION,
                    (reading.VERSION.c.record_id == reading.RECORD.c.id)
                    & (reading.VERSION.c.number == reading.RECORD.c.current_version),
                )
            ).all()
            ids = {(row.source, row.source_id): row.id for row in current}
            for key, score in scores.items():
                values = score_values(ids[key], score, other)
                done = connection.execute(
                    update(reading.SCORE).where(reading.SCORE.c.version_id == ids[key]).values(values)
                )
                if done.rowcount == 0:
                    connection.execute(insert(reading.SCORE).values(values))

    def save_model(self, model_id: str, trained_at: datetime, card: Mapping[str, Any]) -> None:
        """Keeps the card of a model; the same model twice is one row."""
        with self._begin() as connection:
            known = connection.execute(select(reading.MODEL.c.id).where(reading.MODEL.c.id == model_id)).first()
            if known is None:
                connection.execute(insert(reading.MODEL).values(id=model_id, trained_at=trained_at, card=dict(card)))

    def has_scores(self) -> bool:
        """Whether anything has been classified yet."""
        with self._begin() as connection:
            return connection.execute(select(reading.SCORE.c.version_id).limit(1)).first() is not None

    # Reading

    def run(self, name: str) -> Run:
        """A run by its name.

        Raises:
            StoreError: there is no such run.
        """
        for run in self.runs():
            if run.name == name:
                return run
        raise StoreError(f"run {name}: not in this store; `livingreview status` names the last ones")

    def runs(self) -> list[Run]:
        """Every run, oldest first."""
        with self._begin() as connection:
            return reading.runs(connection)

    def query_logs(self, run: Run) -> list[QueryLog]:
        """What the queries of a run did."""
        with self._begin() as connection:
            return reading.query_logs(connection, run.id)

    def issues(self, run: Run) -> list[Issue]:
        """The named exceptions of a run."""
        with self._begin() as connection:
            return reading.issues(connection, run.id)

    def cursors(self) -> list[Cursor]:
        """Every cursor."""
        with self._begin() as connection:
            return reading.cursors(connection)

    def records(
        self,
        *,
        source: str = "",
        ids: Sequence[str] | None = None,
        work_ids: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
    ) -> Iterator[StoredRecord]:
        """Records in their current state, by source and id; every filter that is given must hold."""
        with self._begin() as connection:
            yield from reading.records(connection, source=source, ids=ids, work_ids=work_ids, scopes=scopes)

    def reference_records(self, pmids: Sequence[str], dois: Sequence[str]) -> list[StoredRecord]:
        """Records of any source that bear one of these PMIDs or DOIs, in their current state."""
        with self._begin() as connection:
            works = connection.execute(
                select(reading.RECORD.c.work_id).where(
                    reading.RECORD.c.pmid.in_(pmids) | reading.RECORD.c.doi.in_(dois)
                )
            ).scalars()
            return list(reading.records(connection, work_ids=sorted(set(works))))

    def model_card(self, model_id: str) -> dict[str, Any]:
        """The card of a model; of the last one saved when ``model_id`` is empty; empty when there is none."""
        query = select(reading.MODEL.c.card).order_by(reading.MODEL.c.trained_at.desc(), reading.MODEL.c.id)
        if model_id:
            query = query.where(reading.MODEL.c.id == model_id)
        with self._begin() as connection:
            card: dict[str, Any] | None = connection.execute(query.limit(1)).scalar()
            return card or {}

    def versions(self, source: str, source_id: str) -> list[Record]:
        """Every stored state of one record, in the source's own order."""
        with self._begin() as connection:
            return reading.versions(connection, source, source_id)

    def changes(
        self,
        *,
        run: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        is_undelivered: bool = False,
        last: int | None = None,
    ) -> list[StoredChange]:
        """Changes in the order in which they were found; see :func:`livingreview.store.reading.changes`."""
        with self._begin() as connection:
            return reading.changes(
                connection, run=run, since=since, until=until, is_undelivered=is_undelivered, last=last
            )

    def decisions(self) -> list[Decision]:
        """Every decision, oldest first."""
        with self._begin() as connection:
            return reading.decisions(connection)

    def incomplete_ids(self) -> dict[str, list[str]]:
        """Source -> ids of records whose text was left out of the snapshot they came from."""
        with self._begin() as connection:
            return reading.incomplete_ids(connection)

    def unfinished_trials(self) -> dict[str, list[str]]:
        """Source -> ids of stored trials that may still change their status by themselves."""
        with self._begin() as connection:
            return reading.unfinished_trials(connection)

    def announced_counts(self, source: str, query_hash: str) -> list[int]:
        """How many records each complete reading of a query announced, oldest first; skipped readings left out."""
        table = reading.QUERY
        with self._begin() as connection:
            found = connection.execute(
                select(table.c.announced)
                .where(table.c.source == source, table.c.query_hash == query_hash)
                .where(table.c.is_reconciled.is_(True), table.c.is_skipped.is_(False), table.c.announced.is_not(None))
                .order_by(table.c.id)
            ).scalars()
            return list(found)

    def counts(self) -> dict[str, int]:
        """Source -> number of records."""
        with self._begin() as connection:
            rows = connection.execute(select(reading.RECORD.c.source, func.count()).group_by(reading.RECORD.c.source))
            return {source: count for source, count in rows}

    def status(
        self, review: Review, queries: Sequence[Query], settings: Mapping[str, ServiceSettings], now: datetime
    ) -> dict[str, SourceStatus]:
        """How every source stands that is configured or has records.

        Args:
            review: its relevant scopes decide what has to be triaged.
            queries: every configured search.
            settings: service -> its settings.
            now: against which a source is overdue.
        """
        with self._begin() as connection:
            return source_status(connection, review, queries, settings, now)

    # Snapshots

    def export_snapshot(self, folder: Path) -> dict[str, int]:
        """Writes the store as text; see :func:`livingreview.store.snapshot.export_snapshot`."""
        with self._begin() as connection:
            return snapshot.export_snapshot(connection, folder)

    def restore_snapshot(self, folder: Path) -> dict[str, int]:
        """Fills the empty store from text; see :func:`livingreview.store.snapshot.restore_snapshot`."""
        with self._begin() as connection:
            return snapshot.restore_snapshot(connection, folder)

    # People and mail

    def add_decisions(self, decisions: Sequence[Decision]) -> tuple[int, list[str]]:
        """Appends decisions; see :func:`livingreview.store.people.add_decisions`."""
        with self._begin() as connection:
            return people.add_decisions(connection, decisions)

    def pending_digest(self) -> Digest | None:
        """A digest that was built but never known to be accepted: the mail may or may not have gone out."""
        with self._begin() as connection:
            return people.pending_digest(connection)

    def begin_digest(
        self, message_id: str, subject: str, recipients: Sequence[str], change_ids: Sequence[int], now: datetime
    ) -> Digest:
        """Notes a digest before it is handed over."""
        with self._begin() as connection:
            return people.begin_digest(connection, message_id, subject, recipients, change_ids, now)

    def finish_digest(self, digest: Digest, status: str, transport: str, now: datetime) -> None:
        """Says that a digest was ``delivered``, or ``failed`` so that its changes go into the next one."""
        with self._begin() as connection:
            people.finish_digest(connection, digest, status, transport, now)
