"""Who may write: one row, with a token, its process and its age.

A lock is taken over when its process is gone, or, where nobody can tell, when it is too old. Of this machine one can
tell: a process is known by its id, its start and the boot. Who takes over changes the row only if it still bears the
token that was seen, so of several one succeeds; and who lost it finds another token before the next write.
"""

import os
import platform
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from livingreview.errors import LockedError
from livingreview.records import LockOwner
from livingreview.store import process
from livingreview.store.ingest import table
from livingreview.store.tables import LockRow

_LOCK = table(LockRow)
_RUN = _LOCK.c.name == "run"
_held: set[str] = set()
"""Tokens of the locks that this process holds."""


def find(connection: Connection, now: datetime, stale_after: timedelta) -> str:
    """The token of the lock that may be taken over; empty when the lock is free.

    Args:
        connection: to read from.
        now: the real time, not the run's ``now``.
        stale_after: age from which a lock counts as left behind where nobody can tell whether its process lives.

    Raises:
        LockedError: a run is at work.
    """
    row = connection.execute(select(_LOCK).where(_RUN)).first()
    if row is None:
        return ""
    if not _is_stale(row, now, stale_after):
        minutes = int((now - row.taken_at).total_seconds() // 60)
        raise LockedError(
            f"another run is at work (process {row.pid} on {row.host}, for {minutes} min);"
            " wait for it, or see `livingreview doctor`"
        )
    return str(row.token)


def take(connection: Connection, found: str, now: datetime) -> str:
    """Takes the lock, if it still is as it was found.

    Args:
        connection: in a transaction that the caller commits.
        found: what :func:`find` said.
        now: the real time.

    Returns:
        The token under which it is held.

    Raises:
        LockedError: another run was quicker.
    """
    token = secrets.token_hex(16)
    pid = os.getpid()
    values = {"host": platform.node(), "pid": pid, "token": token, "taken_at": now}
    values |= {"boot_id": process.boot_id(), "process_start": process.start(pid)}
    try:
        if found:
            is_taken = connection.execute(update(_LOCK).where(_RUN, _LOCK.c.token == found).values(values)).rowcount
        else:
            is_taken = connection.execute(insert(_LOCK).values(name="run", **values)).rowcount
    except IntegrityError:
        is_taken = 0
    if not is_taken:
        raise LockedError("another run has just begun; wait for it")
    _held.add(token)
    return token


def check(connection: Connection, token: str) -> None:
    """Makes sure that the lock is still held, to the end of the transaction.

    Raises:
        LockedError: it was taken over.
    """
    # On PostgreSQL who takes over waits for this row until the transaction has ended; SQLite has one writer anyway.
    row = connection.execute(select(_LOCK).where(_RUN).with_for_update(read=True)).first()
    if row is None or row.token != token:
        by = f" (process {row.pid} on {row.host})" if row is not None else ""
        raise LockedError(
            f"another run took over the lock{by}, which had been held for too long; this one ends here,"
            " and what it had committed stays"
        )


def let_go(token: str) -> None:
    """Says that this process holds the lock no more, whatever becomes of its row."""
    _held.discard(token)


def give_back(connection: Connection, token: str) -> None:
    """Removes the lock if it is still ours."""
    connection.execute(delete(_LOCK).where(_RUN, _LOCK.c.token == token))


def owner(connection: Connection, now: datetime, stale_after: timedelta) -> LockOwner | None:
    """Who holds the lock; None when it is free.

    Args:
        connection: to read from.
        now: the real time.
        stale_after: see :func:`find`.
    """
    row = connection.execute(select(_LOCK).where(_RUN)).first()
    if row is None:
        return None
    return LockOwner(host=row.host, pid=row.pid, since=row.taken_at, is_stale=_is_stale(row, now, stale_after))


def _is_stale(row: Any, now: datetime, stale_after: timedelta) -> bool:
    is_alive = _is_alive(row)
    return now - row.taken_at >= stale_after if is_alive is None else not is_alive


def _is_alive(row: Any) -> bool | None:
    """Whether the process that took a lock still runs; None when nobody can tell."""
    if row.host != platform.node():
        return None
    if row.pid == os.getpid():
        # The first process of a container always has the same id. If we have it, its predecessor is gone.
        return row.token in _held
    if row.boot_id and row.boot_id != process.boot_id():
        return False
    if not process.exists(row.pid):
        return False
    if row.process_start and (started := process.start(row.pid)):
        return bool(started == row.process_start)
    return None
