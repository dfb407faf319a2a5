"""Which records must be looked at again, and what becomes of their links and works.

Only records that changed since they were linked, and whatever these may be or may have been tied to, are linked anew:
the closed set of :mod:`livingreview.linking.keys`. The outcome is that of linking everything.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from livingreview.errors import UsageError
from livingreview.linking import (
    RULES_VERSION,
    Facts,
    LinkKind,
    are_one_by_title,
    facts_of,
    name_keys,
    partition,
    source_group,
    title_keys,
)
from livingreview.store import queries as reading
from livingreview.store.hashing import loaded

_BATCH = 1_000
_ALL_FROM = 0.25
"""When a larger share of the records changed, all of them are linked anew at once."""
_LINK, _RECORD, _VERSION, _KEY, _STATE = (
    reading.WORK_LINK,
    reading.RECORD,
    reading.VERSION,
    reading.WORK_KEY,
    reading.LINKING,
)


class Linking:
    """The records and links of a store within one transaction; pairs are of record ids, the lesser first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: dict[int, Any] = {}

    def record(self, name: str) -> int:
        """The number of a record by its name.

        Raises:
            UsageError: there is no such record.
        """
        source, _, source_id = name.partition(":")
        found = self._read(_RECORD.c.source == source, _RECORD.c.source_id == source_id)
        if not found:
            raise UsageError(f"{name}: no such record; name it as source:id, like pubmed:31000001")
        return found[0]

    def record_name(self, record_id: int) -> str:
        """``source:source_id`` of a record."""
        if record_id not in self._rows:
            self._read(_RECORD.c.id == record_id)
        row = self._rows[record_id]
        return f"{row.source}:{row.source_id}"

    def mates(self, record_id: int) -> set[int]:
        """Every record of the work of a record, itself included."""
        self.record_name(record_id)
        return set(self._read(_RECORD.c.work_id == self._rows[record_id].work_id))

    def _read(self, *conditions: Any) -> list[int]:
        columns = (_RECORD.c.id, _RECORD.c.source, _RECORD.c.source_id, _RECORD.c.work_id, _RECORD.c.first_run_id)
        rows = self._connection.execute(select(*columns).where(*conditions)).all()
        self._rows |= {row.id: row for row in rows}
        return [row.id for row in rows]

    def joined(self) -> set[tuple[int, int]]:
        """Pairs that a person joined, and nobody parted since."""
        return self._pairs(_LINK.c.kind == LinkKind.JOIN, _LINK.c.undone_at.is_(None))

    def parted(self) -> set[tuple[int, int]]:
        """Pairs that a person parted, and nobody joined since."""
        return self._pairs(_LINK.c.undone_by != "") - self.joined()

    def _pairs(self, *conditions: Any) -> set[tuple[int, int]]:
        rows = self._connection.execute(select(_LINK.c.record_id, _LINK.c.other_id).where(*conditions))
        return {pair_of(one, other) for one, other in rows}

    def add(
        self, pair: tuple[int, int], kind: str, reason: str, evidence: dict[str, Any], now: datetime, person: str
    ) -> None:
        """A person's word that two records are one work."""
        self._connection.execute(insert(_LINK), [self._row(pair, kind, reason, evidence, now, made_by=person)])

    def _row(
        self,
        pair: tuple[int, int],
        kind: str,
        reason: str,
        evidence: dict[str, Any],
        now: datetime,
        **others: Any,
    ) -> dict[str, Any]:
        # The order by name, not by number, so that a restored store says the same.
        one, other = sorted(pair, key=self.record_name)
        values: dict[str, Any] = {
            "record_id": one,
            "other_id": other,
            "kind": str(kind),
            "reason": reason,
            "evidence": evidence,
            "run_id": None,
            "made_by": "",
            "made_at": now,
            "undone_by": "",
            "undone_at": None,
            "undone_reason": "",
        }
        return values | others

    def part(self, pair: tuple[int, int], person: str, reason: str, now: datetime) -> None:
        """A person's word that two records are not one work."""
        undone = {"undone_by": person, "undone_at": now, "undone_reason": reason}
        is_pair = _LINK.c.record_id.in_(pair) & _LINK.c.other_id.in_(pair)
        done = self._connection.execute(update(_LINK).where(is_pair, _LINK.c.undone_at.is_(None)).values(undone))
        if done.rowcount == 0:
            # The two were one work through others: the word about them needs a row of its own.
            row = self._row(pair, LinkKind.SPLIT, "one work through other records", {}, now, **undone)
            self._connection.execute(insert(_LINK), [row])

    def relink(self, now: datetime, run_id: int | None, touched: Collection[int]) -> int:
        """Brings links and works in line with what records say now; returns how many records changed their work.

        Args:
            now: when links are made and undone.
            run_id: the run that does so; None for a person.
            touched: records that a person said something of.
        """
        joined, parted = self.joined(), self.parted()
        closed = _Closed(self._connection, joined).around(touched)
        for part in _parts(closed):
            self._read(_RECORD.c.id.in_(part))
        ids = {self.record_name(record_id): record_id for record_id in closed}
        found = partition(closed.values(), joined=self._named(joined, closed), parted=self._named(parted, closed))
        wanted = {(pair_of(ids[one], ids[other]), str(link.kind)): link for (one, other), link in found.links.items()}
        self._renew(wanted, closed, now, run_id)
        moved = []
        for name, members in found.works.items():
            mates = [self._rows[ids[member]] for member in members]
            first = min(mates, key=lambda mate: (mate.first_run_id, mate.source, mate.source_id))
            work = f"{first.source}:{first.source_id}"
            if self._rows[ids[name]].work_id != work:
                moved.append((ids[name], work))
        for record_id, work in sorted(moved):
            self._connection.execute(update(_RECORD).where(_RECORD.c.id == record_id).values(work_id=work))
        return len(moved)

    def _named(self, pairs: set[tuple[int, int]], closed: Collection[int]) -> list[tuple[str, str]]:
        return [
            (self.record_name(one), self.record_name(other))
            for one, other in sorted(pairs)
            if one in closed and other in closed
        ]

    def _renew(
        self, wanted: dict[tuple[tuple[int, int], str], Any], closed: Collection[int], now: datetime, run_id: int | None
    ) -> None:
        known: dict[tuple[tuple[int, int], str], int] = {}
        known_links = select(_LINK.c.id, _LINK.c.record_id, _LINK.c.other_id, _LINK.c.kind).where(
            _LINK.c.undone_at.is_(None), _LINK.c.kind != LinkKind.JOIN
        )
        for part in _parts(closed):
            for row in self._connection.execute(known_links.where(_LINK.c.record_id.in_(part))):
                known[pair_of(row.record_id, row.other_id), row.kind] = row.id
        gone = {"undone_at": now, "undone_reason": "the rules no longer say so"}
        for key in sorted(known.keys() - wanted.keys()):
            self._connection.execute(update(_LINK).where(_LINK.c.id == known[key]).values(gone))
        rows = [
            self._row(pair, link.kind, link.reason, link.evidence, now, run_id=run_id)
            for (pair, kind), link in wanted.items()
            if (pair, kind) not in known
        ]
        if rows:
            self._connection.execute(insert(_LINK), rows)


