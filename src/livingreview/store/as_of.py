"""The store as it was when a run had ended, copied into an empty one.

Everything is taken from rows that name their run: versions, changes, logs, links of people, decisions that it knew. The
state that was current then is found by the rule that storing follows, works by the rules of linking, and how far each
search had been read by its log. Scores are those of today: a model that is trained anew scores every record anew, and
what its predecessor said is kept nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, insert, select

from livingreview.records import Run
from livingreview.records.review_text import TEXT_SOURCE
from livingreview.store import queries
from livingreview.store.base import Base
from livingreview.store.decisions import DECISION, is_first
from livingreview.store.hashing import loaded
from livingreview.store.work_links import Linking

_BATCH = 1_000


class AsOf(Base):
    """A store as of an earlier run."""

    def copy_as_of(self, target: "AsOf", run: Run, lags: Mapping[str, timedelta]) -> None:
        """Fills another store, which is empty, with what this one held when a run had ended.

        Args:
            target: the other store.
            run: the last run that the other store knows.
            lags: source -> how far its cursor stays behind the run that read it.
        """
        with self._read() as source, target._begin() as goal:
            _Filling(source, goal, run).fill(lags)


class _Filling:
    def __init__(self, source: Connection, goal: Connection, run: Run) -> None:
        self._source = source
        self._goal = goal
        self._run = run

    def fill(self, lags: Mapping[str, timedelta]) -> None:
        run_id, now = self._run.id, self._run.now_at
        record, version, link = queries.RECORD, queries.VERSION, queries.WORK_LINK
        self._copy(queries.RUN, select(queries.RUN).where(queries.RUN.c.id <= run_id))
        self._copy(queries.MODEL, select(queries.MODEL).where(queries.MODEL.c.trained_at <= now))
        current = self._current_versions()
        self._records(current)
        self._copy(version, select(version).where(version.c.run_id <= run_id))
        known = select(version.c.id).where(version.c.run_id <= run_id)
        self._copy(queries.SCORE, select(queries.SCORE).where(queries.SCORE.c.version_id.in_(known)))
        for table in (queries.CHANGE, queries.QUERY, queries.ISSUE, queries.EVIDENCE):
            self._copy(table, select(table).where(table.c.run_id <= run_id).order_by(table.c.id))
        known = select(DECISION).where(is_first(self._run.n_decisions)).order_by(DECISION.c.id)
        self._copy(DECISION, known)
        said = queries.STATEMENT_DECISION
        known = select(said).where(is_first(self._run.n_statement_decisions, said)).order_by(said.c.id)
        self._copy(said, known)
        payload, sentence = queries.PAYLOAD, queries.REVIEW_SENTENCE
        texts = select(payload.c.key).where(payload.c.source == TEXT_SOURCE, payload.c.run_id <= run_id)
        self._copy(sentence, select(sentence).where(sentence.c.key.in_(texts)))
        stored = select(record.c.id).where(record.c.first_run_id <= run_id)
        by_people = select(link).where(link.c.made_by + link.c.undone_by != "", link.c.made_at <= now)
        between = by_people.where(link.c.record_id.in_(stored), link.c.other_id.in_(stored))
        then = between.where(link.c.run_id.is_(None) | (link.c.run_id <= run_id))
        self._insert(link, (self._as_then(row) for row in self._rows(then)))
        self._insert(queries.CURSOR, self._cursors(lags))
        # Nothing was linked in it yet, so everything is.
        Linking(self._goal).relink(self._run.now_at, self._run.id, set())

    def _rows(self, query: Select[Any]) -> Iterable[dict[str, Any]]:
        for row in self._source.execute(query.execution_options(yield_per=_BATCH)):
            yield dict(row._mapping)

    def _copy(self, table: Table, query: Select[Any]) -> None:
        self._insert(table, self._rows(query))

    def _insert(self, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _BATCH:
                self._goal.execute(insert(table), batch)
                batch = []
        if batch:
            self._goal.execute(insert(table), batch)

    def _current_versions(self) -> dict[int, Any]:
        """Record id -> the version that was current: what is current to this day, if it was there then.

        Of the others the last one that is neither thinner nor dated before its predecessor.
        """
        record, version = queries.RECORD, queries.VERSION
        query = (
            select(version.c.record_id, version.c.number, version.c.order_key, version.c.fidelity)
            .add_columns(version.c.content_hash, version.c.is_withdrawal, record.c.current_version)
            .join(record, record.c.id == version.c.record_id)
            .where(version.c.run_id <= self._run.id)
            .order_by(version.c.record_id, version.c.number)
        )
        current: dict[int, Any] = {}
        for row in self._source.execute(query):
            before = current.get(row.record_id)
            if before is None or _is_after(row, before):
                current[row.record_id] = row
        return current

    def _records(self, current: Mapping[int, Any]) -> None:
        record, version = queries.RECORD, queries.VERSION
        names = {}
        for row in self._rows(select(record).where(record.c.first_run_id <= self._run.id)):
            names[row["id"]] = row
        works = [
            {"id": f"{row['source']}:{row['source_id']}", "first_run_id": row["first_run_id"]} for row in names.values()
        ]
        self._insert(queries.WORK, works)
        contents = select(version.c.record_id, version.c.number, version.c.content).where(
            version.c.run_id <= self._run.id
        )
        rows = []
        for found in self._source.execute(contents.execution_options(yield_per=_BATCH)):
            then = current[found.record_id]
            if found.number != then.number:
                continue
            row, content = names[found.record_id], loaded(found.content)
            rows.append(
                row
                | {
                    "kind": content["kind"],
                    "work_id": f"{row['source']}:{row['source_id']}",
                    "current_version": then.number,
                    "content_hash": then.content_hash,
                    "order_key": then.order_key,
                    "fidelity": then.fidelity,
                    "is_withdrawn": then.is_withdrawal,
                    "doi": content.get("doi", ""),
                    "pmid": content.get("pmid", ""),
                    "raw_digest": "",
                }
            )
        self._insert(record, sorted(rows, key=lambda row: row["id"]))

    def _as_then(self, link: dict[str, Any]) -> dict[str, Any]:
        """A link as it stood before anybody undid it, where that came later."""
        if link["undone_at"] is None or link["undone_at"] <= self._run.now_at:
            return link
        return link | {"undone_by": "", "undone_at": None, "undone_reason": ""}

    def _cursors(self, lags: Mapping[str, timedelta]) -> list[dict[str, Any]]:
        """The cursor of each search, moved by the last run that read it completely."""
        query, run = queries.QUERY, queries.RUN
        rows = self._source.execute(
            select(query.c.source, query.c.name, query.c.query_hash, query.c.run_id, run.c.now_at)
            .join(run, run.c.id == query.c.run_id)
            .where(query.c.run_id <= self._run.id, query.c.is_reconciled.is_(True), query.c.query_hash != "")
            .order_by(query.c.id)
        )
        found: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        for row in rows:
            found[row.source, row.query_hash] = {
                "source": row.source,
                "query_hash": row.query_hash,
                "query_name": row.name,
                "read_to_at": row.now_at - lags.get(row.source, timedelta(0)),
                "stamp": "",
                "run_id": row.run_id,
            }
        return list(found.values())


def _is_after(row: Any, before: Any) -> bool:
    if before.current_version in (before.number, row.number):
        return bool(row.number == row.current_version)
    return bool(before.is_withdrawal or row.fidelity > before.fidelity or row.order_key >= before.order_key)
