"""Puts records together into works, from what they say at present and what people said of them.

A work is named after its first record: the one of the earliest run, by source and id within that run, so that a
snapshot and a store filled in another order give the same names. Every record keeps the row of a work of its own, even
while it belongs to another, so whatever once named it (a decision, a link in a mail) is found again.

Links are rows that are made and undone. A person's word is about pairs: joining two records undoes nothing and lifts
what had parted the records of their works; parting a record from its work parts it from each of the others.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from livingreview.errors import UsageError
from livingreview.linking import LinkKind, facts_of, partition
from livingreview.store import reading
from livingreview.views import Run, StoredRecord, Work, WorkLink

_BATCH = 1_000
_LINK, _RECORD = reading.WORK_LINK, reading.RECORD


class Works:
    """The works of a store; every method is one transaction.

    Args:
        begin: opens a transaction of the repository.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    def link(self, run: Run) -> int:
        """Puts every record into its work; does nothing while every version has been derived.

        Returns:
            How many records changed their work.
        """
        version = reading.VERSION
        with self._begin() as connection:
            if connection.execute(select(version.c.id).where(version.c.is_derived.is_(False)).limit(1)).first() is None:
                return 0
            return relink(connection, run)

    def join(self, one: str, other: str, *, person: str, reason: str, now: datetime) -> Work:
        """Makes one work of the works of two records, whatever the rules say; returns it.

        Raises:
            UsageError: a record is not in the store, a person joined the two before, or nobody says so.
        """
        _check_person(person)
        with self._begin() as connection:
            linking = _Linking(connection)
            first, second = linking.record(one), linking.record(other)
            if first == second:
                raise UsageError(f"{one}: the same record twice; name two")
            pair = _pair(first, second)
            if pair in linking.joined():
                raise UsageError(f"{one} and {other}: joined already; `livingreview works show {one}` says by whom")
            across = {_pair(left, right) for left in linking.mates(first) for right in linking.mates(second)}
            evidence = {"pair": [one, other]}
            for parted in sorted({pair} | (across & linking.parted())):
                linking.add(parted, LinkKind.JOIN, reason, evidence, now, person)
            linking.relink(now, None)
            return _work(connection, linking.record_name(first))

    def split(self, name: str, *, person: str, reason: str, now: datetime) -> list[Work]:
        """Takes a record out of its work, for good; returns what the work became, the record's own work first.

        Raises:
            UsageError: the record is not in the store, or alone in its work, or nobody says so.
        """
        _check_person(person)
        with self._begin() as connection:
            linking = _Linking(connection)
            record = linking.record(name)
            others = sorted(linking.mates(record) - {record})
            if not others:
                raise UsageError(f"{name}: alone in its work; there is nothing to take it out of")
            for other in others:
                linking.part(_pair(record, other), person, reason, now)
            linking.relink(now, None)
            names = [linking.record_name(one) for one in (record, *others)]
            moved = reading.moved_works(connection)
            return [_work(connection, work) for work in dict.fromkeys(moved.get(one, one) for one in names)]

    def show(self, name: str) -> Work:
        """The work that bears, or once bore, a name.

        Raises:
            UsageError: no record has this name.
        """
        with self._begin() as connection:
            _Linking(connection).record(name)
            return _work(connection, name)

    def every(self, *, is_merged: bool = False) -> Iterator[Work]:
        """Every work by its name, without links; with ``is_merged`` only those of more than one record."""
        with self._begin() as connection:
            works = select(_RECORD.c.work_id).group_by(_RECORD.c.work_id)
            if is_merged:
                works = works.having(func.count() > 1)
            names = sorted(connection.execute(works).scalars())
            for start in range(0, len(names), _BATCH):
                batch = names[start : start + _BATCH]
                groups: dict[str, list[StoredRecord]] = {name: [] for name in batch}
                for stored in reading.records(connection, work_ids=batch):
                    groups[stored.work_id].append(stored)
                for name, group in groups.items():
                    yield Work(id=name, records=tuple(group), decisions=group[0].decisions)


def relink(connection: Connection, run: Run) -> int:
    """Puts every record of a store into its work; see :meth:`Works.link`."""
    return _Linking(connection).relink(run.now_at, run.id)


