"""One transaction of a run, and records of the pipeline as rows of tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from livingreview.records import Change, Cursor, Score
from livingreview.records.reference_match import ReferenceMatch
from livingreview.store import absence, queries, reference_matches
from livingreview.store.ingest import Applier, Arrival, Tally
from livingreview.store.versioning import Action


class Writing:
    """One transaction of a run."""

    def __init__(self, connection: Connection, run_id: int) -> None:
        self._connection = connection
        self._run_id = run_id

    def apply(
        self,
        items: Iterable[Arrival],
        payload_key: str,
        retrieved_at: datetime,
        tally: Tally,
        live_source: str = "",
    ) -> None:
        """Stores the items that are new or revised; adds to ``tally`` what became of each.

        Args:
            items: in the order of their document.
            payload_key: of the document.
            retrieved_at: when it was received.
            tally: is added to.
            live_source: the service that gave it just now; empty for a file.
        """
        applier = Applier(self._connection, self._run_id, retrieved_at, live_source)
        applier.apply(items, payload_key, tally)

    def miss(
        self,
        source: str,
        missing: Mapping[str, str],
        came_as: Mapping[str, str],
        retrieved_at: datetime,
        tally: Tally,
        *,
        is_proof: bool,
        listed: Collection[str] = (),
    ) -> None:
        """Notes what a source did not return, withdraws what it did not return again; see :mod:`.absence`."""
        named = {issue.source_id for issue in tally.issues if issue.source == source and not issue.is_remark}
        unread = named & tally.covered - set(missing)
        absence.found(self._connection, source, tally.covered - set(missing) - unread)
        problems, deletions = absence.miss(
            self._connection,
            self._run_id,
            source,
            missing,
            came_as,
            is_proof=is_proof,
            listed=listed,
            unread=unread,
        )
        withdrawn = Tally()
        self.apply(deletions, "", retrieved_at, withdrawn)
        tally.counts[Action.WITHDRAWN] += withdrawn.counts[Action.WITHDRAWN]
        tally.issues.extend(problems)

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
        self._connection.execute(insert(queries.QUERY).values(row))
        if tally.issues:
            self._connection.execute(
                insert(queries.ISSUE),
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

    def keep_matches(self, matches: Iterable[ReferenceMatch]) -> None:
        """Keeps what services gave for references that have neither PMID nor doi."""
        reference_matches.keep_matches(self._connection, self._run_id, matches)

    def move_cursor(self, cursor: Cursor) -> None:
        """Says that a query has been read completely up to a moment."""
        table = queries.CURSOR
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


def forget_stamps(connection: Connection, run_ids: Sequence[int], *, is_partial: bool) -> None:
    """Takes back the stamps of runs that did not end well, by which the next reading could be skipped as unchanged.

    A query's stamp is committed with its cursor, before the records that are read by id. Where one of these was not
    read, the stamp would say that nothing is left to read at this state of the source's data, and it would be missed
    until the data move.

    Args:
        connection: in a transaction that the caller commits.
        run_ids: the runs.
        is_partial: the stamps of sources that could be read to the end stay.
    """
    table = queries.CURSOR
    statement = update(table).where(table.c.run_id.in_(run_ids)).values(stamp="")
    if is_partial:
        failed = select(queries.QUERY.c.source).where(queries.QUERY.c.run_id.in_(run_ids), queries.QUERY.c.error != "")
        statement = statement.where(table.c.source.in_(failed))
    connection.execute(statement)


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
        "type": str(change.type),
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
