"""What each run brought, in numbers: records, works, what people said of them, changes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from livingreview.linking import LinkKind
from livingreview.records import DecisionCount, Kind, Run, RunFlow
from livingreview.records.decisions import current_decisions
from livingreview.store.decisions import read_decisions
from livingreview.store.queries import CHANGE, RECORD, WORK_LINK
from livingreview.store.runs import Runs

_AT_ONCE = 1_000
"""Names that one statement may hold; SQLite and PostgreSQL take more than that."""

_REPEATS = (LinkKind.SAME_PMID, LinkKind.SAME_DOI, LinkKind.SAME_PMCID, LinkKind.TRIAL_ALIAS, LinkKind.TITLE)
"""Links between two records that say the same; the other kinds tie a notice, preprint or registration to its study."""


class PrismaCounts(Runs):
    """The numbers behind a flow of records."""

    def prisma_counts(self, run: Run, known: Collection[str]) -> tuple[RunFlow, ...]:
        """Every run up to this one, oldest first.

        Args:
            run: the last one that is counted.
            known: works that the published review cites or prints.
        """
        earlier = [one for one in self.runs() if one.id <= run.id]
        with self._read() as connection:
            records, n_known = _records(connection, known)
            n_works, decided = _works(connection, known)
            n_duplicates = _duplicates(connection, known)
            changes = _changes(connection)
        return tuple(
            RunFlow(
                run=one,
                records=dict(sorted((+records.get(one.id, Counter())).items())),
                n_known=n_known[one.id],
                n_works=n_works[one.id],
                n_duplicates=n_duplicates[one.id],
                decided=tuple(decided.get(one.id, ())),
                changes=tuple(changes.get(one.id, ())),
            )
            for one in earlier
        )


def _chunks(names: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _records(connection: Connection, known: Collection[str]) -> tuple[dict[int, Counter[str]], Counter[int]]:
    """Run -> source -> records that it stored first; run -> how many more of them the review cites."""
    counted = select(RECORD.c.first_run_id, RECORD.c.source, func.count()).group_by(
        RECORD.c.first_run_id, RECORD.c.source
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    n_known: Counter[int] = Counter()
    for run_id, source, n in connection.execute(counted):
        found[run_id][source] = n
    for names in _chunks(known):
        for run_id, source, n in connection.execute(counted.where(RECORD.c.work_id.in_(names))):
            found[run_id][source] -= n
            n_known[run_id] += n
    return found, n_known


def _duplicates(connection: Connection, known: Collection[str]) -> Counter[int]:
    """Run -> records that it stored and that repeat one stored before, without those of works that the review cites."""
    repeats = (
        select(RECORD.c.id, RECORD.c.first_run_id, RECORD.c.work_id)
        .join(WORK_LINK, RECORD.c.id == WORK_LINK.c.other_id)
        .where(WORK_LINK.c.undone_at.is_(None), WORK_LINK.c.kind.in_([str(kind) for kind in _REPEATS]))
        .distinct()
    )
    cited = set(known)
    return Counter(run_id for _, run_id, work_id in connection.execute(repeats) if work_id not in cited)


def _firsts() -> Select[Any]:
    """Work, the run that stored its first record, and whether it holds a publication (1 or 0)."""
    is_publication = case((RECORD.c.kind != str(Kind.TRIAL), 1), else_=0)
    return select(
        RECORD.c.work_id, func.min(RECORD.c.first_run_id).label("run_id"), func.max(is_publication).label("is_paper")
    ).group_by(RECORD.c.work_id)


def _works(connection: Connection, known: Collection[str]) -> tuple[Counter[int], dict[int, list[DecisionCount]]]:
    """Run -> works that it brought, and what people said of them, without those that the review cites."""
    firsts = _firsts().subquery()
    n_works: Counter[int] = Counter()
    for run_id, n in connection.execute(select(firsts.c.run_id, func.count()).group_by(firsts.c.run_id)):
        n_works[run_id] = n
    for names in _chunks(known):
        for _, run_id, _ in connection.execute(_firsts().where(RECORD.c.work_id.in_(names))):
            n_works[run_id] -= 1
    current = current_decisions(read_decisions(connection))
    counts: Counter[tuple[int, str, str, str, bool]] = Counter()
    for names in _chunks(current.keys() - set(known)):
        for work_id, run_id, is_paper in connection.execute(_firsts().where(RECORD.c.work_id.in_(names))):
            last = current[work_id]
            counts[run_id, last.stage, last.decision, last.reason, not is_paper] += 1
    decided: dict[int, list[DecisionCount]] = defaultdict(list)
    for (run_id, stage, verdict, reason, is_trial), n in sorted(counts.items()):
        decided[run_id].append(DecisionCount(stage=stage, decision=verdict, reason=reason, is_trial=is_trial, n=n))
    return n_works, decided


def _changes(connection: Connection) -> dict[int, list[tuple[str, str, int]]]:
    """Run -> (type, severity, number) of its changes."""
    found: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    rows = connection.execute(
        select(CHANGE.c.run_id, CHANGE.c.type, CHANGE.c.severity, func.count()).group_by(
            CHANGE.c.run_id, CHANGE.c.type, CHANGE.c.severity
        )
    )
    for run_id, kind, severity, n in sorted(tuple(row) for row in rows):
        found[run_id].append((kind, severity, n))
    return found
