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

from sqlalchemy import Engine, func, insert, select

from livingreview.config import Query, Review, ServiceSettings
from livingreview.errors import LivingReviewError, SourceError, StoreError
from livingreview.records import (
    Absence,
    Change,
    Cursor,
    Decision,
    Digest,
    EarlierReading,
    Health,
    Issue,
    LockOwner,
    QueryLog,
    Received,
    Record,
    Run,
    Score,
    SourceStatus,
    Standing,
    StoredChange,
    StoredRecord,
    Underived,
)
from livingreview.records.exchange import Payload, Request
from livingreview.store import absence, decisions, derivation, digests, fetch_state, health, lock, runlog
from livingreview.store import queries as reading
from livingreview.store.archive import Archive
from livingreview.store.as_of import Past
from livingreview.store.calendar_changes import Unversioned
from livingreview.store.database import Database
from livingreview.store.engine import open_engine
from livingreview.store.incomplete import Following
from livingreview.store.prisma_counts import Flow
from livingreview.store.snapshot import export as snapshot
from livingreview.store.statements import Ledger
from livingreview.store.status import source_status
from livingreview.store.transaction import Writing, forget_stamps
from livingreview.store.works import Works


class Repository:
    """The store of one review."""

    def __init__(self, engine: Engine, archive: Archive, database: Database | None = None) -> None:
        self._engine = engine
        self._database = database = database or Database(engine)
        self._read, self._begin = database.read, database.write
        self.archive = archive
        self.works = Works(self._read, self._begin)
        self.flow = Flow(self._read)
        self.following = Following(self._read)
        self.ledger = Ledger(self._read, self._begin)
        self.unversioned = Unversioned(self._read, self._begin)
        self.past = Past(self._read, self._begin)

    @classmethod
    def open(cls, database_url: str, archive_dir: Path) -> "Repository":
        """Opens the store, creating or migrating its schema.

        Raises:
            StoreError: the database cannot be used.
        """
        return cls(open_engine(database_url), Archive(archive_dir))

    def for_run(self, run: Run) -> "Repository":
        """The same store as a run knows it: without decisions that arrived after it began; not to be closed."""
        engine = decisions.bound_to(self._engine, run)
        return Repository(engine, self.archive, self._database.through(engine))

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    # Runs

    @contextmanager
    def locked(self, stale_after: timedelta) -> Iterator[None]:
        """Holds the lock of the store.

        Raises:
            LockedError: another run holds it.
        """
        with self._database.locked(datetime.now(UTC), stale_after):
            yield

    def lock_owner(self, stale_after: timedelta) -> LockOwner | None:
        """Who holds the lock, None when it is free."""
        with self._read() as connection:
            return lock.owner(connection, datetime.now(UTC), stale_after)

    def health(self) -> Health:
        """Whether the database is whole and may be written to."""
        with self._read() as connection:
            schema, faults = health.schema(connection), tuple(health.faults(connection))
        try:
            with self._begin() as connection:
                why_not = health.why_not_writable(connection)
        except StoreError as error:
            why_not = str(error)
        return Health(schema=schema, faults=faults, why_not_writable=why_not)

    def start_run(self, road: str, now: datetime, code_version: str, config_hash: str) -> Run:
        """Logs that a run has begun; see :func:`livingreview.store.runlog.start_run`."""
        with self._begin() as connection:
            name = runlog.start_run(connection, road, now, code_version, config_hash)
        return self.run(name)

    def finish_run(
        self, run: Run, status: str, *, model: str = "", error: str = "", drift: Mapping[str, Any] | None = None
    ) -> None:
        """Logs how a run ended."""
        values = {"status": status, "finished_at": datetime.now(UTC), "model": model, "error": error}
        values["drift"] = dict(drift or {})
        with self._begin() as connection:
            runlog.update_run(connection, run, values)
            if status != "done":
                forget_stamps(connection, [run.id], is_partial=status == "partial")

    def mark_reported(self, run: Run, now: datetime) -> None:
        """Says that the report of a run is on disk."""
        with self._begin() as connection:
            runlog.update_run(connection, run, {"reported_at": now})

    def log_answer(self, run: Run, source: str, key: str, payload: Payload, fault: SourceError | None) -> None:
        """Notes an archived answer, and why it could not be used, if it could not."""
        with self._begin() as connection:
            runlog.log_answer(connection, run, source, key, payload, fault)

    def log_silence(self, run: Run, source: str, request: Request, fault: LivingReviewError) -> None:
        """Notes that a request ended without a usable answer, or a file without being read."""
        with self._begin() as connection:
            runlog.log_silence(connection, run, source, request, fault)

    def log_document(self, run: Run, source: str, name: str, key: str, size_bytes: int, retrieved_at: datetime) -> None:
        """Notes an archived document that no service gave: a file, a record by hand, the method."""
        with self._begin() as connection:
            runlog.log_document(connection, run, source, name, key, size_bytes, retrieved_at)

    def restate_run(self, run: Run, like: Run) -> None:
        """Says of a replayed run what was said of the one that it replays."""
        values = {"status": like.status, "error": like.error, "model": like.model, "reported_at": like.reported_at}
        with self._begin() as connection:
            runlog.update_run(connection, run, values | {"code_version": like.code_version})

    def received(self, run: Run) -> list[Received]:
        """What a run received, in the order in which it was noted."""
        with self._read() as connection:
            return runlog.received(connection, run)

    @contextmanager
    def writing(self, run: Run) -> Iterator[Writing]:
        """One transaction: everything in the block commits together, or nothing does."""
        with self._begin() as connection:
            yield Writing(connection, run.id)

    def underived(self, limit: int) -> list[Underived]:
        """The oldest versions that have neither score nor changes yet."""
        with self._read() as connection:
            return derivation.underived(connection, limit)

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
            derivation.commit(connection, run.id, version_ids, scores, changes, other)

    def derived(self, after_version_id: int, limit: int) -> list[tuple[int, Record]]:
        """Current states that have been derived: (version id, record) in the order in which they were stored."""
        with self._read() as connection:
            return derivation.derived(connection, after_version_id, limit)

    def replace_scores(self, scores: Mapping[int, Score], other: str) -> None:
        """Puts new scores in the place of those that versions have: version id -> score."""
        with self._begin() as connection:
            derivation.replace_scores(connection, scores, other)

    def save_model(self, model_id: str, trained_at: datetime, card: Mapping[str, Any]) -> None:
        """Keeps the card of a model; the same model twice is one row."""
        with self._begin() as connection:
            known = connection.execute(select(reading.MODEL.c.id).where(reading.MODEL.c.id == model_id)).first()
            if known is None:
                connection.execute(insert(reading.MODEL).values(id=model_id, trained_at=trained_at, card=dict(card)))

    def trained_at(self) -> list[datetime]:
        """When each model was trained first, oldest first."""
        with self._read() as connection:
            return list(
                connection.execute(select(reading.MODEL.c.trained_at).order_by(reading.MODEL.c.trained_at)).scalars()
            )

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
        with self._read() as connection:
            return reading.runs(connection)

    def query_logs(self, run: Run) -> list[QueryLog]:
        """What the queries of a run did."""
        with self._read() as connection:
            return reading.query_logs(connection, run.id)

    def issues(self, run: Run) -> list[Issue]:
        """The named exceptions of a run."""
        with self._read() as connection:
            return reading.issues(connection, run.id)

    def cursors(self) -> list[Cursor]:
        """Every cursor."""
        with self._read() as connection:
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
        with self._read() as connection:
            yield from reading.records(connection, source=source, ids=ids, work_ids=work_ids, scopes=scopes)

    def reference_records(self, pmids: Sequence[str], dois: Sequence[str]) -> list[StoredRecord]:
        """Records of any source that bear one of these PMIDs or DOIs, in their current state."""
        with self._read() as connection:
            works = connection.execute(
                select(reading.RECORD.c.work_id).where(
                    reading.RECORD.c.pmid.in_(pmids) | reading.RECORD.c.doi.in_(dois)
                )
            ).scalars()
            return list(reading.records(connection, work_ids=sorted(set(works))))

    def model_card(self, model_id: str) -> dict[str, Any]:
        """The card of a model; of the last one saved when ``model_id`` is empty; empty when there is none."""
        with self._read() as connection:
            return reading.model_card(connection, model_id)

    def versions(self, source: str, source_id: str) -> list[Record]:
        """Every stored state of one record, in the source's own order."""
        with self._read() as connection:
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
        """Changes in the order in which they were found; see :func:`livingreview.store.queries.changes`."""
        with self._read() as connection:
            return reading.changes(
                connection, run=run, since=since, until=until, is_undelivered=is_undelivered, last=last
            )

    def decisions(self) -> list[Decision]:
        """Every decision, oldest first; see :func:`livingreview.store.decisions.decisions`."""
        with self._read() as connection:
            return decisions.decisions(connection)

    def decision_log(self) -> list[Decision]:
        """Every decision as it was stored; see :func:`livingreview.store.decisions.decision_log`."""
        with self._read() as connection:
            return decisions.decision_log(connection)

    def absences(self) -> list[Absence]:
        """Records that their source did not return when it was last asked for them."""
        with self._read() as connection:
            return absence.absences(connection)

    def standing(self, scopes: Sequence[str], dois: Sequence[str], watched: Mapping[str, Sequence[str]]) -> Standing:
        """What decides what is asked next; see :func:`livingreview.store.fetch_state.standing`."""
        with self._read() as connection:
            return fetch_state.standing(connection, scopes, dois, watched)

    def keys(self) -> frozenset[tuple[str, str]]:
        """(source, id) of every record, withdrawn ones included."""
        with self._begin() as connection:
            return fetch_state.keys(connection)

    def readings(self, source: str, query_hash: str) -> list[EarlierReading]:
        """Every complete reading of a query that announced a number, oldest first; skipped readings left out."""
        with self._read() as connection:
            return reading.readings(connection, source, query_hash)

    def has_read_file(self, key: str) -> bool:
        """Whether a file with this hash was read to its end by any run."""
        with self._read() as connection:
            return reading.has_read_file(connection, key)

    def counts(self) -> dict[str, int]:
        """Source -> number of records."""
        with self._read() as connection:
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
        with self._read() as connection:
            return source_status(connection, review, queries, settings, now)

    # Snapshots

    def export_snapshot(self, folder: Path) -> dict[str, int]:
        """Writes the store as text; see :func:`livingreview.store.snapshot.export.export_snapshot`."""
        with self._read() as connection:
            return snapshot.export_snapshot(connection, folder)

    def restore_snapshot(self, folder: Path) -> dict[str, int]:
        """Fills the empty store from text; see :func:`livingreview.store.snapshot.restore.restore_snapshot`."""
        with self._begin() as connection:
            return snapshot.restore_snapshot(connection, folder)

    # People and mail

    def add_decisions(self, made: Sequence[Decision]) -> tuple[int, list[str]]:
        """Appends decisions; see :func:`livingreview.store.decisions.add_decisions`."""
        with self._begin() as connection:
            return decisions.add_decisions(connection, made)

    def pending_digest(self) -> Digest | None:
        """A digest that was built but never known to be accepted: the mail may or may not have gone out."""
        with self._read() as connection:
            return digests.pending_digest(connection)

    def begin_digest(
        self, message_id: str, subject: str, recipients: Sequence[str], change_ids: Sequence[int], now: datetime
    ) -> Digest:
        """Notes a digest before it is handed over."""
        with self._begin() as connection:
            return digests.begin_digest(connection, message_id, subject, recipients, change_ids, now)

    def finish_digest(self, digest: Digest, status: str, transport: str, now: datetime) -> None:
        """Says that a digest was ``delivered``, or ``failed`` so that its changes go into the next one."""
        with self._begin() as connection:
            digests.finish_digest(connection, digest, status, transport, now)
