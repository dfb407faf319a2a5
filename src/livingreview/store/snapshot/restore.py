"""A snapshot -> the same store, numbered anew."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import Connection, Table, func, insert, select, update

from livingreview.errors import InputError, UsageError
from livingreview.records.serialization import canonical_json
from livingreview.store import queries
from livingreview.store.columns import UtcDateTime
from livingreview.store.decisions import DECISION
from livingreview.store.snapshot.folder import BATCH, RUN_LOGS, Row, checked_manifest, places_of, recover

_TABLES = (
    *(queries.RUN, queries.MODEL, queries.WORK, queries.RECORD, queries.VERSION, queries.SCORE, queries.CHANGE),
    queries.WORK_LINK,
    *(DECISION, queries.CURSOR, queries.ABSENCE, queries.QUERY, queries.ISSUE, queries.PAYLOAD),
    *(queries.EVIDENCE, queries.STATEMENT_RULE, queries.STATEMENT_DECISION),
    *(queries.DIGEST, queries.DIGEST_CHANGE),
)
_NOT_SAID = -1


def read_snapshot(connection: Connection, folder: Path) -> dict[str, int]:
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
        recover(folder)
        manifest = checked_manifest(folder)
        _Restoring(connection, folder, sorted(manifest)).restore()
    except OSError as error:
        raise InputError(f"{folder}: the snapshot cannot be read ({error.strerror or error})") from error
    return {name: int(entry["lines"]) for name, entry in manifest.items()}


class _Restoring:
    """One restore; keeps the numbers that natural keys are given."""

    def __init__(self, connection: Connection, folder: Path, names: list[str]) -> None:
        self._connection = connection
        self._folder = folder
        self._names = names
        self._runs: dict[str, int] = {}
        self._records: dict[tuple[str, str], int] = {}
        self._versions: dict[tuple[int, int], int] = {}
        self._carried: dict[str, dict[str, list[int]]] = {}

    def restore(self) -> None:
        """Every file, those first that others name."""
        run = queries.RUN
        self._insert(run, "runs.jsonl", lambda row: {"n_statement_decisions": _NOT_SAID} | row)
        self._runs = {row.name: row.id for row in self._connection.execute(select(run.c.id, run.c.name))}
        self._insert(queries.MODEL, "models.jsonl", lambda row: row)
        self._insert(queries.WORK, "works.jsonl", self._of_run)
        by_source = [name for name in self._names if "/" in name]
        self._number_records([name for name in by_source if name.startswith("records/")])
        for name in by_source:
            if name.startswith("records/"):
                self._insert(queries.RECORD, name, self._record)
        for name in by_source:
            if name.startswith("versions/"):
                self._insert(queries.VERSION, name, self._version)
        self._insert(queries.WORK_LINK, "work_links.jsonl", self._work_link)
        self._insert(queries.SCORE, "scores.jsonl", self._score)
        self._insert(queries.CHANGE, "changes.jsonl", self._of_run)
        self._insert(DECISION, "decisions.csv", lambda row: row)
        self._insert(queries.CURSOR, "cursors.jsonl", self._of_run)
        self._insert(queries.ABSENCE, "absences.jsonl", self._of_run)
        self._insert(queries.EVIDENCE, "statement_evidence.jsonl", self._of_run)
        last = self._connection.execute(select(func.max(queries.SCORE.c.version_id))).scalar()
        self._insert(queries.STATEMENT_RULE, "statement_rules.jsonl", lambda row: row | {"through_version_id": last})
        self._insert(queries.STATEMENT_DECISION, "statement_decisions.jsonl", lambda row: {"wording": ""} | row)
        self._count_statement_decisions()
        for name, table in RUN_LOGS.items():
            self._insert(table, name, self._of_run)
        self._insert(queries.DIGEST, "digests.jsonl", self._digest)
        self._link_digests()

    def _count_statement_decisions(self) -> None:
        """How many decisions on statements each run knew, where a snapshot of before schema 0014 does not say."""
        run, said = queries.RUN, queries.STATEMENT_DECISION
        by_then = select(func.count()).select_from(said).where(said.c.decided_at <= run.c.now_at).scalar_subquery()
        is_unsaid = run.c.n_statement_decisions == _NOT_SAID
        self._connection.execute(update(run).where(is_unsaid).values(n_statement_decisions=by_then))

    def _number_records(self, names: list[str]) -> None:
        """Record ids by first run, then by source and id."""
        keys = []
        for name in names:
            for place, row in self._rows(name):
                with _reading(self._folder / name, place):
                    keys.append((self._runs[row["first_run"]], _source(name), row["source_id"]))
        keys.sort()
        self._records = {(source, source_id): place for place, (_, source, source_id) in enumerate(keys, start=1)}

    def _of_run(self, row: Row) -> Row:
        for name, column in (("run", "run_id"), ("first_run", "first_run_id")):
            if name in row:
                row[column] = self._runs[row.pop(name)]
        return row

    def _record(self, row: Row) -> Row:
        return self._of_run(row) | {"id": self._records[(row["source"], row["source_id"])], "raw_digest": ""}

    def _work_link(self, row: Row) -> Row:
        one = self._records[(row.pop("source"), row.pop("source_id"))]
        other = self._records[(row.pop("other_source"), row.pop("other_source_id"))]
        run = row.pop("run")
        # What a person said came in no run.
        return row | {"record_id": one, "other_id": other, "run_id": None if run is None else self._runs[run]}

    def _version(self, row: Row) -> Row:
        record_id = self._records[(row.pop("source"), row.pop("source_id"))]
        version_id = len(self._versions) + 1
        self._versions[(record_id, row["number"])] = version_id
        return self._of_run(row) | {
            "id": version_id,
            "record_id": record_id,
            "content": canonical_json(row["content"]),
            "envelope": row["envelope"] | {"is_text_complete": row["is_text_complete"]},
        }

    def _score(self, row: Row) -> Row:
        record_id = self._records[(row.pop("source"), row.pop("source_id"))]
        return row | {"version_id": self._versions[(record_id, row.pop("version"))]}

    def _digest(self, row: Row) -> Row:
        self._carried[row["message_id"]] = row.pop("changes")
        return row | {"recipients": []}

    def _link_digests(self) -> None:
        ids = {place: change_id for change_id, place in places_of(self._connection).items()}
        digest = queries.DIGEST
        rows: list[Row] = []
        for digest_id, message_id in self._connection.execute(select(digest.c.id, digest.c.message_id)):
            with _reading(self._folder / "digests.jsonl", message_id):
                rows += [
                    {"digest_id": digest_id, "change_id": ids[(self._runs[run], place)]}
                    for run, places in self._carried[message_id].items()
                    for place in places
                ]
        if rows:
            self._connection.execute(insert(queries.DIGEST_CHANGE), rows)

    def _insert(self, table: Table, name: str, convert: Callable[[Row], Row]) -> None:
        moments = [column.name for column in table.c if isinstance(column.type, UtcDateTime)]
        wanted = {column.name for column in table.c} - {"id"}
        batch: list[Row] = []
        for place, row in self._rows(name):
            with _reading(self._folder / name, place):
                values = convert(row)
                if wrong := wanted ^ (set(values) - {"id"}):
                    raise ValueError("fields missing or unknown: " + ", ".join(sorted(wrong)))
                for moment in moments:
                    if values[moment] is not None:
                        values[moment] = datetime.fromisoformat(values[moment])
            batch.append(values)
            if len(batch) == BATCH:
                self._connection.execute(insert(table), batch)
                batch = []
        if batch:
            self._connection.execute(insert(table), batch)

    def _rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """The rows of a file with their places in it, from 1."""
        path = self._folder / name
        with path.open(encoding="utf-8", newline="") as file:
            if name.endswith(".csv"):
                for place, cells in enumerate(csv.DictReader(file), start=1):
                    yield place, cells | {"areas": [area for area in (cells["areas"] or "").split(";") if area]}
                return
            for place, line in enumerate(file, start=1):
                with _reading(path, place):
                    row = json.loads(line)
                    if "/" in name:
                        row["source"] = _source(name)
                yield place, row


def _source(name: str) -> str:
    return unquote(name.partition("/")[2].removesuffix(".jsonl"))


@contextmanager
def _reading(path: Path, place: object) -> Iterator[None]:
    """A row that does not fit is named."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        cause = f"{error} is not there" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path}: row {place}: {cause}; take the snapshot as it was exported") from error
