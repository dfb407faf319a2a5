"""The queue as CSV: written for a spreadsheet, read back with every row judged by itself."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from livingreview.config import Review
from livingreview.records import Decision
from livingreview.records.decisions import DECISIONS, STAGES
from livingreview.screening.queue import list_queue
from livingreview.store.repository import Repository
from livingreview.text.csv_cells import guarded
from livingreview.text.csv_rows import RowsError, read_rows

if TYPE_CHECKING:
    from livingreview.screening.feedback import Known

COLUMNS = ("work_id", "stage", "decision", "reason", "areas", "person", "decided_at")
HELP_COLUMNS = ("rank", "title", "year", "journal", "source_ids", "scope", "p_relevant", "suggested_areas", "url")

_WORKS_A_LOOK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What became of the rows of a file; ``notes`` say what was taken for granted, each with its line."""

    added: int
    repeated: int
    skipped_empty: int
    notes: tuple[str, ...] = ()


class QueueError(RowsError):
    """A file of decisions on studies holds rows that cannot be believed."""


def export_queue(
    store: Repository,
    review: Review,
    *,
    stage: str,
    out: TextIO,
    is_decided_shown: bool = False,
    known: "Sequence[Known]" = (),
) -> int:
    """Writes the queue of a stage as CSV; returns the number of works.

    Args:
        store: with the works.
        review: its scopes decide the order.
        stage: ``title_abstract`` or ``full_text``.
        out: opened with ``newline=""``.
        is_decided_shown: also the works that are decided at this stage, last, with the decision that stands.
        known: labels that the ranker begins with.

    Raises:
        UsageError: there is no such stage.
    """
    rows = list_queue(store, review, stage=stage, is_decided_shown=is_decided_shown, known=known)
    # A carriage return in a cell is only quoted when it is part of the line's end.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS + HELP_COLUMNS)
    for row in rows:
        said = row.decision
        cells = [row.work_id, stage]
        if said is None:
            cells += [""] * 5
        else:
            cells += [said.decision, said.reason, ";".join(said.areas), said.person, said.decided_at.isoformat()]
        probability = "" if row.p_relevant is None else f"{max(0.0, row.p_relevant):.4f}"
        cells += [str(row.rank), row.title, row.year, row.journal, ";".join(row.source_ids), row.scope, probability]
        cells += [";".join(row.suggested_areas), row.url]
        writer.writerow([guarded(cell) for cell in cells])
    return len(rows)


def import_queue(
    store: Repository, review: Review, source: TextIO, *, person: str = "", decided_at: datetime | None = None
) -> ImportResult:
    """Reads decisions back; all of them are checked before the first is stored.

    Args:
        store: that holds the works.
        review: that knows the areas.
        source: CSV, opened with ``newline=""``; cells parted by commas, semicolons or tabs.
        person: who decided, for rows that do not say.
        decided_at: when, for rows that do not say.

    Raises:
        QueueError: a row cannot be believed; nothing was stored.
        InputError: it is not a CSV file with the seven columns.
    """
    rows, skipped, notes, problems = _read(source)
    works = _known_works(store, {cells["work_id"] for _, cells in rows})
    before = {(said.work_id, said.stage, said.person, said.decided_at): said for said in store.decisions()}
    in_file: dict[tuple[str, str, str, datetime], Decision] = {}
    areas = {area.slug for area in review.every_area()}
    repeated = 0
    for line, cells in rows:
        found = [*_problems(cells, works, areas)]
        moment, note = _moment(cells["decided_at"]) if cells["decided_at"] else (decided_at, "")
        who = cells["person"] or person
        if note:
            notes.append(f"line {line}: {note}")
        if not who:
            found.append("person is empty; fill it in, or name one for the whole file")
        if moment is None:
            found.append(
                f"decided_at {cells['decided_at']!r} is no ISO date and time like 2026-11-22T09:30+00:00"
                if cells["decided_at"]
                else "decided_at is empty; fill it in, or give one for the whole file"
            )
        if found or moment is None:
            problems.extend((line, problem) for problem in found)
            continue
        decision = Decision(
            work_id=works[cells["work_id"]],
            stage=cells["stage"],
            decision=cells["decision"],
            reason=cells["reason"],
            areas=_areas(cells),
            person=who,
            decided_at=moment,
        )
        key = (decision.work_id, decision.stage, decision.person, decision.decided_at)
        same = in_file.get(key) or before.get(key)
        if same is not None and _said(same) != _said(decision):
            problems.append((line, f"{who} said {same.decision!r} at that very time; give a new decision its own time"))
        repeated += same is not None
        in_file.setdefault(key, decision)
    if problems:
        raise QueueError([f"line {line}: {problem}" for line, problem in sorted(problems)])
    new = [decision for key, decision in in_file.items() if key not in before]
    added, _ = store.add_decisions(new)
    return ImportResult(added=added, repeated=repeated, skipped_empty=skipped, notes=tuple(notes))


def _read(source: TextIO) -> tuple[list[tuple[int, dict[str, str]]], int, list[str], list[tuple[int, str]]]:
    """Rows with a decision, how many have none, notes, problems."""
    rows, problems = read_rows(source, COLUMNS, "queue export")
    notes = [f"line {line}: a reason but no decision; left out" for line, cells in rows if _is_reason_alone(cells)]
    decided = [(line, cells) for line, cells in rows if cells["decision"]]
    return decided, len(rows) - len(decided), notes, problems


def _is_reason_alone(cells: Mapping[str, str]) -> bool:
    return bool(cells["reason"]) and not cells["decision"]


def _known_works(store: Repository, work_ids: set[str]) -> dict[str, str]:
    """Every name of these works -> the name that it has now; a file may be older than a merge."""
    wanted = sorted(work_ids)
    known: dict[str, str] = {}
    for start in range(0, len(wanted), _WORKS_A_LOOK):
        for stored in store.records(work_ids=wanted[start : start + _WORKS_A_LOOK]):
            known[stored.work_id] = known[f"{stored.record.source}:{stored.record.source_id}"] = stored.work_id
    return known


def _problems(cells: Mapping[str, str], works: Mapping[str, str], areas: set[str]) -> Iterable[str]:
    if cells["work_id"] not in works:
        yield f"work {cells['work_id']!r} is not in the store"
    if cells["stage"] not in STAGES:
        yield f"stage {cells['stage']!r} is none of {', '.join(STAGES)}"
    if cells["decision"] not in DECISIONS:
        yield f"decision {cells['decision']!r} is none of {', '.join(DECISIONS)}"
    for area in _areas(cells):
        if area not in areas:
            yield f"area {area!r} is not in areas.toml"


def _areas(cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(area for part in cells["areas"].split(";") if (area := part.strip())))


def _said(decision: Decision) -> tuple[str, str, tuple[str, ...]]:
    return decision.decision, " ".join(decision.reason.split()), decision.areas


def _moment(text: str) -> tuple[datetime | None, str]:
    """A moment in UTC and what was taken for granted; None when it is no moment."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC), f"decided_at {text} names no time zone; taken as UTC"
        return moment.astimezone(UTC), ""
    except (ValueError, OverflowError):
        return None, ""
