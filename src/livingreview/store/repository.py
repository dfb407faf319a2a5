"""The store of one review: every write is one short transaction, every read hands out frozen views.

A run takes the lock, logs itself, and then alternates between the network (no transaction) and :meth:`Writing` (one
transaction a query: versions, named exceptions, query log and cursor commit together). Scores and changes of versions
not yet marked derived are committed with that mark by :meth:`~.derivation.Derivations.commit_derived`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livingreview.records import LockOwner, Run
from livingreview.store import lock
from livingreview.store.absence import Absences
from livingreview.store.archive import Archive
from livingreview.store.as_of import AsOf
from livingreview.store.calendar_changes import CalendarChanges
from livingreview.store.changes import Changes
from livingreview.store.decisions import Decisions, bound_to
from livingreview.store.derivation import Derivations
from livingreview.store.digests import Digests
from livingreview.store.engine import open_engine
from livingreview.store.fetch_state import FetchStates
from livingreview.store.health import HealthChecks
from livingreview.store.incomplete import IncompleteRecords
from livingreview.store.models import Models
from livingreview.store.payloads import Payloads
from livingreview.store.prisma_counts import PrismaCounts
from livingreview.store.records import Records
from livingreview.store.review_sentences import ReviewSentences
from livingreview.store.runs import Runs
from livingreview.store.searches import Searches
from livingreview.store.snapshot import export as snapshot
from livingreview.store.statements import Statements
from livingreview.store.status import SourceStatuses
from livingreview.store.transaction import Writing
from livingreview.store.works import Works


class Repository(
    Absences,
    AsOf,
    CalendarChanges,
    Changes,
    Decisions,
    Derivations,
    Digests,
    FetchStates,
    HealthChecks,
    IncompleteRecords,
    Models,
    Payloads,
    PrismaCounts,
    Records,
    ReviewSentences,
    Searches,
    SourceStatuses,
    Statements,
    Works,
    Runs,
):
    """The store of one review, made of a class a noun; a new method stands in the class of its noun."""

    @classmethod
    def open(cls, database_url: str, archive_dir: Path) -> "Repository":
        """Opens the store, creating or migrating its schema.

        Raises:
            StoreError: the database cannot be used.
        """
        return cls(open_engine(database_url), Archive(archive_dir))

    def for_run(self, run: Run) -> "Repository":
        """The same store as a run knows it: without decisions that arrived after it began; not to be closed."""
        engine = bound_to(self._engine, run)
        return Repository(engine, self.archive, self._database.through(engine))

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

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

    @contextmanager
    def writing(self, run: Run) -> Iterator[Writing]:
        """One transaction: everything in the block commits together, or nothing does."""
        with self._begin() as connection:
            yield Writing(connection, run.id)

    def export_snapshot(self, folder: Path) -> dict[str, int]:
        """Writes the store as text; see :func:`livingreview.store.snapshot.export.write_snapshot`."""
        with self._read() as connection:
            return snapshot.write_snapshot(connection, folder)

    def restore_snapshot(self, folder: Path) -> dict[str, int]:
        """Fills the empty store from text; see :func:`livingreview.store.snapshot.restore.read_snapshot`."""
        with self._begin() as connection:
            return snapshot.read_snapshot(connection, folder)
