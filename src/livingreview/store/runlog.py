"""What a run is, and the log of the raw archive: functions inside a transaction of the repository."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from livingreview.config.redaction import masked_parameters, without_login
from livingreview.errors import LivingReviewError, SourceError
from livingreview.records import Received, Run
from livingreview.records.exchange import Payload, Request
from livingreview.store import decisions, queries
from livingreview.store.transaction import forget_stamps

_KEPT_HEADERS = ("etag", "last-modified")
"""Those that a source reads; the others tell of the way, not of the content."""


def start_run(connection: Connection, road: str, now: datetime, code_version: str, config_hash: str) -> str:
    """Logs that a run has begun; returns its name, which is its ``now``, with a number when that is taken.

    A run that was left behind as running (its process was killed) is closed as ``broken``.
    """
    is_left = queries.RUN.c.status == "running"
    left = connection.execute(select(queries.RUN.c.id).where(is_left)).scalars().all()
    forget_stamps(connection, left, is_partial=False)
    error = "ended without a word: killed, or the machine went down"
    connection.execute(update(queries.RUN).where(is_left).values(status="broken", error=error))
    stem = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = set(connection.execute(select(queries.RUN.c.name)).scalars())
    name = stem
    number = 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    values = {
        "name": name,
        "road": road,
        "status": "running",
        "drift": {},
        "now_at": now,
        "started_at": datetime.now(UTC),
        "code_version": code_version,
        "config_hash": config_hash,
        "model": "",
        "error": "",
        "n_decisions": decisions.n_stored(connection),
    }
    connection.execute(insert(queries.RUN).values(values))
    return name


def update_run(connection: Connection, run: Run, values: Mapping[str, Any]) -> None:
    """Changes columns of a run."""
    connection.execute(update(queries.RUN).where(queries.RUN.c.id == run.id).values(values))


def log_answer(
    connection: Connection, run: Run, source: str, key: str, payload: Payload, fault: SourceError | None
) -> None:
    """Notes an archived answer, and why it could not be used, if it could not."""
    headers = {name: payload.headers[name] for name in _KEPT_HEADERS if name in payload.headers}
    values = _asked(run, source, payload.request, payload.retrieved_at) | {
        "key": key,
        "status": payload.status,
        "media_type": payload.media_type,
        "size_bytes": len(payload.body),
        "headers": headers,
    }
    connection.execute(insert(queries.PAYLOAD).values(values | _said(fault)))


def log_silence(connection: Connection, run: Run, source: str, request: Request, fault: LivingReviewError) -> None:
    """Notes that a request ended without a usable answer, or a file without being read."""
    values = _asked(run, source, request, datetime.now(UTC)) | _said(fault)
    connection.execute(insert(queries.PAYLOAD).values(values))


def log_document(
    connection: Connection, run: Run, source: str, name: str, key: str, size_bytes: int, retrieved_at: datetime
) -> None:
    """Notes an archived document that no service gave."""
    values = _asked(run, source, Request(url=name), retrieved_at) | {"key": key, "size_bytes": size_bytes}
    connection.execute(insert(queries.PAYLOAD).values(values | _said(None)))


def _asked(run: Run, source: str, request: Request, moment: datetime) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "key": "",
        "source": source,
        "url": without_login(request.url),
        "parameters": masked_parameters(request.parameters),
        "is_post": request.is_post,
        "status": 0,
        "media_type": "",
        "size_bytes": 0,
        "headers": {},
        "retrieved_at": moment,
    }


def _said(fault: LivingReviewError | None) -> dict[str, str]:
    return {"fault": type(fault).__name__ if fault else "", "error": str(fault) if fault else ""}


def received(connection: Connection, run: Run) -> list[Received]:
    """What a run received, in the order in which it was noted."""
    table = queries.PAYLOAD
    rows = connection.execute(select(table).where(table.c.run_id == run.id).order_by(table.c.id))
    return [
        Received(**{name: value for name, value in row._mapping.items() if name not in ("id", "run_id")})
        for row in rows
    ]
