"""What waits for a decision as CSV: one row a study and proposal, so that a study is decided once for all statements.

:mod:`livingreview.statements.csv_import` reads it back.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

from livingreview.config import Review
from livingreview.records.evidence import WaitingProposal
from livingreview.records.sanitize import clean
from livingreview.statements.evaluate import waiting
from livingreview.store.repository import Repository
from livingreview.text import wording
from livingreview.text.csv_cells import guarded
from livingreview.text.links import url_of
from livingreview.text.published import PublishedText, published_text, shown

READ_BACK = ("study", "verdict", "apply", "by", "reason", "wording", "statement", "effect", "proposed_by_run")
COLUMNS = (
    *("study", "title", "link", "question", "sentence", "section", "why", "quotes", "days_waiting"),
    *READ_BACK[1:],
)
"""The file's columns: first what is to be judged, then what is filled in, last what says of which proposal a row is."""


def export_proposals(store: Repository, review: Review, out: TextIO, now: datetime) -> tuple[int, int]:
    """Writes what waits; the rows of a study stand together, those first that may make a statement fall.

    Args:
        store: with the proposals.
        review: its statements.
        out: opened with ``newline=""``.
        now: from which ages are counted.

    Returns:
        How many proposals wait, and on how many studies they are based.
    """
    found = waiting(review, store)
    works = {(piece.source, piece.source_id): piece.work_id for piece, _ in store.evidence()}
    published = published_text(review, store.review_sentences())
    studies: dict[str, list[list[str]]] = defaultdict(list)
    for proposal in found:
        by_study: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for piece in proposal.found.change.after.get("evidence", ()):
            key = (str(piece["source"]), str(piece["source_id"]))
            by_study[works.get(key, ":".join(key))].append(piece)
        for study, pieces in by_study.items():
            studies[study].append(_row(review, published, proposal, study, pieces, now))
    # Every cell is one line without a carriage return, so that a terminal may show the file, too.
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([guarded(cell) for cell in row] for rows in studies.values() for row in rows)
    return len(found), len(studies)


def _row(
    review: Review,
    published: PublishedText,
    proposal: WaitingProposal,
    study: str,
    pieces: Sequence[Mapping[str, Any]],
    now: datetime,
) -> list[str]:
    """One row; a study that several records or rules brought in is said once."""
    first, found = pieces[0], proposal.found
    source, source_id = str(first["source"]), str(first["source_id"])
    statement = next(one for one in review.statements if one.id == proposal.statement_id)
    says = shown(statement, published)
    facts = [fact for piece in pieces for fact in wording.telling_facts(piece.get("facts", ()))]
    reasons = [clean(piece.get("why")) for piece in pieces]
    return [
        clean(study),
        wording.named(source, source_id, first.get("title")),
        url_of(source, source_id),
        wording.effect_heading(proposal.effect, review.published_date.year),
        clean(says.words),
        clean(says.section),
        "; ".join(dict.fromkeys(part for part in (*reasons, *facts) if part)),
        " | ".join(dict.fromkeys(clean(quote) for piece in pieces for quote in piece.get("quotes", ()))),
        str(proposal.days(now)),
        *[""] * 5,
        statement.id,
        proposal.effect,
        found.run,
    ]