class _Linking:
    """The records and links of a store within one transaction; pairs are of record ids, the lesser first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        columns = (_RECORD.c.id, _RECORD.c.source, _RECORD.c.source_id, _RECORD.c.work_id, _RECORD.c.first_run_id)
        self._rows = {row.id: row for row in connection.execute(select(*columns))}
        self._ids = {f"{row.source}:{row.source_id}": row.id for row in self._rows.values()}

    def record(self, name: str) -> int:
        if name not in self._ids:
            raise UsageError(f"{name}: no such record; name it as source:id, like pubmed:31000001")
        record_id: int = self._ids[name]
        return record_id

    def record_name(self, record_id: int) -> str:
        row = self._rows[record_id]
        return f"{row.source}:{row.source_id}"

    def mates(self, record_id: int) -> set[int]:
        """Every record of the work of a record, itself included."""
        work = self._rows[record_id].work_id
        return {row.id for row in self._rows.values() if row.work_id == work}

    def joined(self) -> set[tuple[int, int]]:
        """Pairs that a person joined, and nobody parted since."""
        return self._pairs(_LINK.c.kind == LinkKind.JOIN, _LINK.c.undone_at.is_(None))

    def parted(self) -> set[tuple[int, int]]:
        """Pairs that a person parted, and nobody joined since."""
        return self._pairs(_LINK.c.undone_by != "") - self.joined()

    def _pairs(self, *conditions: Any) -> set[tuple[int, int]]:
        rows = self._connection.execute(select(_LINK.c.record_id, _LINK.c.other_id).where(*conditions))
        return {_pair(one, other) for one, other in rows}

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
        undone = {"undone_by": person, "undone_at": now, "undone_reason": reason}
        is_pair = _LINK.c.record_id.in_(pair) & _LINK.c.other_id.in_(pair)
        done = self._connection.execute(update(_LINK).where(is_pair, _LINK.c.undone_at.is_(None)).values(undone))
        if done.rowcount == 0:
            # The two were one work through others: the word about them needs a row of its own.
            row = self._row(pair, LinkKind.SPLIT, "one work through other records", {}, now, **undone)
            self._connection.execute(insert(_LINK), [row])

    def relink(self, now: datetime, run_id: int | None) -> int:
        """Brings links and works in line with what records say now; returns how many records changed their work."""
        version = reading.VERSION
        is_current = (_RECORD.c.id == version.c.record_id) & (_RECORD.c.current_version == version.c.number)
        contents = self._connection.execute(
            select(version.c.content).join(_RECORD, is_current).execution_options(yield_per=_BATCH)
        )
        found = partition(
            (facts_of(json.loads(content)) for content in contents.scalars()),
            joined=self._named(self.joined()),
            parted=self._named(self.parted()),
        )
        wanted = {
            (_pair(self._ids[one], self._ids[other]), str(link.kind)): link
            for (one, other), link in found.links.items()
        }
        self._renew(wanted, now, run_id)
        moved = []
        for row in self._rows.values():
            mates = [self._rows[self._ids[name]] for name in found.works[f"{row.source}:{row.source_id}"]]
            first = min(mates, key=lambda mate: (mate.first_run_id, mate.source, mate.source_id))
            work = f"{first.source}:{first.source_id}"
            if row.work_id != work:
                moved.append((row.id, work))
        for record_id, work in moved:
            self._connection.execute(update(_RECORD).where(_RECORD.c.id == record_id).values(work_id=work))
        return len(moved)

    def _named(self, pairs: set[tuple[int, int]]) -> list[tuple[str, str]]:
        return [(self.record_name(one), self.record_name(other)) for one, other in sorted(pairs)]

    def _renew(self, wanted: dict[tuple[tuple[int, int], str], Any], now: datetime, run_id: int | None) -> None:
        standing = self._connection.execute(
            select(_LINK.c.id, _LINK.c.record_id, _LINK.c.other_id, _LINK.c.kind).where(
                _LINK.c.undone_at.is_(None), _LINK.c.kind != LinkKind.JOIN
            )
        )
        known = {(_pair(row.record_id, row.other_id), row.kind): row.id for row in standing}
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


def _check_person(person: str) -> None:
    # A link without a person is one of the rules, which may change their mind.
    if not person.strip():
        raise UsageError("--by is empty; say who says so")


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _work(connection: Connection, name: str) -> Work:
    records = tuple(reading.records(connection, work_ids=[name]))
    names = [f"{stored.record.source}:{stored.record.source_id}" for stored in records]
    return Work(
        id=records[0].work_id,
        records=records,
        links=tuple(_links(connection, names)),
        decisions=records[0].decisions,
    )


def _links(connection: Connection, names: Sequence[str]) -> Iterator[WorkLink]:
    """Links that one of these records has or had, oldest first."""
    one, other, run = _RECORD.alias(), _RECORD.alias(), reading.RUN
    first, second = one.c.source + ":" + one.c.source_id, other.c.source + ":" + other.c.source_id
    rows = connection.execute(
        select(_LINK, first.label("record"), second.label("other"), func.coalesce(run.c.name, "").label("run"))
        .join(one, one.c.id == _LINK.c.record_id)
        .join(other, other.c.id == _LINK.c.other_id)
        .join(run, run.c.id == _LINK.c.run_id, isouter=True)
        .where(first.in_(names) | second.in_(names))
        .order_by(_LINK.c.id)
    )
    for row in rows:
        values = dict(row._mapping)
        for column in ("id", "record_id", "other_id", "run_id"):
            del values[column]
        yield WorkLink(**values)
