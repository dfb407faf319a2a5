"""The store as text that git can keep: sorted, canonical JSON Lines and CSV, and back (design, section 8).

Rows name each other by natural keys only: a run by its name, a version by source, source_id and number, a change by
its place within its run, a digest by its Message-ID. The same store gives the same bytes on every kind of database.
Rows that have an order of their own (runs, changes, links, log rows, digests, decisions) stand in it; all others are
sorted by their key, and are numbered in that order when they are restored.

Left out: the published text of the review and abstracts (texts of others; ``content_hash`` stays that of the whole
content, ``is_text_complete`` says that an abstract is not there), the addresses that a digest went to and those that
services were told (personal data), what the bytes were that a record was read from (a restored one is read anew), and
the lock. A folder is whole or not there: it is written aside and put in place at the end.
"""

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Table, func, select

from livingreview.config.redaction import masked_parameters, without_login
from livingreview.errors import StoreError
from livingreview.records.serialization import canonical_json
from livingreview.store import queries
from livingreview.store.decisions import DECISION
from livingreview.store.engine import HEAD_REVISION
from livingreview.store.snapshot.folder import (
    BATCH,
    FORMAT,
    MANIFEST,
    RUN_LOGS,
    Row,
    foreign_files,
    places_of,
    recover,
    swap,
    write_file,
)
from livingreview.store.snapshot.restore import read_snapshot

__all__ = ["write_snapshot", "read_snapshot"]

_DECISION_COLUMNS = ("work_id", "stage", "decision", "reason", "areas", "person", "decided_at")


