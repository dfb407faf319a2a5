"""Triage by CSV: works in the order in which they are worth a look, out to a spreadsheet and back as decisions.

The first seven columns are what a person fills in (``work_id stage decision reason areas person decided_at``); the
others only help to decide and are not read back. Nothing is left out for a low score: low scores sort last.

A cell that a spreadsheet would take for a formula (it begins with ``= + - @``, a tab or a carriage return) is written
with an apostrophe before it, which reading takes off again.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol, TextIO, get_args

from livingreview.config import Review
from livingreview.errors import InputError, UsageError
from livingreview.records import Decision
from livingreview.telling.links import url_of
from livingreview.text import title_and_abstract
from livingreview.views import StoredRecord

if TYPE_CHECKING:
    from livingreview.feedback import Known

Stage = Literal["title_abstract", "full_text"]
STAGES: tuple[str, ...] = get_args(Stage)
DECISIONS = ("include", "exclude", "maybe")
COLUMNS = ("work_id", "stage", "decision", "reason", "areas", "person", "decided_at")
HELP_COLUMNS = ("rank", "title", "year", "journal", "source_ids", "scope", "p_relevant", "suggested_areas", "url")

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_WORKS_A_LOOK = 500
_MAX_CELL_CHARS = 131_072
_UNKNOWN_PROBABILITY = 0.5


class QueueStore(Protocol):
    """What of the store triage needs."""

    def records(self, *, work_ids: Sequence[str] | None = None) -> Iterator[StoredRecord]:
        """Records in their current state."""
        ...

    def decisions(self) -> list[Decision]:
        """Every decision, oldest first."""
        ...

    def add_decisions(self, decisions: Sequence[Decision]) -> tuple[int, list[str]]:
        """Appends those that are not there yet."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One work that waits, or its decision.

    Attributes:
        p_relevant: of the record of the work that ranks highest; None before it was classified.
        decision: the last one at this stage; None while there is none.
    """

    rank: int
    work_id: str
    title: str
    year: str
    journal: str
    source_ids: tuple[str, ...]
    scope: str
    p_relevant: float | None
    suggested_areas: tuple[str, ...]
    url: str
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What became of the rows of a file; ``notes`` say what was taken for granted, each with its line."""

    added: int
    repeated: int
    skipped_empty: int
    notes: tuple[str, ...] = ()


