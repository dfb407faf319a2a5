"""What still has to be scored and compared: versions without changes, each with what the store knew before it.

Records of several sources that share a doi or PMID are copies of one text. A thin copy (an item of a feed) whose full
one came in the same run is *superseded*: the full one reports the work, as if it had come alone. What came before is
read from stored rows only, so that deriving again gives the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from livingreview.linking import SAME_PUBLICATION
from livingreview.records import Change, Kind, NamedTrial, Record, Run, Score, Underived
from livingreview.records.change_types import ChangeType
from livingreview.records.decisions import current_decisions
from livingreview.records.notices import may_carry_notices
from livingreview.store.base import Base
from livingreview.store.decisions import read_decisions
from livingreview.store.hashing import loaded
from livingreview.store.queries import CHANGE, EVIDENCE, RECORD, SCORE, VERSION, WORK_LINK, record_of
from livingreview.store.transaction import change_values, score_values

_IDS_A_STATEMENT = 1_000


class Derivations(Base):
    """Versions that wait for their scores and changes, and those that have them."""

    def underived(self, limit: int) -> list[Underived]:
        """The oldest versions that have neither score nor changes yet."""
        with self._read() as connection:
            rows = connection.execute(
                select(VERSION, RECORD.c.work_id)
                .join(RECORD, RECORD.c.id == VERSION.c.record_id)
                .where(VERSION.c.is_derived.is_(False))
                .order_by(VERSION.c.id)
                .limit(limit)
            ).all()
            works = _works(connection, {row.work_id for row in rows})
            superseded = {version_id for states in works.values() for version_id in _superseded(states)}
            earlier = _states_before(connection, [row for row in rows if row.number > 1], superseded)
            kinds = _reported_kinds(connection, [row for row in rows if row.id not in earlier], works, superseded)
            siblings = _contents(connection, [one for row in rows for one in _siblings(row, works[row.work_id])])
            noted = {row.work_id for row in rows if may_carry_notices(row.content)}
            verdicts, evidence_of = _verdicts(connection, noted), _evidence_of(connection, noted)
            records = {row.id: record_of(row) for row in rows}
            trials = _trials(connection, records.values())
            found = []
            for row in rows:
                states = works[row.work_id]
                before = earlier.get(row.id)
                found.append(
                    Underived(
                        version_id=row.id,
                        number=row.number,
                        record=records[row.id],
                        work_id=row.work_id,
                        before=record_of(before) if before is not None else None,
                        before_number=before.number if before is not None else 0,
                        is_withdrawal=row.is_withdrawal,
                        was_withdrawn=before is not None and before.is_withdrawal,
                        reported_kinds=kinds.get(row.id, frozenset()),
                        is_superseded=row.id in superseded,
                        siblings=tuple(siblings[one] for one in _siblings(row, states)),
                        work_scopes=frozenset(state.scope for state in states if state.id < row.id and state.scope),
                        trials=tuple(trials[name] for name in _named(records[row.id]) if name in trials),
                        decision=verdicts.get(row.work_id, ""),
                        evidence_of=evidence_of.get(row.work_id, ()),
                    )
                )
            return found

    def commit_derived(
        self,
        run: Run,
        version_ids: Sequence[int],
        scores: Mapping[int, Score],
        changes: Sequence[Change],
        other: str,
    ) -> None:
        """Commits scores and changes together with the mark that their versions have been derived.

        Args:
            run: the run that derived them.
            version_ids: the versions.
            scores: version id -> score.
            changes: in the order in which they are listed.
            other: slug of the irrelevant scope; ``p_relevant`` is one minus its probability.
        """
        with self._begin() as connection:
            if scores:
                rows = [score_values(version_id, score, other) for version_id, score in scores.items()]
                connection.execute(insert(SCORE), rows)
            if changes:
                connection.execute(insert(CHANGE), [change_values(run.id, change) for change in changes])
            for start in range(0, len(version_ids), _IDS_A_STATEMENT):
                part = version_ids[start : start + _IDS_A_STATEMENT]
                connection.execute(update(VERSION).where(VERSION.c.id.in_(part)).values(is_derived=True))

    def derived(self, after_version_id: int, limit: int) -> list[tuple[int, Record]]:
        """Current states that have been derived, the oldest first: (version id, record).

        Those that have not are left out: their scores come with their changes.
        """
        with self._read() as connection:
            rows = connection.execute(
                select(VERSION.c.id, VERSION.c.content, VERSION.c.envelope)
                .join(RECORD, and_(VERSION.c.record_id == RECORD.c.id, VERSION.c.number == RECORD.c.current_version))
                .where(VERSION.c.id > after_version_id, VERSION.c.is_derived.is_(True))
                .order_by(VERSION.c.id)
                .limit(limit)
            )
            return [(row.id, record_of(row)) for row in rows]

    def replace_scores(self, scores: Mapping[int, Score], other: str) -> None:
        """Puts new scores in the place of those that versions have: version id -> score."""
        with self._begin() as connection:
            ids = list(scores)
            for start in range(0, len(ids), _IDS_A_STATEMENT):
                connection.execute(delete(SCORE).where(SCORE.c.version_id.in_(ids[start : start + _IDS_A_STATEMENT])))
            if scores:
                connection.execute(
                    insert(SCORE), [score_values(version_id, score, other) for version_id, score in scores.items()]
                )


def _named(record: Record) -> tuple[str, ...]:
    """Numbers of the trials whose results a state may report."""
    return (record.source_id,) if record.kind == Kind.TRIAL else record.nct_ids


def _trials(connection: Connection, records: Iterable[Record]) -> dict[str, NamedTrial]:
    """Number -> stored trial, of all that these records are or name."""
    numbers = sorted({number for record in records for number in _named(record)})
    pmids: dict[str, set[str]] = defaultdict(set)
    is_about = and_(CHANGE.c.type == str(ChangeType.RESULTS_PUBLISHED), CHANGE.c.source_id.in_(numbers))
    for source_id, after in connection.execute(select(CHANGE.c.source_id, CHANGE.c.after).where(is_about)):
        pmids[source_id].update(after.get("result_pmids", ()))
    rows = connection.execute(
        select(RECORD.c.source, RECORD.c.source_id, RECORD.c.work_id, VERSION.c.number, VERSION.c.content)
        .join(VERSION, and_(VERSION.c.record_id == RECORD.c.id, VERSION.c.number == RECORD.c.current_version))
        .where(RECORD.c.source_id.in_(numbers), RECORD.c.kind == str(Kind.TRIAL), RECORD.c.is_withdrawn.is_(False))
    )
    return {
        row.source_id: NamedTrial(
            source=row.source,
            source_id=row.source_id,
            title=loaded(row.content).get("title", ""),
            work_id=row.work_id,
            version=row.number,
            reported_pmids=frozenset(pmids.get(row.source_id, ())),
        )
        for row in rows
    }


def _verdicts(connection: Connection, work_ids: AbstractSet[str]) -> dict[str, str]:
    """Work -> what people decided on it."""
    if not work_ids:
        return {}
    return {work_id: one.decision for work_id, one in current_decisions(read_decisions(connection)).items()}


def _evidence_of(connection: Connection, work_ids: AbstractSet[str]) -> dict[str, tuple[str, ...]]:
    """Work -> ids of the statements for which a record of it is evidence."""
    if not work_ids:
        return {}
    found: dict[str, set[str]] = defaultdict(set)
    for work_id, statement_id in connection.execute(
        select(RECORD.c.work_id, EVIDENCE.c.statement_id)
        .join(EVIDENCE, and_(EVIDENCE.c.source == RECORD.c.source, EVIDENCE.c.source_id == RECORD.c.source_id))
        .where(RECORD.c.work_id.in_(work_ids))
    ):
        found[work_id].add(statement_id)
    return {work_id: tuple(sorted(ids)) for work_id, ids in found.items()}


def _works(connection: Connection, work_ids: AbstractSet[str]) -> dict[str, list[Any]]:
    """Work -> its states in the order in which they came, without their contents."""
    states: dict[str, list[Any]] = defaultdict(list)
    for state in connection.execute(
        select(
            RECORD.c.work_id,
            RECORD.c.kind,
            RECORD.c.doi,
            RECORD.c.pmid,
            VERSION.c.id,
            VERSION.c.record_id,
            VERSION.c.run_id,
            VERSION.c.fidelity,
            VERSION.c.is_withdrawal,
            VERSION.c.is_derived,
            SCORE.c.scope,
        )
        .join(VERSION, VERSION.c.record_id == RECORD.c.id)
        .join(SCORE, SCORE.c.version_id == VERSION.c.id, isouter=True)
        .where(RECORD.c.work_id.in_(work_ids))
        .order_by(VERSION.c.id)
    ):
        states[state.work_id].append(state)
    return states


def _superseded(states: Sequence[Any]) -> set[int]:
    """Ids of the states than which the same run brought a fuller copy; those of a trial are its history."""
    able = [state for state in states if not state.is_withdrawal and state.kind != Kind.TRIAL]
    return {
        state.id
        for state in able
        if any(
            other.run_id == state.run_id and other.fidelity > state.fidelity and _is_same_text(state, other)
            for other in able
        )
    }


def _is_same_text(one: Any, other: Any) -> bool:
    is_shared = (one.doi and one.doi == other.doi) or (one.pmid and one.pmid == other.pmid)
    return one.record_id == other.record_id or bool(is_shared)


def _siblings(row: Any, states: Sequence[Any]) -> list[int]:
    """Ids of the earlier states of other records that are copies of the same text."""
    own = next(state for state in states if state.id == row.id)
    return [
        state.id
        for state in states
        if state.id < row.id and state.record_id != row.record_id and _is_same_text(own, state)
    ]


def _contents(connection: Connection, version_ids: Iterable[int]) -> Mapping[int, Record]:
    wanted = set(version_ids)
    if not wanted:
        return {}
    rows = connection.execute(
        select(VERSION.c.id, VERSION.c.content, VERSION.c.envelope).where(VERSION.c.id.in_(wanted))
    )
    return {row.id: record_of(row) for row in rows}


def _states_before(connection: Connection, rows: Sequence[Any], superseded: AbstractSet[int]) -> dict[int, Any]:
    """Version id -> the row of the state that was current when it came: the last one not dated after it."""
    if not rows:
        return {}
    found: dict[int, list[Any]] = defaultdict(list)
    for other in connection.execute(
        select(VERSION).where(VERSION.c.record_id.in_({row.record_id for row in rows})).order_by(VERSION.c.number)
    ):
        found[other.record_id].append(other)
    before = {}
    for row in rows:
        # An older state that arrived late was never current, so it is not what this one replaced.
        current = None
        for other in found[row.record_id]:
            if other.number >= row.number:
                break
            if other.id in superseded:
                continue
            if current is None or other.fidelity > current.fidelity or other.order_key >= current.order_key:
                current = other
        if current is not None:
            before[row.id] = current
    return before


def _reported_kinds(
    connection: Connection, rows: Sequence[Any], works: Mapping[str, Sequence[Any]], superseded: AbstractSet[int]
) -> dict[int, frozenset[str]]:
    """Version id -> kinds of the other records of the same publication that were reported before this version."""
    publications: dict[int, set[int]] = {}
    firsts: dict[int, Any] = {}
    for work_id in {row.work_id for row in rows}:
        records = {state.record_id for state in works[work_id]}
        if len(records) > 1:
            publications |= {record_id: {record_id} for record_id in records}
            for state in works[work_id]:
                if state.id not in superseded:
                    firsts.setdefault(state.record_id, state)
    ties = select(WORK_LINK.c.record_id, WORK_LINK.c.other_id).where(
        WORK_LINK.c.undone_at.is_(None),
        WORK_LINK.c.kind.in_(SAME_PUBLICATION),
        WORK_LINK.c.record_id.in_(publications),
    )
    for one, other in connection.execute(ties):
        if publications[one] is not publications[other]:
            publications[one] |= publications[other]
            for member in publications[other]:
                publications[member] = publications[one]
    return {
        row.id: frozenset(
            firsts[other].kind
            for other in publications.get(row.record_id, ())
            if other in firsts and other != row.record_id and (firsts[other].is_derived or firsts[other].id < row.id)
        )
        for row in rows
    }
