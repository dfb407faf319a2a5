"""The log of the raw archive: every answer and document that a run received, and every request that got none."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, insert, select

from livingreview.config.redaction import masked_parameters, without_login
from livingreview.errors import LivingReviewError, SourceError
from livingreview.records import Received, Run
from livingreview.records.exchange import Payload, Request
from livingreview.store.base import Base
from livingreview.store.queries import PAYLOAD, QUERY

_KEPT_HEADERS = ("etag", "last-modified")
"""Those that a source reads; the others say how it came, not what it holds."""


class Payloads(Base):
    """What each run received, and from where."""

    def log_answer(self, run: Run, source: str, key: str, payload: Payload, fault: SourceError | None) -> None:
        """Notes an archived answer, and why it could not be used, if it could not."""
        with self._begin() as connection:
            headers = {name: payload.headers[name] for name in _KEPT_HEADERS if name in payload.headers}
            values = _asked(run, source, payload.request, payload.retrieved_at) | {
                "key": key,
                "status": payload.status,
                "media_type": payload.media_type,
                "size_bytes": len(payload.body),
                "headers": headers,
            }
            connection.execute(insert(PAYLOAD).values(values | _said(fault)))

    def log_silence(self, run: Run, source: str, request: Request, fault: LivingReviewError) -> None:
        """Notes that a request ended without a usable answer, or a file without being read."""
        with self._begin() as connection:
            values = _asked(run, source, request, datetime.now(UTC)) | _said(fault)
            connection.execute(insert(PAYLOAD).values(values))

    def log_document(self, run: Run, source: str, name: str, key: str, size_bytes: int, retrieved_at: datetime) -> None:
        """Notes an archived document that no service gave: a file, a record by hand, the method."""
        with self._begin() as connection:
            values = _asked(run, source, Request(url=name), retrieved_at) | {"key": key, "size_bytes": size_bytes}
            connection.execute(insert(PAYLOAD).values(values | _said(None)))

    def received(self, run: Run) -> list[Received]:
        """What a run received, in the order in which it was noted."""
        with self._read() as connection:
            rows = connection.execute(select(PAYLOAD).where(PAYLOAD.c.run_id == run.id).order_by(PAYLOAD.c.id))
            return [
                Received(**{name: value for name, value in row._mapping.items() if name not in ("id", "run_id")})
                for row in rows
            ]

    def has_read_file(self, key: str) -> bool:
        """Whether a file with this hash was read to its end by any run."""
        with self._read() as connection:
            is_its_log = and_(
                QUERY.c.run_id == PAYLOAD.c.run_id, QUERY.c.source == "files", QUERY.c.name == PAYLOAD.c.url
            )
            found = connection.execute(
                select(PAYLOAD.c.id)
                .join(QUERY, is_its_log)
                .where(PAYLOAD.c.key == key, PAYLOAD.c.source == "files", QUERY.c.error == "")
                .limit(1)
            )
            return found.first() is not None


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
