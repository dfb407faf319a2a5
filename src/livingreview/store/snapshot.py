"""The store as text that git can keep: sorted, canonical JSON Lines and CSV, and back (design, section 8).

Rows name each other by natural keys only: a run by its name, a version by source, source_id and number, a change by
its place within its run, a digest by its Message-ID. The same store gives the same bytes on every kind of database.
Rows that have an order of their own (runs, changes, log rows, digests, decisions) stand in it; all others are sorted
by their key, and are numbered in that order when they are restored.

Left out: abstracts (third-party text; ``content_hash`` stays that of the whole content, ``is_text_complete`` says that
it is not there), the addresses that a digest went to (personal data), and the lock. A folder is whole or not there:
it is written aside and put in place at the end.
"""

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Table, func, select

from livingreview.errors import InputError, StoreError, UsageError
from livingreview.records import canonical_json
from livingreview.store import reading
from livingreview.store.engine import HEAD_REVISION

FORMAT = 1
_MANIFEST = "manifest.json"
_BATCH = 500
_DECISION_COLUMNS = ("work_id", "stage", "decision", "reason", "areas", "person", "decided_at")
_TABLES = (
    *(reading.RUN, reading.MODEL, reading.WORK, reading.RECORD, reading.VERSION, reading.SCORE, reading.CHANGE),
    *(reading.DECISION, reading.CURSOR, reading.QUERY, reading.ISSUE, reading.PAYLOAD),
    *(reading.DIGEST, reading.DIGEST_CHANGE),
)
_RUN_LOGS = {"queries.jsonl": reading.QUERY, "issues.jsonl": reading.ISSUE, "payloads.jsonl": reading.PAYLOAD}
_SINGLE_FILES = frozenset(
    ("runs.jsonl", "models.jsonl", "works.jsonl", "scores.jsonl", "changes.jsonl", "decisions.csv", "cursors.jsonl")
) | {*_RUN_LOGS, "digests.jsonl"}

Row = dict[str, Any]


