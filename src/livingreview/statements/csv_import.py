"""Decisions on statements that come back as CSV: all of a file or nothing, and none that knows less than the store.

A proposal is decided as a whole, on whichever of its rows; ``apply = study`` counts a verdict for every row of the
study in the file that has none of its own.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from livingreview.config import Review
from livingreview.errors import InputError
from livingreview.records import StoredChange
from livingreview.records.evidence import StatementDecision
from livingreview.records.sanitize import clean
from livingreview.statements.csv_export import READ_BACK
from livingreview.statements.evaluate import statement_states
from livingreview.store.repository import Repository
from livingreview.text.csv_rows import RowsError, read_rows
from livingreview.text.wording import EFFECTS

_VERDICTS = {"accepted": "accepted", "accept": "accepted", "yes": "accepted"}
_VERDICTS |= {"rejected": "rejected", "reject": "rejected", "no": "rejected"}
_OF_STUDY = "study"
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What became of the rows of a file; ``notes`` say what was left out, each with its line."""

    added: int
    repeated: int
    undecided: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one row says of its proposal, itself or by the verdict on its study."""

    line: int
    run: str
    verdict: str
    person: str
    reason: str
    wording: str


def import_decisions(
    store: Repository, review: Review, source: TextIO, *, name: str, person: str = "", decided_at: datetime
) -> ImportResult:
    """Reads decisions back; all of them are checked before the first is stored, and all are stored at once.

    Args:
        store: whose lock the caller holds, so that nobody proposes or decides meanwhile.
        review: its statements.
        source: CSV, opened with ``newline=""``.
        name: of the file, for messages.
        person: who decided, for rows that do not say.
        decided_at: when.

    Raises:
        RowsError: a row cannot be believed; nothing was stored.
        InputError: it is not a CSV file with the columns that are read.
    """
    try:
        rows, misfits = read_rows(source, READ_BACK, "statements export")
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    problems = [(line, f"row: {problem}") for line, problem in misfits]
    decisions = store.statement_decisions()
    history = _History(review, store.changes(source="review"), decisions)
    notes: list[str] = []
    said: dict[_Key, list[_Said]] = defaultdict(list)
    for key, one, faults in _verdicts(rows, person, notes):
        faults = faults or [*history.doubts(key, one)]
        problems += [(one.line, fault) for fault in faults]
        if not faults:
            said[key].append(one)
    made: list[StatementDecision] = []
    repeated = 0
    for key, each in said.items():
        decision, conflicts = _agreed(key, each, decided_at)
        conflicts = conflicts or [(one.line, words) for one in each for words in history.is_outdated(decision, one)]
        problems += conflicts
        if not conflicts and history.is_known(decision, each[0]):
            repeated += 1
        elif not conflicts:
            made.append(decision)
    if problems:
        raise RowsError([f"{name}: line {line}, {problem}" for line, problem in sorted(set(problems))])
    decided = {one.line for each in said.values() for one in each}
    added = store.add_statement_decisions(made)
    return ImportResult(
        added=added,
        repeated=repeated,
        undecided=sum(line not in decided for line, _ in rows),
        notes=tuple(f"{name}: {note}" for note in notes),
    )


def _verdicts(
    rows: Sequence[tuple[int, dict[str, str]]], person: str, notes: list[str]
) -> Iterator[tuple[_Key, _Said, list[str]]]:
    """What each row with a verdict, or of a study with one for all its rows, says; and what is wrong with it."""
    for_study: dict[str, tuple[int, dict[str, str]]] = {}
    for line, cells in rows:
        if cells["apply"] and cells["verdict"]:
            for_study.setdefault(cells["study"], (line, cells))
    for line, cells in rows:
        faults = []
        first, study = for_study.get(cells["study"], (line, cells))
        verdict = cells["verdict"] or study["verdict"]
        if cells["apply"] and cells["apply"].casefold() != _OF_STUDY:
            faults.append(f"apply: {cells['apply']!r}; write `study`, or leave it empty")
        elif cells["apply"] and not cells["study"]:
            faults.append("study: empty, so that `apply` means nothing; leave the cell as it was exported")
        elif cells["apply"] and not cells["verdict"]:
            faults.append("verdict: empty, though it is to apply to the study; fill it in, or empty `apply`")
        elif cells["apply"] and _VERDICTS.get(verdict.casefold()) != _VERDICTS.get(study["verdict"].casefold()):
            faults.append(f"apply: the study is decided otherwise in line {first}; empty one of the two")
        if not verdict and not faults:
            if cells["reason"] or cells["wording"]:
                notes.append(f"line {line}: a reason or a wording but no verdict; left out")
            continue
        who = clean(cells["by"] or study["by"] or person)
        if verdict and verdict.casefold() not in _VERDICTS:
            faults.append(f"verdict: {verdict!r} is none of yes, no, accepted, rejected; or leave it empty")
        if verdict and not who:
            faults.append("by: empty; fill in who decides, or name one for the whole file with --by")
        one = _Said(
            line=line,
            run=cells["proposed_by_run"],
            verdict=_VERDICTS.get(verdict.casefold(), ""),
            person=who,
            reason=cells["reason"] or ("" if cells["verdict"] else study["reason"]),
            wording=cells["wording"],
        )
        yield (cells["statement"], cells["effect"].casefold()), one, faults


def _agreed(key: _Key, said: Sequence[_Said], decided_at: datetime) -> tuple[StatementDecision, list[tuple[int, str]]]:
    """The one decision of all rows on a proposal, and the rows that contradict an earlier one."""
    first = said[0]
    problems = []
    taken = {"reason": first, "wording": first}
    for one in said[1:]:
        if (one.verdict, one.person) != (first.verdict, first.person):
            column = "verdict" if one.verdict != first.verdict else "by"
            words = f"{column}: {key[0]} {key[1]} is decided otherwise in line {first.line}"
            problems.append((one.line, f"{words}; a proposal is decided once, so empty one of the two"))
        for column, other in taken.items():
            text, before = getattr(one, column), getattr(other, column)
            if text and before and text != before and column == "wording":
                words = f"wording: {key[0]} is worded otherwise in line {other.line}"
                problems.append((one.line, f"{words}; leave one of the two"))
            elif text and not before:
                taken[column] = one
    decision = StatementDecision(
        statement_id=key[0],
        effect=key[1],
        verdict=first.verdict,
        person=first.person,
        decided_at=decided_at,
        reason=taken["reason"].reason,
        wording=taken["wording"].wording,
    )
    return decision, problems


class _History:
    """What was proposed and decided so far, against which a file may be old.

    Args:
        review: its statements.
        proposals: every change ``statement_...``, oldest first.
        decisions: every decision on a statement, oldest first.
    """

    def __init__(
        self, review: Review, proposals: Sequence[StoredChange], decisions: Sequence[StatementDecision]
    ) -> None:
        self._ids = {statement.id for statement in review.statements}
        self._made = {
            (found.change.source_id, str(found.change.after.get("effect")), found.run): found.change.at
            for found in proposals
        }
        self._decisions = decisions
        states = statement_states(review, proposals, decisions)
        self._waiting = {(one.statement_id, one.effect): one.found.run for state in states for one in state.open}

    def doubts(self, key: _Key, said: _Said) -> Iterator[str]:
        """What a row names that was never proposed."""
        statement_id, effect = key
        if statement_id not in self._ids:
            yield f"statement: {statement_id!r} is no statement of the review; leave the cell as it was exported"
        elif effect not in EFFECTS:
            yield f"effect: {effect!r} is none of {', '.join(EFFECTS)}; leave the cell as it was exported"
        elif not any(made[:2] == key for made in self._made):
            yield f"effect: nothing was ever proposed that {effect} {statement_id}; leave the cell as it was exported"
        elif (*key, said.run) not in self._made:
            yield (
                f"proposed_by_run: {said.run!r} proposed nothing that {effect} {statement_id};"
                " leave the cell as it was exported"
            )

    def is_known(self, decision: StatementDecision, said: _Said) -> bool:
        """Whether the same person has said the same of this proposal already."""
        return any(
            (one.person, one.verdict, one.reason, one.wording)
            == (decision.person, decision.verdict, decision.reason, decision.wording)
            for one in self._since(decision, said)
        )

    def is_outdated(self, decision: StatementDecision, said: _Said) -> list[str]:
        """What happened to the proposal since it was exported, so that the verdict may not be taken."""
        if self.is_known(decision, said):
            return []
        name = f"{decision.statement_id} {decision.effect}"
        if since := self._since(decision, said):
            last = since[-1]
            words = f"was decided since by {clean(last.person)} ({last.verdict}, {last.decided_at:%Y-%m-%d})"
            return [f"verdict: {name} {words}; empty the cell"]
        if self._waiting.get((decision.statement_id, decision.effect)) != said.run:
            return [f"proposed_by_run: {name} has evidence that the file does not show; export it again"]
        return []

    def _since(self, decision: StatementDecision, said: _Said) -> list[StatementDecision]:
        """Decisions on the same proposal since the run that the row names made it."""
        made_at = self._made[decision.statement_id, decision.effect, said.run]
        return [
            one
            for one in self._decisions
            if (one.statement_id, one.effect) == (decision.statement_id, decision.effect) and one.decided_at >= made_at
        ]
