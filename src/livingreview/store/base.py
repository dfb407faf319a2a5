"""What every class of the store is built upon: its transactions, and the archive beside it.

A store is one :class:`livingreview.store.repository.Repository`, made of a class a noun (:class:`~.runs.Runs`,
:class:`~.records.Records`, :class:`~.changes.Changes`, ...). Each holds the SQL of its methods, and every method is one
transaction. What several methods read within their own transaction is a function upon its connection, ``read_...``.
"""

from sqlalchemy import Engine

from livingreview.store.archive import Archive
from livingreview.store.database import Database


class Base:
    """The transactions of the store of one review.

    Args:
        engine: on its database.
        archive: the raw documents.
        database: opens the transactions; None makes one that holds no lock.
    """

    def __init__(self, engine: Engine, archive: Archive, database: Database | None = None) -> None:
        self._engine = engine
        self._database = database = database or Database(engine)
        self._read, self._begin = database.read, database.write
        self.archive = archive
