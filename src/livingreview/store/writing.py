"""One transaction of a run, and records of the line as rows of tables."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from livingreview.records import Change, Cursor, Score
from livingreview.store import reading
from livingreview.store.apply import Applier, Arrival, Decider, Tally


class Writing:
    """One transaction of a run."""

    def __init__(self, connection: Connection, run_id: int, decider: Decider) -> None:
        self._connection = connection
        self._run_id = run_id
        self._decider = decider

    def apply(
        self,
        items: Iterable[Arrival],
        payload_key: str,
        retrieved_at: datetime,
        tally: Tally,
    ) -> None:
        """Stores the items that are new or revised; adds to ``tally`` what became of each."""
        Applier(self._connection, self._run_id, retrieved_at, self._decider).apply(items, payload_key, tally)

    def log_query(self, values: Mapping[str, Any], tally: Tally) -> None:
        """Logs what a query did, with its named exceptions.

        Args:
            values: columns of ``run_query`` besides the counts.
            tally: what became of its items.
        """
        row = {
            "received": tally.received,
            **{str(action): count for action, count in tally.counts.items()},
            **values,
            "run_id": self._run_id,
        }
        self._connection.execute(insert(reading.QUERY).values(row))
        if tally.issues:
            self._connection.execute(
                insert(reading.ISSUE),
                [
                    {
                        "run_id": self._run_id,
                        "source": issue.source,
                        "source_id": issue.source_id,
                        "query": values["name"],
                        "reason": issue.reason,
                    }
                    for issue in tally.issues
                ],
            )

    def move_cursor(self, cursor: Cursor) -> None:
        """Says that a query has been read completely up to a moment."""
        table = reading.CURSOR
        key = (table.c.source == cursor.source, table.c.query_hash == cursor.query_hash)
        values = {
            "query_name": cursor.query_name,
            "read_to_at": cursor.read_to_at,
            "stamp": cursor.stamp,
            "run_id": self._run_id,
        }
        if self._connection.execute(update(table).where(*key).values(values)).rowcount == 0:
            values |= {"source": cursor.source, "query_hash": cursor.query_hash}
            self._connection.execute(insert(table).values(values))


def score_values(version_id: int, score: Score, other: str) -> dict[str, Any]:
    """A row of ``score``."""
    return {
        "version_id": version_id,
        "model": score.model,
        "scope": score.scope,
        "p_relevant": 1.0 - score.probabilities.get(other, 0.0),
        "probabilities": score.probabilities,
        "areas": list(score.areas),
        "facets": {name: [list(pair) for pair in found] for name, found in score.facets.items()},
        "terms": [list(pair) for pair in score.terms],
    }


def change_values(run_id: int, change: Change) -> dict[str, Any]:
    """A row of ``change``."""
    return {
        "run_id": run_id,
        "type": change.type,
        "severity": str(change.severity),
        "source": change.source,
        "source_id": change.source_id,
        "work_id": change.work,
        "before": change.before,
        "after": change.after,
        "before_version": change.before_version,
        "after_version": change.after_version,
        "at": change.at,
        "effective_date": change.effective_date,
    }
