"""Writes what was parsed: looks up what is stored, compares (:mod:`.versioning`), inserts in batches.

Every new record gets a work of its own; :mod:`livingreview.store.works` finds out later which records are one.
Works inside the transaction of its caller and never commits.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlmodel import SQLModel

from livingreview.records import Deletion, Problem, Record
from livingreview.records.serialization import content_hash, envelope_of, record_from
from livingreview.records.unread import Unread
from livingreview.store.hashing import content_json, loaded
from livingreview.store.tables import RecordRow, VersionRow, WorkRow
from livingreview.store.versioning import Action, State, Verdict, decide, decide_deletion, merge_course

_BATCH = 500
Arrival = Record | Deletion | Problem | Unread


def table(row: type[SQLModel]) -> Any:
    """The Core table behind a SQLModel class."""
    return row.__table__  # type: ignore[attr-defined]


_RECORD = table(RecordRow)
_VERSION = table(VersionRow)
_WORK = table(WorkRow)


@dataclass(slots=True)
class Tally:
    """What became of the items of one reading.

    Attributes:
        counts: how many items per action.
        covered: ids of every item that is in the store now, or was named.
        issues: items that are not in the store, each with its reason, and remarks on items that are.
    """

    counts: dict[Action, int] = field(default_factory=lambda: dict.fromkeys(Action, 0))
    received: int = 0
    covered: set[str] = field(default_factory=set)
    issues: list[Problem] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Stored:
    """A row of ``record`` as it will be after this batch."""

    row: dict[str, Any]
    is_new: bool
    is_dirty: bool = False
    hashes: set[str] | None = None
    last_number: int = 0
    record: Record | None = None

    @property
    def state(self) -> State:
        return State(self.row["content_hash"], self.row["order_key"], self.row["fidelity"], self.row["is_withdrawn"])

    def was_read_from(self, digest: str) -> bool:
        """Whether these bytes say what the current state says, and reading them again would change nothing.

        They were applied before, so nothing about the state (its order, its text) is left for them to change, unless
        the state was taken back since or became another; then the digest went with it.
        """
        return bool(digest) and digest == self.row["raw_digest"] and not self.row["is_withdrawn"]


class Applier:
    """Applies items under one run.

    Args:
        connection: in a transaction that the caller commits.
        run_id: the run that brings them.
        retrieved_at: when they were received.
        live_source: the service that gives them at this moment; empty for files.
    """

    def __init__(self, connection: Connection, run_id: int, retrieved_at: datetime, live_source: str = "") -> None:
        self._connection = connection
        self._live_source = live_source
        self._run_id = run_id
        self._retrieved_at = retrieved_at
        self._loaded_ids: list[int] = []
        self._incomplete_hashes: frozenset[str] | None = None
        self._next_record_id = _last_id(connection, _RECORD) + 1
        self._next_version_id = _last_id(connection, _VERSION) + 1

    def apply(self, items: Iterable[Arrival], payload_key: str, tally: Tally) -> None:
        """Stores what is new, counts the rest; adds to ``tally``. What need not be read is not."""
        for batch in _batches(items, _BATCH):
            self._apply_batch(batch, payload_key, tally)

    def _apply_batch(self, batch: Sequence[Arrival], payload_key: str, tally: Tally) -> None:
        self._loaded_ids = []
        stored = self._load(item for item in batch if not isinstance(item, Problem))
        versions: list[dict[str, Any]] = []
        for arrival in batch:
            if isinstance(arrival, Problem) and arrival.is_remark:
                tally.issues.append(arrival)
                continue
            tally.received += 1
            tally.sources.add(arrival.source)
            digest = ""
            if isinstance(arrival, Unread):
                known = stored.get((arrival.source, arrival.source_id))
                if known is not None and known.was_read_from(arrival.digest):
                    tally.counts[Action.UNCHANGED] += 1
                    tally.covered.add(arrival.source_id)
                    continue
                item: Record | Deletion | Problem = arrival.read()
                digest = arrival.digest
                if item.source_id != arrival.source_id and (item.source, item.source_id) not in stored:
                    stored |= self._load([item])
            else:
                item = arrival
            if isinstance(item, Problem):
                tally.counts[Action.UNSTORED] += 1
                tally.issues.append(item)
                tally.covered.add(item.source_id)
                continue
            known = stored.get((item.source, item.source_id))
            if isinstance(item, Deletion):
                verdict = decide_deletion(known.state if known else None)
                if verdict.action is Action.WITHDRAWN and known is not None:
                    versions.append(self._tombstone(known, payload_key, item.merged_into))
                elif verdict.action is Action.UNSTORED:
                    tally.issues.append(Problem(source=item.source, source_id=item.source_id, reason=verdict.reason))
            else:
                verdict = self._apply_record(item, digest, known, stored, versions, payload_key)
            tally.counts[verdict.action] += 1
            tally.covered.add(item.source_id)
        self._write(stored, versions)

    def _apply_record(
        self,
        record: Record,
        digest: str,
        known: _Stored | None,
        stored: dict[tuple[str, str], _Stored],
        versions: list[dict[str, Any]],
        payload_key: str,
    ) -> Verdict:
        is_live = record.source == self._live_source
        content, state = _state_of(record, is_live=is_live)
        verdict = decide(state, known.state if known else None, frozenset())
        late: Record | None = None
        if known is not None and not known.row["is_withdrawn"] and (merged := self._merged(record, known, verdict)):
            # A fuller copy that came late is kept as history, behind the state that it became part of.
            late = record if verdict.action is Action.REVISED else None
            record = merged
            content, state = _state_of(record, is_live=is_live)
            verdict = decide(state, known.state, frozenset())
        if known is not None and verdict.action in (Action.OLDER, Action.REVISED):
            verdict = decide(state, known.state, self._hashes(known))
        if verdict.action in (Action.NEW, Action.REVISED, Action.OLDER):
            if known is None:
                known = _Stored(self._new_record(record), is_new=True, hashes=set())
                stored[record.key] = known
            versions.append(self._version(known, record, content, state, payload_key))
            if verdict.action is Action.OLDER:
                versions[-1]["is_derived"] = True
            else:
                # What was merged from two copies was read from neither's bytes alone.
                self._make_current(known, record, state, digest if late is None else "")
            if late is not None:
                versions.append(self._version(known, late, *_state_of(late), payload_key) | {"is_derived": True})
        elif verdict.action is Action.UNCHANGED and known is not None:
            if state.content_hash == known.row["content_hash"]:
                self._affirm(known, state, digest)
            if record.is_text_complete:
                self._complete_text(known, record, content, state)
        return verdict

    def _merged(self, record: Record, known: _Stored, verdict: Verdict) -> Record | None:
        """The fuller of two copies with what the newer one says, when the newer one is the thinner."""
        if verdict.action is Action.THINNER and record.order_key > known.row["order_key"]:
            return merge_course(self._current(known), record)
        is_fuller = record.fidelity > known.row["fidelity"]
        if verdict.action is Action.REVISED and is_fuller and record.order_key < known.row["order_key"]:
            return merge_course(record, self._current(known))
        return None

    def _current(self, known: _Stored) -> Record:
        """The current state of a record, as it will be after this batch."""
        if known.record is None:
            row = self._connection.execute(
                select(_VERSION.c.content, _VERSION.c.envelope).where(
                    _VERSION.c.record_id == known.row["id"], _VERSION.c.number == known.row["current_version"]
                )
            ).one()
            known.record = record_from(loaded(row.content), row.envelope)
        return known.record

    def _new_record(self, record: Record) -> dict[str, Any]:
        row = {
            "id": self._next_record_id,
            "source": record.source,
            "source_id": record.source_id,
            "work_id": f"{record.source}:{record.source_id}",
            "first_run_id": self._run_id,
            "is_withdrawn": False,
        }
        self._next_record_id += 1
        return row

    @staticmethod
    def _affirm(known: _Stored, state: State, digest: str) -> None:
        """The current state came again, perhaps dated later, perhaps in other bytes."""
        if state.order_key > known.row["order_key"]:
            known.row["order_key"] = state.order_key
            known.is_dirty = True
        if digest and digest != known.row["raw_digest"]:
            known.row["raw_digest"] = digest
            known.is_dirty = True

    @staticmethod
    def _make_current(known: _Stored, record: Record, state: State, digest: str) -> None:
        known.row |= {
            "kind": str(record.kind),
            "current_version": known.last_number,
            "content_hash": state.content_hash,
            "order_key": state.order_key,
            "fidelity": state.fidelity,
            "is_withdrawn": False,
            "doi": record.doi,
            "pmid": record.pmid,
            "raw_digest": digest,
        }
        known.record = record
        known.is_dirty = True

    def _version(self, known: _Stored, record: Record, content: str, state: State, payload_key: str) -> dict[str, Any]:
        known.last_number = (known.last_number or self._last_number(known)) + 1
        if known.hashes is not None:
            known.hashes.add(state.content_hash)
        row = {
            "id": self._next_version_id,
            "record_id": known.row["id"],
            "number": known.last_number,
            "content_hash": state.content_hash,
            "order_key": state.order_key,
            "fidelity": state.fidelity,
            "is_withdrawal": False,
            "is_text_complete": record.is_text_complete,
            "is_derived": False,
            "content": content,
            "envelope": envelope_of(record),
            "run_id": self._run_id,
            "payload_key": payload_key,
            "retrieved_at": self._retrieved_at,
        }
        self._next_version_id += 1
        return row

    def _tombstone(self, known: _Stored, payload_key: str, merged_into: str) -> dict[str, Any]:
        """A last version that says the same as the one before, and that the source took it back."""
        # The version before may be part of this very batch, so it is written first.
        row = self._connection.execute(
            select(_VERSION).where(
                _VERSION.c.record_id == known.row["id"], _VERSION.c.number == known.row["current_version"]
            )
        ).first()
        values = dict(row._mapping) if row is not None else {}
        known.last_number = (known.last_number or self._last_number(known)) + 1
        if merged_into:
            values["envelope"] = {**values["envelope"], "merged_into": merged_into}
        values |= {
            "id": self._next_version_id,
            "number": known.last_number,
            "is_withdrawal": True,
            "is_derived": False,
            "run_id": self._run_id,
            "payload_key": payload_key,
            "retrieved_at": self._retrieved_at,
        }
        self._next_version_id += 1
        known.row |= {"is_withdrawn": True, "current_version": known.last_number, "raw_digest": ""}
        known.is_dirty = True
        return values

    def _complete_text(self, known: _Stored, record: Record, content: str, state: State) -> None:
        """Gives a version that came from a snapshot its text back."""
        if known.is_new or state.content_hash not in self._incomplete():
            return
        self._connection.execute(
            update(_VERSION)
            .where(
                _VERSION.c.record_id == known.row["id"],
                _VERSION.c.content_hash == state.content_hash,
                _VERSION.c.is_text_complete.is_(False),
            )
            .values(content=content, envelope=envelope_of(record), is_text_complete=True)
        )

    def _load(self, items: Iterable[Arrival]) -> dict[tuple[str, str], _Stored]:
        by_source: dict[str, set[str]] = {}
        for item in items:
            by_source.setdefault(item.source, set()).add(item.source_id)
        stored = {}
        for source, ids in by_source.items():
            rows = self._connection.execute(
                select(_RECORD).where(_RECORD.c.source == source, _RECORD.c.source_id.in_(ids))
            )
            for row in rows:
                stored[(source, row.source_id)] = _Stored(dict(row._mapping), is_new=False)
        self._loaded_ids += [known.row["id"] for known in stored.values()]
        self._incomplete_hashes = None
        return stored

    def _incomplete(self) -> frozenset[str]:
        """Content hashes of the versions of this batch that a snapshot left without their text."""
        if self._incomplete_hashes is None:
            hashes = self._connection.execute(
                select(_VERSION.c.content_hash).where(
                    _VERSION.c.record_id.in_(self._loaded_ids), _VERSION.c.is_text_complete.is_(False)
                )
            )
            self._incomplete_hashes = frozenset(hashes.scalars())
        return self._incomplete_hashes

    def _hashes(self, known: _Stored) -> set[str]:
        if known.hashes is None:
            known.hashes = set(
                self._connection.execute(
                    select(_VERSION.c.content_hash).where(_VERSION.c.record_id == known.row["id"])
                ).scalars()
            )
        return known.hashes

    def _last_number(self, known: _Stored) -> int:
        if known.is_new:
            return 0
        number = self._connection.execute(
            select(func.max(_VERSION.c.number)).where(_VERSION.c.record_id == known.row["id"])
        ).scalar()
        return int(number or 0)

    def _write(self, stored: dict[tuple[str, str], _Stored], versions: list[dict[str, Any]]) -> None:
        if fresh := [known.row for known in stored.values() if known.is_new]:
            works = [{"id": row["work_id"], "first_run_id": row["first_run_id"]} for row in fresh]
            self._connection.execute(_WORK.insert(), works)
            self._connection.execute(_RECORD.insert(), fresh)
        if dirty := [
            known.row | {"this": known.row["id"]} for known in stored.values() if known.is_dirty and not known.is_new
        ]:
            self._connection.execute(update(_RECORD).where(_RECORD.c.id == bindparam("this")), dirty)
        if versions:
            self._connection.execute(_VERSION.insert(), versions)


def _state_of(record: Record, *, is_live: bool = False) -> tuple[str, State]:
    """(content in canonical JSON, what deciding needs of it)."""
    content = content_json(record)
    return content, State(content_hash(content), record.order_key, int(record.fidelity), is_live=is_live)


def _last_id(connection: Connection, rows: Any) -> int:
    return int(connection.execute(select(func.max(rows.c.id))).scalar() or 0)


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Batches of at most ``size`` items; a deletion never shares one with a record that stands before it."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        start = 0
        for position in range(1, len(batch)):
            if isinstance(batch[position], Deletion) and not isinstance(batch[position - 1], Deletion):
                yield batch[start:position]
                start = position
        yield batch[start:]