class _Closed:
    """Finds everything that must be linked anew, and keeps the keys of what changed.

    Args:
        connection: in a transaction.
        joined: pairs of records that people joined.
    """

    def __init__(self, connection: Connection, joined: Iterable[tuple[int, int]]) -> None:
        self._connection = connection
        self._facts: dict[int, Facts] = {}
        self._joined: dict[int, set[int]] = {}
        for one, other in joined:
            self._joined.setdefault(one, set()).add(other)
            self._joined.setdefault(other, set()).add(one)

    def around(self, touched: Collection[int]) -> dict[int, Facts]:
        """Record id -> facts of a closed set with every record that changed since it was linked, and these."""
        last = int(self._connection.execute(select(func.max(_VERSION.c.id))).scalar() or 0)
        state = self._connection.execute(select(_STATE)).first()
        n_records = int(self._connection.execute(select(func.count()).select_from(_RECORD)).scalar() or 0)
        rules = str(RULES_VERSION)
        through = state.through_version_id if state is not None and state.rules == rules else 0
        changed = set(
            self._connection.execute(select(_VERSION.c.record_id).where(_VERSION.c.id > through).distinct()).scalars()
        )
        self._connection.execute(delete(_STATE))
        self._connection.execute(insert(_STATE).values(rules=rules, through_version_id=last))
        if through == 0 or len(changed) > _ALL_FROM * n_records:
            self._load(None)
            self._connection.execute(delete(_KEY))
            self._keep(self._facts)
            return self._facts
        closed = {*changed, *touched}
        fresh = closed | self._formerly_near(changed)
        for part in _parts(changed):
            self._connection.execute(delete(_KEY).where(_KEY.c.record_id.in_(part)))
        self._load(changed)
        self._keep(changed)
        closed |= fresh
        while fresh:
            self._load(fresh)
            fresh = self._near(fresh) - closed
            closed |= fresh
        return {record_id: self._facts[record_id] for record_id in closed}

    def _load(self, wanted: Iterable[int] | None) -> None:
        """Reads what records say now; None for all."""
        is_current = (_RECORD.c.id == _VERSION.c.record_id) & (_RECORD.c.current_version == _VERSION.c.number)
        query = select(_RECORD.c.id, _VERSION.c.content).join(_VERSION, is_current)
        queries = [query.execution_options(yield_per=_BATCH)]
        if wanted is not None:
            missing = [record_id for record_id in wanted if record_id not in self._facts]
            queries = [query.where(_RECORD.c.id.in_(part)) for part in _parts(missing)]
        for one in queries:
            for record_id, content in self._connection.execute(one):
                self._facts[record_id] = facts_of(loaded(content))

    def _keep(self, changed: Iterable[int]) -> None:
        for part in _parts(changed):
            rows = []
            for record_id in part:
                one = self._facts[record_id]
                rows += [{"key": key, "record_id": record_id, "camp": ""} for key in name_keys(one)]
                rows += [{"key": key, "record_id": record_id, "camp": source_group(one)} for key in title_keys(one)]
            self._connection.execute(insert(_KEY), rows)

    def _formerly_near(self, changed: Iterable[int]) -> set[int]:
        """Records that these may have been tied to as they were linked last."""
        found: set[int] = set()
        mine, other = _KEY.alias(), _KEY.alias()
        is_met = (other.c.key == mine.c.key) & ((mine.c.camp == "") | (mine.c.camp != other.c.camp))
        for part in _parts(changed):
            near = select(other.c.record_id).join(mine, is_met).where(mine.c.record_id.in_(part)).distinct()
            found.update(self._connection.execute(near).scalars())
        return found

    def _near(self, records: Collection[int]) -> set[int]:
        """Records that share a name with one of these, that a rule ties to one by title, or that people joined."""
        found = {other for record_id in records for other in self._joined.get(record_id, ())}
        names = {key for record_id in records for key in name_keys(self._facts[record_id])}
        for part in _parts(names):
            found.update(self._connection.execute(select(_KEY.c.record_id).where(_KEY.c.key.in_(part))).scalars())
        blocks: dict[tuple[int, str], set[int]] = {}
        titles = {record_id: title_keys(self._facts[record_id]) for record_id in records}
        for part in _parts({key for keys in titles.values() for key in keys}):
            for row in self._connection.execute(select(_KEY).where(_KEY.c.key.in_(part))):
                blocks.setdefault((row.key, row.camp), set()).add(row.record_id)
        groups = {name for _, name in blocks}
        for record_id, keys in titles.items():
            one = self._facts[record_id]
            foreign = groups - {source_group(one)}
            others = {other for key in keys for name in foreign for other in blocks.get((key, name), ())}
            self._load(others)
            tied = are_one_by_title(one, [self._facts[other] for other in others])
            by_name = {self._facts[other].name: other for other in others}
            found.update(by_name[other.name] for other in tied)
        return found


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    in_order = sorted(ids)
    for start in range(0, len(in_order), _BATCH):
        yield in_order[start : start + _BATCH]


def pair_of(one: int, other: int) -> tuple[int, int]:
    """Two record ids, the lesser first."""
    return (one, other) if one < other else (other, one)
