"""The folder of a snapshot: its files, its manifest, and how one is put in the place of another."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from livingreview.errors import InputError, StoreError
from livingreview.store import queries
from livingreview.store.engine import HEAD_REVISION

FORMAT = 1
_OLDEST_SCHEMA = "0012"
"""Snapshots of this schema on are read; what later ones added is filled in by the restore."""
BATCH = 500
MANIFEST = "manifest.json"
RUN_LOGS = {"queries.jsonl": queries.QUERY, "issues.jsonl": queries.ISSUE, "payloads.jsonl": queries.PAYLOAD}
SINGLE_FILES = frozenset(
    ("runs.jsonl", "models.jsonl", "works.jsonl", "scores.jsonl", "changes.jsonl", "decisions.csv", "cursors.jsonl")
) | {*RUN_LOGS, "absences.jsonl", "digests.jsonl", "work_links.jsonl"}
SINGLE_FILES |= {"statement_evidence.jsonl", "statement_rules.jsonl", "statement_decisions.jsonl"}

Row = dict[str, Any]


def write_file(path: Path, lines: Iterable[str]) -> Row:
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


def recover(folder: Path) -> None:
    """Ends what a crash left: the old snapshot comes back, if it was moved away and the new one was not yet there."""
    old = folder.with_name(f".{folder.name}.old")
    if old.is_dir():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)
    shutil.rmtree(folder.with_name(f".{folder.name}.new"), ignore_errors=True)


def foreign_files(folder: Path) -> list[Path]:
    """Files of the folder that are no part of the snapshot in it."""
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise StoreError(f"{folder}: is a file; name a folder")
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    if files and not (folder / MANIFEST).is_file():
        raise StoreError(f"{folder}: holds files and no {MANIFEST}, so it is no snapshot; name an empty folder")
    return [path for path in files if path.as_posix() != MANIFEST and not _is_part(path.as_posix())]


def _is_part(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return name in SINGLE_FILES or (folder in ("records", "versions") and file.endswith(".jsonl"))


def swap(new: Path, folder: Path) -> None:
    """Puts a new folder in the place of the old one, which comes back when that fails."""
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


def checked_manifest(folder: Path) -> dict[str, Row]:
    """File -> lines and hash, when the folder holds every file as it was written.

    Raises:
        InputError: it does not, and what is wrong with it.
    """
    path = folder / MANIFEST
    try:
        head = json.loads(path.read_bytes())
        if head["format"] != FORMAT or not _OLDEST_SCHEMA <= str(head["schema"]) <= HEAD_REVISION:
            raise InputError(
                f"{path}: of another version (format {head['format']}, schema {head['schema']}; this one reads"
                f" {FORMAT} and {_OLDEST_SCHEMA} to {HEAD_REVISION}); restore it with the livingreview that wrote it"
            )
        manifest: dict[str, Row] = {str(name): dict(entry) for name, entry in head["files"].items()}
        missing = SINGLE_FILES - set(manifest)
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


def places_of(connection: Connection) -> dict[int, tuple[int, int]]:
    """Change id -> (run id, place within the run, from 1)."""
    counts: dict[int, int] = {}
    places = {}
    for change_id, run_id in connection.execute(
        select(queries.CHANGE.c.id, queries.CHANGE.c.run_id).order_by(queries.CHANGE.c.id)
    ):
        counts[run_id] = counts.get(run_id, 0) + 1
        places[change_id] = (run_id, counts[run_id])
    return places