class QueueError(InputError):
    """A file of decisions holds rows that cannot be believed; nothing of it was stored.

    Attributes:
        problems: one line each, with the number of the line in the file.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}; nothing was stored: mend the file and import it again")
        self.problems = tuple(problems)


def list_queue(
    store: QueueStore,
    review: Review,
    *,
    stage: str,
    is_decided_shown: bool = False,
    limit: int | None = None,
    known: "Sequence[Known]" = (),
) -> list[QueueRow]:
    """The works of a stage, best first.

    Before anything was decided, those with a record in the core scope come first, by its probability; then by how
    little they look irrelevant. Each decision gives more weight to the ranker, which begins with the ``known`` labels.
    Works decided at this stage come last, or are left out. At ``full_text`` stand the works that were included, or
    left open, by title and abstract.

    Raises:
        UsageError: there is no such stage.
    """
    if stage not in STAGES:
        raise UsageError(f"stage {stage!r}: there is none of this name; there are {', '.join(STAGES)}")
    decisions = store.decisions()
    last = {(decision.work_id, decision.stage): decision for decision in decisions}
    texts: dict[str, str] = {}
    works: dict[str, list[tuple[tuple[int, float], QueueRow]]] = defaultdict(list)
    for stored in store.records():
        if decisions:
            texts[stored.work_id] = max(texts.get(stored.work_id, ""), title_and_abstract(stored.record), key=len)
        decided = last.get((stored.work_id, stage))
        if decided is not None and not is_decided_shown:
            continue
        if stage == "full_text" and decided is None:
            first = last.get((stored.work_id, "title_abstract"))
            if first is None or first.decision == "exclude":
                continue
        works[stored.work_id].append((_worth(stored, review), _row(stored, review, decided)))
    ranked = []
    for rows in works.values():
        rows.sort(key=lambda pair: (pair[0], pair[1].source_ids))
        worth, best = rows[0]
        ids = tuple(sorted({name for _, row in rows for name in row.source_ids}))
        areas = tuple(dict.fromkeys(area for _, row in rows for area in row.suggested_areas))
        ranked.append((best.decision is not None, worth, best, ids, areas))
    ranked.sort(key=lambda part: (part[0], part[1], part[2].work_id))
    if texts:
        # Only here are the libraries of the ranker needed, which take their time to load.
        from livingreview.feedback import Feedback, verdicts

        feedback = Feedback(review.ranker, known, texts)
        feedback.decide({work: is_relevant for work, is_relevant in verdicts(decisions).items() if work in texts})
        order = feedback.order([part[2].work_id for part in ranked if not part[0]])
        places = {work: place for place, work in enumerate(order)}
        ranked.sort(key=lambda part: places.get(part[2].work_id, len(places)))
    return [
        replace(best, rank=rank, source_ids=ids, suggested_areas=areas)
        for rank, (_, _, best, ids, areas) in enumerate(ranked[:limit], start=1)
    ]


def _worth(stored: StoredRecord, review: Review) -> tuple[int, float]:
    """Where the classifier alone would place a record."""
    score = stored.score
    if score is not None and score.scope == review.core_scope:
        return 0, -score.probabilities.get(review.core_scope, 0.0)
    return 1, -_p_relevant(stored, review, _UNKNOWN_PROBABILITY)


def _p_relevant(stored: StoredRecord, review: Review, unknown: float) -> float:
    return unknown if stored.score is None else 1.0 - stored.score.probabilities.get(review.other_scope, 0.0)


def _row(stored: StoredRecord, review: Review, decided: Decision | None) -> QueueRow:
    record, score = stored.record, stored.score
    when = record.publication_date or record.created_date
    if record.trial is not None:
        when = record.trial.first_posted_date or record.trial.start_date or when
    return QueueRow(
        rank=0,
        work_id=stored.work_id,
        title=record.title or record.vernacular_title,
        year=when[:4],
        journal=record.journal,
        source_ids=(f"{record.source}:{record.source_id}",),
        scope=score.scope if score else "",
        p_relevant=None if score is None else _p_relevant(stored, review, 0.0),
        suggested_areas=score.areas if score else (),
        url=url_of(record.source, record.source_id),
        decision=decided,
    )


def export_queue(
    store: QueueStore,
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


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """What :func:`guarded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def import_queue(
    store: QueueStore, review: Review, source: TextIO, *, person: str = "", decided_at: datetime | None = None
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
    try:
        header = source.readline().removeprefix("\ufeff")
        delimiter = max(",;\t", key=header.count)
        names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
        if missing := [name for name in COLUMNS if name not in names]:
            raise InputError(f"line 1: column missing: {', '.join(missing)}; start from `livingreview queue export`")
        if twice := [name for name in COLUMNS if names.count(name) > 1]:
            raise InputError(f"line 1: column given twice: {', '.join(twice)}")
        rows: list[tuple[int, dict[str, str]]] = []
        notes: list[str] = []
        problems: list[tuple[int, str]] = []
        skipped = 0
        csv.field_size_limit(_MAX_CELL_CHARS)
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        line = 2
        for raw in reader:
            start, line = line, reader.line_num + 2
            if not any(cell.strip() for cell in raw):
                continue
            if len(raw) > len(names):
                problems.append((start, f"{len(raw)} cells where the header has {len(names)}; is a comma not quoted?"))
                continue
            cells = dict.fromkeys(COLUMNS, "")
            for name, cell in zip(names, raw, strict=False):
                if name in cells:
                    cells[name] = unguarded(cell).strip()
            if cells["decision"]:
                rows.append((start, cells))
                continue
            skipped += 1
            if cells["reason"]:
                notes.append(f"line {start}: a reason but no decision; left out")
    except csv.Error as error:
        raise InputError(f"line {line}: {error}; mend the quotation marks") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the file is not UTF-8 ({error.reason}); save it as CSV UTF-8") from error
    return rows, skipped, notes, problems


def _known_works(store: QueueStore, work_ids: set[str]) -> dict[str, str]:
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
