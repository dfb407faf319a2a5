"""Names the state of everything that a report shows of records, without reading what they say."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, select

from livingreview.store.decisions import DECISION, is_known
from livingreview.store.queries import RECORD, SCORE, VERSION, WORK_LINK


def shown(
    connection: Connection,
    scopes: Sequence[str],
    ids: Mapping[str, Sequence[str]],
    pmids: Sequence[str],
    dois: Sequence[str],
) -> str:
    """A digest that is another one as soon as anything about these records, or any decision or work, is another.

    A version never changes, but that its text is completed; a score is its model's upon a version; and works are what
    the standing links make of records.

    Args:
        connection: to read from.
        scopes: records of these scopes.
        ids: source -> ids of further records.
        pmids: works of records that bear one of these,
        dois: or one of these.
    """
    states: set[tuple[Any, ...]] = set()
    named = select(RECORD.c.work_id).where(RECORD.c.pmid.in_(pmids) | RECORD.c.doi.in_(dois))
    conditions: list[Any] = [SCORE.c.scope.in_(scopes), RECORD.c.work_id.in_(named)]
    conditions += [and_(RECORD.c.source == source, RECORD.c.source_id.in_(some)) for source, some in ids.items()]
    for condition in conditions:
        rows = connection.execute(
            select(
                RECORD.c.source,
                RECORD.c.source_id,
                RECORD.c.work_id,
                RECORD.c.is_withdrawn,
                VERSION.c.number,
                VERSION.c.is_text_complete,
                SCORE.c.model,
            )
            .join(VERSION, and_(VERSION.c.record_id == RECORD.c.id, VERSION.c.number == RECORD.c.current_version))
            .join(SCORE, SCORE.c.version_id == VERSION.c.id, isouter=True)
            .where(condition)
        )
        # The first two tell every record from every other, so no more is ever compared.
        states.update(map(tuple, rows.all()))
    digest = hashlib.sha256(repr(sorted(states)).encode())
    digest.update(repr(of_people_and_links(connection)).encode())
    return digest.hexdigest()


def of_people_and_links(connection: Connection) -> list[tuple[Any, ...]]:
    """Names the state of the links, which are added and undone, and of the decisions, which are only ever added."""
    links = select(func.max(WORK_LINK.c.id), func.count(), func.count(WORK_LINK.c.undone_at))
    known = is_known(connection)
    last = select(DECISION).where(known).order_by(DECISION.c.id.desc()).limit(1)
    queries = (links, select(func.count()).select_from(DECISION).where(known), last)
    return [tuple(row) for query in queries for row in connection.execute(query)]
