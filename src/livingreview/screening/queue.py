"""Triage by CSV: works in the order in which they are worth a look, out to a spreadsheet and back as decisions.

The first seven columns are what a person fills in (``work_id stage decision reason areas person decided_at``); the
others only help to decide and are not read back. Nothing is left out for a low score: low scores sort last.

A cell that a spreadsheet would take for a formula (it begins with ``= + - @``, a tab or a carriage return) is written
with an apostrophe before it, which reading takes off again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from livingreview.config import Review
from livingreview.errors import UsageError
from livingreview.records import Decision, StoredRecord
from livingreview.records.decisions import STAGES, current_decisions
from livingreview.records.representative import fitness
from livingreview.store.repository import Repository
from livingreview.text.links import url_of
from livingreview.text.normalise import title_and_abstract

if TYPE_CHECKING:
    from livingreview.screening.feedback import Known


_UNKNOWN_PROBABILITY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One work that waits, or its decision.

    Attributes:
        title: of the record that speaks for the work, like year, journal and url.
        p_relevant: of the record of the work that ranks highest, like scope; None before it was classified.
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


def list_queue(
    store: Repository,
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

    A work is shown by the record that speaks for it, and has the place of the one that ranks highest, so that a sure
    preprint is not held back by its thin article. The ranker reads the longest text of a work.

    Raises:
        UsageError: there is no such stage.
    """
    if stage not in STAGES:
        raise UsageError(f"stage {stage!r}: there is none of this name; there are {', '.join(STAGES)}")
    decisions = store.decisions()
    at_stage, by_title = (current_decisions(decisions, stage=one) for one in (stage, "title_abstract"))
    texts: dict[str, str] = {}
    works: dict[str, list[tuple[tuple[int, float], QueueRow]]] = defaultdict(list)
    speakers: dict[str, tuple[tuple[Any, ...], QueueRow]] = {}
    for stored in store.records():
        if decisions:
            texts[stored.work_id] = max(texts.get(stored.work_id, ""), title_and_abstract(stored.record), key=len)
        decided = at_stage.get(stored.work_id)
        if decided is not None and not is_decided_shown:
            continue
        if stage == "full_text" and decided is None:
            first = by_title.get(stored.work_id)
            if first is None or first.decision == "exclude":
                continue
        row, fit = _row(stored, review, decided), fitness(stored)
        works[stored.work_id].append((_worth(stored, review), row))
        if stored.work_id not in speakers or fit > speakers[stored.work_id][0]:
            speakers[stored.work_id] = (fit, row)
    ranked = []
    for rows in works.values():
        rows.sort(key=lambda pair: (pair[0], pair[1].source_ids))
        worth, ranking = rows[0]
        _, speaker = speakers[ranking.work_id]
        best = replace(speaker, scope=ranking.scope, p_relevant=ranking.p_relevant)
        ids = tuple(sorted({name for _, row in rows for name in row.source_ids}))
        areas = tuple(dict.fromkeys(area for _, row in rows for area in row.suggested_areas))
        ranked.append((best.decision is not None, worth, best, ids, areas))
    ranked.sort(key=lambda part: (part[0], part[1], part[2].work_id))
    if texts:
        # Only here are the libraries of the ranker needed, which take their time to load.
        from livingreview.screening.feedback import Feedback, verdicts

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
