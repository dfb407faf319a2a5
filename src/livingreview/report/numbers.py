"""The numbers of a report, each counted once: sections, first screen, figures and ``report.json`` take them from here.

What each is called and means stands in the glossary (``docs/glossary.md``).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from livingreview.records import PrintedTrial, Record, StoredRecord
from livingreview.records.identifiers import normal_status
from livingreview.records.news import TRIAL_NEWS, News, news_of
from livingreview.records.reference_match import open_references
from livingreview.records.trial_standing import ANNOUNCED, Posting, Standing, posting, standing
from livingreview.report.context import Frame
from livingreview.text import wording

STANDING_LABELS = {
    Standing.CHANGED: "changed since publication",
    Standing.UNDATED: "differs, date of change unknown",
    Standing.ALREADY_SO: "already so at publication",
    Standing.SAME: "as printed",
    Standing.UNKNOWN: "status unknown",
    Standing.NOT_STORED: "not read yet",
}
POSTING_LABELS = {
    Posting.AFTER_REVIEW: "new trial",
    Posting.BEFORE_REVIEW: "missed by the review",
    Posting.UNKNOWN: "date of first posting unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedState:
    """A printed trial beside its registry.

    Attributes:
        stored: its present record; None when the store has none.
        history: its stored states, oldest first.
        state: the last one that gives a status; for an announced trial, the last one.
    """

    printed: PrintedTrial
    stored: StoredRecord | None
    history: tuple[Record, ...]
    state: Record | None
    standing: Standing


def printed_states(frame: Frame) -> tuple[PrintedState, ...]:
    """Every trial that the review printed, in its order."""
    return tuple(_printed_state(frame, printed) for printed in frame.material.baseline.trials)


def _printed_state(frame: Frame, printed: PrintedTrial) -> PrintedState:
    stored = _find(frame, printed)
    known = tuple(frame.material.trial_history.get(printed.nct_id, ()))
    is_last_known = stored is None or bool(known and known[-1] == stored.record)
    history = known if is_last_known or stored is None else (*known, stored.record)
    state = next((record for record in reversed(history) if record.trial and record.trial.status), None)
    if state is None and history and normal_status(printed.status) == ANNOUNCED:
        # Its registration says enough, with a status or without.
        state = history[-1]
    published = frame.material.baseline.published_date
    return PrintedState(
        printed=printed,
        stored=stored,
        history=history,
        state=state,
        standing=standing(printed, state, published, is_stored=stored is not None),
    )


def _find(frame: Frame, printed: PrintedTrial) -> StoredRecord | None:
    """The stored record of a printed trial: by its number, else by a registry number that its note names."""
    if printed.nct_id:
        return frame.by_key.get(("clinicaltrials", printed.nct_id))
    return next((frame.by_key[key] for key in printed.other_ids if key in frame.by_key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a report counts.

    Attributes:
        news: what the changes of this report bring.
        table: trials of the review's own table by how they stand.
        text: trials that only its text names, likewise.
        others: trials of a relevant scope that the review does not print, by when they were first posted, whatever
            report was the first to tell of them.
        references: how many the review cites.
        unchecked: those of them that no notice could be found about, since nothing names them in a service.
    """

    news: News
    table: dict[Standing, int]
    text: dict[Standing, int]
    others: dict[Posting, int]
    references: int
    unchecked: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "core_papers": self.news.core_papers,
            "other_papers": self.news.other_papers,
            "trials": {type_.value: n for type_, n in self.news.trials.items()},
            "table": {kind.value: n for kind, n in self.table.items()},
            "text": {kind.value: n for kind, n in self.text.items()},
            "others": {kind.value: n for kind, n in self.others.items()},
            "references": self.references,
            "checked_references": self.references - len(self.unchecked),
            "unchecked_references": list(self.unchecked),
        }


def numbers(frame: Frame) -> Numbers:
    """Counts a report; :meth:`~livingreview.report.context.Frame.once` keeps them."""
    baseline = frame.material.baseline
    states = frame.once(printed_states)
    table = set(baseline.table)
    postings = Counter(kind for _, kind in frame.once(unprinted_trials))
    return Numbers(
        news=news_of(frame.changes),
        table=_standings(one.standing for one in states if one.printed in table),
        text=_standings(one.standing for one in states if one.printed not in table),
        others={kind: postings[kind] for kind in Posting},
        references=len(baseline.references),
        unchecked=tuple(reference.ref_no for reference in open_references(baseline)),
    )


def _standings(found: Iterable[Standing]) -> dict[Standing, int]:
    counts = Counter(found)
    return {kind: counts[kind] for kind in STANDING_LABELS}


def unprinted_trials(frame: Frame) -> tuple[tuple[StoredRecord, Posting], ...]:
    """Stored trials of a relevant scope that the review does not print, and when each was first posted.

    What a change of this report says of a trial holds in all of it, whatever a later state of the record says.
    """
    relevant = {scope.slug for scope in frame.material.review.scopes if scope.is_relevant}
    printed = {one.stored.record.key for one in frame.once(printed_states) if one.stored}
    kinds = {type_.value: kind for kind, type_ in TRIAL_NEWS.items()}
    told = {
        (found.change.source, found.change.source_id): kinds[found.change.type]
        for found in frame.changes
        if found.change.type in kinds
    }
    published = frame.material.baseline.published_date
    return tuple(
        (stored, told.get(stored.record.key) or posting(stored.record, published))
        for stored in frame.material.records
        if stored.record.trial is not None
        and stored.record.key not in printed
        and (frame.scope_of(stored) in relevant or stored.record.key in told)
    )


def standing_words(counts: dict[Standing, int]) -> str:
    """How the trials of the review's table stand: ``6 of 33 trials in the review's table changed since ...``."""
    total = wording.counted(sum(counts.values()), "trial")
    parts = [f"{counts[Standing.CHANGED]:,} of {total} in the review's table changed since publication"]
    if undated := counts[Standing.UNDATED]:
        parts.append(f"{undated:,} more {'differs' if undated == 1 else 'differ'}, date of change unknown")
    if already := counts[Standing.ALREADY_SO]:
        parts.append(f"{already:,} {'was' if already == 1 else 'were'} already so at publication")
    return "; ".join(parts)


def reference_words(found: Numbers) -> str:
    """``52 of 74 references can be checked for retractions; open: 2, 3, ...``."""
    checked = found.references - len(found.unchecked)
    text = f"{checked:,} of {wording.counted(found.references, 'reference')} can be checked for retractions"
    return text + (f"; open: {', '.join(map(str, found.unchecked))}" if found.unchecked else "")
