"""Runs: when each began, with what, and how it ended."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from livingreview.errors import StoreError
from livingreview.records import Run
from livingreview.store.base import Base
from livingreview.store.decisions import n_stored
from livingreview.store.queries import RUN
from livingreview.store.statements import n_statement_decisions_stored
from livingreview.store.transaction import forget_stamps


class Runs(Base):
    """The log of the runs."""

    def start_run(self, channel: str, now: datetime, code_version: str, config_hash: str) -> Run:
        """Logs that a run has begun; it is named after its ``now``, with a number when that is taken.

        A run that was left behind as running (its process was killed) is closed as ``broken``.
        """
        with self._begin() as connection:
            is_left = RUN.c.status == "running"
            left = connection.execute(select(RUN.c.id).where(is_left)).scalars().all()
            forget_stamps(connection, left, is_partial=False)
            error = "ended without a word: killed, or the machine went down"
            connection.execute(update(RUN).where(is_left).values(status="broken", error=error))
            stem = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
            taken = set(connection.execute(select(RUN.c.name)).scalars())
            name = stem
            number = 1
            while name in taken:
                number += 1
                name = f"{stem}-{number}"
            values = {
                "name": name,
                "road": channel,
                "status": "running",
                "drift": {},
                "now_at": now,
                "started_at": datetime.now(UTC),
                "code_version": code_version,
                "config_hash": config_hash,
                "model": "",
                "error": "",
                "n_decisions": n_stored(connection),
                "n_statement_decisions": n_statement_decisions_stored(connection),
            }
            connection.execute(insert(RUN).values(values))
        return self.run(name)

    def finish_run(
        self, run: Run, status: str, *, model: str = "", error: str = "", drift: Mapping[str, Any] | None = None
    ) -> None:
        """Logs how a run ended."""
        values = {"status": status, "finished_at": datetime.now(UTC), "model": model, "error": error}
        values["drift"] = dict(drift or {})
        with self._begin() as connection:
            _update(connection, run, values)
            if status != "done":
                forget_stamps(connection, [run.id], is_partial=status == "partial")

    def mark_reported(self, run: Run, now: datetime) -> None:
        """Says that the report of a run is on disk."""
        with self._begin() as connection:
            _update(connection, run, {"reported_at": now})

    def restate_run(self, run: Run, like: Run) -> None:
        """Says of a replayed run what was said of the one that it replays."""
        values = {"status": like.status, "error": like.error, "model": like.model, "reported_at": like.reported_at}
        with self._begin() as connection:
            _update(connection, run, values | {"code_version": like.code_version})

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
            return [_run(row) for row in connection.execute(select(RUN).order_by(RUN.c.id))]


def _update(connection: Connection, run: Run, values: Mapping[str, Any]) -> None:
    """Changes columns of a run."""
    connection.execute(update(RUN).where(RUN.c.id == run.id).values(values))


def _run(row: Any) -> Run:
    """A row of the table, whose column ``road`` is older than the word that says it."""
    values = dict(row._mapping)
    return Run(channel=values.pop("road"), **values)