def export_snapshot(connection: Connection, folder: Path) -> dict[str, int]:
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
    aside = folder.with_name(f".{folder.name}.new")
    try:
        _recover(folder)
        foreign = _foreign_files(folder)
        aside.mkdir(parents=True)
        try:
            manifest = {name: _write(aside / name, lines) for name, lines in _files(connection)}
            head = {"format": FORMAT, "schema": HEAD_REVISION, "files": manifest}
            _write(aside / _MANIFEST, [json.dumps(head, indent=1, sort_keys=True) + "\n"])
            for path in foreign:
                (aside / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(folder / path, aside / path)
            _swap(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"{folder}: the snapshot cannot be written ({error.strerror or error}); the old one stays"
        ) from error
    return {name: int(entry["lines"]) for name, entry in manifest.items()}


def restore_snapshot(connection: Connection, folder: Path) -> dict[str, int]:
    """Fills an empty store from a folder; within the caller's transaction, so all of it or nothing.

    Returns:
        File -> number of lines.

    Raises:
        UsageError: the store is not empty.
        InputError: the folder is no whole snapshot, or one of another version.
    """
    for table in _TABLES:
        if count := connection.execute(select(func.count()).select_from(table)).scalar():
            raise UsageError(
                f"the store is not empty ({table.name}: {count}); restore into a new one: change database_url,"
                " or put the database file aside"
            )
    folder = folder.absolute()
    try:
        _recover(folder)
        manifest = _checked_manifest(folder)
        _Restoring(connection, folder, sorted(manifest)).restore()
    except OSError as error:
        raise InputError(f"{folder}: the snapshot cannot be read ({error.strerror or error})") from error
    return {name: int(entry["lines"]) for name, entry in manifest.items()}


# Writing


def _files(connection: Connection) -> Iterator[tuple[str, Iterable[str]]]:
    runs = {row.id: row.name for row in connection.execute(select(reading.RUN.c.id, reading.RUN.c.name))}

    def lines(table: Table, *order: Any, drop: tuple[str, ...] = ("id",)) -> Iterator[str]:
        for row in _stream(connection, select(table).order_by(*order)):
            yield _line(_named(dict(row._mapping), runs, drop))

    def text(column: Any) -> Any:
        # PostgreSQL sorts text by the rules of a language, unless told not to.
        return column.collate("C") if connection.dialect.name == "postgresql" else column

    record, version = reading.RECORD, reading.VERSION
    yield "runs.jsonl", lines(reading.RUN, reading.RUN.c.id)
    yield "models.jsonl", lines(reading.MODEL, text(reading.MODEL.c.id), drop=())
    yield "works.jsonl", lines(reading.WORK, text(reading.WORK.c.id), drop=())
    sources = sorted(connection.execute(select(record.c.source).distinct()).scalars())
    for source in sources:
        name = quote(source, safe="")
        mine = record.c.source == source
        rows = select(record).where(mine).order_by(text(record.c.source_id))
        yield f"records/{name}.jsonl", _records(connection, rows, runs)
        versions = select(version, record.c.source_id).join(record, record.c.id == version.c.record_id)
        rows = versions.where(mine).order_by(text(record.c.source_id), version.c.number)
        yield f"versions/{name}.jsonl", _versions(connection, rows, runs)
    key = (record.c.source, record.c.source_id, version.c.number.label("version"))
    scores = (
        select(*key, *(column for column in reading.SCORE.c if column.name != "version_id"))
        .join(version, version.c.id == reading.SCORE.c.version_id)
        .join(record, record.c.id == version.c.record_id)
        .order_by(text(record.c.source), text(record.c.source_id), version.c.number)
    )
    yield "scores.jsonl", (_line(dict(row._mapping)) for row in _stream(connection, scores))
    yield "changes.jsonl", _changes(connection, runs)
    yield "decisions.csv", _decisions(connection)
    yield "cursors.jsonl", lines(reading.CURSOR, text(reading.CURSOR.c.source), text(reading.CURSOR.c.query_hash))
    for file_name, table in _RUN_LOGS.items():
        yield file_name, lines(table, table.c.id)
    yield "digests.jsonl", _digests(connection, runs)


def _records(connection: Connection, rows: Any, runs: Mapping[int, str]) -> Iterator[str]:
    for row in _stream(connection, rows):
        yield _line(_named(dict(row._mapping), runs, ("id", "source")))


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
    for row in _stream(connection, select(reading.CHANGE).order_by(reading.CHANGE.c.id)):
        values = _named(dict(row._mapping), runs, ("id",))
        for side in ("before", "after"):
            values[side] = {name: part for name, part in values[side].items() if name != "abstract"}
        yield _line(values)


def _decisions(connection: Connection) -> Iterator[str]:
    table = reading.DECISION
    yield _csv_line(_DECISION_COLUMNS)
    for row in _stream(connection, select(table).order_by(table.c.decided_at, table.c.id)):
        values = row._mapping | {"areas": ";".join(row.areas), "decided_at": _moment(row.decided_at)}
        yield _csv_line([values[name] for name in _DECISION_COLUMNS])


def _digests(connection: Connection, runs: Mapping[int, str]) -> Iterator[str]:
    places = _places(connection)
    carried: dict[int, list[int]] = {}
    link = reading.DIGEST_CHANGE
    for digest_id, change_id in connection.execute(select(link).order_by(link.c.digest_id, link.c.change_id)):
        carried.setdefault(digest_id, []).append(change_id)
    for row in _stream(connection, select(reading.DIGEST).order_by(reading.DIGEST.c.id)):
        changes: dict[str, list[int]] = {}
        for change_id in carried.get(row.id, ()):
            run_id, place = places[change_id]
            changes.setdefault(runs[run_id], []).append(place)
        yield _line(_named(dict(row._mapping), runs, ("id", "recipients")) | {"changes": changes})


def _places(connection: Connection) -> dict[int, tuple[int, int]]:
    """Change id -> (run id, place within the run, from 1)."""
    counts: dict[int, int] = {}
    places = {}
    for change_id, run_id in connection.execute(
        select(reading.CHANGE.c.id, reading.CHANGE.c.run_id).order_by(reading.CHANGE.c.id)
    ):
        counts[run_id] = counts.get(run_id, 0) + 1
        places[change_id] = (run_id, counts[run_id])
    return places


def _stream(connection: Connection, query: Any) -> Iterable[Any]:
    return connection.execute(query.execution_options(yield_per=_BATCH))


def _named(values: Row, runs: Mapping[int, str], drop: tuple[str, ...]) -> Row:
    for column, name in (("run_id", "run"), ("first_run_id", "first_run")):
        if column in values:
            values[name] = runs[values.pop(column)]
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


def _write(path: Path, lines: Iterable[str]) -> Row:
    """Writes a file through to the disk; returns its entry in the manifest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    count = 0
    with path.open("wb") as file:
        for line in lines:
            data = line.encode()
            count += data.count(b"\n")
            digest.update(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return {"lines": count, "sha256": digest.hexdigest()}


# The folder


def _freeze(connection: Connection) -> None:
    """Every query of the transaction sees the same state."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    elif connection.dialect.name == "sqlite" and not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN")