def write_snapshot(connection: Connection, folder: Path) -> dict[str, int]:
    """Writes the store into a folder, in the place of the snapshot that may be there.

    Args:
        connection: at the beginning of a transaction.
        folder: new, empty, or a snapshot; files in it that are no part of one stay.

    Returns:
        File -> number of lines.

    Raises:
        StoreError: the folder holds something else, or cannot be written to.
    """
    _freeze(connection)
    folder = folder.absolute()
    if not folder.name:
        raise StoreError(f"{folder}: not a folder that a snapshot could take the place of; give another")
    aside = folder.with_name(f".{folder.name}.new")
    try:
        recover(folder)
        foreign = foreign_files(folder)
        aside.mkdir(parents=True)
        try:
            manifest = {name: write_file(aside / name, lines) for name, lines in _files(connection)}
            head = {"format": FORMAT, "schema": HEAD_REVISION, "files": manifest}
            write_file(aside / MANIFEST, [json.dumps(head, indent=1, sort_keys=True) + "\n"])
            for path in foreign:
                (aside / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(folder / path, aside / path)
            swap(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"{folder}: the snapshot cannot be written ({error.strerror or error}); the old one stays"
        ) from error
    return {name: int(entry["lines"]) for name, entry in manifest.items()}


def _files(connection: Connection) -> Iterator[tuple[str, Iterable[str]]]:
    runs = {row.id: row.name for row in connection.execute(select(queries.RUN.c.id, queries.RUN.c.name))}

    def lines(table: Table, *order: Any, drop: tuple[str, ...] = ("id",)) -> Iterator[str]:
        for row in _stream(connection, select(table).order_by(*order)):
            yield _line(_named(dict(row._mapping), runs, drop))

    def text(column: Any) -> Any:
        return queries.in_bytes(connection, column)

    record, version = queries.RECORD, queries.VERSION

    def payloads(table: Table) -> Iterator[str]:
        for row in _stream(connection, select(table).order_by(table.c.id)):
            values = _named(dict(row._mapping), runs, ("id",))
            # Rows of before this was done when they are written.
            shown = {"url": without_login(row.url), "parameters": masked_parameters(row.parameters)}
            yield _line(values | shown)

    yield "runs.jsonl", lines(queries.RUN, queries.RUN.c.id)
    yield "models.jsonl", lines(queries.MODEL, text(queries.MODEL.c.id), drop=())
    yield "works.jsonl", lines(queries.WORK, text(queries.WORK.c.id), drop=())
    sources = sorted(connection.execute(select(record.c.source).distinct()).scalars())
    for source in sources:
        name = quote(source, safe="")
        mine = record.c.source == source
        rows = select(record).where(mine).order_by(text(record.c.source_id))
        yield f"records/{name}.jsonl", _records(connection, rows, runs)
        versions = select(version, record.c.source_id).join(record, record.c.id == version.c.record_id)
        rows = versions.where(mine).order_by(text(record.c.source_id), version.c.number)
        yield f"versions/{name}.jsonl", _versions(connection, rows, runs)
    yield "work_links.jsonl", _work_links(connection, runs)
    key = (record.c.source, record.c.source_id, version.c.number.label("version"))
    scores = (
        select(*key, *(column for column in queries.SCORE.c if column.name != "version_id"))
        .join(version, version.c.id == queries.SCORE.c.version_id)
        .join(record, record.c.id == version.c.record_id)
        .order_by(text(record.c.source), text(record.c.source_id), version.c.number)
    )
    yield "scores.jsonl", (_line(dict(row._mapping)) for row in _stream(connection, scores))
    yield "changes.jsonl", _changes(connection, runs)
    yield "decisions.csv", _decisions(connection)
    yield "cursors.jsonl", lines(queries.CURSOR, text(queries.CURSOR.c.source), text(queries.CURSOR.c.query_hash))
    absence = queries.ABSENCE
    yield "absences.jsonl", lines(absence, text(absence.c.source), text(absence.c.source_id))
    yield "statement_evidence.jsonl", lines(queries.EVIDENCE, queries.EVIDENCE.c.id)
    yield "statement_rules.jsonl", _statement_rules(connection, text)
    yield "statement_decisions.jsonl", lines(queries.STATEMENT_DECISION, queries.STATEMENT_DECISION.c.id)
    for file_name, table in RUN_LOGS.items():
        yield file_name, payloads(table) if table is queries.PAYLOAD else lines(table, table.c.id)
    yield "digests.jsonl", _digests(connection, runs)


def _records(connection: Connection, rows: Any, runs: Mapping[int, str]) -> Iterator[str]:
    for row in _stream(connection, rows):
        yield _line(_named(dict(row._mapping), runs, ("id", "source", "raw_digest")))


def _statement_rules(connection: Connection, text: Callable[[Any], Any]) -> Iterator[str]:
    """The rules that were held against all that is here; the others are held again, which reports nothing twice."""
    rule = queries.STATEMENT_RULE
    last = connection.execute(select(func.max(queries.SCORE.c.version_id))).scalar()
    held = select(rule).where(rule.c.through_version_id == last).order_by(text(rule.c.rule_hash))
    for row in _stream(connection, held):
        yield _line({"rule_hash": row.rule_hash, "model": row.model})


def _work_links(connection: Connection, runs: Mapping[int, str]) -> Iterator[str]:
    link, one, other = queries.WORK_LINK, queries.RECORD.alias(), queries.RECORD.alias()
    rows = (
        select(link, one.c.source, one.c.source_id, other.c.source.label("other_source"))
        .add_columns(other.c.source_id.label("other_source_id"))
        .join(one, one.c.id == link.c.record_id)
        .join(other, other.c.id == link.c.other_id)
        .order_by(link.c.id)
    )
    for row in _stream(connection, rows):
        yield _line(_named(dict(row._mapping), runs, ("id", "record_id", "other_id")))


def _versions(connection: Connection, rows: Any, runs: Mapping[int, str]) -> Iterator[str]:
    for row in _stream(connection, rows):
        values = _named(dict(row._mapping), runs, ("id", "record_id"))
        content = json.loads(values["content"])
        has_text = content.pop("abstract", None) is not None
        values["content"] = content
        values["is_text_complete"] = values["is_text_complete"] and not has_text
        # Said once, by the column.
        values["envelope"] = {name: part for name, part in values["envelope"].items() if name != "is_text_complete"}
        yield _line(values)


def _changes(connection: Connection, runs: Mapping[int, str]) -> Iterator[str]:
    for row in _stream(connection, select(queries.CHANGE).order_by(queries.CHANGE.c.id)):
        values = _named(dict(row._mapping), runs, ("id",))
        for side in ("before", "after"):
            values[side] = {name: part for name, part in values[side].items() if name != "abstract"}
        yield _line(values)


def _decisions(connection: Connection) -> Iterator[str]:
    yield _csv_line(_DECISION_COLUMNS)
    for row in _stream(connection, select(DECISION).order_by(DECISION.c.id)):
        values = dict(row._mapping) | {"areas": ";".join(row.areas), "decided_at": _moment(row.decided_at)}
        yield _csv_line([values[name] for name in _DECISION_COLUMNS])


def _digests(connection: Connection, runs: Mapping[int, str]) -> Iterator[str]:
    places = places_of(connection)
    carried: dict[int, list[int]] = {}
    link = queries.DIGEST_CHANGE
    for digest_id, change_id in connection.execute(select(link).order_by(link.c.digest_id, link.c.change_id)):
        carried.setdefault(digest_id, []).append(change_id)
    for row in _stream(connection, select(queries.DIGEST).order_by(queries.DIGEST.c.id)):
        changes: dict[str, list[int]] = {}
        for change_id in carried.get(row.id, ()):
            run_id, place = places[change_id]
            changes.setdefault(runs[run_id], []).append(place)
        yield _line(_named(dict(row._mapping), runs, ("id", "recipients")) | {"changes": changes})


def _stream(connection: Connection, query: Any) -> Iterable[Any]:
    return connection.execute(query.execution_options(yield_per=BATCH))


def _named(values: Row, runs: Mapping[int, str], drop: tuple[str, ...]) -> Row:
    for column, name in (("run_id", "run"), ("first_run_id", "first_run")):
        if column in values:
            run_id = values.pop(column)
            values[name] = None if run_id is None else runs[run_id]
    return {name: value for name, value in values.items() if name not in drop}


def _line(values: Row) -> str:
    moments = {name: _moment(value) for name, value in values.items() if isinstance(value, datetime)}
    return canonical_json(values | moments) + "\n"


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    # All quoted: a lone carriage return within a cell would otherwise end the line.
    csv.writer(line, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue()


def _freeze(connection: Connection) -> None:
    """Every query of the transaction sees the same state."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    elif connection.dialect.name == "sqlite" and not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN")
