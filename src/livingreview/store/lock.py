"""Who may write: one row, with owner and age. A lock whose process is gone, or that is too old, is taken over."""

import os
import platform
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from livingreview.errors import LockedError
from livingreview.store.apply import table
from livingreview.store.tables import LockRow
from livingreview.views import LockOwner

_LOCK = table(LockRow)
_NAME = "run"


def take(connection: Connection, now: datetime, stale_after: timedelta) -> str:
    """Takes the lock inside the caller's transaction; returns the token that gives it back.

    Args:
        connection: in a transaction.
        now: the real time, not the run's ``now``.
        stale_after: age from which a lock of another host counts as left behind.

    Raises:
        LockedError: a run is at work.
    """
    host = platform.node()
    row = connection.execute(select(_LOCK).where(_LOCK.c.name == _NAME).with_for_update()).first()
    if row is not None:
        age = now - row.taken_at
        if not _is_gone(row) and age < stale_after:
            minutes = int(age.total_seconds() // 60)
            raise LockedError(
                f"another run is at work (process {row.pid} on {row.host}, for {minutes} min);"
                " wait for it, or see `livingreview doctor`"
            )
        connection.execute(delete(_LOCK).where(_LOCK.c.name == _NAME))
    token = secrets.token_hex(8)
    values = {"name": _NAME, "host": host, "pid": os.getpid(), "token": token, "taken_at": now}
    try:
        connection.execute(_LOCK.insert().values(values))
    except IntegrityError as error:
        raise LockedError("another run has just begun; wait for it") from error
    return token


def give_back(connection: Connection, token: str) -> None:
    """Removes the lock if it is still ours."""
    connection.execute(delete(_LOCK).where(_LOCK.c.name == _NAME, _LOCK.c.token == token))


def owner(connection: Connection, now: datetime, stale_after: timedelta) -> LockOwner | None:
    """Who holds the lock; None when it is free.

    Args:
        connection: to read from.
        now: the real time.
        stale_after: see :func:`take`.
    """
    row = connection.execute(select(_LOCK).where(_LOCK.c.name == _NAME)).first()
    if row is None:
        return None
    is_stale = _is_gone(row) or now - row.taken_at >= stale_after
    return LockOwner(host=row.host, pid=row.pid, since=row.taken_at, is_stale=is_stale)


def _is_gone(row: Any) -> bool:
    return bool(row.host == platform.node()) and not _is_alive(row.pid)


def _is_alive(pid: int) -> bool:
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
