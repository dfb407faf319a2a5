"""What the store keeps of statements: evidence, how far each rule has been held against it, people's decisions.

Evidence, marks and the changes that report them commit together, so a run that is killed in between is done again as
if it had not begun, and nothing is reported twice.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, true, update

from livingreview.records import Change, Run
from livingreview.records.evidence import Evidence, Mark, RecordState, StatementDecision
from livingreview.store import queries
from livingreview.store.base import Base
from livingreview.store.decisions import STATEMENTS_BOUND, is_first
from livingreview.store.hashing import loaded
from livingreview.store.transaction import change_values

_BATCH = 500
_DECISION_KEY = ("statement_id", "effect", "person", "decided_at")


class Statements(Base):
    """Evidence for the statements of the review, and what people decided on them."""

    def rule_marks(self) -> dict[str, Mark]:
        """Rule hash -> how far the rule has been held against the store."""
        with self._read() as connection:
            rows = connection.execute(select(queries.STATEMENT_RULE))
            return {row.rule_hash: Mark(**row._mapping) for row in rows}

    def last_scored(self) -> tuple[int, str]:
        """The last version that has its score, and the model that gave it; 0 and empty when there is none."""
        score = queries.SCORE
        with self._read() as connection:
            row = connection.execute(
                select(score.c.version_id, score.c.model).order_by(score.c.version_id.desc()).limit(1)
            ).first()
            return (row.version_id, row.model) if row is not None else (0, "")

    def scored_states(
        self, after_version_id: int, *, scopes: Sequence[str] | None, ids: Sequence[str], kind: str = ""
    ) -> Iterator[RecordState]:
        """Current states that rules may speak of, in the order in which they were stored.

        Args:
            after_version_id: only versions that were stored after this one.
            scopes: records of these scopes; None for all.
            ids: and records with one of these as their id, pmid or doi, whatever their scope.
            kind: only records of this kind; empty for all.
        """
        record, version, score = queries.RECORD, queries.VERSION, queries.SCORE
        query = (
            select(
                version.c.id,
                version.c.number,
                version.c.content,
                version.c.envelope,
                record.c.source,
                record.c.source_id,
                record.c.work_id,
                record.c.is_withdrawn,
                *(column for column in score.c if column.name != "version_id"),
            )
            .join(record, and_(record.c.id == version.c.record_id, record.c.current_version == version.c.number))
            .join(score, score.c.version_id == version.c.id)
            .where(version.c.id > after_version_id, version.c.is_derived.is_(True))
            .order_by(version.c.id)
            .limit(_BATCH)
        )
        if scopes is not None:
            named = record.c.source_id.in_(ids) | record.c.pmid.in_(ids) | record.c.doi.in_(ids)
            query = query.where(score.c.scope.in_(scopes) | named)
        if kind:
            query = query.where(record.c.kind == kind)
        while True:
            with self._read() as connection:
                rows = connection.execute(query).all()
                brought = _changes_of(connection, rows)
            for row in rows:
                found = queries.score_of(row)
                if found is not None:
                    yield RecordState(
                        version_id=row.id,
                        version=row.number,
                        record=queries.record_of(row),
                        work_id=row.work_id,
                        score=found,
                        changes=frozenset(brought.get((row.source, row.source_id), ())),
                        is_withdrawn=row.is_withdrawn,
                    )
            if len(rows) < _BATCH:
                return
            query = query.where(version.c.id > rows[-1].id)

    def evidence(self, *, is_news_only: bool = False) -> list[tuple[Evidence, bool]]:
        """Every piece of evidence with whether no change has reported it yet, in the order in which it came.

        Args:
            is_news_only: only that of rules some of whose evidence no change has reported.
        """
        query, table = _evidence_query(), queries.EVIDENCE
        if is_news_only:
            news = select(table.c.rule_hash).where(table.c.is_proposed.is_(False))
            query = query.where(table.c.rule_hash.in_(news))
        with self._read() as connection:
            return [(_evidence(row), not row.is_proposed) for row in connection.execute(query)]

    def titles(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """(source, source_id) -> title of the current state."""
        record, version = queries.RECORD, queries.VERSION
        titles: dict[tuple[str, str], str] = {}
        ids = sorted({source_id for _source, source_id in keys})
        current = select(record.c.source, record.c.source_id, version.c.content).join(
            version, and_(version.c.record_id == record.c.id, version.c.number == record.c.current_version)
        )
        with self._read() as connection:
            for start in range(0, len(ids), _BATCH):
                rows = connection.execute(current.where(record.c.source_id.in_(ids[start : start + _BATCH])))
                titles |= {(row.source, row.source_id): loaded(row.content).get("title", "") for row in rows}
        return {key: titles.get(key, "") for key in keys}

    def add_evidence(self, run: Run, pieces: Sequence[Evidence]) -> int:
        """Keeps evidence that is not there yet: the same rule upon the same facts of a record is nothing new.

        Returns:
            How many pieces were kept.
        """
        table = queries.EVIDENCE
        ids = sorted({piece.source_id for piece in pieces})
        look = select(table.c.rule_hash, table.c.source, table.c.source_id, table.c.facts)
        with self._begin() as connection:
            known = {
                (row.rule_hash, row.source, row.source_id, tuple(row.facts))
                for start in range(0, len(ids), _BATCH)
                for row in connection.execute(look.where(table.c.source_id.in_(ids[start : start + _BATCH])))
            }
            rows = []
            for piece in pieces:
                key = (piece.rule_hash, piece.source, piece.source_id, piece.facts)
                if key not in known:
                    known.add(key)
                    rows.append(_evidence_values(run, piece))
            if rows:
                connection.execute(insert(table), rows)
        return len(rows)

    def record_proposals(
        self, run: Run, changes: Sequence[Change], rule_hashes: Sequence[str], marks: Sequence[Mark]
    ) -> None:
        """Commits the changes that report evidence, together with how far the rules have been held now.

        Args:
            run: the run that reports them.
            changes: the proposals.
            rule_hashes: the rules whose evidence they report.
            marks: how far every rule has been held.
        """
        rule, evidence = queries.STATEMENT_RULE, queries.EVIDENCE
        with self._begin() as connection:
            if changes:
                connection.execute(insert(queries.CHANGE), [change_values(run.id, change) for change in changes])
            if rule_hashes:
                connection.execute(
                    update(evidence).where(evidence.c.rule_hash.in_(rule_hashes)).values(is_proposed=True)
                )
            for mark in marks:
                values = {"model": mark.model, "through_version_id": mark.through_version_id}
                done = connection.execute(update(rule).where(rule.c.rule_hash == mark.rule_hash).values(values))
                if done.rowcount == 0:
                    connection.execute(insert(rule).values(rule_hash=mark.rule_hash, **values))

    def statement_decisions(self) -> list[StatementDecision]:
        """Every decision on a statement, oldest first; for a run those that it knows."""
        table = queries.STATEMENT_DECISION
        return self._statement_decisions(table.c.decided_at, table.c.id)

    def statement_decision_log(self) -> list[StatementDecision]:
        """Every decision on a statement in the order of arrival; for a run those that it knows."""
        return self._statement_decisions(queries.STATEMENT_DECISION.c.id)

    def _statement_decisions(self, *order: ColumnElement[Any]) -> list[StatementDecision]:
        query = select(queries.STATEMENT_DECISION).order_by(*order)
        with self._read() as connection:
            rows = connection.execute(query.where(_is_known(connection)))
            return [
                StatementDecision(**{name: part for name, part in row._mapping.items() if name != "id"}) for row in rows
            ]

    def add_statement_decisions(self, made: Sequence[StatementDecision]) -> int:
        """Appends decisions, all of them or none; one that is there already is not added again.

        Returns:
            How many were added.
        """
        table = queries.STATEMENT_DECISION
        added = 0
        with self._begin() as connection:
            for decision in made:
                values = {name: getattr(decision, name) for name in StatementDecision.__dataclass_fields__}
                same = and_(*(table.c[name] == values[name] for name in _DECISION_KEY))
                if connection.execute(select(table.c.id).where(same)).first() is None:
                    connection.execute(insert(table).values(values))
                    added += 1
        return added


def n_statement_decisions_stored(connection: Connection) -> int:
    """How many decisions on statements are in the store: what a run that begins now knows."""
    return connection.execute(select(func.count()).select_from(queries.STATEMENT_DECISION)).scalar_one()


def _is_known(connection: Connection) -> ColumnElement[bool]:
    n_decisions = connection.get_execution_options().get(STATEMENTS_BOUND)
    return true() if n_decisions is None else is_first(n_decisions, queries.STATEMENT_DECISION)


def _changes_of(connection: Connection, rows: Sequence[Any]) -> dict[tuple[str, str], set[str]]:
    """(source, source_id) -> types of the changes that any state of the record brought."""
    change = queries.CHANGE
    found: dict[tuple[str, str], set[str]] = {}
    ids = sorted({row.source_id for row in rows})
    if ids:
        wanted = select(change.c.source, change.c.source_id, change.c.type).distinct()
        for row in connection.execute(wanted.where(change.c.source_id.in_(ids))):
            found.setdefault((row.source, row.source_id), set()).add(row.type)
    return found


def _evidence_query() -> Any:
    table, record = queries.EVIDENCE, queries.RECORD
    return (
        select(table, record.c.work_id)
        .join(record, and_(record.c.source == table.c.source, record.c.source_id == table.c.source_id))
        .order_by(table.c.id)
    )


def _evidence(row: Any) -> Evidence:
    return Evidence(
        statement_id=row.statement_id,
        rule=row.rule,
        rule_hash=row.rule_hash,
        effect=row.effect,
        source=row.source,
        source_id=row.source_id,
        work_id=row.work_id,
        version=row.version,
        why=row.why,
        facts=tuple(row.facts),
        quotes=tuple(row.quotes),
    )


def _evidence_values(run: Run, piece: Evidence) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "statement_id": piece.statement_id,
        "rule": piece.rule,
        "rule_hash": piece.rule_hash,
        "effect": piece.effect,
        "source": piece.source,
        "source_id": piece.source_id,
        "version": piece.version,
        "why": piece.why,
        "facts": list(piece.facts),
        "quotes": list(piece.quotes),
        "is_proposed": False,
    }
