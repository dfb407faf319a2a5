"""What the store knows that decides what is asked next, read at one moment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from livingreview.records import FINISHED_STATUS, RECOUNT, FetchState, Kind
from livingreview.store import queries
from livingreview.store.absence import read_absences
from livingreview.store.base import Base
from livingreview.store.hashing import loaded
from livingreview.store.searches import read_cursors

_IDS_A_LOOK = 1_000
_CONTROLS = 3
"""So many records that are there are asked for beside those that were not, so that a service in trouble is no proof."""
_CURRENT = and_(
    queries.VERSION.c.record_id == queries.RECORD.c.id, queries.VERSION.c.number == queries.RECORD.c.current_version
)


class FetchStates(Base):
    """How far everything has been fetched."""

    def fetch_state(
        self, scopes: Sequence[str], dois: Sequence[str], watched: Mapping[str, Sequence[str]]
    ) -> FetchState:
        """What decides what is asked next; see :class:`livingreview.records.stored.FetchState`.

        Args:
            scopes: slugs of the relevant scopes.
            dois: whose PMIDs are wanted.
            watched: source -> ids of which it is wanted whether they are stored.
        """
        with self._read() as connection:
            record = queries.RECORD
            gone: dict[str, set[str]] = {}
            withdrawn = select(record.c.source, record.c.source_id).where(record.c.is_withdrawn.is_(True))
            for source, source_id in connection.execute(withdrawn):
                gone.setdefault(source, set()).add(source_id)
            for absence in (one for one in read_absences(connection) if not one.is_given_up):
                gone.setdefault(absence.source, set()).add(absence.source_id)
            unfinished, incomplete = _unfinished(connection), _incomplete(connection)
            to_count = _to_count(connection, scopes)
            pmid_of = _pmids(connection, dois)
            stored = {source: _stored(connection, source, ids) for source, ids in watched.items()}
            stored.setdefault("pubmed", set()).update(_stored(connection, "pubmed", sorted(set(pmid_of.values()))))
            for listed in (unfinished, incomplete, to_count):
                for source, some in listed.items():
                    stored.setdefault(source, set()).update(some)
            return FetchState(
                cursors=tuple(read_cursors(connection)),
                stored={source: frozenset(ids) for source, ids in stored.items()},
                gone={source: frozenset(ids) for source, ids in gone.items()},
                doi_of=_dois(connection, gone),
                controls={source: _first_ids(connection, source, ids) for source, ids in gone.items()},
                unfinished=unfinished,
                incomplete=incomplete,
                to_count=to_count,
                pmid_of=pmid_of,
                broken=_broken(connection),
                read_until=_read_until(connection),
                counted_at=_counted_at(connection),
            )


def _stored(connection: Connection, source: str, ids: Sequence[str]) -> set[str]:
    """Those of these ids that are stored and not withdrawn."""
    record = queries.RECORD
    found: set[str] = set()
    for start in range(0, len(ids), _IDS_A_LOOK):
        found.update(
            connection.execute(
                select(record.c.source_id).where(
                    record.c.source == source,
                    record.c.source_id.in_(ids[start : start + _IDS_A_LOOK]),
                    record.c.is_withdrawn.is_(False),
                )
            ).scalars()
        )
    return found


def _first_ids(connection: Connection, source: str, gone: Collection[str]) -> tuple[str, ...]:
    """The first ids of a source that are stored and not gone, in the order of their bytes."""
    record = queries.RECORD
    in_order = (
        select(record.c.source_id)
        .where(record.c.source == source, record.c.is_withdrawn.is_(False))
        .order_by(queries.in_bytes(connection, record.c.source_id))
        .limit(_CONTROLS + len(gone))
    )
    return tuple(one for one in connection.execute(in_order).scalars() if one not in gone)[:_CONTROLS]


def _dois(connection: Connection, gone: dict[str, set[str]]) -> dict[tuple[str, str], str]:
    record = queries.RECORD
    found = {}
    for source, ids in gone.items():
        rows = connection.execute(
            select(record.c.source_id, record.c.doi).where(
                record.c.source == source, record.c.source_id.in_(ids), record.c.doi != ""
            )
        )
        found.update({(source, source_id): doi for source_id, doi in rows})
    return found


def _incomplete(connection: Connection) -> dict[str, list[str]]:
    """Source -> ids of records whose current version lacks its text."""
    rows = connection.execute(
        select(queries.RECORD.c.source, queries.RECORD.c.source_id)
        .join(queries.VERSION, _CURRENT)
        .where(queries.VERSION.c.is_text_complete.is_(False))
        .order_by(queries.RECORD.c.source, queries.RECORD.c.source_id)
    )
    found: dict[str, list[str]] = {}
    for source, source_id in rows:
        found.setdefault(source, []).append(source_id)
    return found


def _status(content: str) -> object:
    return loaded(content).get("trial", {}).get("status")


def _unfinished(connection: Connection) -> dict[str, list[str]]:
    """Source -> ids of trials whose current status is not one that a study ends in."""
    rows = connection.execute(
        select(queries.RECORD.c.source, queries.RECORD.c.source_id, queries.VERSION.c.content)
        .join(queries.VERSION, _CURRENT)
        .where(queries.RECORD.c.kind == str(Kind.TRIAL), queries.RECORD.c.is_withdrawn.is_(False))
        .order_by(queries.RECORD.c.source, queries.RECORD.c.source_id)
        .execution_options(yield_per=1000)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        if _status(row.content) not in FINISHED_STATUS:
            found.setdefault(row.source, []).append(row.source_id)
    return found


def _to_count(connection: Connection, scopes: Sequence[str]) -> dict[str, list[str]]:
    """Source -> ids of trials and of records of a relevant scope that are not withdrawn."""
    record, version, score = queries.RECORD, queries.VERSION, queries.SCORE
    rows = connection.execute(
        select(record.c.source, record.c.source_id)
        .join(version, _CURRENT)
        .join(score, score.c.version_id == version.c.id, isouter=True)
        .where(record.c.is_withdrawn.is_(False), score.c.scope.in_(scopes) | (record.c.kind == str(Kind.TRIAL)))
        .order_by(record.c.source, record.c.source_id)
    )
    found: dict[str, list[str]] = {}
    for source, source_id in rows.all():
        found.setdefault(source, []).append(source_id)
    return found


def _pmids(connection: Connection, dois: Sequence[str]) -> dict[str, str]:
    record = queries.RECORD
    found = {}
    for start in range(0, len(dois), _IDS_A_LOOK):
        rows = connection.execute(
            select(record.c.doi, record.c.source_id)
            .where(record.c.source == "pubmed", record.c.doi.in_(dois[start : start + _IDS_A_LOOK]))
            .order_by(record.c.is_withdrawn.desc(), record.c.id.desc())
        )
        found.update({doi: pmid for doi, pmid in rows})
    return found


def _broken(connection: Connection) -> frozenset[tuple[str, str]]:
    table = queries.QUERY
    last: Any = select(func.max(table.c.id)).where(table.c.source != "files").group_by(table.c.source, table.c.name)
    rows = connection.execute(
        select(table.c.source, table.c.name).where(table.c.id.in_(last), table.c.is_reconciled.is_(False))
    )
    return frozenset((source, name) for source, name in rows)


def _counted_at(connection: Connection) -> dict[tuple[str, str], datetime]:
    """When each search read its whole period, which is its first reading, or had it counted, whichever came last."""
    query, run = queries.QUERY, queries.RUN
    rows = connection.execute(
        select(query.c.source, query.c.text, query.c.role, run.c.now_at)
        .join(run, run.c.id == query.c.run_id)
        .where(query.c.is_reconciled.is_(True), (query.c.query_hash != "") | (query.c.role == RECOUNT))
        .order_by(query.c.id)
    )
    found: dict[tuple[str, str], datetime] = {}
    for source, text, role, moment in rows:
        if role == RECOUNT or (source, text) not in found:
            found[source, text] = moment
    return found


def _read_until(connection: Connection) -> dict[tuple[str, str], list[str]]:
    table = queries.QUERY
    rows = connection.execute(
        select(table.c.source, table.c.query_hash, table.c.until)
        .where(table.c.is_reconciled.is_(True), table.c.until != "", table.c.query_hash != "")
        .order_by(table.c.id)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for source, query_hash, until in rows:
        found.setdefault((source, query_hash), []).append(until)
    return found
