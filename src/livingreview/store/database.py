"""Opens the transactions of a store: those that only read, and those that may write.

Who holds the lock writes under its token: it is looked up in the transaction of the write itself, so a run whose lock
was taken over commits nothing any more, whatever it was about to write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from livingreview.store import lock
from livingreview.store.engine import explain, reading


class Database:
    """The transactions of one store.

    Args:
        engine: on its database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._token = ""

    def through(self, engine: Engine) -> "Database":
        """The same store through an engine of other options, under the lock that is held now."""
        made = Database(engine)
        made._token = self._token
        return made

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: it waits for nobody and sees one state of the store.

        Raises:
            StoreError: the database cannot be used, or something was written.
        """
        with self._begin(self._reading) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write, one at a time on SQLite; under the lock where this store holds it.

        Raises:
            LockedError: the lock was held and has been taken over.
            StoreError: the database cannot be used.
        """
        with self._begin(self._engine) as connection:
            if self._token:
                lock.check(connection, self._token)
            yield connection

    @contextmanager
    def locked(self, now: datetime, stale_after: timedelta) -> Iterator[None]:
        """Holds the lock of the store; see :func:`livingreview.store.lock.take`.

        Raises:
            LockedError: another run holds it.
        """
        # Looked at first, so that nobody waits for the transaction of the run that holds it.
        with self.read() as connection:
            found = lock.find(connection, now, stale_after)
        with self._begin(self._engine) as connection:
            token = lock.take(connection, found, now)
        before, self._token = self._token, token
        try:
            yield
        finally:
            self._token = before
            lock.let_go(token)
            with self._begin(self._engine) as connection:
                lock.give_back(connection, token)

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise explain(error, engine.url.render_as_string(hide_password=True)) from error