def _recover(folder: Path) -> None:
    """Ends what a crash left: the old snapshot comes back, if it was moved away and the new one was not yet there."""
    old = folder.with_name(f".{folder.name}.old")
    if old.is_dir():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)
    shutil.rmtree(folder.with_name(f".{folder.name}.new"), ignore_errors=True)


def _foreign_files(folder: Path) -> list[Path]:
    """Files of the folder that are no part of the snapshot in it."""
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise StoreError(f"{folder}: is a file; name a folder")
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    if files and not (folder / _MANIFEST).is_file():
        raise StoreError(f"{folder}: holds files and no {_MANIFEST}, so it is no snapshot; name an empty folder")
    return [path for path in files if path.as_posix() != _MANIFEST and not _is_part(path.as_posix())]


def _is_part(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return name in _SINGLE_FILES or (folder in ("records", "versions") and file.endswith(".jsonl"))


def _swap(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if old.is_dir():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _checked_manifest(folder: Path) -> dict[str, Row]:
    path = folder / _MANIFEST
    try:
        head = json.loads(path.read_bytes())
        if (head["format"], head["schema"]) != (FORMAT, HEAD_REVISION):
            raise InputError(
                f"{path}: of another version (format {head['format']}, schema {head['schema']}; this one reads"
                f" {FORMAT} and {HEAD_REVISION}); restore it with the livingreview that wrote it"
            )
        manifest: dict[str, Row] = {str(name): dict(entry) for name, entry in head["files"].items()}
        missing = _SINGLE_FILES - set(manifest)
        if missing or not all(_is_part(name) and {"lines", "sha256"} <= set(manifest[name]) for name in manifest):
            raise ValueError("files missing or unknown: " + ", ".join(sorted(missing) or ["see `files`"]))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; name the folder of a snapshot") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the list of a snapshot ({error}); take the folder as it was exported") from error
    for name, entry in sorted(manifest.items()):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: missing; take the folder as it was exported")
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != entry["sha256"]:
            raise InputError(f"{folder / name}: altered or cut off since it was exported; take the folder as it was")
    return manifest


# Reading


class _Restoring:
    """One restore; keeps the numbers that natural keys are given."""

    def __init__(self, connection: Connection, folder: Path, names: list[str]) -> None:
        self._connection = connection
        self._folder = folder
        self._names = names
        self._runs: dict[str, int] = {}
        self._records: dict[tuple[str, str], int] = {}
        self._versions: dict[tuple[int, int], int] = {}

    def restore(self) -> None:
        """Every file, those first that others name."""
        run = reading.RUN
        self._insert(run, "runs.jsonl", lambda row: row)
        self._runs = {row.name: row.id for row in self._connection.execute(select(run.c.id, run.c.name))}
        self._insert(reading.MODEL, "models.jsonl", lambda row: row)
        self._insert(reading.WORK, "works.jsonl", self._of_run)
        for name in self._names:
            if name.startswith("records/"):
                self._insert(reading.RECORD, name, self._record)
        self._number_records()
        for name in self._names:
            if name.startswith("versions/"):
                self._insert(reading.VERSION, name, self._version)
        self._insert(reading.SCORE, "scores.jsonl", self._score)
        self._insert(reading.CHANGE, "changes.jsonl", self._of_run)
        self._insert(reading.DECISION, "decisions.csv", lambda row: row)
        self._insert(reading.CURSOR, "cursors.jsonl", self._of_run)
        for name, table in _RUN_LOGS.items():
            self._insert(table, name, self._of_run)
        self._insert(reading.DIGEST, "digests.jsonl", self._digest)
        self._link_digests()
