"""Puts records together into works, from what they say at present and what people said of them.

A work is named after its first record: the one of the earliest run, by source and id within that run, so that a
snapshot and a store filled in another order give the same names. Every record keeps the row of a work of its own, even
while it belongs to another, so whatever once named it (a decision, a link in a mail) is found again.

Links are rows that are made and undone. A person's word is about pairs: joining two records undoes nothing and lifts
what had parted the records of their works; parting a record from its work parts it from each of the others.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from livingreview.errors import UsageError
from livingreview.linking import LinkKind
from livingreview.records import Run, StoredRecord, Work, WorkLink
from livingreview.store import queries
from livingreview.store.base import Base
from livingreview.store.records import read_records
from livingreview.store.work_links import Linking, pair_of
from livingreview.store.work_names import moved_works

_BATCH = 1_000
_LINK, _RECORD = queries.WORK_LINK, queries.RECORD


class Works(Base):
    """The works of a store."""

    def link_works(self, run: Run) -> int:
        """Puts every record into its work; does nothing while every version has been derived.

        Returns:
            How many records changed their work.
        """
        version = queries.VERSION
        with self._begin() as connection:
            if connection.execute(select(version.c.id).where(version.c.is_derived.is_(False)).limit(1)).first() is None:
                return 0
            return Linking(connection).relink(run.now_at, run.id, set())

    def join_works(self, one: str, other: str, *, person: str, reason: str, now: datetime) -> Work:
        """Makes one work of the works of two records, whatever the rules say; returns it.

        Raises:
            UsageError: a record is not in the store, a person joined the two before, or nobody says so.
        """
        _check_person(person)
        with self._begin() as connection:
            linking = Linking(connection)
            first, second = linking.record(one), linking.record(other)
            if first == second:
                raise UsageError(f"{one}: the same record twice; name two")
            pair = pair_of(first, second)
            if pair in linking.joined():
                raise UsageError(f"{one} and {other}: joined already; `livingreview works show {one}` says by whom")
            across = {pair_of(left, right) for left in linking.mates(first) for right in linking.mates(second)}
            evidence = {"pair": [one, other]}
            for parted in sorted({pair} | (across & linking.parted())):
                linking.add(parted, LinkKind.JOIN, reason, evidence, now, person)
            linking.relink(now, None, {*linking.mates(first), *linking.mates(second)})
            return _work(connection, linking.record_name(first))

    def split_work(self, name: str, *, person: str, reason: str, now: datetime) -> list[Work]:
        """Takes a record out of its work, for good; returns what the work became, the record's own work first.

        Raises:
            UsageError: the record is not in the store, or alone in its work, or nobody says so.
        """
        _check_person(person)
        with self._begin() as connection:
            linking = Linking(connection)
            record = linking.record(name)
            others = sorted(linking.mates(record) - {record})
            if not others:
                raise UsageError(f"{name}: alone in its work; there is nothing to take it out of")
            for other in others:
                linking.part(pair_of(record, other), person, reason, now)
            linking.relink(now, None, {record, *others})
            names = [linking.record_name(one) for one in (record, *others)]
            moved = moved_works(connection)
            return [_work(connection, work) for work in dict.fromkeys(moved.get(one, one) for one in names)]

    def work(self, name: str) -> Work:
        """The work that bears, or once bore, a name.

        Raises:
            UsageError: no record has this name.
        """
        with self._read() as connection:
            Linking(connection).record(name)
            return _work(connection, name)

    def works(self, *, is_merged: bool = False) -> Iterator[Work]:
        """Every work by its name, without links; with ``is_merged`` only those of more than one record."""
        with self._read() as connection:
            every = select(_RECORD.c.work_id).group_by(_RECORD.c.work_id)
            if is_merged:
                every = every.having(func.count() > 1)
            names = sorted(connection.execute(every).scalars())
            for start in range(0, len(names), _BATCH):
                batch = names[start : start + _BATCH]
                groups: dict[str, list[StoredRecord]] = {name: [] for name in batch}
                for stored in read_records(connection, work_ids=batch):
                    groups[stored.work_id].append(stored)
                for name, group in groups.items():
                    yield Work(id=name, records=tuple(group), decisions=group[0].decisions)


def _check_person(person: str) -> None:
    # A link without a person is one of the rules, which may change their mind.
    if not person.strip():
        raise UsageError("--by is empty; say who says so")


def _work(connection: Connection, name: str) -> Work:
    records = tuple(read_records(connection, work_ids=[name]))
    names = [f"{stored.record.source}:{stored.record.source_id}" for stored in records]
    return Work(
        id=records[0].work_id,
        records=records,
        links=tuple(_links(connection, names)),
        decisions=records[0].decisions,
    )


def _links(connection: Connection, names: Sequence[str]) -> Iterator[WorkLink]:
    """Links that one of these records has or had, oldest first."""
    one, other, run = _RECORD.alias(), _RECORD.alias(), queries.RUN
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
